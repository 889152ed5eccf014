// Renders openapi.json, the document that the gateway itself is made from, as a page for people.
// Text from the document reaches the page as text alone, never as markup.
"use strict";

const METHODS = ["get", "post", "put", "patch", "delete"];
const PROBLEM = "application/problem+json";
// What the gateway answers before any operation is found, and so no operation lists.
const GATEWAY_CODES = [
  ["not_found", "404", "There is nothing here"],
  ["method_not_allowed", "405", "The resource does not have this method; Allow names those it has"],
  ["refused", "431", "The gateway refused the request; its headers may be larger than 10 KB in all"],
];
let api;

function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== false) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

// "See `terms`" with its code set apart, in paragraphs.
function prose(text, tag = "p") {
  const words = (part) => (/^`+[^`]+`+$/.test(part) ? make("code", {}, part.replaceAll("`", "")) : part);
  return String(text || "").split(/\n\s*\n/).filter(Boolean).map((paragraph) => make(tag, {}, ...paragraph.split(/(`+[^`]+`+)/).map(words)));
}

function resolve(node) {
  for (let steps = 0; node && node.$ref && steps < 20; steps += 1) {
    const { $ref, ...own } = node;
    const found = $ref.replace(/^#\//, "").split("/").reduce((place, key) => place?.[key.replaceAll("~1", "/").replaceAll("~0", "~")], api);
    node = { ...found, title: $ref.split(/\/|__/).pop().replace(/View$/, ""), ...own };
  }
  return node || {};
}

function operations() {
  return Object.entries(api.paths).flatMap(([path, item]) => METHODS.filter((method) => item[method]).map((method) => {
    const operation = item[method];
    const parameters = [...(item.parameters || []), ...(operation.parameters || [])].map(resolve);
    const id = operation.operationId || `${method}${path}`.replace(/\W+/g, "-");
    return { ...operation, id, method, path, parameters, tag: (operation.tags || ["other"])[0], ours: operation["x-greenroom"] || {} };
  }));
}

// --- schemas ---

function typeName(given) {
  const schema = resolve(given);
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  const options = schema.anyOf || schema.oneOf;
  if (options) return [...new Set(options.map(typeName))].join(" | ");
  if (schema.allOf?.length) return typeName(schema.allOf[0]);
  if (schema.type === "array") return `list of ${typeName(schema.items || {})}`;
  if (schema.type === "object" || schema.properties) return schema.title || "object";
  const types = [schema.type || "any"].flat().join(" | ");
  return schema.format ? `${types} (${schema.format})` : types;
}

function limits(schema) {
  const words = { minimum: "at least", maximum: "at most", exclusiveMinimum: "more than", exclusiveMaximum: "less than", minLength: "length at least", maxLength: "length at most", minItems: "items at least", maxItems: "items at most", multipleOf: "a multiple of" };
  const told = Object.entries(words).filter(([key]) => schema[key] !== undefined).map(([key, word]) => `${word} ${schema[key]}`);
  if (schema.pattern) told.push(`matches ${schema.pattern}`);
  if (schema.default !== undefined && schema.default !== null) told.push(`default ${JSON.stringify(schema.default)}`);
  return told.length ? make("div", { class: "faint" }, told.join(" · ")) : null;
}

// The object inside a schema, through lists and alternatives; null where there is none.
function objectIn(given) {
  const schema = resolve(given);
  if (schema.properties) return schema;
  for (const inner of [schema.items, ...(schema.anyOf || []), ...(schema.oneOf || []), ...(schema.allOf || [])]) {
    const found = inner && objectIn(inner);
    if (found) return found;
  }
  return null;
}

function fields(schema) {
  const required = new Set(schema.required || []);
  return make("table", { class: "fields" }, make("tbody", {}, ...Object.entries(schema.properties).map(([name, given]) => {
    const field = resolve(given);
    const inner = objectIn(given);
    return make("tr", {},
      make("th", { scope: "row" }, make("code", {}, name), required.has(name) ? make("span", { class: "must", title: "required" }, " *") : ""),
      make("td", {}, typeName(given)),
      make("td", {}, ...prose(field.description), limits(field), inner && folded(inner.title || "fields", inner)));
  })));
}

// Filled when it is opened: a schema may contain itself.
function folded(title, schema) {
  const details = make("details", {}, make("summary", {}, title));
  details.addEventListener("toggle", () => { if (details.open && details.childNodes.length === 1) details.append(make("div", { class: "fields" }, fields(schema))); });
  return details;
}

function sample(given, depth = 0) {
  const schema = resolve(given);
  const shown = schema.example ?? schema.examples?.[0] ?? schema.const ?? schema.enum?.[0] ?? schema.default ?? undefined;
  if (shown !== undefined || depth > 6) return shown ?? null;
  const option = (schema.anyOf || schema.oneOf || schema.allOf || []).find((one) => one.type !== "null");
  if (option) return sample(option, depth + 1);
  if (schema.properties) return Object.fromEntries(Object.entries(schema.properties).map(([name, field]) => [name, sample(field, depth + 1)]));
  if (schema.type === "array") return [sample(schema.items || {}, depth + 1)];
  if (schema.type === "object") return {};
  if (schema.type === "integer" || schema.type === "number") return schema.minimum ?? 0;
  if (schema.type === "boolean") return false;
  if (schema.pattern?.includes("[A-Z]{3}")) return "EUR";
  return { "date-time": "2027-01-12T18:00:00Z", date: "2027-01-12", email: "ada@example.com", uri: "https://example.com/" }[schema.format] ?? "text";
}

function examplesOf(media) {
  const given = media.examples ? Object.entries(media.examples).map(([name, one]) => [resolve(one).summary || name, resolve(one).value]) : [];
  return media.example !== undefined ? [["example", media.example], ...given] : given;
}

function exampleBlocks(media) {
  const given = examplesOf(media);
  const shown = given.length || !media.schema || !objectIn(media.schema) ? given : [["example", sample(media.schema)]];
  return shown.map(([name, value]) => make("details", {}, make("summary", {}, name), make("pre", { tabindex: "0" }, typeof value === "string" ? value : JSON.stringify(value, null, 2))));
}

// --- operations ---

function marksOf(operation) {
  const header = (name) => operation.parameters.find((one) => one.in === "header" && one.name.toLowerCase() === name);
  const access = operation.ours.access || [];
  const marks = [make("li", { class: "who" }, access.includes("public") || !access.length ? "public" : `for ${access.join(", ")}`)];
  if (header("idempotency-key")) marks.push(make("li", {}, "Idempotency-Key", header("idempotency-key").required ? "" : " optional"));
  if (header("if-match")) marks.push(make("li", {}, "If-Match", header("if-match").required ? "" : " optional"));
  if (operation.ours.limit && operation.ours.limit !== "none") marks.push(make("li", {}, `quota: ${operation.ours.limit}`));
  return make("ul", { class: "marks" }, ...marks);
}

function parameterTable(parameters) {
  return make("table", {}, make("tbody", {}, ...parameters.map((one) => make("tr", {},
    make("th", { scope: "row" }, make("code", {}, one.name), one.required ? make("span", { class: "must", title: "required" }, " *") : ""),
    make("td", {}, `${one.in} · ${typeName(one.schema || {})}`),
    make("td", {}, ...prose(one.description || resolve(one.schema).description), limits(resolve(one.schema)))))));
}

function contentOf(content, fold = false) {
  return Object.entries(content || {}).flatMap(([type, media]) => {
    const schema = media.schema && objectIn(media.schema);
    const shown = schema && (fold ? folded(typeName(media.schema), schema) : fields(schema));
    return [type === "application/json" ? null : make("p", { class: "faint mono" }, type), shown, ...exampleBlocks(media)];
  });
}

// The problem codes that an answer may have; its description explains each: "`code`: what it means."
function codesOf(response) {
  if (!response.content?.[PROBLEM]) return [];
  const told = new Map([...(response.description || "").matchAll(/`(\w+)`: (.*?)(?=\s*`\w+`:|$)/gs)].map(([, code, title]) => [code, title]));
  return [...new Set([...(response["x-codes"] || []), ...told.keys()])].map((code) => ({ code, title: told.get(code) || "" }));
}

function answerBlock(status, given) {
  const response = resolve(given);
  const codes = codesOf(response);
  const parts = [make("div", { class: "line" },
    make("span", { class: `status ${status >= "400" ? "bad" : ""}` }, status),
    codes.length
      ? make("span", { class: "codes" }, ...codes.map(({ code }) => make("a", { href: `#${code}` }, make("code", {}, code))))
      : make("span", {}, ...prose(response.description, "span")))];
  const headers = Object.entries(response.headers || {}).map(([name, one]) => ({ ...resolve(one), name, in: "header" }));
  if (!codes.length && headers.length) parts.push(make("details", {}, make("summary", {}, "headers"), parameterTable(headers)));
  if (!codes.length) parts.push(...contentOf(response.content, true));
  return make("div", { class: "answer" }, ...parts.filter(Boolean));
}

function curl(operation) {
  const path = operation.path.replace(/{(\w+)}/g, (_, name) => name.toUpperCase());
  const needed = operation.parameters.filter((one) => one.in === "header" && one.required);
  const values = { "idempotency-key": '"$(uuidgen)"', "if-match": "'\"1\"'" };
  const media = resolve(operation.requestBody).content?.["application/json"];
  const secured = (operation.ours.access || []).length && !operation.ours.access.includes("public");
  const lines = [`curl${operation.method === "get" ? "" : ` -X ${operation.method.toUpperCase()}`} ${location.origin}${path}`];
  if (secured) lines.push('-H "Authorization: Bearer $TOKEN"');
  lines.push(...needed.map((one) => `-H ${one.name}:${values[one.name.toLowerCase()] || "VALUE"}`));
  if (media) {
    const body = examplesOf(media)[0]?.[1] ?? sample(media.schema);
    lines.push("-H Content-Type:application/json", `-d '${JSON.stringify(body).replaceAll("'", "'\\''")}'`);
  }
  return make("details", {}, make("summary", {}, "as a command"), make("pre", { tabindex: "0" }, lines.join(" \\\n  ")));
}

function article(operation) {
  const body = resolve(operation.requestBody);
  const told = operation.parameters.length ? [make("h4", {}, "Parameters"), parameterTable(operation.parameters)] : [];
  if (body.content) told.push(make("h4", {}, "Body"), ...contentOf(body.content));
  const answers = Object.entries(operation.responses || {}).sort(([a], [b]) => a.localeCompare(b));
  return make("article", { class: "operation", id: operation.id, "aria-labelledby": `${operation.id}-title` },
    make("h3", { id: `${operation.id}-title`, class: "line" },
      make("a", { class: "anchor line", href: `#${operation.id}` },
        make("span", { class: `method ${operation.method}` }, operation.method.toUpperCase()), make("code", {}, operation.path))),
    operation.summary ? make("p", {}, make("strong", {}, operation.summary)) : null,
    ...prose(operation.description === operation.summary ? "" : operation.description),
    marksOf(operation), ...told.filter(Boolean),
    make("h4", {}, "Answers"), ...answers.map(([status, response]) => answerBlock(status, response)), curl(operation));
}

function problemTable(list) {
  const known = new Map(GATEWAY_CODES.map(([code, status, title]) => [code, { status, title, users: [] }]));
  for (const operation of list) {
    for (const [status, given] of Object.entries(operation.responses || {})) {
      for (const problem of codesOf(resolve(given))) {
        const entry = known.get(problem.code) || { status, title: "", users: [] };
        entry.title = entry.title || problem.title;
        entry.users.push(operation);
        known.set(problem.code, entry);
      }
    }
  }
  const rows = [...known].sort(([, a], [, b]) => a.status.localeCompare(b.status)).map(([code, { status, title, users }]) => make("tr", { id: code },
    make("th", { scope: "row" }, make("code", {}, code)), make("td", {}, status),
    make("td", {}, title, users.length > 6 || !users.length ? make("div", { class: "faint" }, users.length ? `${users.length} operations` : "any path, by the gateway itself")
      : make("div", { class: "codes" }, ...users.map((one) => make("a", { href: `#${one.id}` }, `${one.method.toUpperCase()} ${one.path}`))))));
  return make("section", { "aria-labelledby": "problems" }, make("h2", { id: "problems" }, "Problem codes"),
    ...prose("Every refusal is a problem document with a stable `code`; its `type` leads here."), make("table", {}, make("tbody", {}, ...rows)));
}

// --- the page ---

function entry(operation) {
  return make("li", {}, make("a", { href: `#${operation.id}`, title: operation.summary },
    make("span", { class: `method ${operation.method}` }, operation.method.toUpperCase()), make("span", {}, operation.path.replace(/^\/v1/, ""))));
}

function filterBy(list, parts) {
  const words = document.getElementById("filter").value.toLowerCase().split(/\s+/).filter(Boolean);
  let found = 0;
  for (const operation of list) {
    const text = [operation.method, operation.path, operation.summary, operation.description, operation.tag, ...(operation.ours.access || [])].join(" ").toLowerCase();
    const hidden = !words.every((word) => text.includes(word));
    found += hidden ? 0 : 1;
    for (const element of parts.get(operation)) element.hidden = hidden;
  }
  for (const group of document.querySelectorAll("[data-group]")) group.hidden = !group.querySelector("li:not([hidden]), article:not([hidden])");
  document.getElementById("found").textContent = words.length ? `${found} of ${list.length} operations` : `${list.length} operations`;
}

function render() {
  const list = operations();
  const parts = new Map(list.map((operation) => [operation, [entry(operation), article(operation)]]));
  const described = new Map((api.tags || []).map((tag) => [tag.name, tag.description]));
  const tags = [...new Set([...described.keys(), ...list.map((operation) => operation.tag)])];
  const content = document.getElementById("content");
  document.title = api.info.title;
  document.getElementById("version").textContent = api.info.version;
  content.replaceChildren(make("h1", {}, api.info.title), ...prose(api.info.description),
    make("p", {}, "The machine-readable document: ", make("a", { href: "openapi.json" }, "openapi.json")));
  for (const tag of tags) {
    const own = list.filter((operation) => operation.tag === tag);
    if (!own.length) continue;
    document.getElementById("contents").append(make("div", { "data-group": "" }, make("h2", {}, tag), make("ul", {}, ...own.map((one) => parts.get(one)[0]))));
    content.append(make("section", { "data-group": "", "aria-labelledby": `tag-${tag}` }, make("h2", { id: `tag-${tag}` }, tag), ...prose(described.get(tag)), ...own.map((one) => parts.get(one)[1])));
  }
  content.append(problemTable(list));
  document.getElementById("filter").addEventListener("input", () => filterBy(list, parts));
  filterBy(list, parts);
  if (location.hash) document.getElementById(decodeURIComponent(location.hash.slice(1)))?.scrollIntoView();
}

fetch("openapi.json").then((answer) => answer.json()).then((document_) => { api = document_; render(); }).catch(() => {
  document.getElementById("content").replaceChildren(make("p", {}, "The reference could not be loaded. ", make("a", { href: "openapi.json" }, "openapi.json")));
});
