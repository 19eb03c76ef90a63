// The supervisor board: keeps what is shown true, and joins choosing, dragging and giving.
import { carrying } from "../carry.js";
import { Choice } from "./choice.js";
import { watchDrags } from "./drag.js";
import { Giving } from "./giving.js";

const EVERY = 30_000; // looks by itself so often, should no message come
const root = document.getElementById("board");
const live = document.getElementById("pb-live");
const words = (name, values = {}) =>
  Object.entries(values).reduce((text, [key, value]) => text.replace(`{${key}}`, value), root.dataset[`word${name}`]);

const board = {
  root,
  live,
  words,
  card: (task) => live.querySelector(`[data-task="${task}"]`),
  columns: () => [...live.querySelectorAll("[data-column]")],
  say(text) {
    const line = document.getElementById("pb-said");
    line.textContent = "";
    requestAnimationFrame(() => (line.textContent = text));
  },
  refresh,
};
board.choice = new Choice(board);
board.giving = new Giving(board);
watchDrags(board);
board.choice.afterSwap();

// --- what is shown is what is true ------------------------------------------------------------------
let running = null;
let again = false;
let shownAt = new Date();

// While something is in the hand or on its way, what the house has is not what is shown.
const moving = () => carrying() || board.giving.sending > 0;

function refresh({ background = false } = {}) {
  if (moving() || running) {
    again = true;
    return running || Promise.resolve();
  }
  running = look(background).finally(() => {
    running = null;
    if (again && !moving()) {
      again = false;
      refresh({ background: true });
    }
  });
  return running;
}

async function look(background) {
  const headers = { "If-None-Match": root.dataset.etag };
  if (background) headers["X-Paidan-Background"] = "1";
  const { settled } = board.giving;
  try {
    const answer = await fetch(root.dataset.cards + location.search, { headers, cache: "no-store" });
    if (answer.redirected || answer.status === 404) return location.reload();
    if (answer.status === 304) return told(true);
    if (!answer.ok) return told(false);
    const html = await answer.text();
    if (moving() || settled !== board.giving.settled) {
      again = true; // it may be older than a move
      return told(true);
    }
    root.dataset.etag = answer.headers.get("ETag");
    swap(html);
    told(true);
  } catch {
    told(false);
  }
}

function told(reached) {
  const line = document.getElementById("pb-asof");
  if (reached) shownAt = new Date();
  const time = shownAt.toLocaleTimeString(document.documentElement.lang, { hour12: false });
  const text = reached ? "" : words("Lost", { time });
  root.classList.toggle("is-stale", !reached);
  if (line.textContent !== text) line.textContent = text;
}

function swap(html) {
  const before = places();
  const kept = scrolls();
  const focus = focused();
  const open = live.querySelector("#pb-figures")?.open;
  live.innerHTML = html;
  if (open) live.querySelector("#pb-figures").open = true;
  for (const [key, [left, top]] of kept) {
    const area = key ? live.querySelector(`[data-column="${key}"] ul`) : live.querySelector("#pb-columns");
    area?.scrollTo({ left, top, behavior: "instant" });
  }
  board.choice.afterSwap();
  board.giving.afterSwap();
  const moved = mark(before);
  if (moved) board.say(words("Moved", { n: moved }));
  if (focus) (live.querySelector(focus) || live.querySelector(".pb-face"))?.focus({ preventScroll: true });
}

function places() {
  const cards = live.querySelectorAll("[data-task]");
  return new Map([...cards].map((card) => [card.dataset.task, `${column(card)} ${card.dataset.version}`]));
}

const column = (card) => card.closest("[data-column]").dataset.column;

function mark(before) {
  let moved = 0;
  for (const [task, place] of places()) {
    const was = before.get(task);
    if (was === place) continue;
    const elsewhere = was?.split(" ")[0] !== place.split(" ")[0];
    board.card(task).classList.add(elsewhere ? "has-moved" : "has-changed");
    moved += elsewhere;
  }
  return moved;
}

function scrolls() {
  const columns = live.querySelector("#pb-columns");
  const kept = [["", [columns.scrollLeft, columns.scrollTop]]];
  for (const each of board.columns()) {
    const list = each.querySelector("ul");
    kept.push([each.dataset.column, [list.scrollLeft, list.scrollTop]]);
  }
  return kept;
}

function focused() {
  const at = document.activeElement;
  const card = at?.closest?.("[data-task]");
  if (!card || !live.contains(at)) return null;
  const part = at.matches("[data-open]") ? "[data-open]" : at.matches("[data-act]") ? "[data-act]" : ".pb-face";
  return `[data-task="${card.dataset.task}"] ${part}`;
}

document.addEventListener("paidan:changed", (event) => {
  const watched = root.dataset.live.split(" ");
  const topics = event.detail?.topics || [];
  if (!topics.length || topics.some((topic) => watched.includes(topic))) refresh({ background: true });
});
setInterval(() => document.hidden || refresh({ background: true }), EVERY);
document.addEventListener("visibilitychange", () => document.hidden || refresh({ background: true }));
window.addEventListener("online", () => refresh({ background: true }));

// --- filters: in the address, so that a link shows the same -------------------------------------------
const form = document.getElementById("pb-form");
let typing = 0;

function filter() {
  const query = new URLSearchParams([...new FormData(form)].filter(([, value]) => value.trim()));
  history.replaceState(null, "", query.size ? `?${query}` : location.pathname);
  document.getElementById("pb-reset").hidden = !query.size;
  refresh();
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  filter();
});
form.addEventListener("input", (event) => {
  if (event.target.id === "pb-place") return;
  clearTimeout(typing);
  typing = setTimeout(filter, event.target.tagName === "SELECT" ? 0 : 300);
});
document.getElementById("pb-place").addEventListener("change", (event) => {
  location.href = event.target.value + location.search;
});
document.getElementById("pb-reset").addEventListener("click", () => {
  form.querySelectorAll("[name]").forEach((field) => (field.value = ""));
  filter();
});
if (window.matchMedia("(min-width: 768px)").matches) form.closest("details").open = true;
