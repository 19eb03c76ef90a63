// Which cards are chosen, where the keyboard is, and to whom they may go.

// Not every browser says with what a click was made.
const touched = (event) => (event.pointerType ? event.pointerType === "touch" : window.matchMedia("(pointer: coarse)").matches);

export class Choice {
  constructor(board) {
    this.board = board;
    this.tasks = new Set();
    this.last = null; // where a range with Shift begins
    this.at = null; // the card where the keyboard was last
    this.bar = document.getElementById("pb-chosen");
    this.sheet = document.getElementById("pb-sheet");
    board.live.addEventListener("click", (event) => this.click(event));
    board.live.addEventListener("keydown", (event) => this.key(event));
    board.live.addEventListener("focusin", (event) => this.focusIn(event));
    this.bar.addEventListener("click", (event) => this.barClick(event));
    this.sheet.addEventListener("click", (event) => this.sheetClick(event));
    this.sheet.addEventListener("keydown", (event) => this.sheetKey(event));
    this.sheet.querySelector("input").addEventListener("input", (event) => this.narrow(event.target.value));
    document.addEventListener("keydown", (event) => this.anywhere(event));
  }

  // The cards that an action on this card is about: all that are chosen, if it is one of them.
  about(card) {
    return this.tasks.has(card.dataset.task) ? [...this.tasks] : [card.dataset.task];
  }

  afterSwap() {
    for (const task of this.tasks) if (!this.board.card(task)) this.tasks.delete(task);
    if (!this.board.card(this.at)) this.at = null;
    this.board.live.querySelectorAll("[data-column]").forEach((column) => this.reachOneOf([...column.querySelectorAll("[data-task]")]));
    this.show();
  }

  // Tab goes from column to column, the arrows from card to card.
  reachOneOf(cards) {
    const stop = cards.find((card) => card.dataset.task === this.at) || cards[0];
    cards.forEach((card) => this.reach(card, card === stop));
  }

  reach(card, reached) {
    card.querySelectorAll("button, a").forEach((part) => (part.tabIndex = reached ? 0 : -1));
  }

  show() {
    this.board.live.querySelectorAll("[data-task]").forEach((card) => {
      const chosen = this.tasks.has(card.dataset.task);
      card.classList.toggle("is-chosen", chosen);
      card.querySelector(".pb-face").setAttribute("aria-pressed", chosen);
    });
    const n = this.tasks.size;
    this.bar.hidden = !n;
    this.bar.querySelector("b").textContent = this.board.words("Chosen", { n });
  }

  clear() {
    this.tasks.clear();
    this.last = null;
    this.show();
  }

  focusIn(event) {
    const card = event.target.closest("[data-task]");
    if (!card || this.at === card.dataset.task) return;
    this.at = card.dataset.task;
    this.reachOneOf([...card.closest("[data-column]").querySelectorAll("[data-task]")]);
  }

  // --- with a pointer ---------------------------------------------------------------------------------
  click(event) {
    const card = event.target.closest("[data-task]");
    if (!card) return;
    if (event.target.closest("[data-dismiss]")) return this.board.giving.dismiss(card.dataset.task);
    if (event.target.closest('[data-act="give"]')) return this.ask(this.about(card));
    if (!event.target.closest(".pb-face") || event.detail === 0) return; // keys have their own way
    if (card.hasAttribute("data-fixed")) return this.board.say(this.board.words("Fixed"));
    if (event.shiftKey && this.last) this.range(card);
    else this.toggle(card, event.ctrlKey || event.metaKey || touched(event) || this.tasks.size === 0);
    this.show();
  }

  toggle(card, add) {
    const task = card.dataset.task;
    const chosen = this.tasks.has(task);
    if (!add) this.tasks.clear();
    if (chosen) this.tasks.delete(task);
    else this.tasks.add(task);
    this.last = task;
  }

  range(card) {
    const cards = [...this.board.live.querySelectorAll("[data-task]:not([data-fixed])")];
    const ends = [this.last, card.dataset.task].map((task) => cards.findIndex((each) => each.dataset.task === task));
    const [from, to] = ends.sort((a, b) => a - b);
    cards.slice(Math.max(0, from), to + 1).forEach((each) => this.tasks.add(each.dataset.task));
  }

  barClick(event) {
    const act = event.target.closest("[data-act]")?.dataset.act;
    if (act === "give") this.ask([...this.tasks]);
    if (act === "clear") this.clear();
  }

  // --- with keys --------------------------------------------------------------------------------------
  key(event) {
    const card = event.target.closest?.("[data-task]");
    if (!card || !event.target.matches(".pb-face") || event.ctrlKey || event.metaKey || event.altKey) return;
    const ways = { ArrowDown: [0, 1], ArrowUp: [0, -1], ArrowRight: [1, 0], ArrowLeft: [-1, 0] };
    const fixed = card.hasAttribute("data-fixed");
    if (ways[event.key]) this.go(card, ...ways[event.key]);
    else if ((event.key === "Enter" || event.key === " ") && fixed) this.board.say(this.board.words("Fixed"));
    else if (event.key === "Enter") this.ask(this.about(card));
    else if (event.key === " ") this.press(card);
    else if (event.key === "o") card.querySelector("[data-open]").click();
    else return;
    event.preventDefault();
  }

  press(card) {
    this.toggle(card, true);
    this.show();
    this.board.say(this.board.words("Chosen", { n: this.tasks.size }));
  }

  go(card, across, down) {
    if (down) {
      const step = down > 0 ? "nextElementSibling" : "previousElementSibling";
      return card[step]?.querySelector(".pb-face")?.focus();
    }
    const columns = this.board.columns();
    const cards = [...card.parentElement.children];
    let at = columns.indexOf(card.closest("[data-column]")) + across;
    while (columns[at] && !columns[at].querySelector("[data-task]")) at += across;
    const next = columns[at]?.querySelectorAll("[data-task]");
    next?.[Math.min(cards.indexOf(card), next.length - 1)].querySelector(".pb-face").focus();
  }

  anywhere(event) {
    if (event.defaultPrevented || event.target.matches("input, select, textarea") || this.sheet.open) return;
    if (event.key === "Escape" && this.tasks.size) this.clear();
    if (event.key === "z" && !event.altKey && !event.shiftKey) this.board.giving.undoLast();
  }

  // --- to whom ----------------------------------------------------------------------------------------
  ask(tasks) {
    const cards = tasks.map((task) => this.board.card(task)).filter(Boolean);
    if (!cards.length) return;
    const one = cards.length === 1 && cards[0].querySelector(".pb-what").textContent;
    const title = one ? this.board.words("Giveone", { task: one }) : this.board.words("Givemany", { n: cards.length });
    this.sheet.querySelector("h2").textContent = title;
    this.asked = cards.map((card) => card.dataset.task);
    const home = cards.length === 1 ? cards[0].closest("[data-column]") : null;
    const targets = this.board.columns().filter((column) => column.hasAttribute("data-accepts") && column !== home);
    this.sheet.querySelector("ul").replaceChildren(...targets.map((column) => this.target(column)));
    const find = this.sheet.querySelector("input");
    find.value = "";
    this.sheet.showModal();
    // On a touch screen the keyboard would cover what there is to choose.
    (window.matchMedia("(pointer: coarse)").matches ? this.sheet.querySelector("ul button") : find)?.focus();
  }

  target(column) {
    const line = document.createElement("li");
    const button = document.createElement("button");
    const load = document.createElement("span");
    button.type = "button";
    button.dataset.column = column.dataset.column;
    button.textContent = column.querySelector("h2").textContent;
    load.textContent = column.querySelector("[data-load]").textContent;
    if (column.classList.contains("is-full")) button.className = "is-full";
    button.append(load);
    line.append(button);
    return line;
  }

  narrow(text) {
    const wanted = text.trim().toLowerCase();
    this.sheet.querySelectorAll("li").forEach((line) => {
      line.hidden = !line.textContent.toLowerCase().includes(wanted);
    });
  }

  sheetClick(event) {
    if (event.target === this.sheet || event.target.closest('[data-act="close"]')) return this.sheet.close();
    const button = event.target.closest("button[data-column]");
    if (button) this.choose(button);
  }

  choose(button) {
    this.sheet.close();
    const column = this.board.live.querySelector(`[data-column="${button.dataset.column}"]`);
    if (column) this.board.giving.give(this.asked, column);
  }

  sheetKey(event) {
    const lines = [...this.sheet.querySelectorAll("li:not([hidden]) button")];
    const at = lines.indexOf(document.activeElement);
    if (event.key === "ArrowDown") lines[Math.min(at + 1, lines.length - 1)]?.focus();
    else if (event.key === "ArrowUp") (lines[at - 1] || this.sheet.querySelector("input")).focus();
    else if (event.key === "Enter" && at < 0 && event.target.matches("input")) lines[0] && this.choose(lines[0]);
    else return;
    event.preventDefault();
  }
}
