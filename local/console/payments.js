// Payments: the card holder and the bank are the one at the console.

import { ask, Unreachable } from "./api.js";
import { byId, make, notify, showList, span } from "./dom.js";

const OPEN_DEEDS = [["capture", "Capture", "primary"], ["fail", "Fail", ""]];
const DEEDS = {
  requires_payment_method: [...OPEN_DEEDS, ["challenge", "Need authentication", ""]],
  requires_action: [["authenticate", "Authenticate", "primary"], ["fail", "Fail", ""]],
};
const BANK_DEEDS = {
  "": [["dispute", "Dispute", ""]],
  needs_response: [["dispute/won", "Decide for the house", ""], ["dispute/lost", "Decide for the buyer", ""]],
};
const said = (code) => code.replaceAll("_", " ");
let refresh = () => {};

export function startPayments(refreshNow) {
  refresh = refreshNow;
}

export function showPayments(payments) {
  const open = payments.filter((payment) => payment.open);
  const paid = payments.filter((payment) => payment.status === "succeeded");
  byId("payments-badge").textContent = String(open.length);
  // By its state too: what one can do with it is drawn anew when it changes.
  const key = (payment) => [payment.payment_id, payment.status, payment.dispute].join(" ");
  showList("payments", open, key, (payment) => drawPayment(payment, said(payment.status), DEEDS[payment.status] ?? OPEN_DEEDS));
  showList("paid", paid, key, (payment) => {
    const state = payment.dispute ? `disputed: ${said(payment.dispute)}` : "paid";
    return drawPayment(payment, state, BANK_DEEDS[payment.dispute ?? ""] ?? []);
  });
}

export const digits = (currency) => new Intl.NumberFormat("en", { style: "currency", currency }).resolvedOptions().maximumFractionDigits;

export function money({ amount, currency }) {
  const decimals = digits(currency);
  return `${(amount / 10 ** decimals).toLocaleString("en", { minimumFractionDigits: decimals, maximumFractionDigits: decimals })} ${currency}`;
}

function drawPayment(payment, state, deeds) {
  const act = ([verb, text, kind]) => make("button", {
    type: "button",
    class: kind,
    "aria-label": `${text} ${payment.payment_id}`,
    click: (event) => pay(payment, verb, event.currentTarget),
  }, text);
  const ids = [payment.payment_id, payment.metadata.booking_id].filter(Boolean);
  return make("div", { class: "row" },
    make("div", { class: "grow" },
      make("div", { class: "money" }, money(payment.amount), " ", span("faint", state)),
      ...ids.map((id) => make("div", { class: "faint mono cut" }, id))),
    make("div", { class: "buttons" }, ...deeds.map(act)));
}

async function pay(payment, verb, button) {
  button.disabled = true;
  try {
    const { ok, body: told } = await ask(`/local/payments/${encodeURIComponent(payment.payment_id)}/${verb}`, { method: "POST" });
    if (ok) notify(`${payment.payment_id}: ${said(told.status)}; the webhook was answered ${told.webhook.status ?? "not yet"}.`);
    else notify(told.detail, true);
  } catch (error) {
    if (!(error instanceof Unreachable)) throw error;
    notify("The system did not answer.", true);
  }
  button.disabled = false;
  refresh();
}
