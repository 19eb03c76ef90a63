// The start page keeps itself true while somebody looks at it: only what changed is drawn anew, and nothing is lost by it.
const GATHER = 300; // much that changes together is asked for once, and not by all pages in the same moment
const LEAST = 1_000; // so long lies between two looks
const EVERY = 60_000; // looks by itself so often: a day that ends, or a job that waits, tells nobody
const MOST_SAID = 3;

const home = document.getElementById("home");
const shown = new Map([...home.children].map((part) => [part.id, part.outerHTML]));

// --- charts: unfold draws them first; colours are names of the stylesheet ---------------------------------
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function paint(canvas) {
  const data = JSON.parse(canvas.dataset.value);
  for (const series of data.datasets) series.backgroundColor = colour(series.backgroundColor.slice(4, -1));
  const chart = Chart.getChart(canvas);
  if (!chart) return new Chart(canvas, { type: canvas.dataset.type, data, options: JSON.parse(canvas.dataset.options) });
  chart.data = data;
  return chart.update();
}

function paintAll() {
  Chart.defaults.color = colour("--paidan-plot-words");
  Chart.defaults.borderColor = colour("--paidan-plot-lines");
  home.querySelectorAll("canvas").forEach(paint);
}

home.addEventListener("click", (event) => {
  const chart = event.target.matches("canvas") && Chart.getChart(event.target);
  if (!chart) return;
  const axis = chart.options.indexAxis || "x";
  const [bar] = chart.getElementsAtEventForMode(event, "index", { axis, intersect: false }, false);
  if (bar) location.href = chart.data.urls[bar.index];
});

// --- what changed comes in place --------------------------------------------------------------------------
function take(html) {
  const fresh = new DOMParser().parseFromString(html, "text/html");
  const parts = [...fresh.querySelectorAll("[data-part]")];
  const news = [];
  for (const old of [...home.children]) if (!fresh.getElementById(old.id)) drop(old);
  parts.forEach((part, place) => {
    const source = part.outerHTML;
    if (shown.get(part.id) === source) return;
    shown.set(part.id, source);
    const old = document.getElementById(part.id);
    if (old) news.push(...swap(old, part));
    else home.insertBefore(part, home.children[place] || null);
    part.querySelectorAll("canvas").forEach(paint);
  });
  if (news.length) say(news);
}

function drop(part) {
  shown.delete(part.id);
  part.querySelectorAll("canvas").forEach((canvas) => Chart.getChart(canvas)?.destroy());
  part.remove();
}

// The new part takes over what the old one holds: its picture, what is unfolded, and the keyboard.
function swap(old, part) {
  const at = old.contains(document.activeElement) && document.activeElement;
  const news = changes(old, part);
  if (old.querySelector("details")?.open) part.querySelector("details").open = true;
  old.replaceWith(part);
  keepPicture(old.querySelector("canvas"), part.querySelector("canvas"));
  if (at) (same(part, at) || part.querySelector("a, summary"))?.focus({ preventScroll: true });
  return news;
}

function keepPicture(old, fresh) {
  if (!old || !fresh) return;
  Object.assign(old.dataset, { value: fresh.dataset.value, options: fresh.dataset.options });
  fresh.parentElement.replaceWith(old.parentElement);
  Chart.getChart(old)?.resize(old.parentElement.clientWidth, Number(fresh.getAttribute("height")));
}

const same = (part, at) => (at.matches("summary") ? part.querySelector("summary") : [...part.querySelectorAll("a")].find((link) => link.href === at.href));

function changes(old, part) {
  const before = new Map([...old.querySelectorAll("a.paidan-tile")].map((tile) => [tile.href, tile.textContent]));
  const tiles = [...part.querySelectorAll("a.paidan-tile")].filter((tile) => before.get(tile.href) !== tile.textContent);
  tiles.forEach((tile) => tile.classList.add("has-changed"));
  return tiles.map((tile) => `${tile.querySelector("span").textContent}: ${tile.querySelector("b").textContent}`);
}

function say(news) {
  document.getElementById("home-said").textContent = news.slice(0, MOST_SAID).join("; ");
}

// --- when to look --------------------------------------------------------------------------------------------
let etag = "";
let lookedAt = 0;
let timer = 0;
let isMissed = false;
let isLooking = false;

function soon() {
  if (document.hidden) isMissed = true;
  else timer ||= setTimeout(look, Math.max(GATHER * (0.5 + Math.random()), lookedAt + LEAST - Date.now()));
}

async function look() {
  timer = 0;
  if (isLooking) return soon(); // what changes while an answer is on its way is asked for after it
  isLooking = true;
  lookedAt = Date.now();
  const headers = { "X-Paidan-Background": "1", "If-None-Match": etag };
  try {
    const answer = await fetch(home.dataset.now, { headers, cache: "no-store" });
    if (!answer.ok || answer.redirected) return; // nothing new, or signed out: the bell says so
    take(await answer.text());
    etag = answer.headers.get("ETag") ?? "";
  } catch {
    // no line: the bell says so
  } finally {
    isLooking = false;
  }
}

document.addEventListener("paidan:changed", soon);
document.addEventListener("paidan:notices", ({ detail }) => detail.notices.length && soon());
document.addEventListener("visibilitychange", () => {
  if (document.hidden || !isMissed) return;
  isMissed = false;
  soon();
});
setInterval(soon, EVERY);
Chart.defaults.color = colour("--paidan-plot-words");
Chart.defaults.borderColor = colour("--paidan-plot-lines");
new MutationObserver(paintAll).observe(document.documentElement, { attributeFilter: ["class"] });
