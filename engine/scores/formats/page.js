"use strict";
const table = document.querySelector("table");
const heads = [...table.tHead.rows[0].cells];
const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });

const value = (row, column) => {
  const cell = row.cells[column];
  if (cell.dataset.value === undefined) return cell.textContent;
  return cell.dataset.value === "" ? null : Number(cell.dataset.value);
};

const sort = (column) => {
  const down = heads[column].getAttribute("aria-sort") === "ascending";
  const turn = down ? -1 : 1;
  const rows = [...table.tBodies[0].rows];
  rows.sort((a, b) => {
    const [x, y] = [value(a, column), value(b, column)];
    if (x === null || y === null) return (x === null) - (y === null); // nothing comes last
    return turn * (typeof x === "number" ? x - y : collator.compare(x, y));
  });
  table.tBodies[0].append(...rows);
  heads.forEach((head) => head.removeAttribute("aria-sort"));
  heads[column].setAttribute("aria-sort", down ? "descending" : "ascending");
  const button = heads[column].querySelector("button");
  const name = button.getAttribute("aria-label") || button.textContent;
  document.querySelector("[role=status]").textContent =
    `Sorted by ${name}, ${down ? "greatest" : "least"} first.`;
};

heads.forEach((head, column) => {
  head.querySelector("button").addEventListener("click", () => sort(column));
});
