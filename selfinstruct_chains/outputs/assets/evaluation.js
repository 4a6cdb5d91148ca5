// The page above the answers.
"use strict";

const content = JSON.parse(document.getElementById("content").textContent);

function startPage() {
  const at = (id) => document.getElementById(id);
  document.title = `Evaluation: ${content.title}`;
  at("title").append(shown(content.title));
  at("about").append(shown(content.about));
  at("notes").append(...content.notes.map((note) => element("p", { className: "note" }, shown(note))));
  for (const section of content.sections) {
    at("contents").append(element("a", { href: `#${section.id}` }, section.title));
    at("sections").append(sectionBox(section));
  }
  at("contents").append(element("a", { href: "#answers" }, "Answers"));
}

startPage();
startItems();
