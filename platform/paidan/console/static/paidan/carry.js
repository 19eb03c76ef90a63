// Carrying a thing with a mouse, a pen or a finger. Pointer events only: the same code for all, and no library.
const FAR = 6; // a mouse that moves less means a click
const HOLD = 350; // a finger that stays so long takes the thing; a shorter touch scrolls
const CLICK = 80; // so soon after it the click of a pointer comes
const EDGE = 56; // so near to an edge what is below scrolls by itself

let hand = null;
let ended = -Infinity;

export const carrying = () => Boolean(hand?.picture);

// `area`: where the things lie. `from(target)`: the thing that is taken there, or nothing. `lift(thing)`: it was
// taken; gives the picture that follows the pointer. `over(at)`: it is there now. `along()`: what scrolls near its edges,
// as pairs of an element and "x" or "y". `end(laid)`: it was laid down; or, with false, it stays where it was.
export function carry({ area, from, lift, over, along, end }) {
  area.addEventListener("pointerdown", (event) => {
    const thing = !event.button && event.isPrimary && from(event.target);
    if (!thing) return;
    hand = { thing, lift, over, along, end, pointer: event.pointerId, x: event.clientX, y: event.clientY };
    hand.finger = event.pointerType === "touch";
    if (hand.finger) hand.timer = setTimeout(begin, HOLD);
  });
  // A browser begins to scroll with the first move of a finger, unless that is prevented.
  area.addEventListener("touchmove", (event) => carrying() && event.preventDefault(), { passive: false });
  area.addEventListener("contextmenu", (event) => hand && event.preventDefault());
  area.addEventListener("dragstart", (event) => event.preventDefault());
  area.addEventListener("click", afterwards, true);
}

// Where a pointer laid something down it has not clicked.
function afterwards(event) {
  if (performance.now() - ended > CLICK) return;
  event.preventDefault();
  event.stopPropagation();
}

document.addEventListener("pointermove", (event) => {
  if (event.pointerId !== hand?.pointer) return;
  const far = Math.hypot(event.clientX - hand.x, event.clientY - hand.y) > FAR;
  if (!hand.picture && far && hand.finger) return forget();
  if (!hand.picture && !far) return;
  if (!hand.picture) begin();
  hand.x = event.clientX;
  hand.y = event.clientY;
  follow();
});
document.addEventListener("pointerup", (event) => event.pointerId === hand?.pointer && finish(true));
document.addEventListener("pointercancel", (event) => event.pointerId === hand?.pointer && finish(false));
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || !carrying()) return;
  event.preventDefault();
  event.stopPropagation();
  finish(false);
}, true);

function begin() {
  hand.picture = hand.lift(hand.thing);
  hand.picture.setAttribute("aria-hidden", "true");
  hand.picture.style.width = `${hand.thing.offsetWidth}px`;
  if (hand.finger) navigator.vibrate?.(15);
  follow();
  scroll();
}

function follow() {
  hand.picture.style.transform = `translate(${hand.x + 8}px, ${hand.y + 8}px) rotate(1.5deg)`;
  hand.over(hand);
}

function scroll() {
  if (!carrying()) return;
  for (const [element, axis] of hand.along()) {
    const box = element === document.scrollingElement ? new DOMRect(0, 0, innerWidth, innerHeight) : element.getBoundingClientRect();
    if (axis === "x") element.scrollLeft += pull(hand.x, box.left, box.right);
    else element.scrollTop += pull(hand.y, box.top, box.bottom);
  }
  follow();
  requestAnimationFrame(scroll);
}

function pull(at, least, most) {
  if (at < least + EDGE) return -Math.min(18, (least + EDGE - at) / 3);
  if (at > most - EDGE) return Math.min(18, (at - most + EDGE) / 3);
  return 0;
}

function finish(laid) {
  const { picture, end } = hand;
  forget();
  if (!picture) return;
  picture.remove();
  ended = performance.now();
  end(laid);
}

function forget() {
  clearTimeout(hand?.timer);
  hand = null;
}
