// Health: what each endpoint says, and each of its checks. Asked seldom, as each question is a request too.

import { ask, Unreachable } from "./api.js";
import { byId, clock, make, span } from "./dom.js";

const EVERY_MILLISECONDS = 30000;
const PATHS = ["/health", "/health/ready", "/health/database", "/health/cache", "/health/external"];
const cards = new Map();
let asked = 0;

export function startHealth() {
  for (const path of PATHS) {
    const card = make("article", { class: "panel check" }, make("h3", { class: "mono" }, path), make("p", { class: "faint" }, "…"));
    cards.set(path, card);
    byId("health").append(card);
  }
  byId("check").addEventListener("click", checkAll);
}

export async function refreshHealth() {
  if (Date.now() - asked >= EVERY_MILLISECONDS) await checkAll();
}

async function checkAll() {
  asked = Date.now();
  await Promise.all(PATHS.map(async (path) => show(path, await check(path))));
  byId("health-at").textContent = `Last asked at ${clock(asked)}.`;
}

async function check(path) {
  const started = performance.now();
  try {
    const { status, body } = await ask(path);
    return { status, milliseconds: performance.now() - started, body };
  } catch (error) {
    if (!(error instanceof Unreachable)) throw error;
    return { status: 0, milliseconds: performance.now() - started, body: {} };
  }
}

const STATES = { ok: "good", healthy: "good", up: "good", degraded: "warn", skipped: "warn", unconfigured: "warn" };

function state(text) {
  return span(`state ${STATES[text] ?? (text === "not there" ? "none" : "bad")}`, text);
}

function show(path, { status, milliseconds, body }) {
  const card = cards.get(path);
  const title = make("h3", { class: "mono" }, path);
  if (status === 404) {
    card.replaceChildren(title, state("not there"));
    return;
  }
  const said = status === 0 ? "no answer" : typeof body.status === "string" ? body.status : `answered ${status}`;
  const rows = Array.isArray(body.checks) ? body.checks : Object.entries(body.checks ?? {}).map(([name, found]) => ({ name, ...found }));
  const others = Object.entries(body).filter(([name, value]) => name !== "status" && name !== "checks" && value !== null);
  card.replaceChildren(title,
    make("p", { class: "beside" }, state(said), span("faint number", `${status || "–"} · ${milliseconds.toFixed(0)} ms`)),
    make("ul", { class: "checks" },
      ...rows.map((row) => make("li", {}, span("", String(row.name)), span("faint number", took(row)), state(String(row.status)))),
      ...others.map(([name, value]) => make("li", {}, span("faint", name.replaceAll("_", " ")), span("mono number", typeof value === "object" ? JSON.stringify(value) : String(value))))));
}

function took(row) {
  return typeof row.milliseconds === "number" ? `${row.milliseconds.toFixed(1)} ms` : "";
}
