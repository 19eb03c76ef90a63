// What was entered on this device and is not answered yet: kept here, sent in order, done once.
// Every entry has a key of its own, under which the server answers a second sending with the outcome of the first.
window.paidanDeeds = (root) => {
  const person = root.dataset.person;
  const prefix = (kind) => `paidan.${kind}.${person}.`;
  const TOO_OLD = 14 * 24 * 3600 * 1000; // the server remembers keys for a month
  const memory = new Map(); // where a browser keeps nothing
  const listeners = { change: [], outcome: [] };
  let state = "online";
  let busy = false;
  let again = false;
  let timer = 0;
  let failures = 0;
  let keeps = true;

  // --- what is kept --------------------------------------------------------------------------------
  function put(name, value) {
    try {
      localStorage.setItem(name, JSON.stringify(value));
      memory.delete(name);
    } catch {
      keeps = false;
      memory.set(name, value);
    }
  }
  function drop(name) {
    memory.delete(name);
    try {
      localStorage.removeItem(name);
    } catch {
      keeps = false;
    }
  }
  function names() {
    try {
      return [...Object.keys(localStorage), ...memory.keys()];
    } catch {
      return [...memory.keys()];
    }
  }
  function kept(kind) {
    const found = [];
    for (const name of names().filter((each) => each.startsWith(prefix(kind))).sort()) {
      try {
        found.push({ ...(memory.get(name) || JSON.parse(localStorage.getItem(name))), name });
      } catch {
        drop(name);
      }
    }
    return found;
  }
  function save(entry) {
    const { name, ...rest } = entry;
    put(name, rest);
  }
  function others() {
    return names().filter((name) => name.startsWith("paidan.deed.") && !name.startsWith(prefix("deed"))).length;
  }

  function uuid() {
    // crypto.randomUUID does not exist on plain http, which is what a shop's own network has.
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
  }

  function add(wish) {
    const last = Number((kept("deed").at(-1)?.name || "").slice(prefix("deed").length).split(".")[0]) || 0;
    const key = uuid();
    const place = String(Math.max(Date.now(), last + 1)).padStart(15, "0"); // in order, also when the clock is set back
    const entry = { ...wish, key, at: Date.now(), tried: 0, broken: 0, name: `${prefix("deed")}${place}.${key.slice(0, 8)}` };
    save(entry);
    changed();
    flush();
    return entry;
  }

  // --- sending -------------------------------------------------------------------------------------
  async function flush() {
    if (busy) {
      again = true;
      return;
    }
    busy = true;
    clearTimeout(timer);
    try {
      for (let [entry] = kept("deed"); entry; [entry] = kept("deed")) {
        if (Date.now() - entry.at > TOO_OLD) {
          refuse(entry, { ok: false, code: "too_old", message: root.dataset.sayTooOld });
          continue;
        }
        entry.tried += 1;
        save(entry);
        changed();
        const answer = await send(entry);
        if (answer.outcome) {
          failures = 0;
          state = "online";
          settle(entry, answer.outcome);
        } else if (answer.broken && entry.broken >= 4) {
          refuse(entry, { ok: false, code: "server", message: root.dataset.sayServer });
        } else {
          if (answer.broken) save({ ...entry, broken: entry.broken + 1 });
          failures += 1;
          state = answer.state;
          if (state === "offline") timer = setTimeout(flush, Math.min(30000, 1000 * 2 ** failures));
          return;
        }
      }
    } finally {
      busy = false;
      changed();
      if (again) {
        again = false;
        flush();
      }
    }
  }

  async function send(entry, renewed = false) {
    const { key, verb, task, version, good, waste, note, reason, shown } = entry;
    const giveUp = new AbortController();
    const patience = setTimeout(() => giveUp.abort(), 15000);
    try {
      const response = await fetch(root.dataset.do, {
        method: "POST",
        redirect: "manual",
        signal: giveUp.signal,
        headers: { "Content-Type": "application/json", "X-CSRFToken": document.querySelector("[name=csrfmiddlewaretoken]")?.value || "" },
        body: JSON.stringify({ key, person: Number(person), verb, task, version, good, waste, note, reason, shown }),
      });
      if (response.type === "opaqueredirect" || response.status === 401) return { state: "signed_out" };
      if (response.status === 409) return { state: "other_person" };
      if (response.status === 403) return renewed || !(await api.renew()) ? { state: "signed_out" } : send(entry, true);
      if (response.status >= 500 || response.status === 429) return { state: "offline", broken: response.status === 500 };
      const outcome = await response.json();
      return typeof outcome.ok === "boolean" ? { outcome } : { state: "offline" };
    } catch {
      return { state: "offline" };
    } finally {
      clearTimeout(patience);
    }
  }

  function settle(entry, outcome) {
    if (!outcome.ok) {
      refuse(entry, outcome);
      return;
    }
    // What was entered on top of this one, before it was answered, goes on from where it left the task.
    for (const later of kept("deed")) {
      if (later.key !== entry.key && later.task === entry.task && later.version === outcome.before) {
        save({ ...later, version: outcome.version });
      }
    }
    drop(entry.name);
    tell(entry, outcome);
  }

  function refuse(entry, outcome) {
    const behind = kept("deed").filter((later) => later.task === entry.task && later.key !== entry.key);
    drop(entry.name);
    if (!tell(entry, outcome)) keepTrouble(entry, outcome);
    for (const later of behind) {
      drop(later.name);
      keepTrouble(later, { ok: false, code: "held", message: root.dataset.sayHeld });
    }
  }
  function keepTrouble(entry, outcome) {
    save({ ...entry, outcome, name: entry.name.replace(prefix("deed"), prefix("trouble")) });
  }

  const tell = (entry, outcome) => listeners.outcome.map((each) => each(entry, outcome)).some(Boolean);
  const changed = () => listeners.change.forEach((each) => each());

  const api = {
    add,
    flush,
    others,
    renew: async () => false,
    waiting: () => kept("deed"),
    trouble: () => kept("trouble"),
    remove(entry) {
      drop(entry.name);
      changed();
    },
    on: (name, listener) => listeners[name].push(listener),
    get state() {
      return busy && state === "online" ? "sending" : state;
    },
    set state(value) {
      state = value;
      changed();
    },
    get keeps() {
      return keeps;
    },
  };
  addEventListener("online", flush);
  addEventListener("storage", changed); // another tab of the same device
  document.addEventListener("visibilitychange", () => document.hidden || flush());
  return api;
};
