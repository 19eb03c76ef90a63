// What all tabs of one person in this browser know together.
const MOST = 500;

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

  // Where the person is looking comes first; there is no lock on plain http, so the others wait a little, each differently.
  function once(ids, tell) {
    const wait = document.hidden ? 400 + Math.random() * 400 : 100 + Math.random() * 150;
    const act = () => {
      const mine = claim(ids);
      if (mine.length) tell(mine);
    };
    if (document.hasFocus()) act();
    else setTimeout(act, wait);
  }

  return {
    recall,
    keep,
    once,
    say: (message) => channel?.postMessage(message),
    hear: (listen) => channel?.addEventListener("message", (event) => listen(event.data)),
  };
}
