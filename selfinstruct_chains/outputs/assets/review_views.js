// What there is beside the cards: who reviews, filters and search, and how far people agree.
"use strict";

const FILTERS = { kind: "Kind", topic: "Topic", language: "Language", state: "State" };
const STATES = {
  unreviewed: ({ verdict }) => verdict === null,
  reviewed: ({ verdict }) => verdict !== null,
  unsure: ({ verdict }) => verdict !== null && Object.values(verdict.answers).includes("unsure"),
  commented: ({ verdict }) => Boolean(verdict?.comment),
  corrected: ({ corrected }) => Boolean(corrected),
  disagreed: ({ id }, differing) => differing.people.has(id),
  "judge disagrees": ({ id }, differing) => differing.judge.has(id),
};
const ASKED = ["disagreed", "judge disagrees"]; // of the server, which knows what others said

function remembered(key) {
  try {
    return localStorage.getItem(`selfinstruct ${key}`);
  } catch {
    return null;
  }
}

function remember(key, value) {
  try {
    localStorage.setItem(`selfinstruct ${key}`, value);
  } catch {
    // it is asked again
  }
}

// The name of the reviewer: by the command, from the last time, or asked.
async function named(words, again) {
  if (words.name !== null) return words.name;
  const last = remembered("name");
  if (last !== null && !again) return last;
  const name = await asked(words.people, last ?? "");
  remember("name", name);
  return name;
}

function asked(people, last) {
  return new Promise((resolve) => {
    const dialog = at("naming");
    const chosen = (name) => {
      dialog.oncancel = null;
      dialog.close();
      resolve(name);
    };
    const known = Object.entries(people).map(([name, count]) =>
      element("button", { type: "button", onclick: () => chosen(name) }, shown(name || "(no name)"), ` ${count} reviewed`),
    );
    at("people").replaceChildren(...known);
    at("known").hidden = known.length === 0;
    at("name").value = last;
    at("naming-form").onsubmit = (event) => {
      event.preventDefault();
      chosen(at("name").value.trim());
    };
    dialog.oncancel = (event) => event.preventDefault();
    dialog.showModal();
  });
}

// Fills the selects with what there is to choose; one that has a single choice is left out.
function drawFilters(cards, features, apply) {
  const states = Object.keys(STATES).filter((state) => features.several || ["unreviewed", "reviewed"].includes(state));
  const values = (key) => (key === "state" ? states : [...new Set(cards.map((card) => card[key] ?? ""))].sort());
  const selects = Object.entries(FILTERS)
    .map(([key, label]) => [key, label, values(key)])
    .filter(([, , found]) => found.length > 1)
    .map(([key, label, found]) => select(key, label, found, apply));
  at("selects").replaceChildren(...selects);
}

function select(key, label, values, apply) {
  const options = values.map((value) => element("option", { value: `=${value}` }, value || "(none)"));
  const made = element("select", { id: `filter-${key}`, onchange: apply }, element("option", { value: "" }, "all"), ...options);
  return element("label", {}, label, made);
}

// What is chosen, by what it is about; nothing for "all".
function chosen() {
  const all = Object.keys(FILTERS).map((key) => [key, at(`filter-${key}`)?.value ?? ""]);
  return Object.fromEntries(all.filter(([, value]) => value !== "").map(([key, value]) => [key, value.slice(1)]));
}

// The ids of the sample that pass the filters and the search, in its order.
async function filtered(sample) {
  const { state, ...others } = chosen();
  const found = at("search").value.trim() === "" ? null : new Set(await insist(`search?${query(at("search").value)}`));
  const differing = ASKED.includes(state) ? await differences() : null;
  return sample.filter((id) => {
    const card = review.cards.get(id);
    if (found !== null && !found.has(id)) return false;
    if (state !== undefined && !STATES[state](card, differing)) return false;
    return Object.entries(others).every(([key, value]) => (card[key] ?? "") === value);
  });
}

function query(text) {
  return new URLSearchParams({ text: text.trim() });
}

async function differences() {
  const found = await insist("disagreements");
  const of = (whose) => new Set(found.filter(({ who }) => who === whose).map(({ id }) => id));
  return { people: of("people"), judge: of("judge") };
}

async function showAgreement() {
  const tables = await insist("agreement");
  const none = "Nobody has reviewed what another has, so there is no agreement to speak of yet.";
  at("tables").replaceChildren(...(tables.length ? tables.map(agreementTable) : [element("p", {}, none)]));
  at("agreement").showModal();
}

function agreementTable({ who, tasks, rows }) {
  const line = ([question, ...figures]) =>
    element("tr", {}, element("th", { scope: "row" }, question), ...figures.map((one) => element("td", {}, one)));
  const caption = element("caption", {}, shown(`${who}, ${tasks} task${tasks === 1 ? "" : "s"}`));
  return element("table", {}, caption, element("tbody", {}, ...rows.map(line)));
}
