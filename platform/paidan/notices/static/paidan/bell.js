// The bell in the header: how many are unread, what they are, and that they were read – in every tab alike.
import { beep, canSound, mayNotify, notify, unlockSound, wishesOf } from "./alarm.js";
import { BACKGROUND, openLine } from "./live.js";
import { tabsOf } from "./tabs.js";
import { toaster } from "./toast.js";

const MANY = 99;
const RECENT = 120_000;
const URGENT = 4;

const bell = document.querySelector("[data-bell]");
const button = bell.querySelector(".pn-bell");
const badge = bell.querySelector(".pn-count");
const panel = bell.querySelector(".pn-panel");
const token = bell.querySelector("[name=csrfmiddlewaretoken]").value;
const person = Number(bell.dataset.user);
const tabs = tabsOf(person);
const wishes = wishesOf(tabs);
const toasts = toaster({ bell, openPanel, isWanted: () => wishes.get("toast") && panel.hidden });

// --- how many -------------------------------------------------------------------------------------
function showCount(unread, { aloud = true } = {}) {
  badge.hidden = !unread;
  badge.textContent = unread > MANY ? `${MANY}+` : String(unread);
  const words = (unread ? bell.dataset.sayUnread : bell.dataset.sayNone).replace("{n}", unread);
  if (aloud && words !== button.getAttribute("aria-label")) bell.querySelector("[data-bell-said]").textContent = words;
  button.setAttribute("aria-label", words);
  tabs.keep("unread", unread);
}

function showRead(ids, unread) {
  document.querySelectorAll("[data-unread]").forEach((row) => {
    if (ids !== null && !ids.includes(Number(row.dataset.unread))) return;
    delete row.dataset.unread;
    row.querySelectorAll("[data-read], [data-new]").forEach((part) => part.remove());
  });
  if (unread === 0) panel.querySelector("[data-read-all]")?.remove();
  toasts.forget(ids);
  showCount(unread, { aloud: false });
}

async function markRead(ids) {
  const body = new URLSearchParams(ids === null ? { all: "1" } : { ids: ids.join(",") });
  const headers = { "X-CSRFToken": token, Accept: "application/json" };
  // `keepalive`: a click that opens another page must not take this along.
  const answer = await fetch(bell.dataset.readUrl, { method: "POST", body, headers, keepalive: true }).catch(() => null);
  if (answer?.redirected || answer?.status === 401) line.signedOut();
  if (!answer?.ok || answer.redirected) return;
  const { unread } = await answer.json();
  showRead(ids, unread);
  tabs.say({ type: "read", ids, unread });
}

tabs.hear((message) => message.type === "read" && showRead(message.ids, message.unread));
document.addEventListener("paidan:read", ({ detail }) => showRead(detail.ids, detail.unread));

// --- what is new ----------------------------------------------------------------------------------
document.addEventListener("paidan:notices", ({ detail }) => {
  showCount(detail.unread);
  const loud = detail.notices.filter((notice) => !notice.quiet && !notice.read);
  if (loud.length) tabs.once(loud.map((notice) => notice.id), (ids) => tell(loud.filter((each) => ids.includes(each.id)), detail));
  if (detail.notices.length && !panel.hidden) loadPanel();
});

function tell(notices, { replay }) {
  toasts.show(notices);
  // What was missed for longer is shown, but rings no more.
  const recent = notices.filter((notice) => !replay || Date.now() - Date.parse(notice.at) < RECENT);
  if (!recent.length) return;
  if (wishes.get("sound")) beep(wishes.get("volume"), recent.some((notice) => notice.priority >= URGENT));
  if (wishes.get("browser")) notify(recent, bell.dataset.saySeveral.replace("{n}", recent.length));
}

document.addEventListener("paidan:line", ({ detail }) => {
  const was = bell.dataset.state;
  bell.dataset.state = detail.state;
  sayLine();
  if (detail.state === "out" && was !== "out") toasts.signedOut();
});

function sayLine() {
  const { state } = bell.dataset;
  const words = bell.dataset[`say${state[0].toUpperCase()}${state.slice(1)}`] ?? "";
  button.title = words;
  const place = panel.querySelector("[data-line]");
  if (place && place.textContent !== words) place.textContent = words;
}

// --- the panel ------------------------------------------------------------------------------------
async function loadPanel() {
  const answer = await fetch(bell.dataset.panel, { headers: { ...BACKGROUND, Accept: "text/html" } }).catch(() => null);
  if (answer?.status === 401) line.signedOut();
  if (!answer?.ok) {
    panel.querySelector(".pn-wait")?.replaceChildren(bell.dataset.sayFailed);
    return;
  }
  const fragment = await answer.text();
  const isInside = panel.contains(document.activeElement);
  const kept = document.activeElement?.dataset.notice;
  const isUnfolded = panel.querySelector("details")?.open;
  panel.innerHTML = fragment;
  if (isUnfolded) panel.querySelector("details").open = true;
  if (isInside) (panel.querySelector(`[data-notice="${kept}"]`) ?? panel).focus({ preventScroll: true });
  sayLine();
  showWishes();
}

function openPanel() {
  panel.hidden = false;
  button.setAttribute("aria-expanded", "true");
  panel.focus();
  loadPanel();
}

function closePanel({ back = true } = {}) {
  if (panel.hidden) return;
  panel.hidden = true;
  button.setAttribute("aria-expanded", "false");
  if (back) button.focus();
}

button.addEventListener("click", () => (panel.hidden ? openPanel() : closePanel()));
panel.addEventListener("click", (event) => {
  const { target } = event;
  if (target.closest("[data-close]")) closePanel();
  else if (target.closest("[data-try]")) beep(wishes.get("volume"));
  else if (target.closest("[data-read-all]")) leave(() => markRead(null));
  else if (target.closest("[data-read]")) leave(() => markRead([Number(target.closest("[data-read]").dataset.read)]));
});

// The button that was pressed goes away; the focus stays in the panel.
async function leave(act) {
  panel.focus({ preventScroll: true });
  await act();
}

panel.addEventListener("focusout", ({ relatedTarget }) => {
  if (relatedTarget && !bell.contains(relatedTarget)) closePanel({ back: false });
});
document.addEventListener("pointerdown", ({ target }) => bell.contains(target) || closePanel({ back: false }));
bell.addEventListener("keydown", (event) => {
  if (panel.hidden) return;
  if (event.key === "Escape") {
    event.stopPropagation();
    return closePanel();
  }
  const steps = { ArrowDown: 1, ArrowUp: -1 };
  if (!(event.key in steps) || event.target.matches("input")) return;
  const entries = [...panel.querySelectorAll(".pn-item > :first-child")];
  const at = entries.indexOf(document.activeElement.closest(".pn-item")?.firstElementChild);
  event.preventDefault();
  entries[at < 0 ? 0 : Math.min(entries.length - 1, Math.max(0, at + steps[event.key]))]?.focus();
});

// A link to what a notification is about, wherever it stands.
for (const kind of ["click", "auxclick"]) {
  document.addEventListener(kind, ({ target }) => {
    const link = target.closest?.("a[data-notice]");
    if (link) markRead([Number(link.dataset.notice)]);
  });
}

// --- what this browser is to do -------------------------------------------------------------------
function showWishes() {
  panel.querySelectorAll("[data-wish]").forEach((field) => {
    const name = field.dataset.wish;
    if (field.type === "checkbox") field.checked = wishes.get(name) && (name !== "browser" || mayNotify());
    else field.value = wishes.get(name);
  });
  const why = (name, show) => (panel.querySelector(`[data-why=${name}]`).hidden = !show);
  const can = isSecureContext && "Notification" in window;
  why("sound", !canSound());
  why("insecure", !can);
  why("denied", can && Notification.permission === "denied");
  panel.querySelector("[data-wish=browser]").disabled = !can || Notification.permission === "denied";
}

panel.addEventListener("change", async ({ target }) => {
  const name = target.dataset.wish;
  if (!name) return;
  wishes.set(name, target.type === "checkbox" ? target.checked : Number(target.value));
  if (name === "browser" && target.checked) await Notification.requestPermission();
  if (name === "volume") beep(wishes.get("volume"));
  showWishes();
});

unlockSound();
showCount(tabs.recall("unread", 0), { aloud: false });
const line = openLine({
  socketPath: bell.dataset.socket,
  pollUrl: bell.dataset.poll,
  shownUrl: bell.dataset.shown,
  token,
  person,
  tabs,
});
