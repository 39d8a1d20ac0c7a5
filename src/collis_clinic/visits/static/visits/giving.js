// Given: shows mL, sums and differences while typing. The server computes again whatever is kept.
"use strict";
(() => {
  const form = document.querySelector("form.giving");
  if (!form || !form.querySelector("[data-site]")) return;
  const perMl = Number(form.dataset.perMl || 0);
  const read = (text) => {
    const found = Number(String(text).trim().replace(",", "."));
    return text.trim() !== "" && Number.isFinite(found) && found >= 0 ? found : null;
  };
  const shown = (value, digits) => String(Number(value.toFixed(digits)));

  function compare(row) {
    const field = row.querySelector("input.fld");
    const planned = Number(row.dataset.planned);
    const units = read(field.value);
    const same = units !== null && units === planned;
    row.classList.toggle("diff", !same);
    field.classList.toggle("chg", !same);
    const ml = row.querySelector("[data-ml]");
    if (ml && perMl && units !== null) ml.textContent = shown(units / perMl, 4);
    const cell = row.querySelector("[data-compared]");
    if (cell) {
      if (same) {
        if (!row.dataset.asPlanned) cell.textContent = "as planned";
        else cell.innerHTML = row.dataset.asPlanned;
      } else {
        const by = units === null ? null : units - planned;
        const word = document.createElement("b");
        word.className = "warn";
        word.textContent = by === null ? "not a number" : `${shown(Math.abs(by), 2)} Units ${by < 0 ? "less" : "more"}`;
        cell.replaceChildren(word);
      }
    }
    const why = row.nextElementSibling;
    if (why && why.classList.contains("why")) why.hidden = same;
    return units === null ? 0 : units;
  }

  function all() {
    const sums = { right: 0, left: 0 };
    let empty = false;
    for (const group of form.querySelectorAll("[data-group]")) {
      let given = 0;
      for (const row of group.querySelectorAll("[data-site]")) {
        const units = compare(row);
        given += units;
        empty = empty || units === 0;
      }
      const said = group.querySelector("[data-given]");
      if (said) said.textContent = shown(given, 2);
      sums[group.dataset.side] += given;
    }
    for (const [name, value] of [["right", sums.right], ["left", sums.left], ["all", sums.right + sums.left]]) {
      const place = form.querySelector(`[data-sum="${name}"]`);
      if (place) place.textContent = shown(value, 2);
    }
    const partly = form.querySelector("[data-partly]");
    if (partly) {
      partly.hidden = !empty;
      partly.querySelector("input").required = empty;
    }
  }

  for (const row of form.querySelectorAll("[data-site]")) {
    const cell = row.querySelector("[data-compared]");
    if (cell && cell.querySelector(".tick")) row.dataset.asPlanned = cell.innerHTML;
  }
  form.addEventListener("input", all);
  all();
})();
