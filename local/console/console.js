// The console: asks for the local state every two seconds and shows it. What it shows was written by
// others (mails, paths, log lines), so it reaches the page as text alone, never as markup.
"use strict";

const POLL_MILLISECONDS = 2000;
const LINK = /https?:\/\/[^\s<>"')]+/g;
const drawn = new Map(); // by section and entry, the element and the data it was drawn from

const byId = (id) => document.getElementById(id);

function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "onclick") element.addEventListener("click", value);
    else if (value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

function foldable(kind, summary, fill) {
  const inside = make("div", { class: "inside" });
  const card = make("details", { class: `card ${kind}` }, make("summary", {}, ...summary), inside);
  card.addEventListener("toggle", () => fill(inside), { once: true });
  return card;
}

const clock = (at) => new Date(at).toLocaleTimeString([], { hour12: false });

function money({ amount, currency }) {
  const digits = new Intl.NumberFormat("en", { style: "currency", currency }).resolvedOptions().maximumFractionDigits;
  return `${(amount / 10 ** digits).toFixed(digits)} ${currency}`;
}

function withLinks(text) {
  const parts = [];
  let end = 0;
  for (const found of text.matchAll(LINK)) {
    parts.push(text.slice(end, found.index), make("a", { href: found[0], rel: "noreferrer", target: "_blank" }, found[0]));
    end = found.index + found[0].length;
  }
  return [...parts, text.slice(end)];
}

function drawMail(mail) {
  const files = mail.attachments.length ? ` · ${mail.attachments.length} attached` : "";
  const summary = [
    make("span", { class: "strong" }, mail.subject),
    make("span", { class: "faint" }, clock(mail.at)),
    make("span", { class: "faint" }, mail.to + files),
  ];
  return foldable("mail", summary, (inside) => {
    inside.append(make("pre", {}, ...withLinks(mail.text)), ...mail.attachments.map(drawAttachment));
  });
}

function drawAttachment(file) {
  const text = file.content_type.startsWith("text/");
  const bytes = text ? file.content : Uint8Array.from(atob(file.content), (sign) => sign.charCodeAt(0));
  const name = file.filename || "attachment";
  const save = make("button", { type: "button", onclick: () => download(name, file.content_type, bytes) }, "Save");
  return make("details", { class: "attachment" },
    make("summary", {}, `${name} · ${file.content_type} `, save),
    make("pre", {}, text ? file.content : `${bytes.length} bytes`));
}

function download(name, type, content) {
  const address = URL.createObjectURL(new Blob([content], { type }));
  make("a", { href: address, download: name }).click();
  URL.revokeObjectURL(address);
}

function drawPayment(payment) {
  const act = (verb, kind) => make("button", { type: "button", class: kind, onclick: (e) => pay(payment, verb, e.target) },
    verb === "capture" ? "Capture" : "Fail");
  return make("div", { class: "row" },
    make("div", { class: "grow" },
      make("div", { class: "money" }, money(payment.amount)),
      make("div", { class: "faint mono cut" }, payment.payment_id),
      ...(payment.metadata.booking_id ? [make("div", { class: "faint mono cut" }, payment.metadata.booking_id)] : [])),
    make("div", { class: "buttons" }, act("capture", "primary"), act("fail", "")));
}

async function pay(payment, verb, button) {
  button.disabled = true;
  try {
    const answer = await fetch(`/local/payments/${encodeURIComponent(payment.payment_id)}/${verb}`, { method: "POST" });
    const told = await answer.json();
    if (!answer.ok) notify(told.detail, true);
    else notify(`${payment.payment_id}: ${told.status.replaceAll("_", " ")}; the webhook was answered ${told.webhook.status ?? "not yet"}.`);
  } catch {
    notify("The system did not answer.", true);
  }
  button.disabled = false;
  refresh();
}

function notify(text, bad = false) {
  const notice = byId("notice");
  notice.textContent = text;
  notice.classList.toggle("bad", bad);
  notice.hidden = false;
}

function drawAccount([name, account]) {
  const secret = make("code", {});
  const flip = make("button", { type: "button", onclick: () => {
    secret.textContent = secret.textContent ? "" : `${account.password} `;
    label();
  } });
  const label = () => {
    flip.textContent = secret.textContent ? "Hide" : "Reveal";
    flip.setAttribute("aria-label", `${flip.textContent} the password of ${name}`);
  };
  label();
  return make("tr", {}, make("th", { scope: "row" }, name), make("td", { class: "mono" }, account.email), make("td", {}, secret, flip));
}

function drawRequest(request) {
  const kind = request.status >= 500 ? "broken" : request.status >= 400 ? "refused" : "";
  const summary = [
    make("span", { class: `status ${kind}` }, String(request.status)),
    make("span", { class: "mono" }, request.method),
    make("span", { class: "mono cut" }, request.path),
    make("span", { class: "faint" }, `${request.duration_ms.toFixed(0)} ms · ${clock(request.at)}`),
  ];
  return foldable("request", summary, (inside) => drawLines(inside, request));
}

async function drawLines(inside, request) {
  if (request.note) inside.append(make("pre", {}, request.note));
  const answer = await fetch(`/local/logs?request_id=${encodeURIComponent(request.request_id)}`);
  const { items } = await answer.json();
  if (!items.length && !request.note) inside.append(make("p", { class: "faint" }, "The gateway itself answered; no function was called."));
  inside.append(...items.map((line) => make("pre", {}, JSON.stringify(line, null, 2))));
}

// Draws new entries and removes old ones; the others stay as they are, with focus, selection and folds.
function draw(section, entries, drawEntry) {
  const place = byId(section);
  let next = place.firstChild;
  for (const entry of entries) {
    const key = `${section} ${JSON.stringify(entry)}`;
    if (!drawn.has(key)) drawn.set(key, drawEntry(entry));
    const node = drawn.get(key);
    if (node === next) next = next.nextSibling;
    else place.insertBefore(node, next);
  }
  while (next) {
    const gone = next;
    next = next.nextSibling;
    gone.remove();
    for (const [key, node] of drawn) if (node === gone) drawn.delete(key);
  }
  byId(`${section}-empty`).hidden = entries.length > 0;
  byId(`${section}-count`).textContent = entries.length || "";
}

function show(state) {
  draw("payments", state.payments.filter((payment) => payment.open), drawPayment);
  draw("accounts", Object.entries(state.demo?.accounts ?? {}), drawAccount);
  draw("mails", state.mails, drawMail);
  draw("requests", state.requests, drawRequest);
}

async function refresh() {
  const pulse = byId("pulse");
  try {
    const answer = await fetch("/local/state");
    if (!answer.ok) throw new Error(String(answer.status));
    show(await answer.json());
    pulse.className = "pulse live";
    pulse.textContent = "running";
  } catch {
    pulse.className = "pulse lost";
    pulse.textContent = "not reachable";
  }
}

refresh();
setInterval(() => { if (!document.hidden) refresh(); }, POLL_MILLISECONDS);
