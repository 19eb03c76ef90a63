// Pop-ups: one for what is ordinary, one for what is urgent, one for the line. Several at once become a number.
const STAY = 8_000;
const URGENT = 4;
const CONTROLS = "button, a[href], input:not([type=hidden]), select, textarea, [role=button], [x-on\\:click]";

export function toaster({ bell, openPanel, isWanted }) {
  const box = document.createElement("div");
  box.className = "pn-toasts";
  document.body.append(box);
  const slots = { urgent: [], ordinary: [] };
  const shown = {};
  let timer;

  function build(slot, { title, text, url, go, onGo, onClose }) {
    const toast = bell.querySelector("template").content.firstElementChild.cloneNode(true);
    toast.classList.add(`is-${slot}`);
    toast.setAttribute("role", slot === "ordinary" ? "status" : "alert");
    toast.querySelector("strong").textContent = title;
    toast.querySelector("p").textContent = text;
    const link = toast.querySelector(".pn-go");
    link.hidden = !go;
    link.textContent = go;
    link.href = url || "#";
    link.addEventListener("click", (event) => onGo?.(event));
    toast.querySelector(".pn-close").addEventListener("click", onClose);
    shown[slot]?.remove();
    shown[slot] = toast;
    box.append(toast);
    place();
  }

  function drop(slot) {
    shown[slot]?.remove();
    delete shown[slot];
    if (slots[slot]) slots[slot] = [];
  }

  function draw(slot) {
    const notices = slots[slot];
    if (!notices.length) return drop(slot);
    const [first] = notices;
    const words = bell.dataset[slot === "urgent" ? "sayUrgent" : "saySeveral"];
    const one = notices.length === 1;
    build(slot, {
      title: one ? first.title : words.replace("{n}", notices.length),
      text: one ? first.text : "",
      url: one ? first.url : "",
      go: !one ? bell.dataset.sayLook : first.url && bell.dataset.sayOpen,
      onGo: (event) => {
        drop(slot);
        if (one) return;
        event.preventDefault();
        openPanel();
      },
      onClose: () => drop(slot),
    });
    if (one && first.url) shown[slot].querySelector(".pn-go").dataset.notice = first.id;
    if (slot === "ordinary") stay();
  }

  // Nobody reads in a hidden tab, and who points at it is still reading.
  function stay() {
    clearTimeout(timer);
    timer = setTimeout(() => {
      const toast = shown.ordinary;
      if (!toast) return;
      if (document.hidden || toast.matches(":hover, :focus-within")) stay();
      else drop("ordinary");
    }, STAY);
  }

  // It takes the edge at which it hides the fewest buttons; on a narrow screen the header's title goes first.
  function place() {
    if (!box.childElementCount) return;
    const edges = innerWidth > 767 ? ["at-bottom", "at-top"] : ["at-top", "at-bottom"];
    const [best] = edges.map((edge) => ({ edge, hides: hiddenAt(edge) })).sort((one, other) => one.hides - other.hides);
    box.className = `pn-toasts ${best.edge}`;
  }

  function hiddenAt(edge) {
    box.className = `pn-toasts ${edge}`;
    const own = box.getBoundingClientRect();
    return [...document.querySelectorAll(CONTROLS)].filter((control) => {
      if (box.contains(control) || !control.checkVisibility?.()) return false;
      const at = control.getBoundingClientRect();
      return at.bottom > own.top && at.top < own.bottom && at.right > own.left && at.left < own.right;
    }).length;
  }

  let frame = 0;
  const placeSoon = () => {
    frame ||= requestAnimationFrame(() => {
      frame = 0;
      place();
    });
  };
  addEventListener("resize", placeSoon);
  addEventListener("scroll", placeSoon, { passive: true, capture: true });

  return {
    show(notices) {
      if (!isWanted()) return;
      for (const slot of ["ordinary", "urgent"]) {
        const here = notices.filter((notice) => (notice.priority >= URGENT ? "urgent" : "ordinary") === slot);
        if (!here.length) continue;
        slots[slot].push(...here);
        draw(slot);
      }
    },
    forget(ids) {
      for (const slot of ["ordinary", "urgent"]) {
        const left = ids === null ? [] : slots[slot].filter((notice) => !ids.includes(notice.id));
        if (left.length === slots[slot].length) continue;
        slots[slot] = left;
        draw(slot);
      }
    },
    signedOut() {
      const next = encodeURIComponent(location.pathname + location.search);
      build("line", {
        title: bell.dataset.sayOut,
        text: bell.dataset.saySignedOut,
        url: `${bell.dataset.signIn}?next=${next}`,
        go: bell.dataset.saySignIn,
        onClose: () => drop("line"),
      });
    },
  };
}
