// The last requests, by status and route, each with all of its log lines.

import { byId, clock, foldable, make, showList, span } from "./dom.js";
import { showLines } from "./lines.js";
import { open } from "./tabs.js";

let known = [];

export function startRequests() {
  byId("requests-status").addEventListener("change", filter);
  byId("requests-text").addEventListener("input", filter);
}

export function showRequests(requests) {
  known = requests;
  filter();
  const place = byId("requests-routes");
  const routes = [...new Set(known.map((request) => request.route).filter(Boolean))].sort();
  if (routes.join() !== [...place.children].map((option) => option.value).join()) {
    place.replaceChildren(...routes.map((value) => make("option", { value })));
  }
}

export function showRequest(requestId) {
  byId("requests-status").value = "";
  byId("requests-text").value = requestId;
  open("requests");
  filter();
}

function filter() {
  const status = byId("requests-status").value;
  const text = byId("requests-text").value.trim().toLowerCase();
  const wanted = known.filter((request) => String(request.status).startsWith(status)
    && `${request.method} ${request.route ?? ""} ${request.path} ${request.request_id}`.toLowerCase().includes(text));
  byId("requests-empty").textContent = known.length ? "No request is like that." : "No request yet.";
  showList("requests", wanted, (request) => request.request_id, drawRequest, { total: known.length });
}

function drawRequest(request) {
  const kind = request.status >= 500 ? "broken" : request.status >= 400 ? "refused" : "";
  const summary = [
    span(`status ${kind}`, String(request.status)),
    span("mono", request.method),
    span("mono cut", request.path),
    span("faint number", `${request.duration_ms.toFixed(0)} ms`),
    span("faint number", clock(request.at)),
  ];
  return foldable("request", summary, (inside) => unfold(inside, request));
}

async function unfold(inside, request) {
  inside.append(make("p", { class: "faint mono" }, `${request.route ?? "no route"} · ${request.function ?? "the gateway"} · ${request.request_id}`));
  if (request.note) inside.append(make("pre", {}, request.note));
  const lines = await showLines(inside, request.request_id);
  if (lines === 0 && !request.note) inside.append(make("p", { class: "faint" }, "The gateway itself answered; no function was called."));
}
