// Correcting a task in place: its instruction, inputs and outputs; the model's text stays beside it.
"use strict";

const texts = new Map(); // corrections that could not be kept, by id: they are not typed again
let editing = null; // the id of the task that is being corrected

function edit(content, words, done) {
  const id = (editing = currentId());
  const from = texts.get(id) ?? content.correction ?? content;
  const fields = [["Instruction", from.instruction], ...from.instances.flatMap((one, index) => pair(one, index, from, words))];
  const boxes = fields.map(([label, text]) => [label, box(text)]);
  const close = (entry) => {
    editing = null;
    drawn = null;
    done(entry);
  };
  const first = boxes.map(([, one]) => one.value); // a field has its own line ends: what is as it was keeps the model's
  const typed = () => boxes.map(([, one], index) => (one.value === first[index] ? fields[index][1] : one.value));
  const save = () => (typed()[0].trim() ? close(corrected(id, content, typed())) : heard.told("An instruction is needed."));
  const original = () => close(corrected(id, content, plain(content)));
  at("card").replaceChildren(
    element("h2", {}, "Correct the task"),
    element("p", { className: "soft" }, "The model's text is kept beside yours. Ctrl-Enter saves, Escape leaves it."),
    ...boxes.map(([label, one]) => element("label", { className: "field" }, label, one)),
    buttons(save, () => close(null), content.correction ? original : null),
  );
  at("card").onkeydown = (event) => leave(event, save, () => close(null));
  boxes[0][1].focus();
}

function leave(event, save, cancel) {
  if (editing === null || event.isComposing) return;
  const chosen = event.key === "Escape" ? cancel : event.key === "Enter" && (event.ctrlKey || event.metaKey) ? save : null;
  if (chosen === null) return;
  event.preventDefault();
  chosen();
}

function pair(instance, index, { instances }, words) {
  const number = instances.length > 1 ? ` ${index + 1}` : "";
  return [
    [`Input${number}`, instance.input],
    [`${words.output}${number}`, instance.output],
  ];
}

function box(text) {
  return element("textarea", { value: text, rows: Math.min(2 + text.split("\n").length, 14), dir: "auto" });
}

function buttons(save, cancel, original) {
  const made = (text, onclick) => element("button", { type: "button", onclick }, text);
  const taken = original ? made("Take the correction back", original) : null;
  return element("div", { className: "moves" }, made("Save", save), made("Cancel", cancel), taken);
}

function plain({ instruction, instances }) {
  return [instruction, ...instances.flatMap(({ input, output }) => [input, output])];
}

// What there is to send of the fields' texts; null where nothing was changed.
function corrected(id, content, [instruction, ...rest]) {
  const instances = content.instances.map((_, index) => ({ input: rest[2 * index], output: rest[2 * index + 1] }));
  const text = { instruction, instances };
  const before = content.correction ?? content;
  if (JSON.stringify(plain(text)) === JSON.stringify(plain(before))) return null;
  const entry = { ...made(id, {}), settled: false, seen: content.seen ?? null, text };
  const same = JSON.stringify(plain(text)) === JSON.stringify(plain(content));
  const correction = same ? undefined : { ...text, name: review.name, at: new Date().toISOString() };
  contents.set(id, { ...content, correction, seen: entry.entry });
  if (review.cards.has(id)) review.cards.get(id).corrected = !same;
  texts.delete(id);
  return entry;
}
