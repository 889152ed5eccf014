// Log lines: what happened in a head, what is known in a table, and the line whole for who wants it.

import { ask, Unreachable } from "./api.js";
import { clock, make, span } from "./dom.js";

const IN_HEAD = new Set(["level", "message", "timestamp", "category", "service", "stack", "_aws"]);

const plain = (value) => (typeof value === "string" ? value : JSON.stringify(value));

function metricsOf(line) {
  const directives = line._aws?.CloudWatchMetrics;
  const named = Array.isArray(directives) ? directives.flatMap((directive) => directive.Metrics ?? []) : [];
  return new Map(named.map((metric) => [metric.Name, metric.Unit ?? "None"]));
}

export function facts(pairs) {
  return make("dl", { class: "facts" }, ...pairs.flatMap(([name, value]) => [
    make("dt", {}, name),
    make("dd", { class: "mono" }, plain(value)),
  ]));
}

export function stack(frames) {
  return make("ol", { class: "stack mono" }, ...frames.map((frame) => make("li", {}, frame)));
}

export function whole(text, title) {
  return make("details", { class: "whole" }, make("summary", {}, title), make("pre", {}, text));
}

export function drawLine(line) {
  const metrics = metricsOf(line);
  const known = Object.entries(line).filter(([name, value]) => !IN_HEAD.has(name) && !metrics.has(name) && value !== null);
  return make("article", { class: `line level-${String(line.level ?? "").toLowerCase()}` },
    make("h3", {},
      span("tag", line.category ?? "log"), " ",
      span("", line.category === "request" ? `${line.status} ${line.method} ${line.route}` : (line.message ?? line.event ?? line.category)), " ",
      span("faint", `${line.service ?? ""} · ${line.timestamp ? clock(line.timestamp) : ""}`)),
    facts(known),
    ...(Array.isArray(line.stack) ? [stack(line.stack.map(plain))] : []),
    ...(metrics.size ? [make("p", { class: "faint measured" }, "Measured: ",
      [...metrics].map(([name, unit]) => `${name} ${[line[name]].flat().join(", ")}${unit === "None" ? "" : ` ${unit}`}`).join(" · "))] : []),
    whole(JSON.stringify(line), "The line as written"));
}

// Puts every line of a request into an element; tells how many there were, null where nobody answered.
export async function showLines(inside, requestId) {
  const waiting = make("p", { class: "faint" }, "…");
  inside.append(waiting);
  try {
    const { body } = await ask(`/local/logs?request_id=${encodeURIComponent(requestId)}`);
    waiting.replaceWith(...body.items.map(drawLine));
    return body.items.length;
  } catch (error) {
    if (!(error instanceof Unreachable)) throw error;
    waiting.textContent = "The system did not answer.";
    return null;
  }
}
