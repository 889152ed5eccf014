// Small charts: lines or stacked bars over time, drawn as SVG. One element a chart, changed in place.

import { draw, make, span } from "./dom.js";

const WIDTH = 600; // of the drawing's own units; it is stretched to the place it has
const HEIGHT = 120;
const COLOURS = 8;

const places = (number) => (number >= 100 ? 0 : number >= 10 ? 1 : 2);

export const figure = (number) => Number(number.toFixed(places(Math.abs(number)))).toLocaleString("en");

function roundUp(number) {
  if (number <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(number));
  return [1, 2, 5, 10].map((step) => step * power).find((step) => step >= number);
}

const clock = (seconds, fine) => new Date(seconds * 1000).toLocaleTimeString([], { hour12: false, ...(fine ? {} : { hour: "2-digit", minute: "2-digit" }) });

// ``title``; ``kind``: "lines" or "bars"; ``unit`` of the axis; ``most`` fixes the axis; ``join``: how many
// periods without a value a line bridges, since some things are measured seldom; ``colour``: the first one.
export function chart({ title, kind, unit = "", most, join = 1, colour = 0 }) {
  const classOf = (number) => `${kind} s${(number + colour) % COLOURS}`;
  const paths = Array.from({ length: COLOURS }, (_, number) => draw("path", { class: classOf(number), "vector-effect": "non-scaling-stroke" }));
  const cursor = draw("line", { class: "cursor", y1: 0, y2: HEIGHT, "vector-effect": "non-scaling-stroke" });
  const grid = [0, 0.5, 1].map((share) => draw("line", { class: "grid", x1: 0, x2: WIDTH, y1: share * HEIGHT, y2: share * HEIGHT, "vector-effect": "non-scaling-stroke" }));
  const drawing = draw("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", "aria-hidden": "true" }, ...grid, ...paths, cursor);
  const top = span("axis", "");
  const nothing = span("nothing", "Nothing yet");
  const plot = make("div", { class: "plot", role: "img", tabindex: "0" }, drawing, top, nothing);
  const [from, at, to] = [span("", ""), span("at", ""), span("", "")];
  const legend = make("ul", { class: "legend" });
  const element = make("figure", { class: "panel chart" },
    make("figcaption", {}, title), legend, plot, make("div", { class: "times faint" }, from, at, to));

  let shown = { series: [], times: [], period: 1 };
  let pointed = null;

  const heightOf = (value, highest) => HEIGHT - Math.min(1, value / highest) * HEIGHT;

  function line(values, highest) {
    const step = WIDTH / values.length;
    let before = -Infinity;
    let path = "";
    values.forEach((value, index) => {
      if (value === null) return;
      const [x, y] = [(index + 0.5) * step, heightOf(value, highest).toFixed(1)];
      path += index - before <= join ? `L${x.toFixed(1)} ${y}` : `M${(x - 2).toFixed(1)} ${y}h4`; // seen alone too
      before = index;
    });
    return path;
  }

  function bars(values, below, highest) {
    const step = WIDTH / values.length;
    let path = "";
    values.forEach((value, index) => {
      if (!value) return;
      const [low, high] = [heightOf(below[index], highest), heightOf(below[index] + value, highest)];
      path += `M${(index * step + 0.8).toFixed(1)} ${low.toFixed(1)}V${high.toFixed(1)}h${(step - 1.6).toFixed(1)}V${low.toFixed(1)}Z`;
      below[index] += value;
    });
    return path;
  }

  function redraw() {
    const { series, times } = shown;
    const sums = times.map((_, index) => series.reduce((sum, { values }) => sum + (values[index] ?? 0), 0));
    const peak = Math.max(0, ...(kind === "bars" ? sums : series.flatMap(({ values }) => values.map((value) => value ?? 0))));
    const highest = most ?? roundUp(peak);
    const below = times.map(() => 0);
    paths.forEach((path, number) => {
      const values = series[number]?.values;
      path.setAttribute("d", !values ? "" : kind === "bars" ? bars(values, below, highest) : line(values, highest));
    });
    const empty = !series.some(({ values }) => values.some((value) => value !== null));
    nothing.hidden = !empty;
    top.textContent = empty ? "" : `${figure(highest)}${unit}`;
    from.textContent = times.length ? clock(times[0], false) : "";
    to.textContent = times.length ? "now" : "";
    label();
  }

  // What the legend says: the value at the time pointed to, else each series' own summary.
  function label() {
    const { series, times, period } = shown;
    const index = pointed !== null && pointed < times.length ? pointed : null;
    const said = series.map((one) => [one.name, index === null ? one.summary : one.values[index] === null ? "–" : one.say(one.values[index])]);
    const texts = said.map(([name, text]) => `${name} ${text}`);
    if (legend.dataset.said !== texts.join("|")) {
      legend.dataset.said = texts.join("|");
      legend.replaceChildren(...said.map(([name, text], number) => make("li", {}, span(`swatch ${classOf(number)}`, ""), `${name} `, make("b", {}, text))));
    }
    plot.setAttribute("aria-label", `${title}: ${texts.join(", ") || "nothing yet"}${index === null ? "" : ` at ${clock(times[index], true)}`}`);
    at.textContent = index === null ? "" : clock(times[index], period < 60);
    cursor.setAttribute("class", index === null ? "cursor" : "cursor shown");
    const x = ((index ?? 0) + 0.5) * WIDTH / (times.length || 1);
    cursor.setAttribute("x1", x);
    cursor.setAttribute("x2", x);
  }

  function point(index) {
    pointed = index === null ? null : Math.max(0, Math.min(shown.times.length - 1, index));
    label();
  }

  plot.addEventListener("pointermove", (event) => {
    const { left, width } = plot.getBoundingClientRect();
    point(Math.floor((event.clientX - left) / width * shown.times.length));
  });
  plot.addEventListener("pointerleave", () => point(null));
  plot.addEventListener("blur", () => point(null));
  plot.addEventListener("keydown", (event) => {
    const move = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (event.key === "Escape") point(null);
    if (!move) return;
    event.preventDefault();
    point((pointed ?? shown.times.length) + move);
  });

  // ``series``: name, values by period with null for none, ``summary``, and ``say`` for one value.
  return { element, show: (series, times, period) => {
    shown = { series: series.slice(0, COLOURS), times, period };
    redraw();
  } };
}
