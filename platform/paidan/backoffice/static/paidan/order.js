// The task section of an order: fetched again when something changed, never under somebody's hands; edited by keyboard.
document.addEventListener("DOMContentLoaded", () => {
  const section = () => document.querySelector("[data-order-section]");
  if (!section()) return;
  const fields = "input:not([type=hidden]):not([type=checkbox]), select, textarea";
  const changed = (field) =>
    field.type === "checkbox"
      ? field.checked !== field.defaultChecked
      : field.tagName === "SELECT"
        ? [...field.options].some((option) => option.selected !== option.defaultSelected) && !(field.value === "" && !field.querySelector("[selected]"))
        : field.value !== field.defaultValue;
  const editing = () =>
    section().querySelector("form")?.contains(document.activeElement) ||
    [...section().querySelectorAll("form input:not([type=hidden]), form select")].some(changed);

  const look = async () => {
    const old = section();
    const answer = await fetch(old.dataset.fragment, { headers: { "X-Paidan-Background": "1" } }).catch(() => null);
    if (!answer?.ok || answer.redirected) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.querySelector("[data-order-section]");
    if (!fresh || old !== section()) return;
    if (editing() && !old.dataset.force) {
      old.querySelector("[data-news]").hidden = false; // somebody began to type while it came
      return;
    }
    old.replaceWith(document.adoptNode(fresh));
    const count = document.querySelector("[data-order-count]");
    if (count) count.textContent = section().dataset.count;
  };

  let waiting = 0;
  document.addEventListener("paidan:changed", (event) => {
    if (!event.detail.topics.includes(section().dataset.live)) return;
    if (editing()) {
      section().querySelector("[data-news]").hidden = false;
      return;
    }
    clearTimeout(waiting);
    waiting = setTimeout(look, 150); // many tasks of one order change at once
  });
  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-look]")) return;
    section().dataset.force = "1";
    look();
  });

  document.addEventListener("keydown", (event) => {
    const field = event.target.closest?.(`[data-order-section] tbody :is(${fields})`);
    if (!field || event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === "Escape") {
      if (field.tagName === "SELECT") [...field.options].forEach((option) => (option.selected = option.defaultSelected));
      else field.value = field.defaultValue;
      event.preventDefault();
    } else if (["ArrowUp", "ArrowDown"].includes(event.key) && field.tagName !== "SELECT" && field.type !== "date") {
      const name = field.name.replace(/-\d+$/, "-");
      const column = [...section().querySelectorAll(`tbody [name^="${name}"]`)];
      const next = column[column.indexOf(field) + (event.key === "ArrowDown" ? 1 : -1)];
      event.preventDefault(); // a number does not change by itself either
      next?.focus();
      next?.select?.();
    }
  });
});
