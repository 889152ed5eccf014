// Error reports: each as the error tracker gets it, and a button that makes one.

import { ask, Unreachable } from "./api.js";
import { byId, clock, foldable, make, notify, showList, span } from "./dom.js";
import { facts, stack, whole } from "./lines.js";

const ABSENT = "No error reports here: this system keeps none.";
const NONE = "No error yet.";
let absent = false;
let refresh = () => {};

export function startErrors(refreshNow) {
  refresh = refreshNow;
  byId("raise").addEventListener("click", raise);
}

export async function refreshErrors() {
  if (absent) return;
  const { status, body } = await ask("/local/errors");
  if (status === 404) {
    absent = true;
    byId("errors-empty").textContent = ABSENT;
    byId("raise").disabled = true;
    return;
  }
  const errors = body.items.map(reported).filter((report) => report.event.type !== "transaction");
  byId("errors-empty").textContent = NONE;
  showList("errors", errors, (report) => report.event.event_id ?? JSON.stringify(report), drawError);
}

// A report may come with the time and kind of its arrival around it, or as it is.
function reported(item) {
  const event = item.event && typeof item.event === "object" ? item.event : item;
  const seconds = typeof event.timestamp === "number" ? event.timestamp * 1000 : event.timestamp;
  return { event, at: item.at ?? seconds };
}

function causes(event) {
  const values = event.exception?.values ?? event.exception;
  return Array.isArray(values) ? values : [];
}

function drawError({ event, at }) {
  const last = causes(event).at(-1);
  const tags = Array.isArray(event.tags) ? event.tags : Object.entries(event.tags ?? {});
  const summary = [
    span("status broken", event.level ?? "error"),
    span("strong cut", last?.type ?? event.message?.formatted ?? event.message ?? "An error"),
    span("faint mono cut", tags.map(([name, value]) => `${name}=${value}`).join(" ")),
    span("faint number", at ? clock(at) : ""),
  ];
  return foldable("event", summary, (inside) => {
    for (const cause of causes(event).slice().reverse()) inside.append(...drawCause(cause));
    inside.append(facts(known(event, tags)), whole(JSON.stringify(event, null, 2), "The report as sent"));
  });
}

function drawCause(cause) {
  const frames = cause.stacktrace?.frames ?? [];
  const where = (frame) => `${frame.filename ?? frame.module ?? "?"}:${frame.lineno ?? "?"} ${frame.function ?? ""}`;
  return [
    make("h3", {}, span("", `${cause.type ?? "Error"}${cause.value ? `: ${cause.value}` : ""}`)),
    ...(frames.length ? [stack(frames.map(where).reverse())] : []),
  ];
}

function known(event, tags) {
  const named = ["event_id", "environment", "release", "transaction"].map((name) => [name, event[name]]);
  const user = event.user?.id ? [["user", event.user.id]] : [];
  return [...tags, ...named, ...user].filter(([, value]) => value !== undefined && value !== null);
}

async function raise({ currentTarget: button }) {
  button.disabled = true;
  try {
    const { status } = await ask("/local/errors", { method: "POST" });
    if (status === 404) notify(ABSENT, true);
    else notify(`A function raised; the caller was answered ${status} and nothing of the cause.`);
  } catch (error) {
    if (!(error instanceof Unreachable)) throw error;
    notify("The system did not answer.", true);
  }
  button.disabled = absent;
  refresh();
}
