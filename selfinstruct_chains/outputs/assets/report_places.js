// Places in the page: #task-ID opens that task, wherever in the table it is; and the table as a file, and on paper.
"use strict";

const PRINTED = 500; // rows, at most
const PLACE = "#task-";

function startPlaces() {
  addEventListener("hashchange", () => goToPlace());
  document.getElementById("save").addEventListener("click", saveRows);
  addEventListener("beforeprint", () => drawTable(PRINTED));
  addEventListener("afterprint", () => drawTable());
}

function placeOf(row) {
  return PLACE + encodeURIComponent(row.id);
}

// A link to a row, for those that are in the table; else the id alone.
function linkTo(id) {
  const row = table.byId.get(id);
  return row ? element("a", { href: placeOf(row) }, shown(id)) : shown(id);
}

// Shows the row that the address names, also where the filters or the page of the table would hide it. Whether it is there.
function goToPlace() {
  const id = idInAddress();
  if (id === null) return true;
  const row = table.byId.get(id);
  if (!row) {
    if (table.complete) document.getElementById("found").textContent = `No task ${id} in this table.`;
    return false;
  }
  if (!table.found.includes(row)) {
    for (const field of document.querySelectorAll("#filters input, #filters select")) field.value = "";
    filter();
  }
  table.open.add(row);
  table.aimed = row;
  table.page = Math.floor(table.found.indexOf(row) / PAGE);
  drawTable();
  const line = document.querySelector("#table tr.aimed");
  line.scrollIntoView({ behavior: "instant" });
  line.querySelector("button.open").focus({ preventScroll: true });
  return true;
}

function idInAddress() {
  if (!location.hash.startsWith(PLACE)) return null;
  try {
    return decodeURIComponent(location.hash.slice(PLACE.length));
  } catch {
    return location.hash.slice(PLACE.length);
  }
}

function saveRows() {
  const lines = table.found.map((row) => `${JSON.stringify(row.status === "rejected" ? rejection(row) : task(row))}\n`);
  save(lines, "application/jsonl", `${content.title}-tasks.jsonl`);
}

// As tasks.jsonl has it.
function task(row) {
  const instances = row.instances.map(([input, output]) => ({ input, output }));
  const { id, text: instruction, name, provenance } = row;
  return { id, instruction, instances, is_classification: row.kind === "classification", name, provenance };
}

// As rejected.jsonl has it, but that it names the language.
function rejection({ id, rule, stage, text, request, nearest, language }) {
  const score = nearest?.[1] ?? language?.[1];
  return { id, rule, stage, text, request, score, nearest: nearest?.[0], language: language?.[0] };
}
