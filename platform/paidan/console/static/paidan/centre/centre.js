// The operator centre: shows what waits, sends what was done, and says plainly how fresh it is.
document.addEventListener("DOMContentLoaded", () => {
  const root = document.getElementById("centre");
  if (!root) return;
  const say = root.dataset;
  const floor = document.getElementById("centre-floor");
  const toastPlace = document.getElementById("centre-toast");
  const deeds = window.paidanDeeds(root);
  const CACHE = "paidan-centre-1";
  let fetching = false;
  let wanted = false;
  let settled = 0; // outcomes so far: a list that was asked for before one of them is old
  let toastTimer = 0;

  // --- words ---------------------------------------------------------------------------------------
  const fill = (text, values) => text.replace(/\{(\w+)\}/g, (all, name) => values[name] ?? all);
  const two = (n) => String(n).padStart(2, "0");
  const count = (n) => Number(n).toLocaleString("en");
  function clock(at) {
    const day = at.toDateString() === new Date().toDateString() ? "" : `${two(at.getMonth() + 1)}-${two(at.getDate())} `;
    return `${day}${two(at.getHours())}:${two(at.getMinutes())}`;
  }
  function ago(at) {
    const seconds = Math.max(0, Math.round((Date.now() - at) / 1000));
    if (seconds < 90) return fill(say.saySeconds, { n: seconds });
    return seconds < 3600 ? fill(say.sayMinutes, { n: Math.round(seconds / 60) }) : fill(say.sayAt, { time: clock(at) });
  }
  const words = {
    fill,
    toast,
    pieces: ({ good = 0, waste = 0 }) => {
      const parts = [fill(say.sayGood, { n: count(good) }), fill(say.sayWaste, { n: count(waste) })];
      return parts.filter((_part, place) => (place ? waste : good || !waste)).join(" · ");
    },
    deed: (entry) => {
      const name = say[`say${entry.verb[0].toUpperCase()}${entry.verb.slice(1)}`];
      return "good" in entry ? `${name} ${words.pieces(entry)}` : name;
    },
    // What stood in the way; when somebody else was faster: who, when, from what to what.
    refusal(outcome) {
      const since = outcome.since;
      if (!since) return [outcome.message];
      const when = ago(new Date(since.at));
      const told = (moved, whole, mine) =>
        moved[0] === moved[1] ? [] : [fill(since.mine ? mine : whole, { person: since.person, when, from: count(moved[0]), to: count(moved[1]) })];
      const lines = [...told(since.good, say.sayReported, say.sayReportedMine), ...told(since.waste, say.sayWasted, say.sayWastedMine)];
      return [...(lines.length ? lines : [fill(say.sayChanged, { person: since.person, when })]), say.sayCheck];
    },
  };
  const sheets = window.paidanSheets(root, deeds, words);

  function make(tag, className, text) {
    const element = document.createElement(tag);
    element.className = className;
    if (text) element.textContent = text;
    return element;
  }
  function button(text, className, press) {
    const element = make("button", `centre-button ${className}`, text);
    element.type = "button";
    element.addEventListener("click", press);
    return element;
  }
  function toast(text, label, undo) {
    clearTimeout(toastTimer);
    toastPlace.replaceChildren(make("span", "", text));
    if (undo) {
      toastPlace.append(button(label, "", () => {
        toastPlace.hidden = true;
        undo();
      }));
    }
    toastPlace.hidden = false;
    toastTimer = setTimeout(() => (toastPlace.hidden = true), undo ? 9000 : 5000);
  }

  // --- the state, what waits, what was refused ---------------------------------------------------------
  function draw() {
    const waiting = deeds.waiting();
    const time = clock(new Date(floor.querySelector("[data-as-of]")?.dataset.asOf || Date.now()));
    const state = deeds.state;
    const parts = [];
    if (state === "signed_out" || state === "other_person") parts.push(say[state === "signed_out" ? "saySigned_out" : "sayOther_person"]);
    else if (state === "offline") parts.push(fill(say.sayOffline, { time }));
    else parts.push(fill(root.dataset.fresh === "0" ? say.sayChecking : say.sayOnline, { time }));
    if (waiting.length) parts.push(fill(state === "sending" ? say.saySending : say.sayWaiting, { n: waiting.length }));
    if (!deeds.keeps) parts.push(say.sayMemory);
    if (deeds.others()) parts.push(fill(say.sayOthers, { n: deeds.others() }));
    write(document.getElementById("centre-state"), parts.join(" · "));
    document.getElementById("centre-line").dataset.state = root.dataset.fresh === "0" && state === "online" ? "checking" : state;
    drawWaiting(waiting, state);
    drawTrouble();
    drawCards(waiting);
  }
  function write(place, text) {
    if (place.textContent !== text) place.textContent = text;
  }
  function drawWaiting(waiting, state) {
    const place = document.getElementById("centre-waiting");
    const shown = state === "online" || state === "sending" ? [] : waiting;
    const rows = shown.map((entry) => {
      const row = make("p", "");
      row.append(make("b", "", words.deed(entry)), make("span", "", entry.title));
      if (!entry.tried) row.append(button(say.sayRemove, "quiet", () => deeds.remove(entry)));
      return row;
    });
    if (state === "signed_out" || state === "other_person") {
      const link = make("a", "centre-button main", say.saySignIn);
      link.href = say.signIn;
      rows.unshift(link);
    }
    place.replaceChildren(...rows);
  }
  function drawTrouble() {
    const place = document.getElementById("centre-trouble");
    const trouble = deeds.trouble();
    if (place.dataset.shown === trouble.map((entry) => entry.key).join()) return;
    place.dataset.shown = trouble.map((entry) => entry.key).join();
    place.replaceChildren(...trouble.map((entry) => {
      const card = make("section", "centre-card centre-refused");
      card.append(make("h2", "", `${say.sayRefused}: ${words.deed(entry)}`), make("p", "", entry.title));
      for (const line of words.refusal(entry.outcome)) card.append(make("p", "", line));
      const row = make("div", "centre-verbs");
      row.append(button(say.sayLook, "main", () => look(entry)), button(say.sayDiscard, "", () => deeds.remove(entry)));
      card.append(row);
      return card;
    }));
  }
  async function look(entry) {
    await refresh();
    const card = floor.querySelector(`[data-task="${entry.task}"]`);
    if (!card) {
      if (deeds.state === "offline") return;
      if (location.pathname === say.taskPage.replace("0", entry.task)) toast(say.sayLost);
      else location.assign(say.taskPage.replace("0", entry.task));
      return;
    }
    const verb = card.querySelector(`[data-verb="${entry.verb}"]`);
    if (!verb) {
      card.scrollIntoView({ block: "center" });
      deeds.remove(entry);
      toast(entry.outcome.message);
    } else if (entry.verb === "claim" || entry.verb === "start") {
      deeds.remove(entry);
      act(verb);
    } else sheets.open(about(card, entry.verb), { trouble: entry });
  }
  function drawCards(waiting) {
    for (const card of floor.querySelectorAll("[data-task]")) {
      const mine = waiting.filter((entry) => String(entry.task) === card.dataset.task);
      const note = card.querySelector(".centre-pending");
      write(note, mine.map((entry) => `${words.deed(entry)} (${say.sayUnsent})`).join(" · "));
      note.hidden = !mine.length;
      const ends = mine.some((entry) => !["start", "report"].includes(entry.verb));
      const starts = mine.some((entry) => entry.verb === "start");
      card.querySelectorAll("[data-verb]").forEach((verb) => (verb.disabled = ends || (starts && verb.dataset.verb === "start")));
    }
  }

  // --- the list --------------------------------------------------------------------------------------
  async function refresh() {
    if (fetching) {
      wanted = true;
      return false;
    }
    fetching = true;
    const before = settled;
    const giveUp = new AbortController();
    const patience = setTimeout(() => giveUp.abort(), 10000);
    try {
      const response = await fetch(location.pathname, {
        redirect: "manual",
        signal: giveUp.signal,
        headers: { "X-Paidan-Part": "1", "X-Paidan-Background": "1" },
      });
      if (response.type === "opaqueredirect" || response.status === 401) deeds.state = "signed_out";
      else if (response.status === 404) floor.replaceChildren(make("p", "centre-nothing", say.sayLost), home());
      else if (!response.ok) deeds.state = "offline";
      else if (settled !== before) wanted = true;
      else return take(await response.text());
    } catch {
      deeds.state = "offline";
    } finally {
      clearTimeout(patience);
      fetching = false;
      draw();
      if (wanted) {
        wanted = false;
        setTimeout(refresh, 0);
      }
    }
    return false;
  }
  function take(html) {
    const part = document.createElement("template");
    part.innerHTML = html;
    if (part.content.querySelector("[data-of]")?.dataset.of !== say.person) {
      deeds.state = "other_person"; // another tab signed somebody else in: not this person's list
      return false;
    }
    show(html);
    if (deeds.state !== "sending") deeds.state = "online";
    if (deeds.waiting().length) deeds.flush();
    return true;
  }
  function home() {
    const link = make("a", "centre-button main", "←");
    link.href = say.home;
    return link;
  }
  function show(html) {
    const focused = document.activeElement;
    const at = floor.contains(focused) ? placeOf(focused) : "";
    floor.innerHTML = html;
    root.dataset.fresh = "1";
    tabs();
    if (at) floor.querySelector(at)?.focus({ preventScroll: true });
    keep(html);
  }
  function placeOf(element) {
    if (element.dataset.tabOf) return `[data-tab-of="${element.dataset.tabOf}"]`;
    const card = element.closest("[data-task]");
    if (!card) return "";
    return `[data-task="${card.dataset.task}"] ${element.dataset.verb ? `[data-verb="${element.dataset.verb}"]` : "a"}`;
  }
  // The worker shows what was seen last, not what was there when the page was opened.
  async function keep(html) {
    if (!window.caches || location.pathname !== say.home) return;
    const cache = await caches.open(CACHE);
    const page = await cache.match(say.home);
    if (!page) return;
    const text = (await page.text()).replace(/<!--floor-->[^]*<!--\/floor-->/, () => `<!--floor--><div id="centre-floor">${html}</div><!--/floor-->`);
    await cache.put(say.home, new Response(text, { headers: page.headers }));
  }
  function tabs() {
    floor.querySelectorAll("[role=tab]").forEach((tab) => {
      const chosen = tab.dataset.tabOf === root.dataset.tab;
      tab.setAttribute("aria-selected", String(chosen));
      tab.tabIndex = chosen ? 0 : -1;
    });
  }

  // --- what people press -----------------------------------------------------------------------------
  function about(card, verb) {
    const { task, version, good, waste, planned, rest, allowed, title } = card.dataset;
    const queued = deeds.waiting().filter((entry) => String(entry.task) === task && "good" in entry);
    const sum = (name) => queued.reduce((all, entry) => all + (entry[name] || 0), 0);
    return {
      verb,
      title,
      task: Number(task),
      version: Number(version),
      good: Number(good) + sum("good"),
      waste: Number(waste) + sum("waste"),
      planned: Number(planned),
      allowed: Number(allowed),
      rest: Math.max(0, Number(rest) - sum("good") - sum("waste")),
    };
  }
  function act(verb) {
    const card = verb.closest("[data-task]");
    const name = verb.dataset.verb;
    if (name !== "claim" && name !== "start") {
      sheets.open(about(card, name));
      return;
    }
    verb.disabled = true;
    deeds.add({ verb: name, task: Number(card.dataset.task), title: card.dataset.title, shown: card.dataset.shown });
  }
  function undo(entry) {
    const unsent = deeds.waiting().find((each) => each.key === entry.key && !each.tried);
    if (unsent) deeds.remove(unsent);
    else deeds.add({ verb: "release", task: entry.task, title: entry.title, reason: say.sayByMistake });
  }
  root.addEventListener("click", (event) => {
    const tab = event.target.closest("[data-tab-of]");
    const verb = event.target.closest("[data-verb]");
    if (tab) {
      root.dataset.tab = tab.dataset.tabOf;
      tabs();
      floor.querySelector(`[role=tab][data-tab-of="${root.dataset.tab}"]`)?.focus({ preventScroll: true });
    }
    if (verb) act(verb);
  });
  root.addEventListener("keydown", (event) => {
    if (!event.target.matches("[role=tab]") || !["ArrowLeft", "ArrowRight"].includes(event.key)) return;
    floor.querySelector(`[role=tab][data-tab-of="${root.dataset.tab === "mine" ? "pool" : "mine"}"]`).click();
  });
  document.getElementById("centre-again").addEventListener("click", () => {
    refresh();
    deeds.flush();
  });

  // --- what happens ----------------------------------------------------------------------------------
  deeds.on("change", draw);
  deeds.on("outcome", (entry, outcome) => {
    settled += 1;
    const card = floor.querySelector(`[data-task="${entry.task}"]`);
    if (outcome.ok && card && Number(card.dataset.version) === outcome.before) card.dataset.version = outcome.version;
    if (outcome.ok && entry.verb === "claim") toast(outcome.message, say.sayUndo, () => undo(entry));
    else if (outcome.ok) toast(outcome.message);
    refresh();
    return false;
  });
  deeds.renew = refresh;
  let newsTimer = 0;
  document.addEventListener("paidan:changed", () => {
    clearTimeout(newsTimer); // news come in bursts: one order has many tasks
    newsTimer = setTimeout(refresh, 300);
  });
  addEventListener("online", refresh);
  document.addEventListener("visibilitychange", () => document.hidden || refresh());
  setInterval(() => document.hidden || refresh(), 60000); // where the live channel does not reach

  tabs();
  draw();
  if (root.dataset.fresh === "0") refresh();
  deeds.flush();
  // Service workers exist on https and on this machine itself; everything above works without.
  if ("serviceWorker" in navigator) {
    const shell = () => performance.getEntriesByType("resource").map((each) => each.name).filter((name) => name.startsWith(`${location.origin}/static/`));
    navigator.serviceWorker.register(say.worker, { scope: say.home }).catch(() => {});
    navigator.serviceWorker.ready.then((worker) => worker.active.postMessage({ shell: shell() }));
  }
});
