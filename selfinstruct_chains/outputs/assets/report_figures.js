// Every figure as a file: SVG as it is drawn, in the colours that it has on the page, and PNG made of that.
"use strict";

const SCALE = 3; // pixels of a PNG for one of the figure's
const THEMED = { paper: "fill", ink: "fill", dim: "fill", on: "fill", grid: "stroke", edge: "stroke" };

function startFigures() {
  for (const figure of document.querySelectorAll("figure[data-name]")) {
    const button = (kind, save) => {
      const label = `Save the figure ${figure.querySelector("h3").textContent} as ${kind}`;
      return element("button", { type: "button", "aria-label": label, onclick: () => save(figure) }, kind);
    };
    const tools = element("div", { className: "tools" }, button("SVG", saveSvg), button("PNG", savePng));
    figure.querySelector("details").before(tools);
  }
}

// The figure as a file of its own: a copy that no style sheet reaches.
function alone(figure) {
  const drawn = figure.querySelector(".plot svg");
  const copy = drawn.cloneNode(true);
  const copies = [copy, ...copy.querySelectorAll("*")];
  const card = getComputedStyle(document.documentElement).getPropertyValue("--card").trim();
  for (const [index, part] of [drawn, ...drawn.querySelectorAll("*")].entries()) {
    const kind = part.getAttribute("class");
    const property = THEMED[kind];
    if (property) copies[index].setAttribute(property, kind === "paper" ? card : getComputedStyle(part)[property]);
    copies[index].removeAttribute("class");
  }
  return copy;
}

function fileOf(figure) {
  return new XMLSerializer().serializeToString(alone(figure));
}

function saveSvg(figure) {
  save([fileOf(figure)], "image/svg+xml", `${content.title}-${figure.dataset.name}.svg`);
}

async function savePng(figure) {
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(fileOf(figure))}`;
  await image.decode();
  const canvas = element("canvas", { width: image.width * SCALE, height: image.height * SCALE });
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  const png = await new Promise((done) => canvas.toBlob(done, "image/png"));
  save([png], "image/png", `${content.title}-${figure.dataset.name}.png`);
}

// Hands the parts to the reader as a file.
function save(parts, type, name) {
  const url = URL.createObjectURL(new Blob(parts, { type }));
  element("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
