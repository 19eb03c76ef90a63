// The line between an open page and the house. It hears that something is new or has changed, and says so on `document`:
// `paidan:notices`, `paidan:read`, `paidan:changed`, `paidan:line`. A lost line comes back by itself; meanwhile the page asks.
const SIGNED_OUT = 4001;
const TOO_MUCH = 4008;
const OPENING = 15_000;
const PATIENCE = 75_000; // a ping comes every 30 s
const POLL = 15_000;
const LONGEST = 60_000;
const STEADY = 10_000;
const LATE = 3_000;
const REMEMBERED = 500;
const MOST_TOPICS = 50;

export const BACKGROUND = { "X-Paidan-Background": "1", Accept: "application/json" };

const emit = (name, detail) => document.dispatchEvent(new CustomEvent(`paidan:${name}`, { detail }));

export function openLine({ socketPath, pollUrl, shownUrl, token, person, tabs }) {
  const shown = new Set();
  let last = tabs.recall("last", null);
  let socket = null;
  let isOpen = false;
  let isOut = false;
  let failed = false;
  let openedAt = 0;
  let attempt = 0;
  let heldUntil = 0;
  let hadLine = false;
  let watched = "";
  let patience, again, nextPoll, soon;

  // --- what came ---------------------------------------------------------------------------------
  function reach(id) {
    if (last !== null && id >= last) return;
    if (last !== null) {
      // A smaller newest id than the one we know: the house was set up anew, and gives the same numbers again.
      shown.clear();
      tabs.keep("told", []);
    }
    last = id;
    tabs.keep("last", last);
  }

  function take(notices, unread, replay) {
    const fresh = notices.filter((notice) => !shown.has(notice.id));
    fresh.forEach((notice) => shown.add(notice.id));
    [...shown].slice(0, -REMEMBERED).forEach((id) => shown.delete(id));
    if (notices.length) {
      last = Math.max(last ?? 0, ...notices.map((notice) => notice.id));
      tabs.keep("last", last);
    }
    emit("notices", { notices: fresh, unread, replay });
  }

  function topics() {
    const named = [...document.querySelectorAll("[data-live]")].flatMap((part) => part.dataset.live.split(/\s+/));
    return [...new Set(named.filter(Boolean))].sort().slice(0, MOST_TOPICS);
  }

  function allChanged() {
    const all = topics();
    if (all.length) emit("changed", { topics: all });
  }

  const heard = {
    hello(message) {
      if (message.user !== person) return signedOut(); // somebody else uses this browser now
      isOpen = true;
      failed = false;
      openedAt = Date.now();
      clearTimeout(nextPoll);
      reach(message.last_id);
      emit("read", { ids: [], unread: message.unread });
      watch();
      sayState();
    },
    notices(message) {
      take(message.notices, message.unread, message.replay);
      send({ type: "ack", ids: message.notices.map((notice) => notice.id) });
    },
    changed: (message) => emit("changed", { topics: message.topics }),
    read: (message) => emit("read", { ids: message.ids, unread: message.unread }),
    watching() {
      // What changed before the house knew that this page watches was not told.
      if (hadLine || performance.now() > LATE) allChanged();
      hadLine = true;
    },
    ping: () => send({ type: "pong" }),
  };

  // --- the socket --------------------------------------------------------------------------------
  function send(message) {
    if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
  }

  function watch() {
    const all = topics();
    if (!isOpen || all.join(" ") === watched) return;
    watched = all.join(" ");
    send({ type: "watch", topics: all });
  }

  function expect(within) {
    clearTimeout(patience);
    patience = setTimeout(() => lost(0), within);
  }

  function connect() {
    if (!socketPath || socket || isOut || Date.now() < heldUntil) return;
    clearTimeout(again);
    const address = new URL(socketPath, location.href);
    address.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    socket = new WebSocket(address);
    socket.onopen = () => send({ type: "resume", last_id: last });
    socket.onmessage = (event) => {
      expect(PATIENCE);
      const message = JSON.parse(event.data);
      heard[message.type]?.(message);
    };
    socket.onclose = (event) => lost(event.code);
    expect(OPENING);
    sayState();
  }

  // A dead line may take minutes to close; it is left behind at once.
  function lost(code) {
    clearTimeout(patience);
    if (socket) {
      socket.onopen = socket.onmessage = socket.onclose = null;
      socket.close();
    }
    socket = null;
    if (isOut) return;
    if (code === SIGNED_OUT) return signedOut();
    if (isOpen && Date.now() - openedAt > STEADY) attempt = 0;
    // Spread, for when a server goes all its pages notice at once; a page that never had a line has nothing to show yet.
    if (isOpen || attempt === 0) pollIn(isOpen ? Math.random() * 2_000 : 0);
    isOpen = false;
    watched = "";
    if (code === TOO_MUCH) heldUntil = Date.now() + LONGEST;
    const wait = Math.random() * Math.min(LONGEST, 1000 * 2 ** attempt++);
    again = setTimeout(connect, wait + (code === TOO_MUCH ? LONGEST : 0));
    sayState();
  }

  function signedOut() {
    isOut = true;
    clearTimeout(again);
    clearTimeout(nextPoll);
    lost(SIGNED_OUT);
    isOpen = false;
    sayState();
  }

  // --- without a socket, the page asks ------------------------------------------------------------
  function pollIn(wait) {
    clearTimeout(nextPoll);
    if (pollUrl && !isOut) nextPoll = setTimeout(poll, wait);
  }

  async function poll() {
    if (isOpen || isOut) return;
    let wait = POLL;
    try {
      const asked = last === null ? pollUrl : `${pollUrl}?after=${last}`;
      const answer = await fetch(asked, { headers: BACKGROUND });
      if (answer.status === 401) return signedOut();
      if (!answer.ok) throw new Error(String(answer.status));
      const page = await answer.json();
      failed = false;
      if (isOpen) return;
      const isFirst = last === null;
      reach(page.last_id);
      take(page.notices, page.unread, isFirst);
      const isKept = !page.notices.length || (await sayShown(page.notices));
      if (page.more && isKept) wait = 0;
      else allChanged();
    } catch {
      failed = true;
    }
    pollIn(wait);
    sayState();
  }

  // Until a page has said that it showed something, every page is told of it.
  async function sayShown(notices) {
    const body = new URLSearchParams({ ids: notices.map((notice) => notice.id).join(",") });
    const headers = { ...BACKGROUND, "X-CSRFToken": token };
    const answer = await fetch(shownUrl, { method: "POST", body, headers }).catch(() => null);
    await answer?.text(); // an answer that nobody reads keeps its connection busy
    return answer?.ok;
  }

  function sayState() {
    const asks = !failed && navigator.onLine;
    emit("line", { state: isOut ? "out" : isOpen ? "live" : asks ? "connecting" : "offline" });
  }

  function atOnce() {
    if (isOpen || isOut) return;
    attempt = 0;
    connect();
    pollIn(socketPath ? 1_000 : 0);
  }

  addEventListener("online", atOnce);
  addEventListener("offline", sayState);
  document.addEventListener("visibilitychange", () => document.hidden || atOnce());
  new MutationObserver(() => {
    soon ??= setTimeout(() => {
      soon = undefined;
      watch();
    }, 50);
  }).observe(document.body, { subtree: true, childList: true, attributeFilter: ["data-live"] });
  if (!pollUrl) return { signedOut };
  connect();
  pollIn(socketPath ? 1_000 + Math.random() * 2_000 : 0);
  return { signedOut };
}
