// The command palette (Ctrl or ⌘ with K): the search page in a dialog, moved through by the arrow keys.
"use strict";

(() => {
  const dialog = document.getElementById("palette");
  if (!dialog) return;
  const input = dialog.querySelector("input");
  const results = document.getElementById("palette-results");
  const links = () => [...results.querySelectorAll("a[data-found]")];

  function mark(link) {
    for (const other of links()) other.toggleAttribute("data-current", other === link);
    input.setAttribute("aria-activedescendant", link ? link.id : "");
    link?.scrollIntoView({ block: "nearest" });
  }

  function number() {
    links().forEach((link, at) => (link.id = `found-${at}`));
    mark(links()[0]);
  }

  document.addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
    event.preventDefault();
    if (dialog.open) return dialog.close();
    if (document.querySelector("dialog[open]")) return;
    dialog.showModal();
    input.select();
    if (!links().length) input.dispatchEvent(new Event("palette", { bubbles: true }));
    else mark(links()[0]);
  });

  dialog.addEventListener("keydown", (event) => {
    const all = links();
    const at = all.findIndex((link) => link.hasAttribute("data-current"));
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      const step = event.key === "ArrowDown" ? 1 : -1;
      mark(all[(at + step + all.length) % all.length]);
    } else if (event.key === "Enter" && event.target === input && all[at]) {
      event.preventDefault();
      all[at].click();
    }
  });

  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.target === results) number();
  });
})();
