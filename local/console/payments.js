// Payments that wait for the card holder, who is the one at the console.

import { ask, Unreachable } from "./api.js";
import { byId, make, notify, showList } from "./dom.js";

let refresh = () => {};

export function startPayments(refreshNow) {
  refresh = refreshNow;
}

export function showPayments(payments) {
  const open = payments.filter((payment) => payment.open);
  byId("payments-badge").textContent = String(open.length);
  showList("payments", open, (payment) => payment.payment_id, drawPayment);
}

function money({ amount, currency }) {
  const digits = new Intl.NumberFormat("en", { style: "currency", currency }).resolvedOptions().maximumFractionDigits;
  return `${(amount / 10 ** digits).toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits })} ${currency}`;
}

function drawPayment(payment) {
  const act = (verb, text, kind) => make("button", {
    type: "button",
    class: kind,
    "aria-label": `${text} ${payment.payment_id}`,
    click: (event) => pay(payment, verb, event.currentTarget),
  }, text);
  const ids = [payment.payment_id, payment.metadata.booking_id].filter(Boolean);
  return make("div", { class: "row" },
    make("div", { class: "grow" },
      make("div", { class: "money" }, money(payment.amount)),
      ...ids.map((id) => make("div", { class: "faint mono cut" }, id))),
    make("div", { class: "buttons" }, act("capture", "Capture", "primary"), act("fail", "Fail", "")));
}

async function pay(payment, verb, button) {
  button.disabled = true;
  try {
    const { ok, body: told } = await ask(`/local/payments/${encodeURIComponent(payment.payment_id)}/${verb}`, { method: "POST" });
    if (ok) notify(`${payment.payment_id}: ${told.status.replaceAll("_", " ")}; the webhook was answered ${told.webhook.status ?? "not yet"}.`);
    else notify(told.detail, true);
  } catch (error) {
    if (!(error instanceof Unreachable)) throw error;
    notify("The system did not answer.", true);
  }
  button.disabled = false;
  refresh();
}
