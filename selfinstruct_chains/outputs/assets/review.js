// The review page: one card at a time, a task or an answer, and questions about it, each choice with a key.
"use strict";

const at = (id) => document.getElementById(id);
let state = null; // what the server knows: words for the page, questions, cards with their verdicts
let place = 0; // of the card on the page; state.cards.length when all are done
let question = 0; // the one that the choices' keys answer
let answers = {}; // for the card on the page
let drawn = -1; // the place of the card that is to be seen: nothing else is answered
let busy = false; // while a verdict is on its way
const given = []; // places whose verdicts can be taken back, the last one last

const KEYS = { ArrowLeft: back, s: skip, ArrowRight: skip };

async function start() {
  state = await (await fetch("state")).json();
  KEYS[state.undo ? "u" : "b"] = state.undo ? undo : back;
  for (const { key, value } of state.questions.flatMap(({ choices }) => choices)) KEYS[key] = () => answer(value);
  at("back").replaceChildren(element("kbd", {}, state.undo ? "u" : "b"), state.undo ? " Undo" : " Back");
  at("title").textContent = document.title = state.title;
  at("note").append(shown(state.note));
  at("note").hidden = state.note === "";
  at("back").onclick = state.undo ? undo : back;
  at("skip").onclick = skip;
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || !(event.key in KEYS)) return;
    event.preventDefault();
    KEYS[event.key]();
  });
  await go(nextOpen(-1));
}

// The next card without a verdict, from a place on and then from the start; the end when there is none.
function nextOpen(from) {
  const count = state.cards.length;
  for (let step = 1; step <= count; step += 1) {
    const candidate = (from + step) % count;
    if (state.cards[candidate].verdict === null) return candidate;
  }
  return count;
}

async function go(to) {
  place = to;
  question = 0;
  answers = { ...state.cards[place]?.verdict };
  drawProgress();
  if (place === state.cards.length) drawEnd();
  else drawCard(await (await fetch(`cards/${place}`)).json(), place);
  drawQuestions();
}

function drawProgress() {
  const done = state.cards.filter(({ verdict }) => verdict !== null).length;
  at("progress").max = state.cards.length;
  at("progress").value = done;
  at("count").textContent = `${done} of ${state.cards.length} reviewed`;
}

function drawCard(card, drawnFor) {
  if (drawnFor !== place) return; // the reader has moved on
  drawn = place;
  const title = element("h2", { tabIndex: -1, className: "text", dir: "auto" }, shown(card.instruction));
  at("card").replaceChildren(element("p", { className: "soft" }, shown(card.about)), title);
  for (const [index, instance] of card.instances.entries()) at("card").append(instanceBox(instance, index, card));
  scrollTo(0, 0);
  title.focus({ preventScroll: true });
}

function instanceBox(instance, index, card) {
  const number = card.instances.length > 1 ? ` ${index + 1}` : "";
  return element(
    "div",
    { className: "instance" },
    element("h3", {}, `Input${number}`),
    textBox(instance.input, "(none)"),
    element("h3", {}, `${state.output}${number}`),
    textBox(instance.output),
  );
}

function drawQuestions() {
  at("questions").replaceChildren(...(place === state.cards.length ? [] : state.questions.map(questionRow)));
  at("skip").disabled = place === state.cards.length;
  at("back").disabled = state.undo ? given.length === 0 : place === 0 && question === 0;
}

function questionRow({ key, text, choices }, index) {
  const button = (choice) => {
    const label = element("span", {}, element("kbd", {}, choice.key), ` ${choice.text}`);
    const choose = () => {
      question = index;
      answer(choice.value);
    };
    const pressed = String(answers[key] === choice.value);
    return element("button", { className: choice.good ? "yes" : "no", "aria-pressed": pressed, onclick: choose }, label);
  };
  const classes = ["question", index === question ? "current" : "", choices.length > 2 ? "levels" : ""];
  return element(
    "div",
    { className: classes.filter(Boolean).join(" "), role: "group", "aria-label": text },
    element("p", {}, text),
    ...choices.map(button),
  );
}

function drawEnd() {
  at("card").replaceChildren(
    element("h2", { tabIndex: -1 }, `All ${state.cards.length} ${state.what} are reviewed.`),
    element("p", {}, "The verdicts are in the folder. Stop the program in its terminal with Ctrl-C."),
  );
}

// An answer to the current question; with the last one that was missing, the card is done. One that was reviewed before
// is gone through in order, and is done with its last question.
async function answer(value) {
  if (busy || drawn !== place || place === state.cards.length) return;
  answers[state.questions[question].key] = value;
  const missing = state.questions.findIndex(({ key }) => !(key in answers));
  const next = state.cards[place].verdict === null ? missing : question + 1;
  if (next === -1 || next === state.questions.length) {
    await save();
  } else {
    question = next;
    drawQuestions();
  }
}

async function save() {
  const here = place;
  if (!(await sent(state.cards[here], answers))) return;
  given.push(here);
  await go(nextOpen(here));
}

async function undo() {
  const last = given.at(-1);
  if (busy || last === undefined || !(await sent(state.cards[last], null))) return;
  given.pop();
  await go(last);
}

// Whether the server has kept answers about a card, or, without any, has taken them back.
async function sent(card, kept) {
  busy = true;
  try {
    const nothing = Object.fromEntries(state.questions.map(({ key }) => [key, null]));
    const body = JSON.stringify({ id: card.id, by: "person", ...(kept ?? nothing) });
    const response = await fetch("verdicts", { method: "POST", body });
    if (!response.ok) throw new Error(await response.text());
  } catch (error) {
    at("trouble").textContent = `Not saved: ${error.message}. Is the program still running? Answer again to retry.`;
    at("trouble").hidden = false;
    drawQuestions();
    return false;
  } finally {
    busy = false;
  }
  at("trouble").hidden = true;
  card.verdict = kept;
  return true;
}

function back() {
  if (place < state.cards.length && question > 0) {
    question -= 1;
    drawQuestions();
  } else if (place > 0) {
    go(place - 1);
  }
}

function skip() {
  if (place < state.cards.length) go(nextOpen(place));
}

start();
