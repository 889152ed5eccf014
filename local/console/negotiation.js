// A negotiation from both sides: whose turn it is, what each side may do now, the terms so far, the log. What may
// be done follows the API's own table; the API decides all the same.

import { Unreachable } from "./api.js";
import { byId, make, notify } from "./dom.js";
import { digits, money } from "./payments.js";
import { askAs, knowAccounts, Refused } from "./sides.js";
import { drawEvent, drawVersion, said, shares, when } from "./terms.js";

const CELEBRITY = "mara-voss"; // of the demo roster: has an offering on request, and the demo agent as her agent
const DAY_MILLISECONDS = 24 * 60 * 60 * 1000;
const OPEN = new Set(["requested", "offered", "awaiting_payment"]);
const SIDES = ["buyer", "agent"];
const DEEDS = {
  offer: { text: (booking) => (booking.state === "requested" ? "Offer" : "Counter-offer"), may: mayOffer, act: offer },
  accept: { text: (booking) => `Accept version ${booking.terms?.version}`, may: mayAnswer, act: accept },
  pay: { text: () => "Pay the deposit", may: (booking, side) => side === "buyer" && booking.state === "awaiting_payment", act: pay },
  decline: { text: () => "Decline", may: (booking, side) => side === "agent" && OPEN.has(booking.state), act: step("decline") },
  withdraw: { text: () => "Withdraw", may: (booking, side) => side === "buyer" && OPEN.has(booking.state), act: step("withdraw") },
  cancel: { text: () => "Cancel …", may: (booking) => booking.state === "confirmed", act: previewRefund },
};
const buttons = new Map(); // by side and deed
let refresh = () => {};
let booking = null;
let agent = "agent"; // whose booking it is
let chosen = ""; // a booking's id
let seen; // the last change that was shown
let filled = ""; // the version whose terms are in the form
let ending = null; // the side that is asked whether to cancel

export function startNegotiation(refreshNow) {
  refresh = refreshNow;
  for (const side of SIDES) {
    for (const [name, deed] of Object.entries(DEEDS)) {
      const button = make("button", { type: "button", hidden: "", click: () => attempt(button, () => deed.act(side)) });
      buttons.set(`${side} ${name}`, button);
      byId(`negotiation-${side}-deeds`).append(button);
    }
  }
  byId("negotiation-booking").addEventListener("change", ({ currentTarget }) => choose(currentTarget.value));
  byId("negotiation-new").addEventListener("click", ({ currentTarget }) => attempt(currentTarget, request));
  byId("negotiation-check").addEventListener("click", () => choose(chosen));
  byId("negotiation-terms").addEventListener("submit", (event) => event.preventDefault());
  byId("negotiation-refund-yes").addEventListener("click", ({ currentTarget }) => attempt(currentTarget, () => step("cancel")(ending)));
  byId("negotiation-refund-no").addEventListener("click", keep);
}

// Asks the API only when something was written since, as each question counts for its limits.
export async function refreshNegotiation({ demo, requests }) {
  knowAccounts(demo);
  const change = requests.find(({ method, path, status }) => method !== "GET" && status < 400 && /^\/v1\/(bookings|webhooks)/.test(path));
  const now = `${chosen} ${change?.request_id}`;
  if (!demo || now === seen) return;
  seen = now;
  try {
    await load();
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    notify(error.message, true);
  }
}

function choose(id) {
  chosen = id;
  seen = undefined;
  ending = null;
  refresh();
}

async function load() {
  const { items } = await askAs("buyer", "GET", "/bookings?limit=50");
  chosen ||= items.find(({ state }) => OPEN.has(state))?.id ?? items[0]?.id ?? "";
  seen = `${chosen} ${seen.split(" ")[1]}`;
  byId("negotiation").hidden = !chosen;
  byId("negotiation-empty").hidden = Boolean(chosen);
  if (!chosen) return;
  booking = items.find(({ id }) => id === chosen) ?? await askAs("buyer", "GET", `/bookings/${chosen}`);
  booking.currency = await currencyOf(booking);
  const terms = await askAsAgent(`/bookings/${chosen}/terms`);
  const events = await askAsAgent(`/bookings/${chosen}/events`);
  showChoice(items.some(({ id }) => id === chosen) ? items : [booking, ...items]);
  show(terms.items, events.items);
}

// Either of the two demo agents may be the booking's; to the other it does not exist.
async function askAsAgent(path) {
  try {
    return await askAs(agent, "GET", path);
  } catch (error) {
    if (!(error instanceof Refused && error.status === 404)) throw error;
    agent = agent === "agent" ? "agent2" : "agent";
    return askAs(agent, "GET", path);
  }
}

async function currencyOf({ terms, budget, celebrity_id: celebrity, offering_id: wanted }) {
  const known = terms ?? budget;
  if (known) return known.currency;
  const { offerings } = await askAs(null, "GET", `/celebrities/${celebrity}`);
  return offerings.find(({ id }) => id === wanted)?.price.currency ?? "EUR";
}

function showChoice(items) {
  const place = byId("negotiation-booking");
  const options = items.map((item) => [item.id, `${item.celebrity_name}, ${item.offering_title}: ${said(item.state)} · ${when(item.start)} · …${item.id.slice(-6)}`]);
  if (options.flat().join() !== [...place.children].flatMap((option) => [option.value, option.textContent]).join()) {
    place.replaceChildren(...options.map(([value, text]) => make("option", { value }, text)));
  }
  place.value = chosen;
}

function show(terms, events) {
  const deadline = booking.deadline ? `, until ${when(booking.deadline)}` : "";
  const turn = booking.turn ? `the ${booking.turn}'s turn` : booking.state === "awaiting_payment" ? "the buyer pays" : "nobody's turn";
  const now = `${booking.celebrity_name}, ${booking.offering_title}: ${said(booking.state)}; ${turn}${deadline}.`;
  if (byId("negotiation-now").textContent !== now) byId("negotiation-now").textContent = now;
  for (const side of SIDES) {
    byId(`negotiation-${side}-turn`).textContent = booking.turn === side ? "It is your turn." : "";
    for (const [name, deed] of Object.entries(DEEDS)) {
      const button = buttons.get(`${side} ${name}`);
      button.hidden = !deed.may(booking, side);
      button.textContent = deed.text(booking);
      button.classList.toggle("primary", booking.turn === side && (name === "offer" || name === "accept"));
    }
  }
  byId("negotiation-refund").hidden = booking.state !== "confirmed" || !ending;
  byId("negotiation-terms").hidden = !SIDES.some((side) => mayOffer(booking, side));
  fill();
  byId("negotiation-versions").replaceChildren(...terms.map((each) => drawVersion(each, booking)));
  byId("negotiation-events").replaceChildren(...events.map((each) => drawEvent(each, booking)));
}

function fill() {
  const version = `${booking.id} ${booking.version}`;
  if (filled === version) return;
  filled = version;
  const unit = 10 ** digits(booking.currency);
  const fee = booking.terms?.fee ?? booking.budget?.amount ?? 0;
  byId("negotiation-currency").textContent = `in ${booking.currency}`;
  byId("negotiation-fee").value = fee / unit;
  byId("negotiation-travel").value = (booking.terms?.travel ?? 0) / unit;
  byId("negotiation-deposit").value = (booking.terms?.deposit ?? Math.round(fee * 0.3)) / unit;
  byId("negotiation-message").value = "";
}

function mayAnswer({ state, turn }, side) {
  return state === "offered" && turn === side;
}

function mayOffer(seenBooking, side) {
  return mayAnswer(seenBooking, side) || (seenBooking.state === "requested" && side === "agent");
}

// Does something, says what was refused, and shows what has come of it.
async function attempt(button, act) {
  button.disabled = true;
  try {
    await act();
  } catch (error) {
    if (!(error instanceof Refused || error instanceof Unreachable)) throw error;
    notify(error instanceof Refused ? error.message : "The system did not answer.", true);
    seen = undefined;
  }
  button.disabled = false;
  await refresh();
  if (button.hidden || !button.offsetParent) byId("negotiation-now").focus(); // where it is said what happened
}

const account = (side) => (side === "agent" ? agent : "buyer");

function post(side, deed, body) {
  return askAs(account(side), "POST", `/bookings/${booking.id}/${deed}`, { body, version: booking.version });
}

function step(deed) {
  return async (side) => {
    await post(side, deed, { reason: `By the ${side}, from the console` });
    ending = null;
  };
}

async function offer(side) {
  const form = byId("negotiation-terms");
  if (!form.reportValidity()) return;
  const { currency } = booking;
  const minor = (name) => Math.round(Number(byId(`negotiation-${name}`).value) * 10 ** digits(currency));
  const amounts = Object.fromEntries(["fee", "travel", "deposit"].map((name) => [name, minor(name)]));
  const { warnings } = await post(side, "offers", { ...amounts, currency, message: byId("negotiation-message").value || null });
  if (warnings.length) notify(`Its exclusivity concerns ${warnings.length} other engagement(s).`, true);
}

function accept(side) {
  return post(side, "accept", { terms_version: booking.terms.version });
}

async function pay() {
  const payment = await askAs("buyer", "POST", `/bookings/${booking.id}/payments`, { body: { kind: "deposit" } });
  notify(`${money(payment.amount)} wait for the card holder, under Payments.`);
}

async function previewRefund(side) {
  const { refund, tier } = await askAs(account(side), "GET", `/bookings/${booking.id}/refund-preview`);
  const why = tier ? ` (${shares([tier])} the start)` : side === "agent" ? " (all of it, as the agent cancels)" : "";
  ending = side;
  byId("negotiation-refund").hidden = false;
  byId("negotiation-refund-says").textContent = `If the ${side} cancels now, ${money(refund)} go back to the buyer${why}.`;
  byId("negotiation-refund-says").focus();
}

function keep() {
  buttons.get(`${ending} cancel`).focus();
  ending = null;
  byId("negotiation-refund").hidden = true;
}

async function request() {
  const { id, offerings, time_zone: zone } = await askAs(null, "GET", `/celebrities/${CELEBRITY}`);
  const offering = offerings.find(({ mode }) => mode === "request");
  const day = (ahead) => new Date(Date.now() + ahead * DAY_MILLISECONDS).toISOString().slice(0, 10);
  const { items: free } = await askAs(null, "GET", `/celebrities/${id}/availability?from=${day(18)}&to=${day(27)}&offering_id=${offering.id}`);
  const wish = { offering_id: offering.id, start: free[0].start, time_zone: zone, venue: "The Old Theatre", brief: "Asked from the console.", budget: offering.price };
  const made = await askAs("buyer", "POST", "/bookings", { body: wish });
  choose(made.id);
}
