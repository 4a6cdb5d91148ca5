// Shared by the report and the review page: building elements, and showing what a model wrote.
"use strict";

// Controls, direction overrides, invisible format characters and halves of characters; not the two joiners that scripts
// and emoji need, nor tabs and line ends.
const ODD = /(?![\t\n\u200c\u200d])[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu;

// An element. `with_` holds properties (className, onclick) and attributes ("aria-label"); children are nodes or plain text.
function element(tag, with_ = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(with_)) {
    if (name in made) made[name] = value;
    else made.setAttribute(name, value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

// A model's text as nodes: what could not be seen, or would change how the rest is seen, becomes a small mark.
function shown(text) {
  const nodes = document.createDocumentFragment();
  let end = 0;
  for (const match of text.matchAll(ODD)) {
    const code = match[0].codePointAt(0).toString(16).toUpperCase().padStart(4, "0");
    nodes.append(text.slice(end, match.index), element("span", { className: "odd" }, `U+${code}`));
    end = match.index + match[0].length;
  }
  nodes.append(text.slice(end));
  return nodes;
}

// A box with a model's text, in the direction of its own script; "" is said in words.
function textBox(text, empty = "(empty)") {
  if (text === "") return element("p", { className: "text none" }, empty);
  return element("p", { className: "text", dir: "auto" }, shown(text));
}
