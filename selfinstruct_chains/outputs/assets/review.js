// The review page: one card at a time, a task or an answer, and questions about it, each choice with a key. What is
// pressed waits in a row until the card that it is about can be seen, so no key is lost, and none is about another card.
"use strict";

let words = null; // what the server says of the page
let sample = []; // ids, in the order of the sample
const early = []; // keys that came before it was known what they do
const waiting = []; // what was done and is not yet heeded: {key} or {run}
let working = false;

const MOVES = { skip, back, undo: () => send(undo()), search: openSearch, guidelines: openGuidelines };

async function start() {
  Object.assign(heard, { trouble: drawTrouble, told: tell, changed: merge, refused: refuse });
  restore();
  words = await insist("state?name=");
  keys = ownKeys(words.keys, words.what);
  at("title").textContent = document.title = words.title;
  at("note").append(shown(words.note));
  at("note").hidden = words.note === "";
  at("guide").innerHTML = words.guidelines; // from Markdown, by the server: no HTML of its own is left in it
  at("guidelines").open = matchMedia("(min-width: 70rem)").matches;
  review.questions = words.questions;
  review.features = words.features;
  wire();
  await begin(false);
}

// From the first card without a verdict of this reviewer.
async function begin(again) {
  review.name = await named(words, again);
  const state = await insist(`state?${new URLSearchParams({ name: review.name })}`);
  known = state.since;
  sample = state.cards.map(({ id }) => id);
  review.cards = new Map(state.cards.map((card) => [card.id, card]));
  for (const { entry } of outbox) if (!entry.text && !entry.settled) setVerdict(entry.id, entry.answers && stillToKeep(entry));
  Object.assign(review, { list: [...sample], settling: null, given: { own: [], settled: [] }, drafts: new Map() });
  drawFilters(state.cards, words.features, ({ target }) => {
    target.blur(); // the next key is an answer
    act({ run: filter });
  });
  at("who").replaceChildren(...whoLine());
  flush();
  goTo(nextOpen(-1));
  if (location.hash.length > 1) act({ run: () => jump(decodeURIComponent(location.hash.slice(1))) });
  for (const key of early.splice(0)) if (doesSomething(key)) act({ key });
  act({ run: () => {} });
}

function stillToKeep({ answers, comment, entry }) {
  return { answers, comment: comment ?? "", seen: entry };
}

function whoLine() {
  if (!words.features.several) return [];
  const change = element("button", { type: "button", onclick: () => act({ run: () => begin(true) }) }, "Change");
  return ["Reviewer: ", shown(review.name || "(no name)"), " ", words.name === null ? change : null].filter(Boolean);
}

function wire() {
  const { features } = words;
  const click = (id, run) => (at(id).onclick = () => act({ run }));
  for (const [id, shownIt] of Object.entries({ back: features.back, correct: features.correct })) at(id).hidden = !shownIt;
  for (const id of ["settle", "show-agreement"]) at(id).hidden = !features.several;
  click("back", back);
  click("undo", () => send(undo()));
  click("skip", skip);
  click("correct", openEditor);
  click("settle", () => (isSettling() ? leaveSettling() : settleAll()));
  click("show-agreement", showAgreement);
  at("show-keys").onclick = () => showKeys(words.keys, words.what, () => act({ run: labelKeys }));
  at("agreement-close").onclick = () => at("agreement").close();
  at("keys-cancel").onclick = () => at("keys").close();
  at("filters").onsubmit = (event) => {
    event.preventDefault();
    at("search").blur();
    act({ run: searchOrJump });
  };
  at("search").addEventListener("keydown", leaveBy("Escape"));
  at("comment").addEventListener("keydown", leaveBy("Enter", "Escape"));
  at("comment").onchange = () => act({ run: () => send(say(at("comment").value.trim())) });
  addEventListener("focus", look);
  addEventListener("beforeunload", (event) => outbox.length > 0 && event.preventDefault());
  labelKeys();
}

// Leaves a field by these keys; the next one is an answer again.
function leaveBy(...those) {
  return (event) => {
    if (those.includes(event.key) && !event.isComposing) event.target.blur();
  };
}

function labelKeys() {
  for (const [id, text] of Object.entries({ back: "Back", undo: "Undo", skip: "Skip", correct: "Correct" })) {
    at(id).replaceChildren(...(keys[id] ? [element("kbd", {}, keys[id]), ` ${text}`] : [text]));
  }
  at("guide-title").replaceChildren(element("kbd", {}, keys.guidelines), " Guidelines");
  at("comment-title").replaceChildren(...(keys.comment ? [element("kbd", {}, keys.comment), " Comment"] : []));
}

function isElsewhere({ target }) {
  return editing !== null || target.closest?.("input, textarea, select, dialog") || document.querySelector("dialog[open]");
}

function pressed(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || event.isComposing || isElsewhere(event)) return;
  const key = keyPressed(event);
  if (sample.length === 0) early.push(key);
  else if (doesSomething(key)) {
    event.preventDefault();
    act({ key });
  }
}

function act(action) {
  waiting.push(action);
  if (!working) work();
}

// Heeds what was done, one after another, each when its card is there to be seen.
async function work() {
  working = true;
  while (waiting.length > 0) {
    if (!isThere()) await come();
    const { key, run } = waiting.shift();
    const result = key === undefined ? run() : heed(key);
    if (result instanceof Promise) await result;
    absorb();
    draw();
  }
  working = false;
  fetchAhead();
}

function isThere() {
  return currentId() === null || contents.has(currentId());
}

async function come() {
  const slow = setTimeout(drawWaiting, 200);
  await fetched(currentId());
  clearTimeout(slow);
  draw();
}

function heed(key) {
  const action = Object.keys(keys).find((one) => keys[one] === key);
  if (key === "ArrowLeft") return back();
  if (key === "ArrowRight") return skip();
  if (action === "comment") return openComment();
  if (action === "correct") return openEditor();
  if (action in MOVES) return MOVES[action]();
  if (contents.get(currentId() ?? "") === null) return skip();
  const choice = review.questions[review.question].choices.find((one) => keyOf(one) === key);
  if (choice) send(answer(choice.value));
}

// Keys that were typed ahead into a field that has just been opened are its text.
function absorb() {
  const field = document.activeElement;
  if (!field?.matches("input, textarea")) return;
  while (waiting.length > 0 && waiting[0].key !== undefined) {
    const { key } = waiting.shift();
    if (key.length === 1) field.value += key;
  }
}

function draw() {
  drawProgress({ sample: sample.length });
  if (editing !== null) return;
  const id = currentId();
  const content = id === null ? null : contents.get(id);
  if (id === null) drawEnd(words);
  else if (content === undefined) return;
  else if (content === null) drawGone(id);
  else drawCard(content, words);
  drawQuestions(clicked);
  drawSaid();
  fetchAhead();
}

// A choice that was clicked is about the card that it stands on, whatever keys still wait.
function clicked(id, index, value) {
  act({
    run: () => {
      if (currentId() !== id) goToId(id);
      review.question = index;
      send(answer(value));
    },
  });
}

function drawTrouble(message) {
  const count = outbox.length;
  const told = `Not saved: ${message}. ${count} waiting here; they go out by themselves as soon as that works again.`;
  const unreachable = `The program can't be reached: ${message}. Is it still running?`;
  if (message !== null) {
    at("trouble").textContent = message === "" ? "" : count > 0 ? told : unreachable;
    at("trouble").hidden = message === "";
  }
  at("saving").textContent = count > 0 ? `${count} on the way` : "All saved";
}

function tell(text) {
  at("told").replaceChildren(shown(text));
  at("told").hidden = false;
}

function merge(name, verdicts) {
  if (name !== review.name || words === null) return;
  const settling = review.settling;
  review.settling = null; // these are the reviewer's own
  for (const [id, verdict] of Object.entries(verdicts)) {
    if (!isOnItsWay(id) && review.cards.has(id)) setVerdict(id, verdict);
  }
  review.settling = settling;
  if (!working) draw();
}

function refuse(entry, why) {
  if (entry === undefined) return;
  tell(`Not kept of ${entry.id}: ${why}.${entry.text ? " Your text is there when you correct it again." : ""}`);
  if (entry.text) {
    texts.set(entry.id, entry.text);
    contents.delete(entry.id);
  } else if (review.cards.has(entry.id)) review.cards.get(entry.id).verdict = null;
  act({ run: () => {} });
}

function openComment() {
  at("comment").focus();
}

function openSearch() {
  at("find").open = true;
  at("search").focus();
}

function openGuidelines() {
  at("guidelines").open = !at("guidelines").open;
}

function openEditor() {
  const content = contents.get(currentId() ?? "");
  if (!content) return;
  at("panel").hidden = true;
  edit(content, words, (entry) => {
    at("panel").hidden = false;
    send(entry);
    act({ run: () => {} });
  });
}

async function filter() {
  const id = currentId();
  review.list = await filtered(sample);
  const open = nextOpen(-1);
  goTo(review.list.includes(id) ? review.list.indexOf(id) : open < review.list.length ? open : 0);
}

function searchOrJump() {
  const text = at("search").value.trim();
  return review.cards.has(text) || /^\d{6,}-\d{2,}$/.test(text) ? jump(text) : filter();
}

// To a card of the sample, or of the run.
async function jump(id) {
  const content = await contentOf(id);
  if (!content) return tell(`There is no task ${id} in the run.`);
  if (!review.cards.has(id)) review.cards.set(id, { ...content.facts, verdict: null });
  if (isSettling()) leaveSettling();
  at("search").value = "";
  goToId(id);
}

async function settleAll() {
  while (outbox.length > 0) await pause(50); // the server is to know what this reviewer said
  const found = (await insist("disagreements")).filter(({ who }) => who === "people");
  review.settling = new Map(found.map((one) => [one.id, one]));
  review.list = found.map(({ id }) => id);
  at("settle").textContent = "Back to the review";
  at("find").hidden = true;
  goTo(nextOpen(-1));
}

function leaveSettling() {
  review.settling = null;
  review.list = [...sample];
  at("settle").textContent = "Settle disagreements";
  at("find").hidden = false;
  goTo(nextOpen(-1));
}

document.addEventListener("keydown", pressed);
start();
