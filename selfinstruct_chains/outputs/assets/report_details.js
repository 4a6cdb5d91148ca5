// What is shown of a row when it is opened: the whole text, why it was dropped, its neighbours, and where it comes from.
"use strict";

const RULES = {
  novelty: "too similar to an instruction in the pool",
  language: "clearly in another language than its request asked for",
  truncated: "cut off at the token limit",
  unreadable: "the reply could not be read",
  not_classification: "no classification task, and the chain has classification_only",
  no_instance: "no usable instance was left",
};
const QUESTIONS = {
  valid_instruction: "valid instruction",
  appropriate_input: "appropriate input",
  correct_output: "correct output",
};

function details(row, byId) {
  return element(
    "div",
    { className: "parts" },
    ...why(row, byId),
    ...part(row.status === "rejected" ? `What the model wrote (${row.stage})` : "Instruction", textBox(row.text)),
    ...(row.instances ?? []).flatMap(([input, output], index) => instance(input, output, index, row.instances.length)),
    ...neighbour("Nearest seed task", row.seed, byId),
    ...neighbour("Nearest other generated task", row.near, byId),
    ...Object.entries(row.verdicts ?? {}).flatMap(([who, verdict]) => verdictPart(who, verdict)),
    ...provenance(row, byId),
    ...repliesOf(row),
  );
}

function part(title, ...content) {
  return [element("div", {}, element("h3", {}, title), ...content)];
}

function instance(input, output, index, count) {
  const number = count > 1 ? ` ${index + 1}` : "";
  return [...part(`Input${number}`, textBox(input, "(none)")), ...part(`Output${number}`, textBox(output))];
}

function why(row, byId) {
  if (row.status !== "rejected") return [];
  const reason = RULES[row.rule] ? `${row.rule}: ${RULES[row.rule]}` : row.rule;
  const owner = row.stage === "instance" ? byId.get(row.id) : null;
  return [
    ...part("Why it was dropped", element("p", {}, reason)),
    ...neighbour("It is most similar to", row.nearest, byId),
    ...inLanguage(row.language),
    ...(owner ? part(`Instruction ${row.id}`, textBox(owner.text)) : []),
  ];
}

function inLanguage(pair) {
  if (!pair) return [];
  const [name, probability] = pair;
  return [element("p", { className: "soft" }, shown(`It is in ${name}; probability of the one asked for: ${probability}`))];
}

function neighbour(title, pair, byId) {
  if (!pair) return [];
  const [id, value] = pair;
  const row = byId.get(id);
  const heading = element("span", {}, `${title}: `, linkTo(id), `, ROUGE-L ${value.toFixed(2)}`);
  return part(heading, row ? textBox(row.text) : element("p", { className: "soft" }, "not in this table"));
}

function verdictPart(who, verdict) {
  const mark = { true: "✓", false: "✗" };
  const answers = Object.entries(QUESTIONS).map(([key, text]) => `${mark[verdict[key]] ?? "? unsure:"} ${text}`);
  const name = who === "judge" ? verdict.model : verdict.name;
  const by = `${who === "judge" ? "a model" : "a person"}${name ? ` (${name})` : ""}`;
  const said = [answers.join(", "), verdict.reason, verdict.comment].filter(Boolean).join(". ");
  return part(element("span", {}, shown(`Reviewed by ${by}`)), element("p", {}, shown(said)));
}

function provenance(row, byId) {
  const from = row.provenance;
  if (!from) return row.request === undefined ? [] : part("Where it comes from", element("p", {}, `request ${row.request}`));
  const examples = from.examples.map((id) => element("li", {}, linkTo(id), ": ", shown(byId.get(id)?.text ?? "")));
  return part(
    "Where it comes from",
    element("p", {}, shown(`Request ${from.request}, written by ${from.model ?? "a model that was not reported"}.`)),
    element("p", { className: "soft" }, shown(`Calls in the journal: ${from.calls.join(", ")}`)),
    element("details", {}, element("summary", {}, `The ${examples.length} examples it was shown`), element("ul", {}, ...examples)),
  );
}
