// The frame: says when the connection is gone, locks what needs the server, and warns before a form is left half filled.
"use strict";
(() => {
  const bar = document.getElementById("offline");
  const locked = () => document.querySelectorAll("[data-needs-server]");

  function connection(there) {
    if (bar) bar.hidden = there;
    for (const part of locked()) {
      if (there) part.removeAttribute("disabled");
      else part.setAttribute("disabled", "");
    }
  }

  window.addEventListener("online", () => connection(true));
  window.addEventListener("offline", () => connection(false));
  document.addEventListener("htmx:error", () => connection(navigator.onLine));
  if (!navigator.onLine) connection(false);

  // One submit is one submit: the button rests until the answer is there.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.dataset.sent) { event.preventDefault(); return; }
    form.dataset.sent = "1";
    delete form.dataset.touched;
    window.setTimeout(() => { delete form.dataset.sent; }, 4000);
  });
  window.addEventListener("pageshow", () => {
    for (const form of document.forms) delete form.dataset.sent;
  });

  // A form left half filled asks before it goes.
  document.addEventListener("input", (event) => {
    const form = event.target.form;
    if (form && form.dataset.keep !== undefined) form.dataset.touched = "1";
  });
  window.addEventListener("beforeunload", (event) => {
    if (document.querySelector("form[data-touched]")) event.preventDefault();
  });

  // Enter in a field never signs.
  document.addEventListener("keydown", (event) => {
    const field = event.target;
    if (event.key === "Enter" && field.tagName === "INPUT" && field.form && field.form.dataset.noEnter !== undefined) {
      event.preventDefault();
    }
  });

  const found = document.querySelector(".errors");
  if (found) found.focus();
  if ("serviceWorker" in navigator && window.isSecureContext) {
    navigator.serviceWorker.register("/sw.js").catch(() => {});
  }
})();
