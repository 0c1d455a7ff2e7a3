// What the page does where scripts run: sort tables, move thresholds, choose light or dark. All of it
// works on what is on the page; nothing is fetched.
"use strict";

// Tables sort by the button in each heading: numbers by size, words by the alphabet, gaps last.
function sortKey(row, column) {
  const text = (row.cells[column]?.textContent ?? "").trim();
  const number = parseFloat(text.replaceAll(",", "").replace("−", "-"));
  return { text, number, missing: text === "" || text === "–" || row.cells.length <= column };
}

function compare(a, b, numeric) {
  return numeric ? a.number - b.number : a.text.localeCompare(b.text, "en", { numeric: true });
}

function sort(table, column) {
  const heading = table.tHead.rows[0].cells[column];
  const rising = heading.getAttribute("aria-sort") !== "ascending";
  for (const cell of table.tHead.rows[0].cells) cell.removeAttribute("aria-sort");
  heading.setAttribute("aria-sort", rising ? "ascending" : "descending");
  const body = table.tBodies[0];
  const rows = [...body.rows].map((row) => ({ row, key: sortKey(row, column) }));
  const numeric = rows.every(({ key }) => key.missing || !Number.isNaN(key.number));
  const gaps = (a, b) => a.key.missing - b.key.missing;
  const order = rising ? 1 : -1;
  rows.sort((a, b) => gaps(a, b) || (a.key.missing ? 0 : order * compare(a.key, b.key, numeric)));
  body.append(...rows.map(({ row }) => row));
}

for (const table of document.querySelectorAll("table[data-sortable]")) {
  if (table.tBodies[0].rows.length < 2) continue;
  [...table.tHead.rows[0].cells].forEach((heading, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...heading.childNodes);
    button.addEventListener("click", () => sort(table, column));
    heading.append(button);
  });
}

// A slider's stops are whole-number counts, so what it shows is exact.
const percent = (part, whole) => (whole > 0 ? (100 * part / whole).toFixed(1) + "%" : "–");

function show(decision, slider, [threshold, falsePositives, truePositives]) {
  const positives = Number(slider.dataset.positives), negatives = Number(slider.dataset.negatives);
  const cells = decision.querySelectorAll("td.right, td.wrong");
  const counts = [negatives - falsePositives, falsePositives, positives - truePositives, truePositives];
  counts.forEach((count, i) => {
    const whole = i < 2 ? negatives : positives;
    cells[i].style.setProperty("--share", whole > 0 ? count / whole : 0);
    cells[i].querySelector("b").textContent = count.toLocaleString("en");
    cells[i].querySelector("small").textContent = percent(count, whole);
  });
  const called = falsePositives + truePositives;
  decision.querySelector("output").textContent = threshold;
  decision.querySelector(".accuracy").textContent = percent(counts[0] + counts[3], positives + negatives);
  decision.querySelector(".precision").textContent = percent(truePositives, called);
  slider.setAttribute("aria-valuetext", `${threshold}: sensitivity ${percent(truePositives, positives)}, ` +
    `specificity ${percent(counts[0], negatives)}`);
  const sensitivity = positives > 0 ? truePositives / positives : 0;
  move("roc" + decision.dataset.model, negatives > 0 ? falsePositives / negatives : 0, sensitivity);
  move("pr" + decision.dataset.model, sensitivity, called > 0 ? truePositives / called : 1);
}

function move(handle, x, y) {
  const spot = document.querySelector(`[data-handle="${handle}"]`);
  if (!spot) return;
  const [left, bottom, side] = spot.dataset.square.split(" ").map(Number);
  spot.setAttribute("transform", `translate(${left + side * x} ${bottom - side * y})`);
}

for (const decision of document.querySelectorAll("[data-model]")) {
  const slider = decision.querySelector("input");
  if (!slider) continue;
  const stops = slider.dataset.stops.split(",").map((stop) => stop.split(" ").map(Number));
  const update = () => show(decision, slider, stops[slider.value]);
  slider.addEventListener("input", update);
  decision.querySelector("button").addEventListener("click", () => {
    slider.value = slider.dataset.used;
    update();
  });
  update();
}

// Light or dark: as the system has it, until the reader says otherwise.
const theme = document.getElementById("theme");
const system = window.matchMedia("(prefers-color-scheme: dark)");
const isDark = () => (document.documentElement.dataset.theme ?? (system.matches ? "dark" : "light")) === "dark";
const label = () => { theme.textContent = isDark() ? "Light colours" : "Dark colours"; };
theme.addEventListener("click", () => {
  document.documentElement.dataset.theme = isDark() ? "light" : "dark";
  label();
});
system.addEventListener("change", label);
label();

// Folded parts are printed too.
window.addEventListener("beforeprint", () => {
  for (const part of document.querySelectorAll("details:not([open])")) {
    part.open = true;
    part.dataset.folded = "";
  }
});
window.addEventListener("afterprint", () => {
  for (const part of document.querySelectorAll("details[data-folded]")) {
    part.open = false;
    delete part.dataset.folded;
  }
});

for (const element of document.querySelectorAll(".scripted")) element.hidden = false;
