// The page of an order: its head and its tasks follow what others do, drafts are saved in place and edited by keyboard.
// Nothing is ever taken from under somebody's hands: what was typed and not saved stays typed.
document.addEventListener("DOMContentLoaded", () => {
  const section = () => document.querySelector("[data-order-section]");
  const head = () => document.querySelector("[data-order-head]");
  if (!section()) return;
  const madeOf = head().dataset.form; // what the form and the buttons of this page were made of
  const typing = "input:not([type=hidden]):not([type=checkbox]), select, textarea";
  const usual = (field) =>
    field.tagName === "SELECT" ? ([...field.options].find((option) => option.defaultSelected) ?? field.options[0]).value : field.defaultValue;
  const changed = (field) => (field.type === "checkbox" ? field.checked !== field.defaultChecked : field.value !== usual(field));
  const fieldsOf = (part) => [...part.querySelectorAll(`form :is(${typing})`)];
  const editing = () =>
    section().querySelector("form")?.contains(document.activeElement) ||
    [...section().querySelectorAll("form input:not([type=hidden]), form select")].some(changed);
  let sending = false;

  // --- what came -----------------------------------------------------------------------------------
  function partsOf(text) {
    const page = new DOMParser().parseFromString(text, "text/html");
    const [freshHead, fresh] = ["[data-order-head]", "[data-order-section]"].map((name) => page.querySelector(name));
    return freshHead && fresh ? [freshHead, fresh].map((part) => document.adoptNode(part)) : null;
  }
  function showHead(fresh) {
    const isInside = head().contains(document.activeElement);
    head().replaceWith(fresh);
    if (isInside) head().querySelector("a")?.focus({ preventScroll: true });
    const bar = document.querySelector("[data-order-old]");
    const words = bar.querySelector("[data-say]");
    const { changedBy } = fresh.dataset;
    bar.hidden = fresh.dataset.form === madeOf;
    words.textContent = changedBy ? words.dataset.say.replace("{person}", changedBy) : words.dataset.saySomebody;
  }
  // The section anew, with what was typed before and is not in it: `stays` says so of each field.
  function showSection(fresh, { stays = () => false, chosen = [] } = {}) {
    const old = section();
    const at = old.contains(document.activeElement) ? document.activeElement : null;
    const [from, to] = [at?.selectionStart, at?.selectionEnd];
    const kept = fieldsOf(old).filter((field) => changed(field) && stays(field, fresh.querySelector(`[name="${field.name}"]`)));
    old.replaceWith(fresh);
    for (const value of chosen) fresh.querySelector(`[name="chosen"][value="${value}"]`)?.click();
    for (const { name, value } of kept) fresh.querySelector(`[name="${name}"]`).value = value;
    if (!at) return;
    const again = (at.name && fresh.querySelector(`form [name="${at.name}"]${at.type === "checkbox" ? `[value="${at.value}"]` : ""}`)) || fresh.querySelector("[data-said]");
    again.focus({ preventScroll: true });
    if (Number.isInteger(from)) again.setSelectionRange?.(from, to);
  }
  function say(words) {
    const sentence = document.createElement("p");
    sentence.className = "paidan-refused";
    sentence.setAttribute("role", "alert");
    sentence.textContent = words;
    section().querySelector("[data-said]").replaceChildren(sentence);
  }

  // --- what others do ------------------------------------------------------------------------------
  async function look({ force = false } = {}) {
    const answer = await fetch(section().dataset.fragment, { headers: { "X-Paidan-Background": "1" } }).catch(() => null);
    if (!answer?.ok || answer.redirected) return;
    const parts = partsOf(await answer.text());
    if (!parts || sending) return; // what is being sent brings the section anyway
    const [freshHead, fresh] = parts;
    showHead(freshHead);
    if (fresh.dataset.state === section().dataset.state) return; // e.g. it was oneself who saved
    if (editing() && !force) section().querySelector("[data-news]").hidden = false;
    else showSection(fresh);
  }
  let waiting = 0;
  document.addEventListener("paidan:changed", (event) => {
    if (!event.detail.topics.includes(section().dataset.live)) return;
    clearTimeout(waiting);
    waiting = setTimeout(look, 150); // many tasks of one order change at once
  });
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-look]")) look({ force: true });
  });

  // --- saved in place ------------------------------------------------------------------------------
  document.addEventListener("submit", async (event) => {
    const form = event.target.closest("[data-order-section] form");
    if (!form) return;
    event.preventDefault();
    if (sending) return;
    sending = true;
    form.setAttribute("aria-busy", "true");
    const body = new FormData(form, event.submitter);
    const did = event.submitter?.name ?? "save";
    const answer = await fetch(form.action, { method: "POST", body, headers: { "X-Paidan-Part": "1" } }).catch(() => null);
    const parts = answer?.ok && !answer.redirected ? partsOf(await answer.text()) : null;
    sending = false;
    form.removeAttribute("aria-busy");
    delete form.dataset.sent;
    if (!parts) {
      say(section().dataset.failed);
      return;
    }
    const [freshHead, fresh] = parts;
    showHead(freshHead);
    const isDone = fresh.dataset.outcome === "done";
    if (!fresh.querySelector("[name=save]") && fieldsOf(section()).some(changed)) {
      section().querySelector("[data-said]").replaceWith(fresh.querySelector("[data-said]")); // what was typed has no other place any more
      return;
    }
    const stays = (field, now) => {
      if (!now) return false;
      if (!isDone) return true;
      if (did === "save") return field.value !== body.get(field.name); // typed while it was on its way
      return !field.name.startsWith("all-") && usual(now) === usual(field);
    };
    showSection(fresh, { stays, chosen: isDone ? [] : body.getAll("chosen") });
  });

  // --- by keyboard ---------------------------------------------------------------------------------
  document.addEventListener("keydown", (event) => {
    const field = event.target.closest?.(`[data-order-section] tbody :is(${typing})`);
    if (!field || event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === "Escape") {
      field.value = usual(field);
      event.preventDefault();
    } else if (["ArrowUp", "ArrowDown"].includes(event.key) && field.tagName !== "SELECT" && field.type !== "date") {
      const name = field.name.replace(/-\d+$/, "-");
      const column = [...section().querySelectorAll(`tbody [name^="${name}"]:not([type=hidden])`)];
      const next = column[column.indexOf(field) + (event.key === "ArrowDown" ? 1 : -1)];
      event.preventDefault(); // a number does not change by itself either
      next?.focus();
      next?.select?.();
    }
  });
});
