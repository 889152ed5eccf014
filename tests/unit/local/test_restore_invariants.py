"""What the restore drill asks of tables: sound ones pass, and each way to be unsound is named."""

import copy
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import Secret

from greenroom.actors import Actor, Role
from greenroom.bookings.model import (
    Booking,
    Event,
    EventType,
    Payment,
    PaymentKind,
    PaymentState,
    Refund,
    State,
)
from greenroom.bookings.records import booking_item, event_item
from greenroom.bookings.store import claim_of
from greenroom.bookings.terms import Terms
from greenroom.calendar.days import Claim, DayDocument, claim
from greenroom.calendar.intervals import Interval
from greenroom.catalog.records import celebrity_item, row_item
from greenroom.identity.users import User
from greenroom.storage import keys
from greenroom.storage.items import Item
from local.restore.invariants import Snapshot, violations
from tests.support.celebrities import ZOE

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
LATE = datetime(2026, 12, 1, 22, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
Tables = dict[str, list[Item]]


def _booking(name: str, start: datetime, state: State, **changes: Any) -> Booking:
    interval = Interval(start, start + 4 * HOUR)
    terms = Terms(
        version=1,
        fee=100,
        travel=0,
        deposit=20,
        commission=10,
        currency="EUR",
        start=interval.start,
        end=interval.end,
    )
    values: dict[str, Any] = {
        "id": f"bkg_{name}",
        "state": state,
        "version": 2,
        "celebrity_id": ZOE.id,
        "celebrity_name": ZOE.name,
        "agent_id": "usr_1",
        "buyer_id": "usr_2",
        "offering_id": "off_101",
        "offering_title": "Evening",
        "interval": interval,
        "buffer_before": HOUR,
        "buffer_after": HOUR,
        "time_zone": "Europe/Madrid",
        "created_at": NOW,
        "currency": "EUR",
        "terms": terms,
        "terms_versions": 1,
    }
    return Booking(**values | changes)


PAID = Payment(
    id="pay_1",
    kind=PaymentKind.DEPOSIT,
    state=PaymentState.CAPTURED,
    amount=20,
    currency="EUR",
    provider_id="pi_1",
    client_secret=Secret("secret"),
    refunds=(Refund(5, settled=True), Refund(5)),
)
# Over midnight, so that its claim is in two documents.
CONFIRMED = _booking("confirmed", LATE, State.CONFIRMED, payments=(PAID,))
HELD = _booking("held", LATE + 8 * HOUR, State.AWAITING_PAYMENT, deadline=NOW + HOUR)
LAPSED = _booking("lapsed", LATE + 8 * HOUR, State.OFFERED, deadline=NOW - HOUR)
EXPIRED = _booking("expired", LATE, State.EXPIRED)
BOOKINGS = (CONFIRMED, HELD, LAPSED, EXPIRED)


def _events(booking: Booking) -> Iterable[Item]:
    for version in (1, 2):
        kind = EventType.REQUESTED if version == 1 else EventType.OFFERED
        event = Event(version=version, type=kind, actor=Actor(Role.BUYER, "usr_2"), reason="", at=NOW)
        yield event_item(booking, event, f"evt_{booking.id}{version}")


def _days(*claims: Claim) -> list[Item]:
    wanted = sorted({day for each in claims for day in each.interval.utc_days()})
    documents = {day: DayDocument(ZOE.id, day) for day in wanted}
    for each in claims:
        at = min(NOW, each.expires_at - HOUR) if each.expires_at else NOW
        documents |= {changed.day: changed for changed in claim(documents.values(), each, at)}
    return [
        {**keys.day(ZOE.id, day)._asdict(), **document.to_stored()} for day, document in documents.items()
    ]


def _user(number: int) -> User:
    address = f"{number}@example.com"
    return User(
        id=f"usr_{number}",
        email=address,
        folded_email=address,
        display_name="A",
        role=Role.BUYER,
        verified=True,
        password_hash=Secret("hash"),
        created_at="2026-01-01T00:00:00Z",
    )


def _sound() -> Tables:
    users = [_user(1), _user(2)]
    return {
        "identity": [
            *(user.item() for user in users),
            *({**keys.email_owner(user.folded_email)._asdict(), "user_id": user.id} for user in users),
            {**keys.session("usr_2", "ses_1")._asdict(), "expires_at": 1},
            {**keys.credential_owner("cred")._asdict(), "user_id": "usr_2"},
        ],
        "catalog": [
            celebrity_item(ZOE),
            row_item(ZOE),
            {**keys.slug(ZOE.slug)._asdict(), "celebrity_id": ZOE.id},
            {**keys.celebrity_versions(ZOE.id)._asdict(), "profile": ZOE.version, "schedule": 1},
            {**keys.LISTING_VERSION._asdict(), "version": 1},
        ],
        "bookings": [
            *map(booking_item, BOOKINGS),
            *(event for booking in BOOKINGS for event in _events(booking)),
            *_days(claim_of(LAPSED), claim_of(CONFIRMED), claim_of(HELD)),
            {**keys.sent("bkg_held", 1, "buyer")._asdict(), "kind": "sent"},
        ],
    }


def _rules(tables: Tables) -> set[str]:
    return {violation.rule for violation in violations(Snapshot(**copy.deepcopy(tables), at=NOW))}


def _find(tables: Tables, pk: str, sk: str) -> Item:
    (found,) = (item for items in tables.values() for item in items if (item["pk"], item["sk"]) == (pk, sk))
    return found


def _drop(tables: Tables, pk: str, sk: str) -> None:
    found = _find(tables, pk, sk)
    for items in tables.values():
        if found in items:
            items.remove(found)


def _change(pk: str, sk: str, **values: Any) -> Callable[[Tables], None]:
    return lambda tables: _find(tables, pk, sk).update(values)


def _lose(pk: str, sk: str) -> Callable[[Tables], None]:
    return lambda tables: _drop(tables, pk, sk)


def _put_booking(booking: Booking) -> Callable[[Tables], None]:
    def put(tables: Tables) -> None:
        _drop(tables, f"BOOKING#{booking.id}", "BOOKING")
        tables["bookings"].append(booking_item(booking))

    return put


def _claim_too(tables: Tables, name: str, interval: Interval) -> None:
    """Let another claim stand in the first day, without a look at who is there."""
    day = _find(tables, f"DAY#{ZOE.id}", "2026-12-01")
    span = [int(interval.start.timestamp()), int(interval.end.timestamp())]
    day["claims"] = {**day["claims"], name: [*span, "booking", None]}


def _overlap(tables: Tables) -> None:
    _claim_too(tables, "bkg_rival", Interval(LATE - 2 * HOUR, LATE))


def _orphan_events(tables: Tables) -> None:
    _drop(tables, "BOOKING#bkg_expired", "BOOKING")


def _lose_a_day(tables: Tables) -> None:
    _drop(tables, f"DAY#{ZOE.id}", "2026-12-02")


def _lose_every_day(tables: Tables) -> None:
    tables["bookings"] = [item for item in tables["bookings"] if not item["pk"].startswith("DAY#")]


def _claim_of_nobody(tables: Tables) -> None:
    _claim_too(tables, "bkg_nobody", Interval(LATE - 9 * HOUR, LATE - 8 * HOUR))


ONE_CLAIM = "a booking that holds time has exactly one whole claim, and every other has none"
RETURNED = "no more is returned than was captured"
OWNED = "an account's address is its own"
LEADS = "an address leads to an account that has it"


def test_sound_tables_pass() -> None:
    assert _rules(_sound()) == set()


@pytest.mark.parametrize(
    ("corrupt", "rule"),
    [
        (_overlap, "live claims of a celebrity never overlap"),
        (_lose_a_day, "each day of a claim carries it"),
        (_lose_every_day, ONE_CLAIM),
        (_put_booking(replace(CONFIRMED, interval=Interval(LATE, LATE + HOUR))), ONE_CLAIM),
        (_put_booking(replace(CONFIRMED, state=State.CANCELLED)), ONE_CLAIM),
        (_claim_of_nobody, "a claim is of a booking that is there"),
        (
            _lose("BOOKING#bkg_held", "EVENT#000001"),
            "a booking's version is the number of its events",
        ),
        (
            _lose("BOOKING#bkg_held", "EVENT#000002"),
            "a booking's version is the number of its events",
        ),
        (
            _change("BOOKING#bkg_held", "BOOKING", version=3),
            "a booking's version is the number of its events",
        ),
        (
            _change("BOOKING#bkg_held", "EVENT#000002", state="declined"),
            "a booking is in the state that its last event left",
        ),
        (_orphan_events, "events are of a booking"),
        (_put_booking(replace(HELD, deadline=None)), "what is held has a deadline"),
        (
            _put_booking(replace(CONFIRMED, payments=(replace(PAID, refunds=(Refund(16), Refund(5))),))),
            RETURNED,
        ),
        (_put_booking(replace(CONFIRMED, payments=(replace(PAID, refunds=(Refund(-1),)),))), RETURNED),
        (
            _put_booking(replace(CONFIRMED, payments=(replace(PAID, state=PaymentState.PENDING),))),
            RETURNED,
        ),
        (
            _put_booking(replace(CONFIRMED, payments=())),
            "a confirmed booking had its deposit captured",
        ),
        (_lose(*keys.email_owner("2@example.com")), OWNED),
        (_change(*keys.email_owner("2@example.com"), user_id="usr_1"), OWNED),
        (_change(*keys.email_owner("2@example.com"), user_id="usr_1"), LEADS),
        (_lose(*keys.user("usr_2")), LEADS),
        (_lose(*keys.user("usr_2")), "sessions and factors are of an account"),
        (_lose(*keys.user("usr_2")), "a passkey leads to an account"),
        (_change(*keys.user("usr_2"), id="usr_3"), "an account stands under its own id"),
        (
            _lose(*keys.listing_row(ZOE.id)),
            "each celebrity is listed once, and none that is not there",
        ),
        (
            _lose(*keys.celebrity(ZOE.id)),
            "each celebrity is listed once, and none that is not there",
        ),
        (_lose(*keys.slug(ZOE.slug)), "a celebrity's slug leads to it"),
        (_change(*keys.celebrity(ZOE.id), slug="zoe"), "a slug leads to a celebrity that has it"),
        (
            _change(*keys.listing_row(ZOE.id), version=7),
            "a row of the listing names the profile's version",
        ),
        (
            _change(*keys.celebrity_versions(ZOE.id), profile=7),
            "readers are told the profile's own version",
        ),
        (_lose(*keys.celebrity(ZOE.id)), "a booking is of a celebrity that is there"),
        (_lose(*keys.user("usr_1")), "a celebrity's agent is there"),
        (_change("BOOKING#bkg_held", "BOOKING", state="lost"), "items can be read (bookings: ValueError)"),
    ],
)
def test_what_is_unsound_is_named(corrupt: Callable[[Tables], None], rule: str) -> None:
    tables = _sound()
    corrupt(tables)

    assert rule in _rules(tables)


def test_findings_name_ids_and_no_address() -> None:
    tables = _sound()
    _drop(tables, *keys.email_owner("2@example.com"))

    found = violations(Snapshot(**tables, at=NOW))
    assert [str(violation) for violation in found] == [f"usr_2: it does not hold that {OWNED}"]
