// The table of tasks: rows are unpacked in the browser, then searched, filtered, sorted and shown in pages.
"use strict";

const PAGE = 50;
const COLUMNS = [
  { name: "Id", of: (row) => row.id, cell: (row) => linkTo(row.id), className: "id" },
  { name: "Status", of: (row) => row.status + (row.rule ?? ""), cell: statusTag },
  { name: "Text", of: (row) => row.text, cell: openButton, className: "wide" },
  { name: "Kind", of: (row) => row.kind ?? row.stage, cell: (row) => row.kind ?? `dropped ${row.stage}` },
  { name: "To seed", of: (row) => row.seed?.[1], cell: (row) => score(row.seed), className: "number" },
  { name: "To others", of: (row) => (row.near ?? row.nearest)?.[1], cell: (row) => score(row.near ?? row.nearest), className: "number" },
  { name: "Review", of: verdictText, cell: verdictText },
];

const table = {
  rows: [], // all of them, in run order
  byId: new Map(), // id -> the row with the instruction of that id
  found: [], // the rows that pass the filters, sorted
  complete: false, // all of them are there
  page: 0,
  sort: null, // a column
  down: false, // sorted descending
  open: new Set(), // rows whose details are shown
  aimed: null, // the row that the address names
};

async function addBlock(block) {
  for (const row of await unpack(block.textContent)) {
    table.rows.push(row);
    if (row.stage !== "instance" && !table.byId.has(row.id)) table.byId.set(row.id, row);
  }
  block.remove();
}

// The first block is there before this runs; the others are added behind the reader's back.
async function startTable() {
  startFilters();
  await addBlock(document.querySelector("script.rows"));
  filter();
  const there = goToPlace();
  if (document.readyState === "loading") await new Promise((done) => addEventListener("DOMContentLoaded", done));
  for (const block of document.querySelectorAll("script.rows")) {
    await addBlock(block);
    await new Promise((done) => setTimeout(done));
  }
  table.complete = true;
  filter(true);
  if (!there) goToPlace();
}

function startFilters() {
  fillFilters();
  document.querySelector("#table thead").append(element("tr", {}, ...COLUMNS.map(header)));
  const filters = document.getElementById("filters");
  filters.hidden = false;
  document.getElementById("rows").hidden = false;
  document.getElementById("found").textContent = "Loading…";
  filters.addEventListener("submit", (event) => event.preventDefault());
  filters.addEventListener("reset", () => setTimeout(filter));
  for (const select of filters.querySelectorAll("select")) select.addEventListener("change", () => filter());
  let typing = 0;
  document.getElementById("search").addEventListener("input", () => {
    clearTimeout(typing);
    typing = setTimeout(filter, 150);
  });
}

function fillFilters() {
  const option = ([value, text]) => element("option", { value }, text);
  const fill = (id, choices) => document.getElementById(id).append(...choices.map(option));
  fill("status", [["finished", "finished tasks"], ["rejected", "dropped"], ["seed", "seeds"], ["", "everything"]]);
  fill("rule", [["", "any"], ...content.rules.map((rule) => [rule, rule])]);
  fill("kind", [["", "any"], ["classification", "classification"], ["other", "other"]]);
  fill("verdict", [["", "any"], ["yes", "approved"], ["no", "not approved"], ["unsure", "unsure"], ["none", "not reviewed"]]);
}

// What a search looks through; made once for each row, at the first search.
function haystack(row) {
  row.hay ??= [row.id, row.rule, row.stage, row.text, row.name, ...(row.instances ?? []).flat(), ...origin(row)]
    .join("\n")
    .toLowerCase();
  return row.hay;
}

// Where a row comes from, as its details say it.
function origin({ provenance, request }) {
  const { model, topic, language, examples = [], calls: keys = [] } = provenance ?? {};
  const number = provenance?.request ?? request;
  return [number === undefined ? "" : `request ${number}`, model, topic, language, ...examples, ...keys];
}

function filter(stay = false) {
  const value = (id) => document.getElementById(id).value;
  const [status, rule, kind, verdict] = ["status", "rule", "kind", "verdict"].map(value);
  const typed = value("search").trim();
  const words = typed.toLowerCase().split(/\s+/).filter(Boolean);
  // A rule is only ever a dropped candidate's: asked for one, the table shows them whatever else is chosen.
  const wanted = rule && status ? "rejected" : status;
  table.found = table.rows.filter(
    (row) =>
      (!wanted || row.status === wanted) &&
      (!rule || row.rule === rule) &&
      (!kind || row.kind === kind) &&
      (!verdict || verdict === approval(row)) &&
      words.every((word) => haystack(row).includes(word)),
  );
  // An id is also found where it is an example of others: what has that id comes first.
  if (table.byId.has(typed)) table.found.sort((one, other) => (other.id === typed) - (one.id === typed));
  sortRows();
  if (!stay) table.page = 0;
  drawTable();
}

function sortRows() {
  if (!table.sort) return;
  const sign = table.down ? -1 : 1;
  const { of } = table.sort;
  const missing = (value) => value === undefined || value === "";
  table.found.sort((one, other) => {
    const [a, b] = [of(one), of(other)];
    if (missing(a) || missing(b)) return missing(a) - missing(b); // last, whichever way
    return a < b ? -sign : a > b ? sign : 0;
  });
}

function header(column) {
  const choose = () => {
    table.down = table.sort === column && !table.down;
    table.sort = column;
    for (const cell of document.querySelectorAll("#table thead th")) cell.removeAttribute("aria-sort");
    cell.setAttribute("aria-sort", table.down ? "descending" : "ascending");
    sortRows();
    table.page = 0;
    drawTable();
  };
  const button = element("button", { type: "button", onclick: choose }, column.name);
  const cell = element("th", { scope: "col", className: column.className ?? "" }, button);
  return cell;
}

// Draws the page of the table; or, for a printer, its first rows, so many at most.
function drawTable(printed = 0) {
  const start = printed ? 0 : table.page * PAGE;
  const rows = table.found.slice(start, start + (printed || PAGE));
  document.querySelector("#table tbody").replaceChildren(...rows.flatMap((row) => rowElements(row, printed > 0)));
  const count = table.found.length;
  const number = (value) => value.toLocaleString("en");
  const range = count > rows.length ? `, ${number(start + 1)} to ${number(start + rows.length)} shown` : "";
  const soFar = table.complete ? "" : " so far, the rest is being loaded";
  document.getElementById("found").textContent = `${number(count)} found${soFar}${range}`;
  drawPager(Math.ceil(count / PAGE));
}

function drawPager(pages) {
  pager(table.page, pages, (to) => {
    table.page = to;
    drawTable();
    document.getElementById("tasks").scrollIntoView();
  });
}

function rowElements(row, printed) {
  const cells = COLUMNS.map(({ name, cell, className = "" }) => {
    const labelled = className === "number" || name === "Review" ? { "data-name": name } : {};
    return element("td", { className, ...labelled }, cell(row));
  });
  const line = element("tr", { className: row === table.aimed ? "aimed" : "" }, ...cells);
  if (table.open.has(row)) return [line, detailsRow(row)];
  return printed && row.instances ? [line, printedRow(row)] : [line];
}

// On paper nothing can be opened: inputs and outputs stand below the instruction.
function printedRow({ instances }) {
  const texts = instances.map(([input, output]) => textBox(input.trim() ? `${input} → ${output}` : output));
  return element("tr", { className: "printed" }, element("td", { colSpan: COLUMNS.length }, ...texts));
}

function detailsRow(row) {
  return element("tr", { className: "details" }, element("td", { colSpan: COLUMNS.length }, details(row, table.byId)));
}

function openButton(row) {
  const text = element("span", { className: "text", dir: "auto" }, shown(row.text.slice(0, 400)));
  const button = element("button", { type: "button", className: "open", "aria-expanded": String(table.open.has(row)) }, text);
  button.onclick = () => {
    const line = button.closest("tr");
    if (table.open.delete(row)) line.nextElementSibling.remove();
    else {
      table.open.add(row);
      line.after(detailsRow(row));
    }
    button.setAttribute("aria-expanded", String(table.open.has(row)));
  };
  return button;
}

function statusTag(row) {
  return element("span", { className: `tag ${row.status}` }, row.rule ?? row.status);
}

function score(pair) {
  return pair ? pair[1].toFixed(2) : "";
}

// Of a verdict: yes where all answers are, no where one is; an answer may also be "unsure".
function approved(verdict) {
  const answers = Object.keys(QUESTIONS).map((question) => verdict[question]);
  if (answers.includes(false)) return "no";
  return answers.every((answer) => answer === true) ? "yes" : "unsure";
}

// A person's word goes before a judge's.
function approval(row) {
  const verdict = row.verdicts?.person ?? row.verdicts?.judge;
  if (row.status !== "finished") return "";
  return verdict ? approved(verdict) : "none";
}

function verdictText(row) {
  return { yes: "✓ approved", no: "✗ not approved", unsure: "? unsure" }[approval(row)] ?? "";
}
