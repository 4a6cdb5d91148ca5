// What the model was asked for a row, and what it replied: unpacked when a row that has it is first opened.
"use strict";

const calls = { byItem: null }; // of a candidate or a request: its calls, once they are unpacked

async function unpackCalls() {
  calls.byItem = new Map();
  for (const block of document.querySelectorAll("script.calls")) {
    for (const call of await unpack(block.textContent)) {
      if (!calls.byItem.has(call.item)) calls.byItem.set(call.item, []);
      calls.byItem.get(call.item).push(call);
    }
    block.remove();
  }
}

// A box that is filled when it is unfolded.
function repliesOf(row) {
  if (row.status === "seed") return [];
  const box = element("details", { className: "replies" }, element("summary", {}, "Prompts and replies"));
  box.addEventListener("toggle", async () => {
    if (!box.open || box.childElementCount > 1) return;
    calls.unpacked ??= unpackCalls();
    await calls.unpacked;
    if (box.childElementCount === 1) box.append(...callsOf(row));
  });
  return [box];
}

function callsOf(row) {
  const request = row.id.split("-")[0];
  const items = [...new Set([request, row.id])];
  const found = items.flatMap((item) => calls.byItem.get(item) ?? []);
  return found.length ? found.map(callBox) : [notHere(row)];
}

function notHere(row) {
  const number = content.calls.of.toLocaleString("en");
  const why = content.calls.why_not || `only those of the first ${number} tasks and dropped candidates are`;
  const command = element("code", {}, shown(`selfinstruct log ${content.title} ${row.id}`));
  return element("p", { className: "soft" }, shown(`Not on this page: ${why}. `), "See ", command);
}

function callBox({ key, took, prompt, note, reply, outcome }) {
  const turns = prompt.map(([by, text]) => [by ? `Prompt, ${by}` : "Prompt", text]);
  const parts = [...turns, ...(reply === null ? [] : [["Reply", reply]])];
  return element(
    "div",
    { className: "call" },
    element("h4", {}, shown(key), element("span", { className: "soft" }, shown(took ? ` ${took}` : ""))),
    note ? element("p", { className: "soft" }, shown(`Prompt: ${note}.`)) : null,
    ...parts.flatMap(([title, text]) => part(title, scrolledBox(`${title} of ${key}`, text))),
    element("p", { className: "soft" }, shown(outcome)),
  );
}

// A long text in a small box, which is scrolled by keys too.
function scrolledBox(title, text) {
  return element("div", { className: "scrolled", tabIndex: 0, role: "region", "aria-label": title }, textBox(text));
}
