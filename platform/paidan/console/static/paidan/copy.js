// A button that copies what stands in a field. Where the page is not secure only the old way is allowed.
document.querySelectorAll("[data-copy]").forEach((button) => button.addEventListener("click", async () => {
  const field = document.getElementById(button.dataset.copy);
  field.select();
  const isCopied = isSecureContext
    ? await navigator.clipboard.writeText(field.value).then(() => true, () => false)
    : document.execCommand("copy");
  document.querySelector("[data-copy-said]").textContent = isCopied ? button.dataset.copied : button.dataset.failed;
}));
