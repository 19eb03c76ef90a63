// Sends moves, says what came of each, takes them back.
const STAYS = 12_000; // how long a toast with a way back stays

export class Giving {
  constructor(board) {
    this.board = board;
    this.notes = new Map(); // what was refused, on its card until it is read
    this.undos = []; // the last moves that can be taken back
    this.sending = 0; // how many are on their way
    this.settled = 0; // how many came back
    this.toasts = document.getElementById("pb-toasts");
  }

  // Put these tasks where the column says.
  give(tasks, column) {
    const moves = [];
    for (const card of tasks.map((task) => this.board.card(task))) {
      if (!card || card.closest("[data-column]") === column) continue;
      const to = Number(column.dataset.to) || null;
      // Who gets a task in hand does it for the department where it is; a pool is a department's.
      const department = Number((to && card.dataset.department) || column.dataset.department) || null;
      moves.push({ task: Number(card.dataset.task), version: Number(card.dataset.version), to, department });
      this.ahead(card, column);
    }
    this.board.choice.clear();
    return moves.length ? this.send(moves) : Promise.resolve();
  }

  // The card goes ahead; the answer says whether it stays.
  ahead(card, column) {
    card.classList.add("is-sending");
    column.querySelector(".pb-none")?.remove();
    column.querySelector("ul").prepend(card);
  }

  async send(moves, { undoing = false } = {}) {
    moves.forEach((move) => this.notes.delete(String(move.task)));
    let answer;
    this.sending += 1;
    try {
      answer = await fetch(this.board.root.dataset.give, {
        method: "POST",
        headers: { "Content-Type": "application/json", "X-CSRFToken": this.board.root.dataset.csrf },
        body: JSON.stringify({ moves }),
      });
      if (answer.redirected) return location.reload();
      answer = answer.headers.get("Content-Type").includes("json") ? await answer.json() : {};
    } catch {
      answer = {};
    }
    this.sending -= 1;
    this.settled += 1;
    if (answer.moves) this.report(answer.moves, undoing);
    else this.toast([answer.sentence || this.board.words("Failed")], { bad: true });
    this.board.root.dataset.etag = ""; // cards went ahead: what is shown is not what was sent
    await this.board.refresh();
  }

  report(outcomes, undoing) {
    const done = outcomes.filter((outcome) => outcome.ok);
    const refused = outcomes.filter((outcome) => !outcome.ok);
    const many = outcomes.length > 1;
    const lines = [];
    if (done.length === 1) lines.push(done[0].sentence);
    else if (done.length) lines.push(this.board.words("Given", { n: done.length }));
    if (many && refused.length) lines.push(this.board.words("Refused", { n: refused.length }));
    for (const outcome of refused) {
      const text = [outcome.sentence, outcome.trace && `(${outcome.trace})`].filter(Boolean).join(" ");
      this.notes.set(String(outcome.task), text);
      lines.push(text);
    }
    if (undoing && !refused.length) lines.unshift(this.board.words("Undone"));
    const back = undoing ? [] : done.filter((outcome) => outcome.was).map(backwards);
    this.toast(lines, { bad: refused.length > 0, back });
  }

  // --- the way back -----------------------------------------------------------------------------------
  undoLast() {
    const toast = this.undos.at(-1);
    if (toast) this.undo(toast);
  }

  undo(toast) {
    this.undos = this.undos.filter((each) => each !== toast);
    toast.element.remove();
    return this.send(toast.back, { undoing: true });
  }

  toast(lines, { bad = false, back = [] }) {
    const element = document.createElement("div");
    element.className = `pb-toast${bad ? " is-bad" : ""}`;
    const text = document.createElement("div");
    text.append(...lines.map((line) => Object.assign(document.createElement("p"), { textContent: line })));
    element.append(text);
    const toast = { element, back };
    if (back.length) {
      element.append(this.button("Undo", () => this.undo(toast)));
      this.undos.push(toast);
    }
    const close = () => {
      element.remove();
      this.undos = this.undos.filter((each) => each !== toast);
    };
    element.append(this.button("Close", close));
    while (this.toasts.children.length > 2) this.toasts.firstElementChild.remove();
    this.toasts.append(element);
    if (!bad) this.leaves(element, close);
  }

  // A toast leaves after a while, but not while somebody points at it or is in it.
  leaves(element, close) {
    setTimeout(() => {
      if (element.matches(":hover, :focus-within")) this.leaves(element, close);
      else close();
    }, STAYS);
  }

  button(word, act) {
    const button = Object.assign(document.createElement("button"), { type: "button", className: "paidan-button" });
    button.textContent = this.board.words(word);
    button.addEventListener("click", act);
    return button;
  }

  // --- refusals, on the cards -------------------------------------------------------------------------
  afterSwap() {
    for (const [task, text] of this.notes) {
      const card = this.board.card(task);
      if (!card) continue;
      const note = Object.assign(document.createElement("p"), { className: "pb-note" });
      note.append(text, Object.assign(this.button("Close", () => {}), { className: "pb-dismiss" }));
      note.lastChild.dataset.dismiss = "";
      card.append(note);
      card.classList.add("is-refused");
    }
  }

  dismiss(task) {
    this.notes.delete(task);
    const card = this.board.card(task);
    card.classList.remove("is-refused");
    card.querySelector(".pb-note")?.remove();
    card.querySelector(".pb-face").focus();
  }
}

// The move that puts a task back where it was, as long as nobody touched it since.
function backwards({ task, version, was }) {
  return { task, version, to: was.to, department: was.department, start: was.start };
}
