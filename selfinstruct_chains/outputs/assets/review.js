// The review page: one task at a time, three questions, answered with y and n.
"use strict";

const at = (id) => document.getElementById(id);
let state = null; // what the server knows: title, note, questions, tasks with their verdicts
let place = 0; // of the task on the page; state.tasks.length when all are done
let question = 0; // the one that y and n answer
let answers = {}; // for the task on the page

const KEYS = { y: () => answer(true), n: () => answer(false), b: back, ArrowLeft: back, s: skip, ArrowRight: skip };

async function start() {
  state = await (await fetch("state")).json();
  at("title").textContent = document.title = state.title;
  at("note").append(shown(state.note));
  at("note").hidden = state.note === "";
  at("back").onclick = back;
  at("skip").onclick = skip;
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || !(event.key in KEYS)) return;
    event.preventDefault();
    KEYS[event.key]();
  });
  await go(nextOpen(-1));
}

// The next task without a verdict, from a place on and then from the start; the end when there is none.
function nextOpen(from) {
  const count = state.tasks.length;
  for (let step = 1; step <= count; step += 1) {
    const candidate = (from + step) % count;
    if (state.tasks[candidate].verdict === null) return candidate;
  }
  return count;
}

async function go(to) {
  place = to;
  question = 0;
  answers = { ...state.tasks[place]?.verdict };
  drawProgress();
  if (place === state.tasks.length) drawEnd();
  else drawTask(await (await fetch(`tasks/${place}`)).json(), place);
  drawQuestions();
}

function drawProgress() {
  const done = state.tasks.filter((task) => task.verdict !== null).length;
  at("progress").max = state.tasks.length;
  at("progress").value = done;
  at("count").textContent = `${done} of ${state.tasks.length} reviewed`;
}

function drawTask(task, drawnFor) {
  if (drawnFor !== place) return; // the reader has moved on
  const title = element("h2", { tabIndex: -1, className: "text", dir: "auto" }, shown(task.instruction));
  const kind = task.is_classification ? "Classification task" : "Task";
  const count = task.instances.length;
  const several = count > 1 ? `; ${count} instances: answer yes if it holds for each of them` : "";
  at("task").replaceChildren(element("p", { className: "soft" }, shown(`${kind} ${task.id}${several}`)), title);
  for (const [index, instance] of task.instances.entries()) at("task").append(instanceBox(instance, index, task));
  scrollTo(0, 0);
  title.focus({ preventScroll: true });
}

function instanceBox(instance, index, task) {
  const number = task.instances.length > 1 ? ` ${index + 1}` : "";
  return element(
    "div",
    { className: "instance" },
    element("h3", {}, `Input${number}`),
    textBox(instance.input, "(none)"),
    element("h3", {}, `Output${number}`),
    textBox(instance.output),
  );
}

function drawQuestions() {
  at("questions").replaceChildren(...(place === state.tasks.length ? [] : state.questions.map(questionRow)));
  at("skip").disabled = place === state.tasks.length;
  at("back").disabled = place === 0 && question === 0;
}

function questionRow({ key, text }, index) {
  const choice = (yes) => {
    const label = element("span", {}, element("kbd", {}, yes ? "y" : "n"), yes ? " Yes" : " No");
    const choose = () => {
      question = index;
      answer(yes);
    };
    const pressed = String(answers[key] === yes);
    return element("button", { className: yes ? "yes" : "no", "aria-pressed": pressed, onclick: choose }, label);
  };
  const current = index === question;
  return element(
    "div",
    { className: current ? "question current" : "question", role: "group", "aria-label": text },
    element("p", {}, text),
    choice(true),
    choice(false),
  );
}

function drawEnd() {
  at("task").replaceChildren(
    element("h2", { tabIndex: -1 }, `All ${state.tasks.length} tasks are reviewed.`),
    element("p", {}, "The verdicts are in the run folder. Stop the program in its terminal with Ctrl-C."),
  );
}

// An answer to the current question; with the last one that was missing, the task is done. One that was reviewed before
// is gone through in order, and is done with its last question.
async function answer(yes) {
  if (place === state.tasks.length) return;
  answers[state.questions[question].key] = yes;
  const missing = state.questions.findIndex(({ key }) => !(key in answers));
  const next = state.tasks[place].verdict === null ? missing : question + 1;
  if (next === -1 || next === state.questions.length) {
    await save();
  } else {
    question = next;
    drawQuestions();
  }
}

async function save() {
  const task = state.tasks[place];
  const given = answers;
  try {
    const body = JSON.stringify({ id: task.id, by: "person", ...given });
    const response = await fetch("verdicts", { method: "POST", body });
    if (!response.ok) throw new Error(await response.text());
  } catch (error) {
    at("trouble").textContent = `Not saved: ${error.message}. Is the program still running? Answer again to retry.`;
    at("trouble").hidden = false;
    drawQuestions();
    return;
  }
  at("trouble").hidden = true;
  task.verdict = given;
  await go(nextOpen(place));
}

function back() {
  if (place < state.tasks.length && question > 0) {
    question -= 1;
    drawQuestions();
  } else if (place > 0) {
    go(place - 1);
  }
}

function skip() {
  if (place < state.tasks.length) go(nextOpen(place));
}

start();
