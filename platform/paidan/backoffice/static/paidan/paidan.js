// Small comforts for every page; nothing depends on them.
document.addEventListener("DOMContentLoaded", () => {
  // "Select all" in the draft section of an order.
  document.addEventListener("change", (event) => {
    const all = event.target.closest("[data-select-all]");
    if (!all) return;
    all.closest("form").querySelectorAll(`input[name="${all.dataset.selectAll}"]`).forEach((box) => {
      box.checked = all.checked;
    });
  });
  // Whoever signs out leaves nothing behind that the next person could read without a line.
  document.addEventListener("submit", (event) => {
    if (event.target.getAttribute("action")?.endsWith("/logout/")) window.caches?.keys().then((names) => names.forEach((name) => caches.delete(name)));
  });
  // The glass beside the search is a picture, though it is made as a button.
  const glass = document.getElementById("command-submit");
  if (glass) Object.assign(glass, { tabIndex: -1, ariaHidden: "true" });
  // A small picture is shown as large as the screen allows; a tap anywhere or Esc closes it.
  document.addEventListener("click", (event) => {
    const small = event.target.closest("[data-enlarge]");
    if (!small) return;
    const picture = small.querySelector("img");
    const shown = document.createElement("dialog");
    const close = document.createElement("button");
    shown.className = "paidan-enlarged";
    shown.setAttribute("aria-label", picture.alt);
    close.type = "button";
    close.className = "paidan-button";
    close.textContent = small.dataset.close;
    shown.append(picture.cloneNode(), close);
    shown.addEventListener("click", () => shown.close());
    shown.addEventListener("close", () => shown.remove());
    document.body.append(shown);
    shown.showModal();
  });
  // A form is sent once: a second tap on a slow line must not do it twice.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("[data-once]")) return;
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "1";
  });
});

// Names for fields that have a heading above their column, or a chooser drawn over them, but no label of their own.
function nameFields(root) {
  const wordsOf = (heading) => {
    const copy = heading?.cloneNode(true);
    copy?.querySelectorAll(".material-symbols-outlined").forEach((icon) => icon.remove());
    return copy?.textContent.trim();
  };
  // The name of an icon is drawn as a picture; read aloud before a word it is noise.
  root.querySelectorAll(".material-symbols-outlined:not([aria-hidden])").forEach((icon) => {
    const around = icon.closest("a, button");
    if (!around || around.innerText.trim() !== icon.innerText.trim()) icon.setAttribute("aria-hidden", "true");
  });
  root.querySelectorAll("table select, table input:not([type=hidden]), table textarea").forEach((field) => {
    const cell = field.closest("td");
    if (!cell || field.getAttribute("aria-label") || field.labels?.length) return;
    const heading = field.closest("table").querySelector(`thead tr > :nth-child(${cell.cellIndex + 1})`);
    const name = wordsOf(heading) || cell.dataset.label;
    if (name) field.setAttribute("aria-label", name);
  });
  root.querySelectorAll("select.select2-hidden-accessible").forEach((field) => {
    const name = field.getAttribute("aria-label") || field.labels?.[0]?.innerText.trim();
    const chooser = field.nextElementSibling?.querySelector("[role=combobox]");
    if (!name || !chooser) return;
    chooser.setAttribute("aria-label", name);
    const shown = chooser.querySelector("[role=textbox]");
    if (shown) shown.setAttribute("aria-label", name);
  });
}
document.addEventListener("DOMContentLoaded", () => {
  let waiting = 0;
  const soon = () => {
    waiting ||= window.requestAnimationFrame(() => {
      waiting = 0;
      nameFields(document);
    });
  };
  soon();
  new MutationObserver(soon).observe(document.body, { childList: true, subtree: true });
});
