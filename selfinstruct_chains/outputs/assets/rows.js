// Shared by pages with many rows: unpacking them, and leafing through them.
"use strict";

async function unpack(base64) {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let index = 0; index < text.length; index += 1) bytes[index] = text.charCodeAt(index);
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).json();
}

// Draws the buttons below the rows; `turn` is called with the page to go to.
function pager(page, pages, turn) {
  const button = (text, to, off) => element("button", { type: "button", disabled: off, onclick: () => turn(to) }, text);
  document.getElementById("pager").replaceChildren(
    ...(pages < 2
      ? []
      : [
          button("First", 0, page === 0),
          button("Previous", page - 1, page === 0),
          element("span", {}, `Page ${page + 1} of ${pages.toLocaleString("en")}`),
          button("Next", page + 1, page === pages - 1),
          button("Last", pages - 1, page === pages - 1),
        ]),
  );
}
