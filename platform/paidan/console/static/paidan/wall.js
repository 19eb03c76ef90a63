// The wall board keeps itself true: it asks every few seconds, and says when it cannot.
(() => {
  const EVERY = 5_000;
  const TURN = 10_000; // a list that is longer than its panel is shown by turns
  const { body } = document;
  const now = document.getElementById("now");
  const lost = document.getElementById("lost");
  const clock = document.getElementById("clock");
  const turns = new Map();
  let ahead = 0; // how far this machine's clock is behind the house's
  let seen = Date.now();
  let running = false;

  const time = (at, seconds) =>
    new Date(at).toLocaleTimeString("zh-CN", {
      hour: "2-digit", minute: "2-digit", second: seconds ? "2-digit" : undefined, hour12: false, timeZone: body.dataset.zone,
    });

  async function look() {
    if (running) return;
    running = true;
    try {
      const answer = await fetch(body.dataset.now, {
        headers: { "If-None-Match": body.dataset.etag, "X-Paidan-Background": "1" },
        cache: "no-store",
        signal: AbortSignal.timeout(15_000),
      });
      if (answer.status === 404) return location.reload(); // revoked: the screen is a missing page from now on
      if (answer.status === 200) {
        now.innerHTML = await answer.text();
        body.dataset.etag = answer.headers.get("ETag");
        show();
      } else if (answer.status !== 304) throw new Error(answer.status);
      const said = Date.parse(answer.headers.get("Date"));
      if (said) ahead = Math.abs(said - Date.now()) > 2_000 ? said - Date.now() : 0;
      told(true);
    } catch {
      told(false);
    } finally {
      running = false;
    }
  }

  function told(reached) {
    if (reached) seen = Date.now() + ahead;
    body.classList.toggle("is-lost", !reached);
    lost.textContent = reached ? "" : body.dataset.wordLost.replace("{time}", time(seen, true));
  }

  // With which article each turn begins, so that none is cut in two.
  function beginnings(parts, height) {
    parts.forEach((part) => (part.hidden = false));
    if (getComputedStyle(body).overflowY !== "hidden") return [0]; // a small screen scrolls
    const begins = [];
    let top = -Infinity;
    parts.forEach((part, n) => {
      if (begins.length && part.offsetTop + part.offsetHeight - top <= height) return;
      begins.push(n);
      top = part.offsetTop;
    });
    return begins;
  }

  function show() {
    now.querySelectorAll(".turning").forEach((list) => {
      const title = list.getAttribute("aria-labelledby");
      const parts = [...list.querySelectorAll("article")];
      const begins = beginnings(parts, list.clientHeight);
      const pages = Math.max(1, begins.length);
      const at = (turns.get(title) || 0) % pages;
      turns.set(title, at);
      parts.forEach((part, n) => {
        part.hidden = n < begins[at] || n >= (begins[at + 1] ?? parts.length);
      });
      list.parentElement.querySelector(".turn").textContent = pages > 1 ? `${at + 1}/${pages}` : "";
    });
  }

  setInterval(look, EVERY);
  setInterval(() => {
    turns.forEach((at, title) => turns.set(title, at + 1));
    show();
  }, TURN);
  setInterval(() => (clock.textContent = time(Date.now() + ahead)), 1_000);
  clock.textContent = time(Date.now());
  // Where the live channel reaches a screen too, it need not wait for its turn to ask.
  document.addEventListener("paidan:changed", look);
  window.addEventListener("online", look);
  window.addEventListener("resize", show);
  show();
})();
