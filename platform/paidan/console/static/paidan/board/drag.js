// Dragging cards with a mouse, a pen or a finger. Pointer events only: the same code for all, and no library.
const FAR = 6; // a mouse that moves less means a click
const HOLD = 350; // a finger that stays so long takes the card; a shorter touch scrolls
const EDGE = 56; // so near to an edge the board scrolls by itself

let drag = null;
let ended = 0;

export const dragging = () => Boolean(drag?.ghost);
export const justDragged = () => performance.now() - ended < 80;

export function watchDrags(board) {
  const { live } = board;
  live.addEventListener("pointerdown", (event) => down(board, event));
  document.addEventListener("pointermove", (event) => move(board, event));
  document.addEventListener("pointerup", (event) => up(board, event));
  document.addEventListener("pointercancel", (event) => drag?.pointer === event.pointerId && cancel(board));
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !dragging()) return;
    event.preventDefault();
    event.stopPropagation();
    cancel(board);
  }, true);
  // A browser begins to scroll with the first move of a finger, unless that is prevented.
  live.addEventListener("touchmove", (event) => dragging() && event.preventDefault(), { passive: false });
  live.addEventListener("contextmenu", (event) => drag && event.preventDefault());
  live.addEventListener("dragstart", (event) => event.preventDefault());
}

function down(board, event) {
  const card = event.target.closest("[data-task]");
  if (!card || card.hasAttribute("data-fixed") || event.button || !event.isPrimary) return;
  if (event.target.closest(".pb-tools, .pb-note")) return;
  drag = { card, pointer: event.pointerId, x: event.clientX, y: event.clientY, touch: event.pointerType === "touch" };
  if (drag.touch) drag.timer = setTimeout(() => begin(board), HOLD);
}

function move(board, event) {
  if (!drag || event.pointerId !== drag.pointer) return;
  const far = Math.hypot(event.clientX - drag.x, event.clientY - drag.y) > FAR;
  if (!drag.ghost && far && drag.touch) return forget();
  if (!drag.ghost && !far) return;
  if (!drag.ghost) begin(board);
  drag.x = event.clientX;
  drag.y = event.clientY;
  follow(board);
}

function begin(board) {
  drag.tasks = board.choice.about(drag.card);
  drag.ghost = drag.card.cloneNode(true);
  drag.ghost.className = "pb-card pb-ghost";
  drag.ghost.removeAttribute("data-task");
  drag.ghost.setAttribute("aria-hidden", "true");
  drag.ghost.style.width = `${drag.card.offsetWidth}px`;
  if (drag.tasks.length > 1) drag.ghost.dataset.count = drag.tasks.length;
  board.root.append(drag.ghost);
  board.root.classList.add("is-dragging");
  drag.tasks.forEach((task) => board.card(task)?.classList.add("is-lifted"));
  board.say(board.words("Picked", { n: drag.tasks.length }));
  if (drag.touch) navigator.vibrate?.(15);
  follow(board);
  scroll(board);
}

function follow(board) {
  drag.ghost.style.transform = `translate(${drag.x + 8}px, ${drag.y + 8}px) rotate(1.5deg)`;
  const over = document.elementFromPoint(drag.x, drag.y)?.closest("[data-column][data-accepts]") || null;
  if (over === drag.over) return;
  drag.over?.classList.remove("is-over");
  over?.classList.add("is-over");
  drag.over = over;
}

// Near an edge the columns, and the list under the pointer, come along.
function scroll(board) {
  if (!dragging()) return;
  const columns = board.live.querySelector("#pb-columns");
  const box = columns.getBoundingClientRect();
  columns.scrollLeft += pull(drag.x, box.left, box.right);
  const list = drag.over?.querySelector("ul");
  if (list) {
    const inside = list.getBoundingClientRect();
    list.scrollTop += pull(drag.y, inside.top, inside.bottom);
  }
  follow(board);
  requestAnimationFrame(() => scroll(board));
}

function pull(at, least, most) {
  if (at < least + EDGE) return -Math.min(18, (least + EDGE - at) / 3);
  if (at > most - EDGE) return Math.min(18, (at - most + EDGE) / 3);
  return 0;
}

function up(board, event) {
  if (!drag || event.pointerId !== drag.pointer) return;
  if (!drag.ghost) return forget();
  const { tasks, over } = drag;
  finish(board);
  if (over) board.giving.give(tasks, over).then(() => board.refresh());
  else board.refresh({ background: true });
}

function cancel(board) {
  if (!drag?.ghost) return forget();
  finish(board);
  board.refresh({ background: true });
}

function finish(board) {
  drag.ghost.remove();
  drag.over?.classList.remove("is-over");
  board.root.classList.remove("is-dragging");
  drag.tasks.forEach((task) => board.card(task)?.classList.remove("is-lifted"));
  ended = performance.now();
  forget();
}

function forget() {
  clearTimeout(drag?.timer);
  drag = null;
}
