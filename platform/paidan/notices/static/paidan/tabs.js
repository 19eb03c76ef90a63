// What all tabs of one person in this browser know together.
const MOST = 500;
const SETTLE = 150;
const GONE = 2_000;

export function tabsOf(person) {
  const channel = "BroadcastChannel" in window ? new BroadcastChannel(`paidan.${person}`) : null;

  function recall(name, otherwise) {
    try {
      return JSON.parse(localStorage.getItem(`paidan.${person}.${name}`)) ?? otherwise;
    } catch {
      return otherwise;
    }
  }

  function keep(name, value) {
    try {
      localStorage.setItem(`paidan.${person}.${name}`, JSON.stringify(value));
    } catch {
      // Storage may be full or forbidden; then each tab is on its own.
    }
  }

  // Those of these ids that no tab has told of yet; from now on they are told.
  function claim(ids) {
    const told = recall("told", []);
    const mine = ids.filter((id) => !told.includes(id));
    if (mine.length) keep("told", [...told, ...mine].slice(-MOST));
    return mine;
  }

  // There is no lock on plain http: every tab bids, the one at which the person looks wins, and storage says what was told.
  const me = Math.random();
  const bids = new Map();

  function once(ids, tell) {
    const bid = (document.hasFocus() ? 0 : document.hidden ? 2 : 1) + me;
    const settle = (left) => {
      const mine = claim(left);
      if (mine.length) tell(mine);
    };
    say({ type: "bid", ids, bid });
    setTimeout(() => settle(ids.filter((id) => !(bids.get(id) < bid))), SETTLE);
    setTimeout(() => settle(ids), GONE); // the winner may have been closed meanwhile
  }

  const say = (message) => channel?.postMessage(message);
  const hear = (listen) => channel?.addEventListener("message", (event) => listen(event.data));
  hear((message) => {
    if (message.type !== "bid") return;
    for (const id of message.ids) bids.set(id, Math.min(message.bid, bids.get(id) ?? Infinity));
    [...bids.keys()].slice(0, -MOST).forEach((id) => bids.delete(id));
  });

  return { recall, keep, once, say, hear };
}
