// What a reviewer does, one thing after another: which card is current, what is answered, what there is to send. Nothing
// here draws, waits or asks the server, so what comes of some keys depends on the keys alone.
"use strict";

const review = {
  name: "", // of the reviewer
  questions: [],
  cards: new Map(), // by id: what it can be filtered by, and this reviewer's verdict, {answers, comment, seen} or null
  list: [], // the ids that are gone through, in order
  place: 0, // of the current one; list.length when all are done
  question: 0, // the one that the choices' keys answer
  settling: null, // by id, what people said, while disagreements are settled; else null
  drafts: new Map(), // answers and comments that are no verdict yet
  given: { own: [], settled: [] }, // what can be taken back, the last one last
  page: Math.random().toString(36).slice(2, 10) + Date.now().toString(36), // no other page has this
  entries: 0, // that were made on this page
  since: performance.now(), // when the current card was come to, in milliseconds
};

function currentId() {
  return review.list[review.place] ?? null;
}

function isSettling() {
  return review.settling !== null;
}

function verdictOf(id) {
  if (!isSettling()) return review.cards.get(id)?.verdict ?? null;
  const settled = review.settling.get(id)?.settled;
  return settled ? { answers: settled, comment: "", seen: null } : null;
}

function setVerdict(id, verdict) {
  if (isSettling()) review.settling.get(id).settled = verdict?.answers ?? null;
  else if (review.cards.has(id)) review.cards.get(id).verdict = verdict;
}

// What is answered of a card so far: its verdict, if it has one, to begin with.
function draftOf(id) {
  const key = isSettling() ? `settled ${id}` : `own ${id}`;
  if (!review.drafts.has(key)) {
    const verdict = verdictOf(id);
    const answers = verdict ? verdict.answers : isSettling() ? agreedOn(id) : {};
    review.drafts.set(key, { answers: { ...answers }, comment: verdict?.comment ?? "" });
  }
  return review.drafts.get(key);
}

function dropDraft(id) {
  review.drafts.delete(isSettling() ? `settled ${id}` : `own ${id}`);
}

// The answers that all people gave alike.
function agreedOn(id) {
  const people = review.settling.get(id).verdicts.filter(({ by }) => by === "person");
  const same = ({ key }) => people.every(({ answers }) => answers[key] === people[0].answers[key]);
  return Object.fromEntries(review.questions.filter(same).map(({ key }) => [key, people[0].answers[key]]));
}

function goTo(place) {
  review.place = place;
  review.since = performance.now();
  const id = currentId();
  const missing = id === null ? -1 : firstMissing(id);
  review.question = Math.max(missing, 0);
}

// To a card, also one that is filtered out: it comes before the one that was current.
function goToId(id) {
  if (!review.list.includes(id)) review.list.splice(review.place, 0, id);
  goTo(review.list.indexOf(id));
}

function firstMissing(id) {
  const { answers } = draftOf(id);
  return review.questions.findIndex(({ key }) => !(key in answers));
}

// The place of the next card without a verdict, from a place on and then from the start; the end when there is none.
function nextOpen(from) {
  const count = review.list.length;
  for (let step = 1; step <= count; step += 1) {
    const candidate = (from + step) % count;
    if (verdictOf(review.list[candidate]) === null) return candidate;
  }
  return count;
}

// Where to go from a card that has a verdict: on to an open one, or where all have one to its neighbour.
function onward() {
  const open = nextOpen(review.place);
  return open < review.list.length ? open : Math.min(review.place + 1, review.list.length);
}

// Answers the current question. With the last one that was missing the card is done; one that had a verdict before is
// gone through in order, and is done with its last question. What there is to send then, or null.
function answer(value) {
  const id = currentId();
  if (id === null) return null;
  draftOf(id).answers[review.questions[review.question].key] = value;
  const next = verdictOf(id) === null ? firstMissing(id) : review.question + 1;
  if (next === -1 || next === review.questions.length) return finish(id);
  review.question = next;
  return null;
}

function finish(id) {
  const { answers, comment } = draftOf(id);
  const before = verdictOf(id);
  const seconds = Math.round(performance.now() - review.since) / 1000;
  const entry = made(id, { answers: { ...answers }, comment, seconds });
  dropDraft(id);
  setVerdict(id, { answers: { ...answers }, comment, seen: entry.entry });
  given().push({ id, before });
  goTo(before === null ? nextOpen(review.place) : onward());
  return entry;
}

function given() {
  return isSettling() ? review.given.settled : review.given.own;
}

function made(id, more) {
  review.entries += 1;
  const entry = `${review.page}-${review.entries}`;
  return { entry, id, settled: isSettling(), seen: verdictOf(id)?.seen ?? null, ...more };
}

// Takes back the last verdict of this page, and comes back to its card; one that it had before holds again.
function undo() {
  const last = given().pop();
  if (last === undefined) return null;
  const more = { answers: last.before?.answers ?? null, comment: last.before?.comment ?? "" };
  const entry = made(last.id, more);
  dropDraft(last.id);
  setVerdict(last.id, last.before && { ...last.before, seen: entry.entry });
  goToId(last.id);
  return entry;
}

// A comment alone on a card that has its verdict; with the first answers it goes along. What there is to send, or null.
function say(comment) {
  const id = currentId();
  if (id === null) return null;
  draftOf(id).comment = comment;
  const verdict = verdictOf(id);
  if (isSettling() || verdict === null || verdict.comment === comment) return null;
  const entry = made(id, { answers: verdict.answers, comment });
  setVerdict(id, { ...verdict, comment, seen: entry.entry });
  return entry;
}

function back() {
  if (currentId() !== null && review.question > 0) review.question -= 1;
  else if (review.place > 0) goTo(review.place - 1);
}

function skip() {
  if (currentId() !== null) goTo(onward());
}
