// The metrics as charts: what is asked of the system, how fast and how well it answers, and what it decides.

import { ask } from "./api.js";
import { byId } from "./dom.js";
import { chart, figure } from "./charts.js";

const MILLISECONDS = (value) => `${figure(value)} ms`;
const PERCENT = (value) => `${figure(value)} %`;

// What was told, by metric and dimension, as one value a period.
function reader({ first, last, period_seconds: period, series }) {
  const length = (last - first) / period + 1;
  const times = Array.from({ length }, (_, index) => first + index * period);
  const values = (points, pick) => {
    const found = Array(length).fill(null);
    for (const one of points) found[(one.at - first) / period] = pick(one);
    return found;
  };
  const whole = (metric) => series.find((one) => one.metric === metric && !Object.keys(one.dimensions).length)?.points ?? [];
  const parts = (metric, dimension) => series.filter((one) => one.metric === metric && dimension in one.dimensions)
    .map((one) => [one.dimensions[dimension], one.points]);
  return { times, period, values, whole, parts };
}

const sum = (points, pick) => points.reduce((total, point) => total + pick(point), 0);

function counted(read, name, points, pick = (point) => point.sum) {
  return { name, values: read.values(points, pick), summary: figure(sum(points, pick)), say: figure };
}

function rate(read, name, points) {
  const values = read.values(points, (point) => point.count / read.period);
  return { name, values, summary: `${figure(sum(points, (point) => point.count))} in all`, say: (value) => `${figure(value)}/s` };
}

function level(read, name, points, pick, say) {
  const values = read.values(points, pick);
  const last = points.length ? say(pick(points.at(-1))) : "–";
  return { name, values, summary: last, say };
}

function byPart(read, metric, dimension) {
  return read.parts(metric, dimension)
    .map(([name, points]) => counted(read, name.replaceAll("_", " "), points))
    .sort((one, other) => one.name.localeCompare(other.name));
}

function hitRatio(read) {
  const hits = new Map(read.whole("CacheHits").map((point) => [point.at, point.sum]));
  const misses = new Map(read.whole("CacheMisses").map((point) => [point.at, point.sum]));
  const points = [...new Set([...hits.keys(), ...misses.keys()])].sort((one, other) => one - other).map((at) => {
    const [hit, missed] = [hits.get(at) ?? 0, misses.get(at) ?? 0];
    return { at, ratio: 100 * hit / (hit + missed) };
  });
  return level(read, "hits", points, (point) => point.ratio, PERCENT);
}

const CHARTS = [
  [{ title: "Requests", kind: "bars", unit: "/s" }, (read) => [rate(read, "requests", read.whole("Latency"))]],
  [{ title: "Latency", kind: "lines", unit: " ms" }, (read) => [
    level(read, "p50", read.whole("Latency"), (point) => point.p50, MILLISECONDS),
    level(read, "p95", read.whole("Latency"), (point) => point.p95, MILLISECONDS),
  ]],
  [{ title: "Errors", kind: "bars", colour: 1 }, (read) => [
    counted(read, "refused, 4xx", read.whole("ClientErrors")),
    counted(read, "broken, 5xx", read.whole("ServerErrors")),
    counted(read, "faults", read.whole("Faults")),
  ]],
  [{ title: "Table calls", kind: "bars", unit: "/s" }, (read) => [rate(read, "calls", read.whole("DatabaseLatency"))]],
  [{ title: "Bookings by transition", kind: "bars" }, (read) => byPart(read, "BookingTransitions", "transition")],
  [{ title: "Cache hit ratio", kind: "lines", unit: " %", most: 100, join: 3 }, (read) => [hitRatio(read)]],
  [{ title: "Limiter denials", kind: "bars" }, (read) => byPart(read, "LimitDenials", "limit")],
  [{ title: "Security events", kind: "bars", colour: 3 }, (read) => byPart(read, "SecurityEvents", "severity")],
  [{ title: "CPU and memory, of the setting", kind: "lines", unit: " %", most: 100, join: 6 }, (read) => [
    level(read, "CPU", read.whole("CpuShare"), (point) => point.max, PERCENT),
    level(read, "memory", read.whole("MemoryShare"), (point) => point.max, PERCENT),
  ]],
].map(([made, read]) => ({ made: chart(made), read }));

export function startMetrics(refreshNow) {
  byId("metrics").append(...CHARTS.map(({ made }) => made.element));
  byId("metrics-period").addEventListener("change", refreshNow);
}

export async function refreshMetrics() {
  const { body: told } = await ask(`/local/metrics?most_dimensions=1&period=${byId("metrics-period").value}`);
  const read = reader(told);
  for (const { made, read: seriesOf } of CHARTS) made.show(seriesOf(read), read.times, read.period);
  const refused = byId("metrics-refused");
  refused.hidden = !told.refused_lines;
  refused.textContent = told.refused_lines ? `CloudWatch would refuse the metrics of ${told.refused_lines} lines; the last because ${told.reason}.` : "";
}
