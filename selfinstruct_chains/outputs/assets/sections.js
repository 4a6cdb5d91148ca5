// Shared by pages with figures: sections of tables, and of means or differences with their intervals.
"use strict";

function sectionBox({ id, title, text, plots, columns, rows }) {
  return element(
    "section",
    { id, className: "card" },
    element("h2", {}, title),
    text ? element("p", { className: "soft" }, shown(text)) : null,
    ...plots.flatMap(plotBox),
    rows.length ? element("div", { className: "scroll" }, dataTable(columns, rows)) : null,
  );
}

function dataTable(columns, rows) {
  const head = columns.map((name, at) => element("th", { scope: "col", className: at ? "number" : "" }, shown(name)));
  const line = ([name, ...cells], control) =>
    element(
      "tr",
      { className: control ? "control" : "" },
      element("th", { scope: "row" }, shown(name)),
      ...cells.map((text) => element("td", { className: "number" }, shown(text))),
    );
  return element(
    "table",
    {},
    element("thead", {}, element("tr", {}, ...head)),
    element("tbody", {}, ...rows.map(({ cells, control }) => line(cells, control))),
  );
}

// Means as dots with their intervals, on one scale for all of a plot's rows.
function plotBox({ title, low, high, rows }) {
  const place = (value) => `${(100 * (value - low)) / (high - low || 1)}%`;
  const cells = rows.flatMap(({ name, mean, ends, text, clear, control }) => {
    const track = element("div", { className: `track ${control ? "control" : ""}`, "aria-hidden": "true" });
    const mark = (className, style) => Object.assign(track.appendChild(element("div", { className })).style, style);
    if (low < 0) mark("zero", { left: place(0) });
    if (ends) mark("range", { left: place(ends[0]), right: `calc(100% - ${place(ends[1])})` });
    mark("dot", { left: place(mean) });
    return [
      element("div", { className: "name" }, shown(name)),
      track,
      element("div", { className: `value ${clear ? "clear" : ""}` }, text),
    ];
  });
  return [element("h3", {}, shown(title)), element("div", { className: "plot" }, ...cells)];
}
