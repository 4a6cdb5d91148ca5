// What of the page needs scripts: its table, its figures' buttons, places in it, and what is printed of it.
"use strict";

const content = JSON.parse(document.getElementById("content").textContent);

if (content.left_out) {
  const text = `The table leaves out ${content.left_out.toLocaleString("en")} more; the run folder has them.`;
  document.getElementById("found").before(element("p", { className: "note" }, text));
}
startFigures();
startPlaces();
startTable();
