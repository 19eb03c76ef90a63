// One verb for many tasks: sent in small parts, so that a bar can move; without this script each part is a page.
(() => {
  const form = document.querySelector("[data-together]");
  if (!form) return;
  const total = form.ids.value.split(",").length;
  const bar = document.querySelector("[data-progress]");
  const problems = document.querySelector("[data-problems]");
  const button = form.querySelector("button");
  const say = (text) => {
    bar.hidden = false;
    bar.querySelector("[role=status]").textContent = text;
  };

  const take = (page) => {
    const rows = [...page.querySelectorAll("[data-problems] tbody tr")];
    problems.querySelector("tbody").append(...rows.map((row) => document.adoptNode(row)));
    const count = problems.querySelectorAll("tbody tr").length;
    problems.hidden = count === 0;
    problems.querySelector("[data-count]").textContent = count;
  };

  const ended = (page) => {
    say(page.querySelector("#together-title").textContent.trim());
    form.replaceWith(page.querySelector("#together [data-back]"));
    document.querySelector("#together [data-back]").focus();
  };

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (button.disabled) return;
    button.disabled = true;
    try {
      for (;;) {
        const left = form.ids.value.split(",").length;
        bar.querySelector("progress").value = total - left;
        say(`${left} ${form.dataset.left}`);
        const answer = await fetch(form.action, { method: "POST", body: new FormData(form) });
        if (!answer.ok) throw new Error(answer.statusText);
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        const next = page.querySelector("[data-together]");
        if (next && next.ids.value === form.ids.value) {
          form.querySelector("[data-fields]").replaceWith(document.adoptNode(next.querySelector("[data-fields]")));
          bar.hidden = true;
          break; // something is missing in the form
        }
        take(page);
        if (!next) {
          bar.querySelector("progress").value = total;
          ended(page);
          return;
        }
        form.ids.value = next.ids.value;
        form.elements.done.value = next.elements.done.value;
      }
    } catch {
      say(form.dataset.failed);
    }
    button.disabled = false;
  });
})();
