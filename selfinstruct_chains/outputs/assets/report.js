// The page above the table: numbers, sections, and the figures, which are drawn when they come into view.
"use strict";

const content = JSON.parse(document.getElementById("content").textContent);

function startPage() {
  const at = (id) => document.getElementById(id);
  document.title = `Report: ${content.title}`;
  at("title").append(shown(content.title));
  at("about").append(shown(`Chain ${content.chain}. ${content.description}`));
  if (content.unfinished) {
    at("unfinished").append(shown(`Unfinished run: ${content.unfinished}.`));
    at("unfinished").hidden = false;
  }
  for (const [value, what] of content.figures) {
    at("figures").append(element("div", {}, element("dt", {}, what), element("dd", {}, value)));
  }
  const link = (id, title) => element("a", { href: `#${id}` }, title);
  for (const section of content.sections) {
    at("contents").append(link(section.id, section.title));
    at("sections").append(sectionBox(section));
  }
  at("contents").append(link("tasks", "Tasks"));
  if (content.left_out) {
    const text = `The table leaves out ${content.left_out.toLocaleString("en")} more; the run folder has them.`;
    at("found").before(element("p", { className: "note" }, text));
  }
}

function sectionBox({ id, title, text, charts, columns, rows }) {
  return element(
    "section",
    { id, className: "card" },
    element("h2", {}, title),
    text ? element("p", {}, shown(text)) : null,
    rows.length ? element("div", { className: "scroll" }, dataTable(columns, rows, "shares")) : null,
    charts.length ? element("div", { className: "charts" }, ...charts.map(chartBox)) : null,
  );
}

function chartBox({ title, says, figure, columns, rows }) {
  const plot = element("div", { className: "plot", role: "img", "aria-label": `${title}. ${says}` });
  plot.style.minHeight = `${Math.min(figure.layout.height, 340)}px`;
  plot.figure = figure;
  return element(
    "figure",
    {},
    element("h3", {}, title),
    element("figcaption", {}, shown(says)),
    plot,
    element("details", {}, element("summary", {}, "As a table"), element("div", { className: "data" }, dataTable(columns, rows))),
  );
}

function dataTable(columns, rows, className = "") {
  const cell = (value, index) => {
    const number = typeof value === "number" || (index > 0 && /^\d+%$/.test(value));
    return element("td", { className: number ? "number" : "" }, typeof value === "string" ? shown(value) : value.toLocaleString("en"));
  };
  const head = columns.map((name) => element("th", { scope: "col" }, name));
  return element(
    "table",
    { className },
    element("thead", {}, element("tr", {}, ...head)),
    element("tbody", {}, ...rows.map((row) => element("tr", {}, ...row.map(cell)))),
  );
}

// Draws each figure when it comes into view. Called when Plotly is there, which is a while after the page is.
function startCharts() {
  const inView = new IntersectionObserver(
    (entries) => {
      for (const { isIntersecting, target } of entries) {
        if (!isIntersecting) continue;
        inView.unobserve(target);
        draw(target);
      }
    },
    { rootMargin: "200px" },
  );
  for (const plot of document.querySelectorAll(".plot")) inView.observe(plot);
}

function draw(plot) {
  const { data, layout } = plot.figure;
  const colors = getComputedStyle(document.documentElement);
  const ink = colors.getPropertyValue("--ink");
  const line = colors.getPropertyValue("--line");
  const themed = { ...layout, paper_bgcolor: "transparent", plot_bgcolor: "transparent", autosize: true };
  themed.font = { color: ink, family: "system-ui, sans-serif", size: 13 };
  for (const axis of ["xaxis", "yaxis", "yaxis2"]) {
    if (axis in layout) themed[axis] = { gridcolor: line, zerolinecolor: line, linecolor: line, ...layout[axis] };
  }
  if (data[0].type === "sunburst") themed.height = Math.min(layout.height, plot.clientWidth + 16);
  Plotly.react(plot, data, themed, { displayModeBar: false, responsive: true });
  plot.classList.add("drawn");
}

startPage();
startTable();
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  for (const plot of document.querySelectorAll(".plot.drawn")) draw(plot);
});
