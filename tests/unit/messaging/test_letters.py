from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP, default

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from greenroom.actors import Role
from greenroom.bookings.model import Booking, EventType, State
from greenroom.messaging.announcements import UnreadableEvent, announcement, sides_told
from greenroom.messaging.calendar_files import invite
from greenroom.messaging.envelopes import envelope
from greenroom.messaging.facts import local_time
from greenroom.messaging.letters import Letter, write_letter
from greenroom.storage.items import Item
from tests.unit.messaging.scenes import (
    MAIL_FROM,
    NOW,
    PUBLIC_URL,
    SENDER,
    START,
    event_item,
    some_booking,
    some_terms,
    written_terms,
)

OFFERED_TERMS = some_terms(expires_at=NOW + timedelta(days=3))


def letter(item: Item, booking: Booking | None = None, side: Role = Role.BUYER, name: str = "Ada") -> Letter:
    announced = announcement(item)
    as_of = announced.as_of(booking or some_booking())
    return write_letter(announced, as_of, side, name=name, public_url=PUBLIC_URL)


def message(item: Item, booking: Booking | None = None, recipient: str = "ada@buyers.test") -> EmailMessage:
    announced = announcement(item)
    invitation = invite(booking or some_booking(), stamp=NOW, organizer=MAIL_FROM, attendee=recipient)
    written = letter(item, booking)
    return envelope(written, invitation, announced, Role.BUYER, sender=SENDER, recipient=recipient)


def as_received(sent: EmailMessage) -> EmailMessage:
    received = message_from_bytes(sent.as_bytes(policy=SMTP), policy=default)
    assert isinstance(received, EmailMessage)
    return received


BOTH, BUYER, AGENT = (Role.BUYER, Role.AGENT), (Role.BUYER,), (Role.AGENT,)
NEGOTIATED = some_booking(terms=OFFERED_TERMS)
UNPRICED = some_booking(terms=None)
AT_ONCE = some_booking()
UNTOLD = {EventType.PAYMENT_STARTED, EventType.PAYMENT_VOIDED, EventType.ERASED}
TOLD = [kind for kind in EventType if kind not in UNTOLD]


@pytest.mark.parametrize(
    ("kind", "actor", "state", "booking", "told"),
    [
        ("requested", "buyer", "requested", UNPRICED, AGENT),
        ("booked", "buyer", "awaiting_payment", AT_ONCE, BUYER),
        ("booked", "buyer", "confirmed", AT_ONCE, BOTH),
        ("offered", "agent", "offered", NEGOTIATED, BUYER),
        ("countered", "buyer", "offered", NEGOTIATED, AGENT),
        ("countered", "agent", "offered", NEGOTIATED, BUYER),
        ("accepted", "agent", "awaiting_payment", NEGOTIATED, BUYER),
        ("accepted", "buyer", "awaiting_payment", NEGOTIATED, BOTH),
        ("confirmed", "provider", "confirmed", AT_ONCE, BOTH),
        ("confirmed", "buyer", "confirmed", NEGOTIATED, BOTH),
        ("declined", "agent", "declined", NEGOTIATED, BOTH),
        ("withdrawn", "buyer", "withdrawn", NEGOTIATED, BOTH),
        ("withdrawn", "buyer", "withdrawn", UNPRICED, BOTH),
        ("withdrawn", "buyer", "withdrawn", AT_ONCE, BUYER),
        ("expired", "clock", "expired", NEGOTIATED, BOTH),
        ("expired", "clock", "expired", UNPRICED, BOTH),
        ("expired", "clock", "expired", AT_ONCE, BUYER),
        ("payment_failed", "provider", "awaiting_payment", AT_ONCE, BUYER),
        ("payment_returned", "provider", "expired", AT_ONCE, BUYER),
        ("payment_started", "buyer", "awaiting_payment", AT_ONCE, ()),
        ("refunded", "provider", "cancelled", AT_ONCE, BUYER),
        ("balance_captured", "provider", "confirmed", NEGOTIATED, BOTH),
        ("reschedule_proposed", "buyer", "confirmed", NEGOTIATED, AGENT),
        ("reschedule_proposed", "agent", "confirmed", NEGOTIATED, BUYER),
        ("rescheduled", "agent", "confirmed", NEGOTIATED, BOTH),
        ("reschedule_declined", "agent", "confirmed", NEGOTIATED, BUYER),
        ("reschedule_lapsed", "clock", "confirmed", NEGOTIATED, BOTH),
        ("cancelled", "buyer", "cancelled", AT_ONCE, BOTH),
        ("cancelled", "agent", "cancelled", AT_ONCE, BOTH),
        ("cancelled", "admin", "cancelled", AT_ONCE, BOTH),
        ("completed", "agent", "completed", AT_ONCE, BUYER),
    ],
)
def test_each_event_is_told_to_those_it_concerns(
    kind: str, actor: str, state: str, booking: Booking, told: tuple[Role, ...]
) -> None:
    announced = announcement(event_item(kind, actor=actor, state=state))

    assert sides_told(announced, booking) == told


@pytest.mark.parametrize("kind", TOLD)
def test_no_kind_of_event_but_the_start_of_a_payment_goes_untold(kind: EventType) -> None:
    announced = announcement(event_item(kind, actor="admin"))

    assert sides_told(announced, NEGOTIATED)


@pytest.mark.parametrize("side", BOTH)
@pytest.mark.parametrize("kind", TOLD)
def test_every_letter_says_what_when_where_and_how_to_go_on(kind: EventType, side: Role) -> None:
    item = event_item(kind, reason="See you\r\nthere", changes={"terms": written_terms()})

    written = letter(item, side=side)

    assert "Zoë Núñez" in written.subject
    for expected in (
        "Hello Ada,",
        "What: Zoë Núñez, Evening appearance",
        "Start: Tuesday 1 December 2026, 19:00 (UTC+01:00, Europe/Paris)",
        "End: Tuesday 1 December 2026, 21:00 (UTC+01:00, Europe/Paris)",
        "Where: Salle Pleyel",
        "Message: See you there",
        f"Booking: {PUBLIC_URL}/v1/bookings/bkg_00000000000000000000000003",
    ):
        assert expected in written.text.split("\n")


@pytest.mark.parametrize("side", BOTH)
def test_no_two_kinds_of_event_are_told_in_the_same_words(side: Role) -> None:
    letters = [letter(event_item(kind, state="offered"), side=side) for kind in TOLD]

    assert len({written.text for written in letters}) == len(TOLD)


def test_a_held_booking_states_price_deposit_and_the_time_to_pay_in_the_meant_zone() -> None:
    item = event_item(
        "booked",
        version=1,
        state="awaiting_payment",
        changes={"terms": written_terms(), "deadline": "2026-11-02T09:15:00Z"},
    )

    lines = letter(item).text.split("\n")

    assert "Total: 1,250.00 EUR" in lines
    assert "Deposit: 250.00 EUR" in lines
    assert "Balance: 1,000.00 EUR" in lines
    assert "Pay by: Monday 2 November 2026, 10:15 (UTC+01:00, Europe/Paris)" in lines


def test_a_deadline_that_the_event_left_as_it_was_is_taken_from_the_booking() -> None:
    booking = some_booking(version=3, deadline=START, terms=OFFERED_TERMS)

    written = letter(event_item("accepted", version=3, state="awaiting_payment"), booking)

    assert "Pay by: Tuesday 1 December 2026, 19:00 (UTC+01:00, Europe/Paris)" in written.text


def test_a_deadline_is_left_out_when_the_booking_has_moved_on_since() -> None:
    booking = some_booking(version=4, deadline=START, terms=OFFERED_TERMS)

    written = letter(event_item("accepted", version=3, state="awaiting_payment"), booking)

    assert "Pay by" not in written.text


def test_a_letter_about_an_older_offer_states_that_offer_s_terms() -> None:
    booking = some_booking(version=9, terms=some_terms(fee=999_999))

    written = letter(event_item("offered", state="offered", changes={"terms": written_terms()}), booking)

    assert "Total: 1,250.00 EUR" in written.text


def test_the_commission_is_nobody_s_business_but_the_agent_s() -> None:
    for kind in TOLD:
        item = event_item(kind, changes={"terms": written_terms(), "refund": 100})

        assert "123.45" not in letter(item, side=Role.BUYER).text


@pytest.mark.parametrize(
    ("currency", "stated"), [("JPY", "25,000 JPY"), ("KWD", "25.000 KWD"), ("EUR", "250.00 EUR")]
)
def test_money_has_the_decimals_of_its_currency(currency: str, stated: str) -> None:
    booking = some_booking(currency=currency, terms=some_terms(currency=currency))

    assert f"Refund: {stated}" in letter(event_item("cancelled", changes={"refund": 25_000}), booking).text
    assert f"Deposit: {stated}" in letter(event_item("confirmed"), booking).text


@pytest.mark.parametrize(
    ("deposit", "stated", "unsaid"),
    [(125_000, "Deposit: 1,250.00 EUR", "Balance"), (0, "Balance: 1,250.00 EUR", "Deposit")],
)
def test_a_part_of_the_price_that_is_nothing_is_not_mentioned(deposit: int, stated: str, unsaid: str) -> None:
    written = letter(event_item("confirmed"), some_booking(terms=some_terms(deposit=deposit)))

    assert "Total: 1,250.00 EUR" in written.text
    assert stated in written.text
    assert unsaid not in written.text


@pytest.mark.parametrize("kind", TOLD)
def test_a_booking_without_terms_has_no_price_to_state(kind: EventType) -> None:
    written = letter(event_item(kind, state="requested"), UNPRICED, side=Role.AGENT)

    assert "EUR" not in written.text


def test_a_cancellation_without_refund_promises_none() -> None:
    written = letter(event_item("cancelled", state="cancelled", changes={"refund": 0}))

    assert "Refund" not in written.text


def test_a_proposed_time_stands_beside_the_one_that_still_holds() -> None:
    proposed = written_terms(start=START + timedelta(days=1), end=START + timedelta(days=1, hours=2))
    item = event_item(
        "reschedule_proposed", actor="agent", changes={"terms": proposed, "time_zone": "Asia/Tokyo"}
    )

    lines = letter(item).text.split("\n")

    assert "Start: Tuesday 1 December 2026, 19:00 (UTC+01:00, Europe/Paris)" in lines
    assert "Proposed start: Thursday 3 December 2026, 03:00 (UTC+09:00, Asia/Tokyo)" in lines


@pytest.mark.parametrize(
    ("instant", "time_zone", "text"),
    [
        (
            datetime(2026, 10, 25, 0, 30, tzinfo=UTC),
            "Europe/Paris",
            "Sunday 25 October 2026, 02:30 (UTC+02:00, ",
        ),
        (
            datetime(2026, 10, 25, 1, 30, tzinfo=UTC),
            "Europe/Paris",
            "Sunday 25 October 2026, 02:30 (UTC+01:00, ",
        ),
        (datetime(2026, 1, 5, tzinfo=UTC), "America/St_Johns", "Sunday 4 January 2026, 20:30 (UTC-03:30, "),
        (
            datetime(2026, 12, 31, 10, tzinfo=UTC),
            "Pacific/Kiritimati",
            "Friday 1 January 2027, 00:00 (UTC+14:00, ",
        ),
    ],
)
def test_a_time_is_said_in_the_meant_zone_with_its_offset(
    instant: datetime, time_zone: str, text: str
) -> None:
    assert local_time(instant, time_zone) == f"{text}{time_zone})"


@pytest.mark.parametrize(
    "spoilt",
    [
        {"type": "unheard_of"},
        {"state": "limbo"},
        {"at": "yesterday"},
        {"start": None},
        {"end": "2026-12-01T18:00:00Z"},
        {"actor": "buyer"},
        {"actor": {"role": "ghost", "id": "x"}},
    ],
)
def test_an_event_that_cannot_be_read_is_named_so(spoilt: Item) -> None:
    with pytest.raises(UnreadableEvent):
        announcement(event_item() | spoilt)


@pytest.mark.parametrize(
    "missing", ["id", "booking_id", "version", "type", "actor", "at", "changes", "state"]
)
def test_an_event_that_lacks_a_part_is_named_so(missing: str) -> None:
    item = event_item()
    del item[missing]

    with pytest.raises(UnreadableEvent):
        announcement(item)


# The message ------------------------------------------------------------------------------------------------


def test_the_message_identifies_its_event_and_is_the_same_each_time() -> None:
    first, second = message(event_item()), message(event_item())

    assert first["Message-ID"] == "<evt_00000000000000000000000002.buyer@greenroom.test>"
    assert first["X-Greenroom-Event"] == event_item()["id"]
    assert first["From"] == "Greenroom <bookings@greenroom.test>"
    assert first["To"] == "ada@buyers.test"
    assert first["Date"].datetime == NOW
    assert first["Auto-Submitted"] == "auto-generated"
    assert first.items()[:-1] == second.items()[:-1]  # all but the boundary


def test_each_side_and_each_event_has_a_message_id_of_its_own() -> None:
    announced = [announcement(event_item(version=version)) for version in (1, 2)]
    ids = {
        envelope(Letter("s", "t", "<p>t</p>"), None, event, side, sender=SENDER, recipient="a@b.test")[
            "Message-ID"
        ]
        for event in announced
        for side in BOTH
    }

    assert len(ids) == 4


@pytest.mark.parametrize(("state", "method"), [("confirmed", "REQUEST"), ("cancelled", "CANCEL")])
def test_the_invitation_is_a_form_of_the_letter_and_a_file_the_same_to_the_byte(
    state: str, method: str
) -> None:
    booking = some_booking(state=State(state))
    invitation = invite(booking, stamp=NOW, organizer=MAIL_FROM, attendee="ada@buyers.test")

    received = as_received(message(event_item(state, state=state), booking))

    leaves = [part for part in received.walk() if not part.is_multipart()]
    assert [part.get_content_type() for part in received.walk()] == [
        "multipart/mixed",
        "multipart/alternative",
        "text/plain",
        "text/html",
        "text/calendar",
        "application/ics",
    ]
    assert [part.get_filename() for part in leaves] == [None, None, None, "booking.ics"]
    for part in leaves[2:]:
        assert part.get_payload(decode=True) == invitation.content
        assert part["Content-Type"].params["method"] == method
        assert part["Content-Type"].params["charset"] == "utf-8"


def test_a_letter_that_changes_no_calendar_has_its_text_and_its_html_alone() -> None:
    announced = announcement(event_item("payment_failed"))
    written = letter(event_item("payment_failed"))

    received = as_received(
        envelope(written, None, announced, Role.BUYER, sender=SENDER, recipient="ada@buyers.test")
    )

    assert [part.get_content_type() for part in received.walk()] == [
        "multipart/alternative",
        "text/plain",
        "text/html",
    ]
    assert received.get_body(("plain",)).get_content().splitlines() == written.text.splitlines()  # type: ignore[union-attr]
    assert received.get_body(("html",)).get_content().splitlines() == written.html.splitlines()  # type: ignore[union-attr]


TYPED = st.text(max_size=120) | st.sampled_from(
    [
        "x\r\nBcc: eve@evil.test",
        "x\nSubject: y\n\nbody",
        "x\u2028Bcc: eve@evil.test",
        "x\x85Bcc: eve@evil.test",
        "x\x0b\x0c\x1cBcc: eve@evil.test",
        "=?utf-8?q?x=0D=0ABcc:_eve@evil.test?=",
        "{0.__class__} {celebrity} %s",
        "é" * 100 + ", <eve@evil.test>",
    ]
)


@settings(max_examples=60, deadline=None)
@given(celebrity=TYPED, title=TYPED, venue=TYPED, reason=TYPED, name=TYPED)
def test_no_text_that_people_typed_adds_a_header_a_recipient_or_a_part(
    celebrity: str, title: str, venue: str, reason: str, name: str
) -> None:
    plain = as_received(message(event_item()))
    booking = replace(some_booking(), celebrity_name=celebrity, offering_title=title, venue=venue)
    announced = announcement(event_item(reason=reason))
    written = write_letter(announced, booking, Role.BUYER, name=name, public_url=PUBLIC_URL)

    received = as_received(
        envelope(
            written,
            invite(booking, stamp=NOW, organizer=MAIL_FROM, attendee="ada@buyers.test"),
            announced,
            Role.BUYER,
            sender=SENDER,
            recipient="ada@buyers.test",
        )
    )

    assert received.keys() == plain.keys()
    assert [address.addr_spec for address in received["To"].addresses] == ["ada@buyers.test"]
    assert [address.addr_spec for address in received["From"].addresses] == [MAIL_FROM]
    assert len(list(received.iter_attachments())) == 1
    assert len(written.subject.splitlines()) == 1
    assert written.text.count("\n") == sum(1 for line in written.text.splitlines())


def test_a_subject_in_any_script_arrives_as_written() -> None:
    name = "椎名林檎" * 20

    assert (
        as_received(message(event_item(), some_booking(celebrity_name=name)))["Subject"]
        == f"Confirmed: {name}"
    )


def test_a_long_address_stays_one_address() -> None:
    address = f"{'a' * 64}@{'b.' * 90}example.test"

    received = as_received(message(event_item(), recipient=address))

    assert [found.addr_spec for found in received["To"].addresses] == [address]
    assert address.encode() in message(event_item(), recipient=address).as_bytes(policy=SMTP)


@pytest.mark.parametrize(
    "address", ["a@b.test\r\nBcc: eve@evil.test", "a@b.test, eve@evil.test", "", "nobody"]
)
def test_what_is_not_one_address_is_never_mailed_to(address: str) -> None:
    with pytest.raises(Exception, match=r"."):
        message(event_item(), recipient=address)
