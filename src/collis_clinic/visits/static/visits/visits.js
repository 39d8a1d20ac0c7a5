// The dose grid by keyboard: Enter and the down arrow go to the next dose of the same side, the up arrow back.
"use strict";
(() => {
  const cells = (side) => [...document.querySelectorAll(".dose-in")].filter((f) => f.id.endsWith(`-${side}`) && f.offsetParent !== null);
  document.addEventListener("keydown", (event) => {
    const field = event.target;
    if (!(field instanceof HTMLInputElement) || !field.classList.contains("dose-in")) return;
    const step = event.key === "Enter" || event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (!step) return;
    event.preventDefault();
    const side = field.id.endsWith("-right") ? "right" : "left";
    const column = cells(side);
    const next = column[column.indexOf(field) + step];
    if (next) next.focus();
  });
  document.addEventListener("focusin", (event) => {
    if (event.target instanceof HTMLInputElement && event.target.matches(".dose-in,.ml-in")) event.target.select();
  });
})();
