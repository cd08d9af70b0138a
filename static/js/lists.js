// Lists: choosing rows, and moving through them by key (j k x Enter).
"use strict";

(() => {
  const boxesOf = (form) => [...form.querySelectorAll("tbody .check input[type=checkbox]")];

  // Writes the number of chosen rows, and shows the state of the page's own box.
  function count(form) {
    const boxes = boxesOf(form);
    const chosen = boxes.filter((box) => box.checked).length;
    const all = form.querySelector("input[name=all]");
    const counter = form.querySelector("[data-count]");
    const page = form.querySelector("[data-check-all]");
    if (counter) counter.textContent = all && all.checked ? all.dataset.total : chosen;
    if (page) {
      page.checked = chosen > 0 && chosen === boxes.length;
      page.indeterminate = chosen > 0 && chosen < boxes.length;
    }
  }

  function choose(form, on) {
    for (const box of boxesOf(form)) box.checked = on;
    const all = form.querySelector("input[name=all]");
    if (all && !on) all.checked = false;
    count(form);
    form.dispatchEvent(new Event("selection", { bubbles: true }));
  }

  let last = null; // the box clicked before, for shift + click

  document.addEventListener("change", (event) => {
    const form = event.target.closest("form.list");
    if (!form) return;
    if (event.target.matches("[data-check-all]")) return choose(form, event.target.checked);
    if (event.target.matches("tbody .check input") && !event.target.checked) {
      const all = form.querySelector("input[name=all]");
      if (all) all.checked = false;
    }
    if (event.target.matches(".check input, input[name=all]")) {
      if (event.target.name === "all" && event.target.checked) boxesOf(form).forEach((box) => (box.checked = true));
      count(form);
      form.dispatchEvent(new Event("selection", { bubbles: true }));
    }
  });

  document.addEventListener("click", (event) => {
    const form = event.target.closest("form.list");
    if (form && event.target.closest("[data-uncheck]")) return choose(form, false);
    const box = event.target.closest("tbody .check input");
    if (form && box) {
      const boxes = boxesOf(form);
      if (event.shiftKey && boxes.includes(last)) {
        const [from, to] = [boxes.indexOf(last), boxes.indexOf(box)].sort((a, b) => a - b);
        for (const between of boxes.slice(from, to + 1)) between.checked = box.checked;
      }
      last = box;
      return count(form);
    }
    // A click anywhere on a row opens it, unless it was meant for a control or to select text.
    const row = event.target.closest("table[data-list] tbody tr");
    if (!row || event.target.closest("a, button, input, label, select, summary, .check") || String(getSelection())) return;
    const link = row.querySelector("a[data-open]");
    if (link) event.ctrlKey || event.metaKey ? window.open(link.href) : link.click();
  });

  const rows = () => [...document.querySelectorAll("table[data-list] tbody tr")];

  function mark(row) {
    for (const other of rows()) other.classList.toggle("current", other === row);
    const target = row.querySelector("a[data-open]") || row.querySelector("a, input, button");
    target?.focus({ preventScroll: true });
    row.scrollIntoView({ block: "nearest" });
  }

  document.addEventListener("keydown", (event) => {
    if (!["j", "k", "x", "Enter"].includes(event.key) || !koppel.listens(event)) return;
    const all = rows();
    const at = all.findIndex((row) => row.classList.contains("current") || row.contains(document.activeElement));
    if (event.key === "j" || event.key === "k") {
      const next = all[event.key === "j" ? at + 1 : Math.max(at - 1, 0)];
      if (next) mark(next);
    } else if (at >= 0 && event.key === "x") {
      all[at].querySelector(".check input")?.click();
    } else if (at >= 0 && event.key === "Enter" && event.target.matches("body, tr, input[type=checkbox]")) {
      event.preventDefault();
      all[at].querySelector("a[data-open]")?.click();
    }
  });

  const recount = () => document.querySelectorAll("form.list").forEach(count);
  document.addEventListener("htmx:afterSettle", recount);
  window.addEventListener("pageshow", recount); // the browser restores boxes on Back
})();
