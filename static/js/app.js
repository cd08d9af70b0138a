// Every page: token on htmx requests, toasts, dialogs, menus, copy buttons, the keys that work anywhere.
"use strict";

const root = document.documentElement;
root.classList.add("js");

const koppel = {
  text: (name) => document.body.dataset[name] || "",

  icon(name) {
    const sprite = document.querySelector("svg.icon use").getAttribute("href").split("#")[0];
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
    svg.setAttribute("class", "icon");
    svg.setAttribute("aria-hidden", "true");
    use.setAttribute("href", `${sprite}#${name}`);
    svg.append(use);
    return svg;
  },

  // Shows a message in the live region; good news goes by itself, the rest waits to be closed.
  toast({ tone = "info", text, url, label }) {
    const icons = { good: "check-circle-fill", warn: "exclamation-triangle-fill", bad: "x-circle-fill" };
    const box = document.createElement("div");
    box.className = `toast tone-${tone}`;
    const line = document.createElement("p");
    line.textContent = text;
    if (url) {
      const link = document.createElement("a");
      link.href = url;
      link.textContent = label || url;
      line.append(" ", link);
    }
    const close = document.createElement("button");
    close.type = "button";
    close.className = "button quiet square small";
    close.dataset.dismiss = "";
    close.setAttribute("aria-label", koppel.text("textClose"));
    close.append(koppel.icon("x-lg"));
    box.append(koppel.icon(icons[tone] || "info-circle"), line, close);
    document.getElementById("toasts").append(box);
    koppel.expire(box);
  },

  expire(box) {
    if (!box.matches(".tone-good, .tone-info")) return;
    const leave = () => (box.matches(":hover, :focus-within") ? setTimeout(leave, 2000) : box.remove());
    setTimeout(leave, 7000);
  },

  // Asks in the one confirm dialog of the page; calls yes() when the person agrees.
  confirm({ title, text, label, kind = "danger" }, yes) {
    const dialog = document.getElementById("confirm");
    const button = document.getElementById("confirm-yes");
    document.getElementById("confirm-title").textContent = title || label;
    document.getElementById("confirm-text").textContent = text;
    button.textContent = label;
    button.className = kind === "danger" ? "button danger solid" : "button primary";
    button.onclick = () => {
      dialog.close();
      yes();
    };
    dialog.showModal();
    (kind === "danger" ? dialog.querySelector("[data-close]") : button).focus();
  },

  renewToken(token) {
    if (!token) return;
    document.querySelector("meta[name=csrf-token]").content = token;
    document.querySelectorAll("input[name=csrf_token]").forEach((input) => (input.value = token));
  },
};

document.addEventListener("htmx:configRequest", (event) => {
  const meta = document.querySelector("meta[name=csrf-token]");
  if (meta && event.detail.verb !== "get") event.detail.headers["X-CSRFToken"] = meta.content;
});
document.addEventListener("htmx:afterRequest", (event) => {
  koppel.renewToken(event.detail.xhr && event.detail.xhr.getResponseHeader("X-CSRFToken"));
});
document.addEventListener("toast", (event) => koppel.toast(event.detail));
document.addEventListener("htmx:sendError", () => koppel.toast({ tone: "bad", text: koppel.text("textOffline") }));
document.addEventListener("htmx:responseError", (event) => {
  // An answer that brings its own toast has said it better.
  if (!event.detail.xhr.getResponseHeader("HX-Trigger")) koppel.toast({ tone: "bad", text: koppel.text("textFailed") });
});
document.addEventListener("htmx:confirm", (event) => {
  if (!event.detail.question) return;
  event.preventDefault();
  const { confirmTitle, confirmLabel, confirmKind } = event.target.dataset;
  const label = confirmLabel || event.target.textContent.trim();
  koppel.confirm({ title: confirmTitle, text: event.detail.question, label, kind: confirmKind }, () =>
    event.detail.issueRequest(true),
  );
});

// A form, or the button that submits it, may ask first. Capture: before htmx sees the event.
document.addEventListener(
  "submit",
  (event) => {
    const form = event.target;
    const asks = [event.submitter, form].find((one) => one && one.dataset.confirm);
    if (!asks || form.dataset.confirmed) return void delete form.dataset.confirmed;
    const { confirm: text, confirmTitle: title, confirmLabel, confirmOne: one, confirmMany: many, confirmKind: kind } = asks.dataset;
    // What acts on rows says on how many; with none there is nothing to ask, and the server says so.
    const rows = many && form.querySelectorAll("tbody input[type=checkbox]:checked").length;
    if (rows === 0) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const counted = many && (rows === 1 ? one : many.replace("#", rows));
    koppel.confirm({ title, text, label: counted || confirmLabel || event.submitter?.textContent.trim(), kind }, () => {
      form.dataset.confirmed = "1";
      form.requestSubmit(event.submitter);
    });
  },
  true,
);

document.addEventListener("click", (event) => {
  const hit = (selector) => event.target.closest(selector);
  document.querySelectorAll("details.menu[open]").forEach((menu) => {
    if (!menu.contains(event.target) || hit(".menu-item")) menu.open = false;
  });
  const opener = hit("[data-dialog]");
  const dialog = opener && document.querySelector(opener.dataset.dialog);
  if (dialog) {
    event.preventDefault();
    dialog.showModal();
  }
  if (hit("[data-close]")) hit("dialog")?.close();
  if (event.target.matches("dialog[open]")) event.target.close(); // the backdrop
  if (hit("[data-dismiss]")) hit(".toast, .alert").remove();
  const copy = hit("[data-copy]");
  if (copy) navigator.clipboard?.writeText(copy.dataset.copy).then(() => koppel.toast({ tone: "good", text: koppel.text("textCopied") }));
});

document.addEventListener("keydown", (event) => {
  const menu = event.key === "Escape" && document.querySelector("details.menu[open]");
  if (menu) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
  if (!koppel.listens(event)) return;
  if (event.key === "/") {
    event.preventDefault();
    document.querySelector("[data-search]")?.select();
  } else if (event.key === "?") {
    document.getElementById("keys").showModal();
  }
});

// Single keys are ours only when nobody is typing, nothing is open and no modifier is held.
koppel.listens = (event) =>
  !event.ctrlKey && !event.metaKey && !event.altKey && !document.querySelector("dialog[open]") &&
  !event.target.closest("input:not([type=checkbox], [type=radio]), select, textarea, [contenteditable]");

// A chart too wide for its place begins at its newest end.
document.querySelectorAll(".columns ol").forEach((list) => (list.scrollLeft = list.scrollWidth));
// Of many tabs on a narrow window the one that is open is in sight.
document.querySelectorAll(".tabs [aria-current]").forEach((tab) => {
  const row = tab.parentElement;
  row.scrollLeft = tab.offsetLeft - (row.clientWidth - tab.offsetWidth) / 2;
});
