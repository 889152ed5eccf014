// Elements, and lists that change without disturbing who reads them. All text reaches the page as text: what
// the console shows was written by others, and the page's policy refuses markup made of text besides.

const SVG = "http://www.w3.org/2000/svg";

export const byId = (id) => document.getElementById(id);

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (value !== undefined && value !== null) element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

// An element; an attribute that is a function listens to the event of its name.
export const make = (tag, attributes = {}, ...children) => fill(document.createElement(tag), attributes, children);
export const draw = (tag, attributes = {}, ...children) => fill(document.createElementNS(SVG, tag), attributes, children);

export const span = (kind, text) => make("span", { class: kind }, text);

// A row that unfolds; what is inside is made anew each time it is opened.
export function foldable(kind, summary, unfold) {
  const inside = make("div", { class: "inside" });
  const row = make("details", { class: `card ${kind}` }, make("summary", {}, ...summary), inside);
  row.addEventListener("toggle", () => {
    inside.replaceChildren();
    if (row.open) unfold(inside);
  });
  return row;
}

const drawn = new Map(); // by list and entry, the element

// Shows the entries in a list: new ones are made, absent ones removed, and all others stay as they are, with
// focus, selection and folds. What one reads keeps its place on the screen, whatever comes above it.
export function showList(name, entries, keyOf, makeEntry, { total = entries.length } = {}) {
  const place = byId(name);
  const anchor = anchorIn(place);
  const before = anchor?.getBoundingClientRect().top;
  let next = place.firstChild;
  const kept = new Set();
  for (const entry of entries) {
    const key = `${name} ${keyOf(entry)}`;
    if (kept.has(key)) continue;
    kept.add(key);
    if (!drawn.has(key)) drawn.set(key, makeEntry(entry));
    const node = drawn.get(key);
    if (node === next) next = next.nextSibling;
    else place.insertBefore(node, next);
  }
  while (next) {
    const gone = next;
    next = next.nextSibling;
    gone.remove();
  }
  for (const key of drawn.keys()) if (key.startsWith(`${name} `) && !kept.has(key)) drawn.delete(key);
  if (anchor?.isConnected) window.scrollBy(0, anchor.getBoundingClientRect().top - before);
  const count = byId(`${name}-count`);
  byId(`${name}-empty`).hidden = entries.length > 0;
  if (count) count.textContent = entries.length === total ? total || "" : `${entries.length} of ${total}`;
}

// What somebody looks at in a list: what has the focus, else what is unfolded, else, once one has scrolled, the
// topmost on the screen. At the top of the page new entries simply come in.
function anchorIn(place) {
  if (!place.offsetParent) return null;
  const rows = [...place.children];
  const seen = (row) => {
    const { top, bottom } = row.getBoundingClientRect();
    return bottom > 0 && top < innerHeight;
  };
  return (
    rows.find((row) => row.contains(document.activeElement) && seen(row)) ??
    rows.find((row) => row.open && seen(row)) ??
    (scrollY > 0 ? rows.find((row) => row.getBoundingClientRect().top >= 0) : null)
  );
}

let told;

// Tells of what was done, in a place that is always there, so that nothing moves.
export function notify(text, bad = false) {
  const notice = byId("notice");
  notice.textContent = text;
  notice.className = bad ? "notice shown bad" : "notice shown";
  clearTimeout(told);
  told = setTimeout(() => { notice.className = "notice"; }, 8000);
}

export const clock = (at) => new Date(at).toLocaleTimeString([], { hour12: false });
