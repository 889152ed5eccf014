// The tabs, as the ARIA practices describe them: arrows, Home and End move, the address remembers.

import { byId } from "./dom.js";

const tabs = [...document.querySelectorAll("[role=tab]")];
const nameOf = (tab) => tab.id.replace("tab-", "");
let whenShown = () => {};

export const shown = () => nameOf(tabs.find((tab) => tab.getAttribute("aria-selected") === "true"));

function select(tab, { focus = false } = {}) {
  for (const other of tabs) {
    const selected = other === tab;
    other.setAttribute("aria-selected", String(selected));
    other.tabIndex = selected ? 0 : -1;
    byId(`panel-${nameOf(other)}`).hidden = !selected;
  }
  if (focus) tab.focus();
  const { left, right } = tab.getBoundingClientRect();
  const row = tab.parentElement.getBoundingClientRect();
  if (left < row.left || right > row.right) tab.parentElement.scrollLeft += left - row.left - (row.width - (right - left)) / 2;
  const top = document.querySelector("header").offsetHeight;
  if (scrollY > top) window.scrollTo(0, top); // a section begins at its beginning
  document.title = `${tab.firstChild.textContent.trim()} · Greenroom`;
  history.replaceState(null, "", `#${nameOf(tab)}`);
  whenShown(nameOf(tab));
}

export const open = (name) => select(byId(`tab-${name}`), { focus: true });

export function startTabs(shownNow) {
  whenShown = shownNow;
  for (const tab of tabs) tab.addEventListener("click", () => select(tab));
  tabs[0].parentElement.addEventListener("keydown", (event) => {
    const last = tabs.length - 1;
    const at = tabs.indexOf(document.activeElement);
    const to = { ArrowRight: at === last ? 0 : at + 1, ArrowLeft: at ? at - 1 : last, Home: 0, End: last }[event.key];
    if (at < 0 || to === undefined) return;
    event.preventDefault();
    select(tabs[to], { focus: true });
  });
  const named = () => tabs.find((tab) => `#${nameOf(tab)}` === location.hash);
  window.addEventListener("hashchange", () => { if (named()) select(named()); });
  select(named() ?? tabs[0]);
}
