// What is on its way between the page and its server: everything that was done goes out in its order, again and again
// until the server has said that it is kept, and is in the tab's own storage meanwhile; cards come before they are needed.
"use strict";

const AHEAD = 20; // cards that are fetched before they are come to
const BATCH = 50; // entries that are sent at once
const PATIENCE = 30_000; // milliseconds for an answer of the server
const LONGEST_PAUSE = 5_000; // milliseconds between tries

const outbox = []; // {name, entry}, the first to go first
let sending = false;
let known = 0; // changes that the server has told of
const contents = new Map(); // what cards show, by id; null: there is no such card
const heard = { trouble: () => {}, told: () => {}, changed: () => {}, refused: () => {} }; // set by review.js

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

// Half a character, as a field can hold one that is cut, would have all of it refused: JSON has none in UTF-8.
function whole(_, value) {
  return typeof value === "string" ? (value.toWellFormed?.() ?? value) : value;
}

async function ask(path, body) {
  const sent = body === undefined ? {} : { method: "POST", body: JSON.stringify(body, whole) };
  const response = await fetch(path, { ...sent, signal: AbortSignal.timeout(PATIENCE) });
  if (response.status === 404) throw new Error("the program has another address by now; open the link that it says");
  const text = await response.text();
  if (response.ok) return JSON.parse(text);
  const error = new Error(text);
  try {
    error.answer = JSON.parse(text);
    error.message = error.answer.error ?? text;
  } catch {
    // the server's words as they are
  }
  throw error;
}

// What the server answers, asked until it does.
async function insist(path, body) {
  for (let wait = 250; ; wait = Math.min(2 * wait, LONGEST_PAUSE)) {
    try {
      const answer = await ask(path, body);
      heard.trouble("");
      return answer;
    } catch (error) {
      heard.trouble(error.message);
      await pause(wait);
    }
  }
}

const STORED = `selfinstruct ${location.pathname}`;

function store() {
  try {
    sessionStorage.setItem(STORED, JSON.stringify(outbox));
  } catch {
    // a tab without storage still has them
  }
}

// What this tab had not sent when it was loaded anew.
function restore() {
  try {
    outbox.push(...JSON.parse(sessionStorage.getItem(STORED) ?? "[]"));
  } catch {
    // nothing that could be read
  }
}

function send(entry) {
  if (entry === null) return;
  outbox.push({ name: review.name, entry });
  store();
  heard.trouble(null);
  flush();
}

async function flush() {
  if (sending) return;
  sending = true;
  for (let wait = 250; outbox.length > 0; ) {
    const kept = await post(nextBatch());
    if (kept) wait = 250;
    else {
      await pause(wait);
      wait = Math.min(2 * wait, LONGEST_PAUSE);
    }
  }
  sending = false;
}

// The first entries, as long as they are of one reviewer.
function nextBatch() {
  const { name } = outbox[0];
  const other = outbox.findIndex((one) => one.name !== name);
  return outbox.slice(0, Math.min(BATCH, other < 0 ? BATCH : other));
}

async function post(batch) {
  const body = { name: batch[0]?.name ?? review.name, since: known, entries: batch.map(({ entry }) => entry) };
  try {
    const answer = await ask("entries", body);
    settle(answer);
    known = answer.since;
    heard.changed(body.name, answer.changed);
    heard.trouble("");
    return true;
  } catch (error) {
    if (error.answer) settle(error.answer);
    heard.trouble(error.message);
    return false;
  }
}

// Takes out of the outbox what the server has kept, and what it never will.
function settle({ kept = [], refused = [], notes = [] }) {
  const done = new Set([...kept, ...refused.map(({ entry }) => entry)]);
  for (const { entry, why } of refused) heard.refused(outbox.find((one) => one.entry.entry === entry)?.entry, why);
  outbox.splice(0, outbox.length, ...outbox.filter(({ entry }) => !done.has(entry.entry)));
  store();
  for (const note of notes) heard.told(note);
}

function isOnItsWay(id) {
  return outbox.some(({ entry }) => entry.id === id);
}

// What is new, without anything to send.
async function look() {
  if (outbox.length === 0 && !sending) await post([]);
}

let fetching = null;

// Fetches the current card and those after it, where they are not there.
function fetchAhead() {
  const around = review.list.slice(Math.max(review.place - 1, 0), review.place + AHEAD);
  const missing = around.filter((id) => !contents.has(id));
  const urgent = !contents.has(currentId() ?? "") && currentId() !== null;
  if (fetching || missing.length === 0 || (!urgent && missing.length < AHEAD / 2)) return fetching ?? Promise.resolve();
  fetching = insist("cards", { ids: missing }).then((found) => {
    for (const [index, id] of missing.entries()) contents.set(id, found[index]);
    fetching = null;
  });
  return fetching;
}

async function fetched(id) {
  while (!contents.has(id)) await fetchAhead();
  return contents.get(id);
}

// What a card shows, also one that is not in the list; asked again where there was none.
async function contentOf(id) {
  if (!contents.get(id)) contents.set(id, (await insist("cards", { ids: [id] }))[0]);
  return contents.get(id);
}
