"""Bookings and their events as items of the bookings table."""

from datetime import datetime, timedelta
from typing import Any
from zlib import crc32

from pydantic import Secret

from greenroom.actors import Role
from greenroom.calendar.intervals import Interval, format_instant, parse_instant
from greenroom.storage import keys
from greenroom.storage.items import Item

from .documents import policy_document, policy_from, terms_document, terms_from
from .model import Booking, Dispute, Event, Payment, PaymentKind, PaymentState, Proposal, Refund, State

_MINUTE = timedelta(minutes=1)

DUE_SHARDS = 4
"""Partitions of the index of what is due, so that an on-sale's holds do not all land on one."""


def due_shard(number: int) -> str:
    """Return the name of a shard of the index of what is due."""
    return f"due#{number}"


def booking_item(booking: Booking, due: datetime | None = None) -> Item:
    """Return the item of a booking; only one that is ``due`` at some time is in the index of the sweeper."""
    item: Item = {
        **keys.booking(booking.id)._asdict(),
        "kind": "booking",
        "state": booking.state.value,
        "version": booking.version,
        "celebrity_id": booking.celebrity_id,
        "celebrity_name": booking.celebrity_name,
        "agent_id": booking.agent_id,
        "buyer_id": booking.buyer_id,
        "offering_id": booking.offering_id,
        "offering_title": booking.offering_title,
        "starts_at": format_instant(booking.interval.start),
        "ends_at": format_instant(booking.interval.end),
        "buffer_before": booking.buffer_before // _MINUTE,
        "buffer_after": booking.buffer_after // _MINUTE,
        "time_zone": booking.time_zone,
        "created_at": format_instant(booking.created_at),
        "venue": booking.venue,
        "brief": booking.brief,
        "budget": booking.budget,
        "currency": booking.currency,
        "cancellation_policy": policy_document(booking.cancellation_policy),
        "turn": booking.turn.value if booking.turn else None,
        "terms": terms_document(booking.terms) if booking.terms else None,
        "terms_versions": booking.terms_versions,
        "proposal": (
            {
                "terms": terms_document(booking.proposal.terms),
                "by": booking.proposal.by.value,
                "time_zone": booking.proposal.time_zone,
            }
            if booking.proposal
            else None
        ),
        "payments": [_payment_document(payment) for payment in booking.payments],
    }
    if booking.deadline:
        item["deadline"] = format_instant(booking.deadline)
    if due:
        item["due_at"] = format_instant(due)
        item["due_shard"] = due_shard(crc32(booking.id.encode()) % DUE_SHARDS)
    return item


def booking_from(item: Item) -> Booking:
    """Return the booking of an item."""
    proposal = item["proposal"]
    return Booking(
        id=item["pk"].partition("#")[2],
        state=State(item["state"]),
        version=item["version"],
        celebrity_id=item["celebrity_id"],
        celebrity_name=item["celebrity_name"],
        agent_id=item["agent_id"],
        buyer_id=item["buyer_id"],
        offering_id=item["offering_id"],
        offering_title=item["offering_title"],
        interval=Interval(parse_instant(item["starts_at"]), parse_instant(item["ends_at"])),
        buffer_before=item["buffer_before"] * _MINUTE,
        buffer_after=item["buffer_after"] * _MINUTE,
        time_zone=item["time_zone"],
        created_at=parse_instant(item["created_at"]),
        venue=item["venue"],
        brief=item["brief"],
        budget=item["budget"],
        currency=item["currency"],
        # What was written before this was kept has none.
        cancellation_policy=policy_from(item.get("cancellation_policy", ())),
        turn=Role(item["turn"]) if item["turn"] else None,
        deadline=parse_instant(item["deadline"]) if "deadline" in item else None,
        terms=terms_from(item["terms"]) if item["terms"] else None,
        terms_versions=item["terms_versions"],
        proposal=(
            Proposal(
                terms=terms_from(proposal["terms"]), by=Role(proposal["by"]), time_zone=proposal["time_zone"]
            )
            if proposal
            else None
        ),
        payments=tuple(_payment_from(document) for document in item["payments"]),
    )


def event_item(booking: Booking, event: Event, event_id: str) -> Item:
    """Return the item of an event, with the state and times of the booking as the event left it."""
    return {
        **keys.event(booking.id, event.version)._asdict(),
        "kind": "event",
        "id": event_id,
        "booking_id": booking.id,
        "version": event.version,
        "type": event.type.value,
        "actor": {"role": event.actor.role.value, "id": event.actor.id},
        "reason": event.reason,
        "at": format_instant(event.at),
        "changes": dict(event.changes),
        "state": booking.state.value,
        "start": format_instant(booking.interval.start),
        "end": format_instant(booking.interval.end),
    }


def _payment_document(payment: Payment) -> dict[str, Any]:
    return {
        "id": payment.id,
        "kind": payment.kind.value,
        "state": payment.state.value,
        "amount": payment.amount,
        "currency": payment.currency,
        "provider_id": payment.provider_id,
        "client_secret": payment.client_secret,
        "open_until": format_instant(payment.open_until) if payment.open_until else None,
        "refunds": [[refund.amount, refund.settled] for refund in payment.refunds],
        "honoured": payment.honoured,
        "dispute": payment.dispute.value if payment.dispute else None,
    }


def _payment_from(document: dict[str, Any]) -> Payment:
    return Payment(
        **{
            **document,
            "kind": PaymentKind(document["kind"]),
            "client_secret": Secret(document["client_secret"]),
            "state": PaymentState(document["state"]),
            "open_until": parse_instant(document["open_until"]) if document["open_until"] else None,
            "refunds": tuple(Refund(amount, settled) for amount, settled in document["refunds"]),
            "dispute": Dispute(document["dispute"]) if document["dispute"] else None,
        }
    )
