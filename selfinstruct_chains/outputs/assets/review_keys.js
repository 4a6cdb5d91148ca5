// Keys: what each does, and the reviewer's own ones.
"use strict";

let keys = {}; // by what it does, in small letters

function keyOf({ value, text }) {
  return keys[typeof value === "boolean" ? text.toLowerCase() : value.toLowerCase()];
}

function ownKeys(usual, what) {
  let own = {};
  try {
    own = JSON.parse(remembered(`keys ${what}`) ?? "{}");
  } catch {
    // the usual ones
  }
  const valid = Object.entries(own).filter(([action, key]) => action in usual && typeof key === "string" && key.length === 1);
  const all = { ...usual, ...Object.fromEntries(valid) };
  return new Set(Object.values(all)).size === Object.keys(all).length ? all : usual;
}

function showKeys(usual, what, done) {
  const field = ([action, key]) =>
    element("label", {}, action, element("input", { name: action, value: key, maxLength: 1, size: 2, autocomplete: "off" }));
  at("key-fields").replaceChildren(...Object.entries(keys).map(field));
  at("key-trouble").textContent = "";
  at("keys-form").onsubmit = (event) => {
    event.preventDefault();
    const typed = [...at("key-fields").querySelectorAll("input")].map(({ name, value }) => [name, value.trim().toLowerCase()]);
    if (!changed(Object.fromEntries(typed), what)) return;
    at("keys").close();
    done();
  };
  at("keys-usual").onclick = () => {
    changed(usual, what);
    at("keys").close();
    done();
  };
  at("keys").showModal();
}

function changed(wanted, what) {
  const given = Object.values(wanted);
  const twice = given.find((key, index) => given.indexOf(key) !== index);
  const wrong = given.some((key) => key.length !== 1) ? "Each needs one character." : twice ? `${twice} can't do two things.` : "";
  at("key-trouble").textContent = wrong;
  if (wrong) return false;
  keys = wanted;
  remember(`keys ${what}`, JSON.stringify(wanted));
  return true;
}

// A key, in small letters whatever Caps Lock says; on keyboards with other scripts that of its place.
function keyPressed(event) {
  if (event.key.length > 1) return event.key;
  const letter = /^Key([A-Z])$/.exec(event.code)?.[1];
  return (event.key > "\u007f" && letter ? letter : event.key).toLowerCase();
}

function doesSomething(key) {
  return key === "ArrowLeft" || key === "ArrowRight" || Object.values(keys).includes(key);
}
