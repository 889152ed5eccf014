"""Bookings and their events as items of the bookings table."""

from datetime import timedelta
from typing import Any
from zlib import crc32

from greenroom.actors import Role
from greenroom.calendar.intervals import Interval, format_instant, parse_instant
from greenroom.storage import keys
from greenroom.storage.items import Item

from .documents import policy_document, policy_from, terms_document, terms_from
from .model import Booking, Event, Payment, PaymentKind, PaymentState, Proposal, State

_MINUTE = timedelta(minutes=1)

DEADLINE_SHARDS = 4
"""Partitions of the deadline index, so that an on-sale's holds do not all land on one."""


def deadline_shard(number: int) -> str:
    """Return the name of a shard of the deadline index."""
    return f"deadlines#{number}"


def booking_item(booking: Booking) -> Item:
    """Return the item of a booking. Only one with a deadline is in the deadline index."""
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
        item["deadline_shard"] = deadline_shard(crc32(booking.id.encode()) % DEADLINE_SHARDS)
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
        "refunded": payment.refunded,
        "refund_due": payment.refund_due,
    }


def _payment_from(document: dict[str, Any]) -> Payment:
    return Payment(
        **{
            **document,
            "kind": PaymentKind(document["kind"]),
            "state": PaymentState(document["state"]),
        }
    )
