// Runs side by side: what it comes to, tables and differences, changed prompts, and the nearest instructions.
"use strict";

const content = JSON.parse(document.getElementById("content").textContent);

function startPage() {
  const at = (id) => document.getElementById(id);
  document.title = `Comparison: ${content.runs.map((run) => run.name).join(", ")}`;
  at("runs").append(...content.runs.map(runBox));
  at("notes").append(...content.notes.map((note) => element("p", { className: "note" }, shown(note))));
  for (const box of [inShort(), ...content.sections.map(markedParts), prompts(), nearest()]) {
    if (!box) continue;
    at("contents").append(element("a", { href: `#${box.id}` }, box.querySelector("h2").textContent));
    at("sections").append(box);
  }
}

function runBox({ letter, path, about }) {
  const texts = [element("div", {}, shown(path)), element("div", { className: "soft" }, shown(about))];
  return element("div", {}, element("dt", {}, letter), element("dd", {}, ...texts));
}

function card(id, title, ...parts) {
  return element("section", { id, className: "card" }, element("h2", {}, shown(title)), ...parts);
}

function inShort() {
  if (!content.in_short.length) return null;
  return card("short", "In short", ...content.in_short.map((line) => element("p", {}, shown(line))));
}

// A name that begins with blanks is a part of what stands above it; a dotted key is broken behind its dots.
function markedParts(section) {
  const box = sectionBox(section);
  for (const name of box.querySelectorAll("tbody th")) {
    if (name.textContent.startsWith("  ")) name.classList.add("part");
    if (section.id !== "settings") continue;
    const parts = name.textContent.split(/(?<=\.)/);
    name.replaceChildren(...parts.flatMap((part) => [part, element("wbr")]));
  }
  for (const scroll of box.querySelectorAll(".scroll")) {
    for (const [key, value] of [["tabindex", "0"], ["role", "region"], ["aria-label", section.title]]) scroll.setAttribute(key, value);
  }
  return box;
}

function prompts() {
  if (!content.prompts.length) return null;
  const boxes = content.prompts.flatMap(({ key, letter, lines }) => [
    element("h3", {}, shown(`${key}: ${letter} beside ${content.runs[0].letter}`)),
    element("div", { className: "diff" }, ...lines.map(diffLine)),
  ]);
  return card("prompts", "What differs in the prompts", ...boxes);
}

function diffLine(line) {
  const kind = { "@": "head", "+": "added", "-": "removed" }[line[0]] ?? "";
  return element("div", { className: kind, dir: "auto" }, shown(line));
}

function nearest() {
  if (!content.overlaps.length) return null;
  const boxes = content.overlaps.flatMap(({ one, other, pairs }) => [
    element("h3", {}, `${one} and ${other}`),
    ...pairs.map((pair) => pairBox(pair, one, other)),
  ]);
  const text = "The most similar of two runs, by ROUGE-L, each once.";
  return card("nearest", "Nearest instructions", element("p", { className: "soft" }, text), ...boxes);
}

function pairBox({ score, texts }, ...letters) {
  const side = ([id, text], place) =>
    element("div", {}, element("div", { className: "id" }, shown(`${letters[place]} ${id}`)), textBox(text));
  return element("div", { className: "pair" }, element("div", { className: "score" }, score.toFixed(2)), ...texts.map(side));
}

startPage();
