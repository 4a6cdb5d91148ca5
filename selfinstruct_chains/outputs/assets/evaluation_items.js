// The items: unpacked in the browser, then searched, filtered, ordered and shown in pages, the answers side by side.
"use strict";

const PAGE = 20;
const items = { rows: [], found: [], page: 0 };

async function startItems() {
  fillFilters();
  const filters = document.getElementById("filters");
  filters.addEventListener("submit", (event) => event.preventDefault());
  filters.addEventListener("reset", () => setTimeout(filter));
  for (const select of filters.querySelectorAll("select")) select.addEventListener("change", filter);
  let typing = 0;
  document.getElementById("search").addEventListener("input", () => {
    clearTimeout(typing);
    typing = setTimeout(filter, 150);
  });
  for (const block of document.querySelectorAll("script.rows")) {
    items.rows.push(...(await unpack(block.textContent)));
    block.remove();
  }
  items.rows.forEach((row, place) => (row.place = place));
  filter();
}

function fillFilters() {
  const fill = (id, choices) =>
    document.getElementById(id).append(...choices.map(([value, text]) => element("option", { value }, shown(text))));
  const others = content.models.map((name, at) => [at, name]).slice(1);
  const base = content.models[0];
  fill("category", [["", "any"], ...content.categories.map((name) => [`=${name}`, name || "(none)"])]);
  fill("kind", [["", "any"], ["yes", "classification"], ["no", "other"]]);
  fill("order", [
    ["", "as in the file"],
    ...(others.length ? [["spread", "where models differ most"]] : []),
    ...others.flatMap(([at, name]) => [
      [`+${at}`, `${name} best against ${base}`],
      [`-${at}`, `${name} worst against ${base}`],
    ]),
  ]);
}

// What a search looks through; made once for each row, at the first search.
function haystack(row) {
  const answers = row.answers.map((answer) => answer?.text ?? "");
  row.hay ??= [row.id, row.category, row.instruction, row.input, ...row.references, ...answers].join("\n").toLowerCase();
  return row.hay;
}

function filter() {
  const value = (id) => document.getElementById(id).value;
  const [category, kind] = ["category", "kind"].map(value);
  const words = value("search").toLowerCase().split(/\s+/).filter(Boolean);
  items.found = items.rows.filter(
    (row) =>
      (!category || category === `=${row.category}`) &&
      (!kind || (kind === "yes") === row.labelled) &&
      words.every((word) => haystack(row).includes(word)),
  );
  const weight = ordering(value("order"));
  items.found.sort((one, other) => weight(other) - weight(one) || one.place - other.place);
  items.page = 0;
  drawItems();
}

// How far up a row stands: by the ROUGE-L of its answers; what lacks one of them stands last.
function ordering(order) {
  const scores = (row) => row.answers.filter(Boolean).map((answer) => answer.rouge);
  if (order === "spread") return (row) => Math.max(...scores(row)) - Math.min(...scores(row)) || 0;
  if (!order) return () => 0;
  const sign = order[0] === "+" ? 1 : -1;
  const at = Number(order.slice(1));
  return ({ answers }) => (answers[at] && answers[0] ? sign * (answers[at].rouge - answers[0].rouge) : -1000);
}

function drawItems() {
  const start = items.page * PAGE;
  const rows = items.found.slice(start, start + PAGE);
  document.getElementById("items").replaceChildren(...rows.map(itemBox));
  const count = items.found.length;
  const range = count > PAGE ? `, ${start + 1} to ${start + rows.length} shown` : "";
  document.getElementById("found").textContent = `${count.toLocaleString("en")} found${range}`;
  pager(items.page, Math.ceil(count / PAGE), (to) => {
    items.page = to;
    drawItems();
    document.getElementById("answers").scrollIntoView();
  });
}

function itemBox(row) {
  const about = [row.id, row.category, row.labelled ? "classification" : ""].filter(Boolean);
  const several = row.references.length > 1 ? "References" : "Reference";
  return element(
    "article",
    { className: "item" },
    element("header", {}, ...about.map((text) => element("span", {}, shown(text)))),
    element("h3", { className: "question text", dir: "auto" }, shown(row.instruction)),
    row.input.trim() ? element("div", { className: "given" }, textBox(row.input)) : null,
    element(
      "div",
      { className: "sides" },
      side(several, "reference", ...row.references.map((text) => textBox(text))),
      ...row.answers.map((answer, at) => answerBox(content.models[at], answer)),
    ),
  );
}

function side(title, className, ...parts) {
  return element("div", { className: `side ${className}` }, element("h4", {}, shown(title)), ...parts);
}

function answerBox(name, answer) {
  if (!answer) return side(name, "", element("p", { className: "text none" }, "(no answer)"));
  const said = [`ROUGE-L ${answer.rouge.toFixed(0)}`, `first paragraph ${answer.first.toFixed(0)}`];
  if (answer.exact !== null) said.push(answer.exact ? "✓ the label" : "✗ not the label");
  if (answer.stopped !== null) said.push(answer.stopped ? "stopped by itself" : "cut at the limit");
  return side(name, "", textBox(answer.text), element("p", { className: "scores" }, said.join(" · ")));
}
