// A booking's terms and events as lists.

import { make, span } from "./dom.js";
import { money } from "./payments.js";

export const said = (code) => String(code).replaceAll("_", " ");
export const when = (at, zone) => new Date(at).toLocaleString([], { dateStyle: "medium", timeStyle: "short", timeZone: zone });

export const shares = (tiers) => tiers
  .map((tier) => `${tier.refund_share / 100}% until ${tier.days_before} ${tier.days_before === 1 ? "day" : "days"} before`).join(", ") || "nothing";

function facts(pairs) {
  const rows = pairs.filter(([, value]) => value).flatMap(([name, value]) => [make("dt", {}, name), make("dd", {}, value)]);
  return make("dl", { class: "facts" }, ...rows);
}

export function drawVersion(terms, booking) {
  const amount = (minor) => money({ amount: minor, currency: terms.currency });
  const newest = terms.version === (booking.proposal ?? booking.terms)?.version;
  return make("li", { class: "panel" },
    make("h4", {}, `Version ${terms.version}, by the ${terms.by} `, newest ? span("tag", booking.turn ? "to answer" : "newest") : ""),
    facts([
      ["Total", `${amount(terms.total)} (fee ${amount(terms.fee)}, travel ${amount(terms.travel)})`],
      ["Deposit", amount(terms.deposit)],
      ["Commission", amount(terms.commission)],
      ["Time", `${when(terms.start, booking.time_zone)} – ${when(terms.end, booking.time_zone)}, ${booking.time_zone}`],
      ["Rider", terms.rider],
      ["Exclusivity", terms.exclusivity && `${terms.exclusivity.radius_km} km, ${terms.exclusivity.days} days`],
      ["Usage rights", terms.usage_rights],
      ["Refund", shares(terms.cancellation_policy)],
      ["Written", when(terms.at)],
      ["Answer by", terms.expires_at && when(terms.expires_at)],
    ]));
}

export function drawEvent(event, booking) {
  const { changes } = event;
  const told = [
    changes.terms && `terms version ${changes.terms.version}`,
    changes.deadline && `deadline ${when(changes.deadline)}`,
    changes.refund && `refund ${money({ amount: changes.refund, currency: booking.currency })}`,
    event.reason && `“${event.reason}”`,
  ].filter(Boolean);
  return make("li", {},
    make("time", { class: "faint", datetime: event.at }, when(event.at)), " ",
    make("b", {}, said(event.type)), ` by the ${event.actor.role}`,
    told.length ? span("faint", ` · ${told.join(" · ")}`) : "");
}
