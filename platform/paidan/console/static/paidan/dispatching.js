// The dispatch page. What is edited is a draft in this page; the server says what it would do, and keeps it when confirmed.
import { carry } from "./carry.js";

const WAIT = 300; // milliseconds after the last stroke
const all = (selector, root = document) => [...root.querySelectorAll(selector)];

// --- the list of processes ----------------------------------------------------------------------
function listOfProcesses() {
  const list = document.getElementById("pd-processes");
  const search = document.getElementById("pd-search");
  if (!list || !search) return;
  const rows = all("li[data-state]", list);
  const chosen = () => document.querySelector(".pd-count[aria-pressed=true]")?.dataset.state;
  const filter = () => {
    const words = search.value.trim().toLowerCase();
    rows.forEach((row) => {
      const fits = row.dataset.words.toLowerCase().includes(words);
      row.hidden = !fits || (chosen() && chosen() !== row.dataset.state);
    });
    document.getElementById("pd-none").hidden = !rows.length || rows.some((row) => !row.hidden);
  };
  search.addEventListener("input", filter);
  all(".pd-count").forEach((button) => button.addEventListener("click", () => {
    const on = button.getAttribute("aria-pressed") !== "true";
    all(".pd-count").forEach((each) => each.setAttribute("aria-pressed", String(on && each === button)));
    filter();
  }));
  // Up and down walk through what is shown; Enter opens it as any link.
  list.closest("nav").addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const links = rows.filter((row) => !row.hidden).map((row) => row.querySelector("a"));
    if (!step || !links.length || !(event.target === search || links.includes(event.target))) return;
    event.preventDefault();
    const at = links.indexOf(document.activeElement);
    (links[at + step] || (at + step < 0 ? search : links[at])).focus();
  });
  list.querySelector(".is-here")?.scrollIntoView({ block: "nearest" });
}

// --- the draft ------------------------------------------------------------------------------------
const form = () => document.getElementById("pd-rules");
const ranks = () => all("#pd-ranks > .pd-rank");
const dense = () => form().dataset.dense === "1";
const removed = new Map();

function number() {
  ranks().forEach((rank) => { if (!rank.querySelector(".pd-place")) rank.remove(); });
  ranks().forEach((rank, place) => {
    if (dense()) rank.dataset.priority = place + 1;
    rank.querySelector(".pd-no").textContent = `${form().dataset.rank} ${rank.dataset.priority}`;
    all(".pd-place", rank).forEach((card) => {
      const field = card.querySelector("input[name$='-priority']");
      if (field) field.value = rank.dataset.priority;
    });
  });
  const nobody = document.getElementById("pd-nobody");
  if (nobody) nobody.hidden = ranks().length > 0;
}

function newRank(priority) {
  const rank = document.createElement("li");
  rank.className = "pd-rank";
  rank.dataset.priority = priority;
  rank.innerHTML = '<span class="pd-no"></span><div class="pd-places"></div>';
  return rank;
}

function rankOf(priority) {
  const known = ranks().find((rank) => Number(rank.dataset.priority) === priority);
  if (known) return known;
  const rank = newRank(priority);
  const next = ranks().find((each) => Number(each.dataset.priority) > priority);
  document.getElementById("pd-ranks").insertBefore(rank, next || null);
  return rank;
}

const into = (card, rank) => rank.querySelector(".pd-places").append(card);

function moved(card) {
  number();
  const said = form().dataset.moved.replace("{name}", card.dataset.name);
  announce(said.replace("{n}", card.closest(".pd-rank").dataset.priority));
  changed();
}

function announce(words) {
  let region = document.getElementById("pd-said");
  if (!region) {
    region = Object.assign(document.createElement("p"), { id: "pd-said", className: "sr-only" });
    region.setAttribute("role", "status");
    document.querySelector(".pd-page").append(region);
  }
  region.textContent = words;
}

// Beside its rank, into a rank of its own; or where people see a part only, to the next number.
function step(card, by) {
  const rank = card.closest(".pd-rank");
  if (!dense()) {
    const priority = Math.max(1, Number(rank.dataset.priority) + by);
    into(card, rankOf(priority));
    return moved(card);
  }
  const alone = all(".pd-place", rank).length === 1;
  const neighbour = by < 0 ? rank.previousElementSibling : rank.nextElementSibling;
  if (alone && !neighbour) return undefined;
  const own = alone ? rank : newRank(0);
  const beside = alone ? neighbour : rank;
  beside.insertAdjacentElement(by < 0 ? "beforebegin" : "afterend", own);
  if (!alone) into(card, own);
  return moved(card);
}

function equal(card) {
  const rank = card.closest(".pd-rank");
  const other = rank.previousElementSibling || rank.nextElementSibling;
  if (!other) return;
  into(card, other);
  moved(card);
}

function remove(card) {
  removed.set(card.dataset.department, card);
  card.remove();
  const chooser = document.getElementById("pd-add");
  chooser.append(new Option(card.dataset.name, card.dataset.department));
  document.getElementById("pd-adding").hidden = false;
  number();
  announce(form().dataset.removed.replace("{name}", card.dataset.name));
  chooser.focus();
  changed();
}

function add(chooser) {
  const department = chooser.value;
  if (!department) return;
  const template = document.querySelector(`template[data-new="${department}"]`);
  const card = removed.get(department) || template.content.firstElementChild.cloneNode(true);
  removed.delete(department);
  const last = Math.max(0, ...ranks().map((rank) => Number(rank.dataset.priority)));
  into(card, rankOf(last + 1));
  chooser.querySelector(`option[value="${department}"]`).remove();
  document.getElementById("pd-adding").hidden = chooser.options.length < 2;
  weigh();
  moved(card);
  card.querySelector("[data-do=up]").focus();
}

// --- drag and drop ----------------------------------------------------------------------------------
function dragging() {
  const marks = ["drop-before", "drop-equal", "drop-after"];
  let card = null;
  let rank = null;
  let place = "";
  const mark = (next, where) => {
    rank?.classList.remove(...marks);
    next?.classList.add(`drop-${where}`);
    [rank, place] = [next, where];
  };
  const part = (box, y) => {
    const edge = Math.min(14, box.height / 4);
    if (!dense()) return "equal";
    if (y < box.top + edge) return "before";
    return y > box.bottom - edge ? "after" : "equal";
  };
  carry({
    area: document.getElementById("pd-ranks"),
    from: (target) => (target.closest("input, button") ? null : target.closest(".pd-place:not(.is-fixed)")),
    lift(taken) {
      card = taken;
      const picture = card.cloneNode(true);
      picture.classList.add("pd-picture");
      picture.querySelectorAll("input").forEach((field) => field.removeAttribute("name")); // not a part of the draft
      document.querySelector(".pd-page").append(picture);
      card.classList.add("is-dragged");
      return picture;
    },
    over({ x, y }) {
      const next = document.elementFromPoint(x, y)?.closest("#pd-ranks > .pd-rank") || null;
      mark(next, next && part(next.getBoundingClientRect(), y));
    },
    along: () => [[document.scrollingElement, "y"]],
    end(laid) {
      const [to, where] = [laid && rank, place];
      mark(null, "");
      card.classList.remove("is-dragged");
      if (to) drop(card, to, where);
    },
  });
}

function drop(card, rank, place) {
  if (place !== "equal") {
    const own = newRank(0);
    rank.insertAdjacentElement(place === "before" ? "beforebegin" : "afterend", own);
    into(card, own);
  } else if (rank === card.closest(".pd-rank")) return;
  else into(card, rank);
  moved(card);
}

// --- the preview --------------------------------------------------------------------------------------
let timer = 0;
let elsewhere = 0;
let asked = 0;
let dirty = false;
let leaving = false;

function changed() {
  window.clearTimeout(timer);
  timer = window.setTimeout(look, WAIT);
  document.querySelectorAll(".pd-confirm button").forEach((button) => { button.disabled = true; });
}

async function look(background = false) {
  const shown = document.getElementById("pd-preview");
  const mine = ++asked;
  shown.setAttribute("aria-busy", "true");
  try {
    const headers = background === true ? { "X-Paidan-Background": "1" } : {};
    const answer = await fetch(form().action, { method: "POST", body: new FormData(form()), headers });
    if (mine !== asked) return;
    if (answer.redirected) return leave(window.location.href);
    if (!answer.ok) throw new Error(answer.statusText);
    const words = shown.querySelector("[name=reason]")?.value || "";
    show(await answer.text());
    const reason = shown.querySelector("[name=reason]");
    if (reason) reason.value = words;
  } catch {
    if (mine === asked) failed(shown);
  }
}

function show(html) {
  const shown = document.getElementById("pd-preview");
  shown.innerHTML = html;
  shown.removeAttribute("aria-busy");
  const said = shown.querySelector("[data-changes]");
  if (said) dirty = said.dataset.changes === "1";
}

function failed(shown) {
  shown.removeAttribute("aria-busy");
  shown.innerHTML = '<p class="paidan-refused" role="alert"></p><p class="paidan-buttons"><button type="button" class="paidan-button" data-do="look"></button></p>';
  shown.querySelector("p").textContent = shown.dataset.failed;
  shown.querySelector("button").textContent = shown.dataset.again;
}

function leave(url) {
  leaving = true;
  window.location.assign(url);
}

async function confirm(event) {
  const sent = event.target;
  if (!sent.matches(".pd-confirm")) return;
  event.preventDefault();
  const body = new FormData(sent, event.submitter);
  all("button", sent).forEach((button) => { button.disabled = true; });
  const shown = document.getElementById("pd-preview");
  try {
    const answer = await fetch(sent.action, { method: "POST", body });
    if (answer.redirected) return leave(window.location.href);
    if (answer.headers.get("Content-Type")?.includes("json")) return leave((await answer.json()).url);
    if (answer.status >= 500) throw new Error(answer.statusText);
    show(await answer.text());
  } catch {
    failed(shown);
  }
}

// --- small things ---------------------------------------------------------------------------------------
function weigh() {
  const bars = all(".pd-weight");
  const most = Math.max(1, ...bars.map((bar) => Number(bar.dataset.minutes)));
  bars.forEach((bar) => { bar.firstElementChild.style.width = `${(100 * bar.dataset.minutes) / most}%`; });
}

function settings() {
  const chooser = document.getElementById("pd-strategy");
  all(".pd-settings").forEach((each) => { each.hidden = each.dataset.strategy !== chooser?.value; });
}

document.addEventListener("DOMContentLoaded", () => {
  listOfProcesses();
  if (!form()) return;
  settings();
  if (document.getElementById("pd-ranks")) {
    // Numbers as they are: only what somebody moves is numbered anew.
    ranks().forEach((rank) => { rank.querySelector(".pd-no").textContent = `${form().dataset.rank} ${rank.dataset.priority}`; });
    dragging();
    weigh();
  }
  const verbs = { up: (card) => step(card, -1), down: (card) => step(card, 1), equal, remove };
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-do]");
    if (button?.dataset.do === "look") return void look();
    const card = button?.closest(".pd-place");
    if (card) {
      verbs[button.dataset.do](card);
      if (card.isConnected) button.focus();
    }
    if (event.target.closest("[data-leave]")) leaving = true;
  });
  form().addEventListener("input", changed);
  form().addEventListener("change", (event) => {
    if (event.target.id === "pd-add") return add(event.target);
    if (event.target.id === "pd-strategy") settings();
    if (event.target.name?.endsWith("-enabled")) event.target.closest(".pd-place").classList.toggle("is-off", !event.target.checked);
    return changed();
  });
  form().addEventListener("submit", (event) => event.preventDefault());
  document.addEventListener("submit", confirm);
  // Somebody else worked: look again soon, but not under the hands of who is about to confirm.
  document.addEventListener("paidan:changed", () => {
    window.clearTimeout(elsewhere);
    elsewhere = window.setTimeout(() => {
      if (!document.getElementById("pd-preview").contains(document.activeElement)) look(true);
    }, 3 * WAIT);
  });
  window.addEventListener("beforeunload", (event) => { if (dirty && !leaving) event.preventDefault(); });
  look();
});
