// A list fetches its next rows when its end comes into sight; the link does the same by hand, and without this script.
(() => {
  const more = document.querySelector("[data-more]");
  const table = document.getElementById("result_list");
  if (!more || !table) return;
  const says = more.querySelector("[role=status]");
  let busy = false;

  const grow = async (link) => {
    if (busy) return;
    busy = true;
    const words = link.textContent;
    link.setAttribute("aria-disabled", "true");
    link.textContent = more.dataset.busy;
    try {
      const answer = await fetch(link.href, { headers: { "X-Paidan-Rows": "1" } });
      if (!answer.ok || answer.redirected) throw new Error(answer.statusText);
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const seen = new Set([...table.querySelectorAll("input.action-select")].map((box) => box.value));
      const rows = [...page.querySelectorAll("#result_list > tbody")].filter(
        (row) => !seen.has(row.querySelector("input.action-select")?.value), // a new row pushed the others down
      );
      const focus = document.activeElement === link;
      table.append(...rows.map((row) => document.adoptNode(row)));
      const next = page.querySelector("[data-more] a");
      const shown = table.querySelectorAll("tr.data-row").length;
      if (next) link.href = next.href;
      else link.remove();
      says.textContent = `${shown} ${more.dataset.shown}`;
      if (!next) {
        const end = document.createElement("span");
        end.textContent = `${shown} ${more.dataset.shown}. ${more.dataset.all}`;
        more.prepend(end);
      }
      if (focus && rows.length) rows[0].querySelector("a")?.focus({ preventScroll: true });
      link.textContent = words;
      recount();
    } catch {
      link.textContent = more.dataset.failed;
      watch.disconnect();
    } finally {
      link.removeAttribute("aria-disabled");
      busy = false;
      if (link.isConnected && link.textContent === words) again();
    }
  };

  // unfold's script counts the boxes that were there when it started.
  const recount = () => {
    const parent = table.closest(".result-list-wrapper");
    const boxes = parent.querySelectorAll("tr input.action-select");
    const counter = parent.querySelector("span.action-counter");
    if (!boxes.length || !counter || !window.Actions) return;
    counter.dataset.actionsIcnt = boxes.length;
    window.Actions(boxes, { parent });
  };

  const watch = new IntersectionObserver(
    (seen) => {
      const link = more.querySelector("a");
      if (link && seen.some((one) => one.isIntersecting)) grow(link);
    },
    { rootMargin: "600px" },
  );
  // Who observes anew is told where things are; an end that stayed in sight while rows came would never be told of again.
  const again = () => {
    watch.unobserve(more);
    watch.observe(more);
  };
  again();
  more.addEventListener("click", (event) => {
    const link = event.target.closest("a");
    if (!link) return;
    event.preventDefault();
    grow(link);
  });
})();
