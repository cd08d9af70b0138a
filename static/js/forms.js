// Forms: filters that submit themselves, file drops, lines that come and go.
"use strict";

(() => {
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-autosubmit]")) event.target.form.requestSubmit();
  });

  // A file that the server would refuse for its size is said at once, before it travels.
  document.addEventListener("change", (event) => {
    const { mostBytes, tooLarge } = event.target.dataset;
    if (event.target.type !== "file" || !mostBytes) return;
    const large = [...event.target.files].some((file) => file.size > Number(mostBytes));
    event.target.setCustomValidity(large ? tooLarge : "");
    if (large) event.target.reportValidity();
  });

  // Empty filters stay out of the address.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "get" || event.defaultPrevented) return;
    const empty = [...form.elements].filter((one) => one.name && one.value === "" && !one.disabled);
    for (const one of empty) one.disabled = true;
    setTimeout(() => empty.forEach((one) => (one.disabled = false)));
  });

  for (const kind of ["dragover", "dragleave", "drop"]) {
    document.addEventListener(kind, (event) => {
      const zone = event.target.closest?.("[data-drop]");
      if (!zone) return;
      if (kind !== "dragleave") event.preventDefault();
      zone.classList.toggle("over", kind === "dragover");
      const input = zone.querySelector("input[type=file]");
      if (kind === "drop" && event.dataTransfer.files.length) {
        input.files = event.dataTransfer.files;
        input.dispatchEvent(new Event("change", { bubbles: true }));
      }
    });
  }

  // Lines of an invoice. Without JavaScript the same buttons submit and the server adds or takes away a line.
  document.addEventListener("click", (event) => {
    const lines = event.target.closest("[data-lines]");
    if (!lines) return;
    const body = lines.querySelector("table");
    const remove = event.target.closest("[data-line-remove]");
    if (event.target.closest("[data-line-add]")) {
      const template = lines.querySelector("template[data-line-template]");
      const used = [...body.querySelectorAll("[name]")].map((one) => Number((one.name.match(/-(\d+)-/) || [])[1] ?? -1));
      const index = Math.max(-1, ...used) + 1;
      const row = template.content.cloneNode(true);
      for (const one of row.querySelectorAll("*")) {
        for (const attribute of [...one.attributes]) attribute.value = attribute.value.replaceAll("__i__", index);
      }
      body.append(row);
      window.htmx?.process(body.lastElementChild);
      body.lastElementChild.querySelector("input, select")?.focus();
    } else if (remove && body.querySelectorAll("[data-line]").length > 1) {
      const row = remove.closest("[data-line]");
      const next = row.nextElementSibling || row.previousElementSibling;
      row.remove();
      next?.querySelector("input, select")?.focus();
    } else if (!remove) {
      return;
    }
    event.preventDefault();
    body.dispatchEvent(new Event("change", { bubbles: true }));
  });
})();
