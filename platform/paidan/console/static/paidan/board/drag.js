// Dragging cards from one column into another.
import { carry } from "../carry.js";

export function watchDrags(board) {
  let tasks = [];
  let column = null;

  function point(next) {
    if (next === column) return;
    column?.classList.remove("is-over");
    next?.classList.add("is-over");
    column = next;
  }

  carry({
    area: board.live,
    from(target) {
      const card = target.closest("[data-task]:not([data-fixed])");
      return target.closest(".pb-tools, .pb-note") ? null : card;
    },
    lift(card) {
      tasks = board.choice.about(card);
      const picture = card.cloneNode(true);
      picture.className = "pb-card pb-ghost";
      picture.removeAttribute("data-task");
      if (tasks.length > 1) picture.dataset.count = tasks.length;
      board.root.append(picture);
      board.root.classList.add("is-dragging");
      tasks.forEach((task) => board.card(task)?.classList.add("is-lifted"));
      board.say(board.words("Picked", { n: tasks.length }));
      return picture;
    },
    over: ({ x, y }) => point(document.elementFromPoint(x, y)?.closest("[data-column][data-accepts]") || null),
    // The columns, and the list under the pointer, come along.
    along() {
      const list = column?.querySelector("ul");
      return [[board.live.querySelector("#pb-columns"), "x"], ...(list ? [[list, "y"]] : [])];
    },
    end(laid) {
      const to = laid && column;
      point(null);
      board.root.classList.remove("is-dragging");
      tasks.forEach((task) => board.card(task)?.classList.remove("is-lifted"));
      if (to) board.giving.give(tasks, to).then(() => board.refresh());
      else board.refresh({ background: true });
    },
  });
}
