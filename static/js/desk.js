// The matching desk: a key for each of its actions; what has no JavaScript has the same buttons.
"use strict";

document.addEventListener("keydown", (event) => {
  if (!koppel.listens(event) || event.shiftKey) return;
  const target = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
  if (!target) return;
  event.preventDefault();
  if (target.matches("summary")) {
    target.parentElement.open = true;
    target.parentElement.querySelector("input:not([type=hidden])")?.focus();
  } else target.click();
});
