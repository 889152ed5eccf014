// Security events and what accounts did, each with the lines of its request.

import { ask } from "./api.js";
import { byId, clock, foldable, make, showList, span } from "./dom.js";
import { drawLine } from "./lines.js";
import { showRequest } from "./requests.js";

const NEVER = new Set(["event", "severity", "category", "level", "message", "timestamp", "service", "_aws",
  "request_id", "correlation_id", "trace_id", "SecurityEvents", "AuthEvents"]);

// Their invocations have ids, too, but are no requests.
const WORKERS = new Set(["outbox", "sweeper", "smoke"]);

export function startSecurity(refreshNow) {
  byId("security-severity").addEventListener("change", refreshNow);
}

export async function refreshSecurity() {
  const { items } = (await ask("/local/logs?category=security,auth&last=200")).body;
  const severity = byId("security-severity").value;
  const wanted = items.filter((line) => !severity || line.severity === severity).reverse();
  byId("security-empty").textContent = items.length ? "No event is like that." : "No event yet.";
  showList("security", wanted, (line) => JSON.stringify(line), drawEvent, { total: items.length });
}

function drawEvent(line) {
  const known = Object.entries(line).filter(([name, value]) => !NEVER.has(name) && value !== null);
  const summary = [
    span(`severity ${String(line.severity).toLowerCase()}`, String(line.severity)),
    span("strong cut", line.event ?? line.message),
    span("faint mono cut", known.map(([name, value]) => `${name}=${value}`).join(" ")),
    span("faint number", clock(line.timestamp)),
  ];
  return foldable("event", summary, (inside) => {
    inside.append(drawLine(line));
    if (line.request_id && !WORKERS.has(line.service)) {
      inside.append(make("button", { type: "button", click: () => showRequest(line.request_id) }, "Show its request"));
    }
  });
}
