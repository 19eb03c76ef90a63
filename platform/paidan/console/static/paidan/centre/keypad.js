// The two sheets that ask: pieces on a keypad, and why a task goes back. What was typed stays until it is saved or dropped.
window.paidanSheets = (root, deeds, words) => {
  const keypad = sheet("centre-keypad");
  const release = sheet("centre-release");
  const typed = { good: 0, waste: 0 };
  const MOST = 100000000;
  let field = "good";
  let fresh = true; // the next digit begins a new number
  let wish = null; // what the open sheet is about
  let sent = null; // what it sent and waits for
  let patience = 0;

  function sheet(id) {
    const dialog = document.getElementById(id);
    dialog.addEventListener("close", () => {
      sent = null;
      clearTimeout(patience);
    });
    dialog.addEventListener("click", (event) => {
      const chip = event.target.closest("[data-chip]");
      if (event.target.closest("[data-close]")) dialog.close();
      if (chip) {
        dialog.querySelector("input").value = chip.dataset.chip;
        press(dialog);
      }
    });
    dialog.querySelector("input").addEventListener("input", () => press(dialog));
    return dialog;
  }
  const part = (dialog, name) => dialog.querySelector(name);
  const count = (n) => n.toLocaleString("en");

  function press(dialog) {
    const value = part(dialog, "input").value;
    dialog.querySelectorAll("[data-chip]").forEach((chip) => chip.setAttribute("aria-pressed", chip.dataset.chip === value));
    if (dialog === keypad) draw();
  }

  function problem(dialog, lines) {
    const place = part(dialog, ".centre-problem");
    place.hidden = !lines.length;
    place.replaceChildren(...lines.map((line) => Object.assign(document.createElement("p"), { textContent: line })));
  }

  // --- pieces --------------------------------------------------------------------------------------
  function draw() {
    const { good, waste, planned, allowed } = wish;
    for (const name of ["good", "waste"]) {
      part(keypad, `[data-value=${name}]`).textContent = count(typed[name]);
      part(keypad, `[data-field=${name}]`).setAttribute("aria-checked", String(field === name));
    }
    const after = part(keypad, ".centre-after");
    const over = good + waste + typed.good + typed.waste > allowed;
    after.classList.toggle("over", over);
    after.textContent = over
      ? words.fill(after.dataset.over, { allowed: count(allowed) })
      : words.fill(after.dataset.after, { good: count(good + typed.good), planned: count(planned), waste: count(waste + typed.waste) });
    const ending = wish.verb === "complete";
    const fewer = ending && good + typed.good < planned;
    part(keypad, ".centre-why").hidden = !fewer;
    const label = part(keypad, "label");
    label.textContent = label.dataset.fewer;
    const confirm = part(keypad, "[data-confirm]");
    const pieces = words.pieces(typed);
    confirm.textContent = sent ? confirm.dataset.sending : words.fill(confirm.dataset[wish.verb], { pieces });
    const nothing = !ending && typed.good + typed.waste === 0;
    confirm.disabled = Boolean(sent) || nothing || (fewer && !part(keypad, "input").value.trim());
  }

  function set(value) {
    typed[field] = Math.max(0, Math.min(MOST, value));
    draw();
  }
  keypad.addEventListener("click", (event) => {
    const key = event.target.closest("button");
    if (!key || sent) return;
    const { digit, more, field: chosen } = key.dataset;
    if (chosen) {
      field = chosen;
      fresh = true;
      draw();
    }
    if (digit) {
      set((fresh ? 0 : typed[field] * 10) + Number(digit));
      fresh = false;
    }
    if (more) set(typed[field] + Number(more));
    if ("back" in key.dataset) set(Math.floor(typed[field] / 10));
    if ("clear" in key.dataset) set(0);
    if ("all" in key.dataset) set(field === "good" ? wish.rest : typed[field]);
    if (more || "back" in key.dataset || "clear" in key.dataset || "all" in key.dataset) fresh = false;
  });
  keypad.addEventListener("keydown", (event) => {
    if (sent || event.target.matches("input")) return;
    if (/^\d$/.test(event.key)) part(keypad, `[data-digit="${event.key}"]`).click();
    else if (event.key === "Backspace") part(keypad, "[data-back]").click();
    else if (event.key.startsWith("Arrow") && event.target.matches("[role=radio]")) {
      part(keypad, `[data-field=${field === "good" ? "waste" : "good"}]`).click();
      part(keypad, `[data-field=${field}]`).focus();
    } else return;
    event.preventDefault();
  });

  // --- open, confirm, answer -----------------------------------------------------------------------
  function open(asked, { trouble = null } = {}) {
    wish = { ...asked, trouble };
    sent = null;
    const dialog = asked.verb === "release" ? release : keypad;
    part(dialog, "h2").textContent = asked.title;
    problem(dialog, trouble ? words.refusal(trouble.outcome) : []);
    part(dialog, "input").value = trouble?.note || trouble?.reason || "";
    if (dialog === keypad) {
      typed.good = trouble ? trouble.good || 0 : asked.verb === "complete" ? asked.rest : 0;
      typed.waste = trouble?.waste || 0;
      field = "good";
      fresh = true;
    } else {
      const confirm = part(release, "[data-confirm]");
      confirm.textContent = confirm.dataset.label;
      confirm.disabled = false;
    }
    press(dialog);
    dialog.showModal();
    (dialog === keypad ? part(keypad, "[data-field=good]") : part(release, "[data-chip]")).focus();
  }

  for (const dialog of [keypad, release]) {
    dialog.addEventListener("submit", (event) => {
      event.preventDefault();
      if (sent || part(dialog, "[data-confirm]").disabled) return;
      const { verb, task, title, version, trouble } = wish;
      const text = part(dialog, "input").value.trim();
      const said = verb === "release" ? { reason: text } : { ...typed, note: part(keypad, ".centre-why").hidden ? "" : text, version };
      sent = { key: "" };
      sent = deeds.add({ verb, task, title, ...said });
      if (trouble) deeds.remove(trouble);
      wish.trouble = null;
      part(dialog, "[data-confirm]").textContent = part(dialog, "[data-confirm]").dataset.sending;
      part(dialog, "[data-confirm]").disabled = true;
      patience = setTimeout(() => later(dialog), 4000); // a slow line: it is kept, and goes on in the background
    });
  }
  function later(dialog) {
    if (!sent) return;
    sent = null;
    dialog.close();
    words.toast(root.dataset.sayKept);
  }
  deeds.on("change", () => {
    if (sent?.key && deeds.state !== "sending" && deeds.state !== "online") later(keypad.open ? keypad : release);
  });

  // Answers what a sheet waits for in that sheet: a refusal there is not shown anywhere else.
  deeds.on("outcome", (entry, outcome) => {
    if (wish && entry.task === wish.task && outcome.ok && wish.version === outcome.before) wish.version = outcome.version;
    if (!sent || entry.key !== sent.key) return false;
    const dialog = entry.verb === "release" ? release : keypad;
    clearTimeout(patience);
    sent = null;
    if (outcome.ok) {
      dialog.close();
      return true;
    }
    if (outcome.version) {
      const { version, good, waste } = outcome;
      const rest = Math.max(0, wish.rest - (good - wish.good) - (waste - wish.waste));
      Object.assign(wish, { version, good, waste, rest });
    }
    problem(dialog, words.refusal(outcome));
    if (dialog === keypad) draw();
    else {
      part(release, "[data-confirm]").textContent = part(release, "[data-confirm]").dataset.label;
      part(release, "[data-confirm]").disabled = outcome.code === "gone";
    }
    if (outcome.code === "gone" && dialog === keypad) part(keypad, "[data-confirm]").disabled = true;
    return true;
  });

  return { open, isOpen: () => keypad.open || release.open };
};
