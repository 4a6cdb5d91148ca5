// Draws a card: a task or an answer with what was corrected of it, and the questions about it.
"use strict";

const at = (id) => document.getElementById(id);
let drawn = null; // the content that is on the page

function drawProgress(words) {
  const count = review.list.length;
  const done = review.list.filter((id) => verdictOf(id) !== null).length;
  at("progress").max = Math.max(count, 1);
  at("progress").value = done;
  const all = isSettling() ? 0 : words.sample;
  const of = count < all ? ` (of ${all.toLocaleString("en")} in the sample)` : "";
  at("count").textContent = `${done} of ${count} ${isSettling() ? "settled" : "reviewed"}${of}`;
}

function drawCard(content, words) {
  if (content === drawn) return;
  drawn = content;
  const { correction } = content;
  const title = element("h2", { tabIndex: -1, className: "text", dir: "auto" }, shown(content.instruction));
  at("card").replaceChildren(element("p", { className: "soft" }, shown(content.about)), title);
  if (correction) at("card").append(correctedBox(correction.instruction, content.instruction, correction));
  for (const [index, instance] of content.instances.entries()) {
    const other = correction?.instances[index];
    at("card").append(instanceBox(instance, other, index, content, words));
  }
  scrollTo(0, 0);
  title.focus({ preventScroll: true });
}

function instanceBox(instance, other, index, content, words) {
  const number = content.instances.length > 1 ? ` ${index + 1}` : "";
  const corrected = (part) => (other ? correctedBox(other[part], instance[part], content.correction) : null);
  return element(
    "div",
    { className: "instance" },
    element("h3", {}, `Input${number}`),
    textBox(instance.input, "(none)"),
    corrected("input"),
    element("h3", {}, `${words.output}${number}`),
    textBox(instance.output),
    corrected("output"),
  );
}

// A corrected text, with who wrote it and when; null where it is as it was.
function correctedBox(text, original, { name, at: when }) {
  if (text === original) return null;
  const time = when ? `, ${new Date(when).toLocaleString()}` : "";
  const by = element("p", { className: "soft" }, "Corrected by ", shown(name || "somebody"), time);
  return element("div", { className: "corrected" }, by, textBox(text, "(none)"));
}

function drawWaiting() {
  drawn = null;
  at("card").replaceChildren(element("p", { className: "soft" }, "One moment: the task is on its way ..."));
  at("questions").replaceChildren();
}

function drawGone(id) {
  drawn = null;
  at("card").replaceChildren(element("p", {}, "There is no task ", shown(id), " in the run any more."));
}

function drawQuestions(act) {
  const id = currentId();
  at("questions").replaceChildren(...(id === null ? [] : review.questions.map((one, index) => row(one, index, id, act))));
  at("comment").disabled = at("skip").disabled = id === null;
  at("back").disabled = review.place === 0 && review.question === 0;
  at("undo").disabled = given().length === 0;
  at("correct").disabled = id === null;
  if (document.activeElement !== at("comment")) at("comment").value = id === null ? "" : draftOf(id).comment;
}

function row({ key, text, choices }, index, id, act) {
  const answered = draftOf(id).answers[key];
  const button = (choice) => {
    const label = element("span", {}, element("kbd", {}, keyOf(choice)), ` ${choice.text}`);
    const className = choice.good === null ? "unsure" : choice.good ? "yes" : "no";
    const pressed = String(answered === choice.value);
    return element("button", { className, "aria-pressed": pressed, onclick: () => act(id, index, choice.value) }, label);
  };
  const classes = ["question", index === review.question ? "current" : "", choices.length > 3 ? "levels" : ""];
  return element(
    "div",
    { className: classes.filter(Boolean).join(" "), role: "group", "aria-label": text },
    element("p", {}, text, said(id, key)),
    ...choices.map(button),
  );
}

// While disagreements are settled: who answered a question how.
function said(id, key) {
  if (!isSettling()) return null;
  const words = { true: "yes", false: "no", unsure: "unsure" };
  const names = new Map();
  for (const { name, answers } of review.settling.get(id).verdicts) {
    const word = words[answers[key]];
    names.set(word, [...(names.get(word) ?? []), name || "(no name)"]);
  }
  const parts = [...names].map(([word, those]) => `${word}: ${those.join(", ")}`);
  return element("span", { className: "said soft" }, shown(parts.join("; ")));
}

function drawSaid() {
  const id = currentId();
  const comments = isSettling() && id !== null ? review.settling.get(id).verdicts.filter(({ comment }) => comment) : [];
  const line = ({ name, comment }) => element("p", { className: "soft" }, shown(`${name || "(no name)"}: ${comment}`));
  at("comments").replaceChildren(...comments.map(line));
  at("commenting").hidden = isSettling() || !review.features.comment;
}

function drawEnd(words) {
  drawn = null;
  const count = review.list.length;
  const all = isSettling() ? `All ${count} disagreements are settled.` : `All ${count} ${words.what} are reviewed.`;
  const none = isSettling() ? "Nothing is left to settle: people agree." : `No ${words.what} here.`;
  const done = review.list.every((id) => verdictOf(id) !== null);
  at("card").replaceChildren(
    element("h2", { tabIndex: -1 }, count === 0 ? none : done ? all : "This is the end of the list."),
    element("p", {}, "The verdicts are in the folder. Stop the program in its terminal with Ctrl-C."),
  );
}
