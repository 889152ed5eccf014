from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from greenroom.actors import Role
from greenroom.bookings.model import State
from greenroom.calendar.intervals import format_instant
from greenroom.identity.contacts import Contact
from greenroom.mail import MailUnavailable
from greenroom.messaging.announcements import UnreadableEvent
from greenroom.messaging.marks import LEASE, BeingSent
from greenroom.messaging.outbox import channel
from greenroom.refusals import NotFound
from greenroom.storage import keys
from greenroom.telemetry.logs import add_sink, remove_sink
from tests.unit.messaging.scenes import (
    AGENT,
    BOOKING_ID,
    BUYER,
    CONTACTS,
    START,
    Desk,
    event_item,
    some_booking,
)

ADA, BO = CONTACTS[BUYER].email, CONTACTS[AGENT].email


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def lines() -> Iterator[list[dict[str, Any]]]:
    """The log lines that are written while the test runs."""
    written: list[dict[str, Any]] = []
    add_sink(written.append)
    yield written
    remove_sink(written.append)


class Crash(BaseException):
    """The process ends here."""


def test_an_event_is_mailed_to_each_side_it_concerns(desk: Desk) -> None:
    assert desk.outbox.deliver(event_item()) == 2

    assert desk.postbox.recipients == [ADA, BO]


def test_an_event_that_comes_again_is_not_mailed_again(desk: Desk) -> None:
    desk.outbox.deliver(event_item())
    desk.clock.pass_by(10 * LEASE.total_seconds())

    assert desk.outbox.deliver(event_item()) == 0
    assert desk.postbox.recipients == [ADA, BO]


def test_each_event_of_a_booking_is_mailed_for_itself(desk: Desk) -> None:
    desk.outbox.deliver(event_item("booked", version=1, state="awaiting_payment"))
    desk.outbox.deliver(event_item("confirmed", version=2))

    assert [message["Subject"].partition(":")[0] for message in desk.postbox.messages] == [
        "Payment awaited",
        "Confirmed",
        "Confirmed",
    ]


def test_each_side_is_greeted_by_name_and_invited_at_its_own_address(desk: Desk) -> None:
    desk.outbox.deliver(event_item())

    for message, name, address in zip(
        desk.postbox.messages, ("Ada Lovelace", "Bo Diddley"), (ADA, BO), strict=True
    ):
        body = message.get_body(("plain",))
        (attachment,) = message.iter_attachments()
        assert body is not None
        assert f"Hello {name}," in body.get_content()
        assert f"mailto:{address}" in attachment.get_content().decode().replace("\r\n ", "")


def test_a_mail_tells_of_the_booking_as_the_event_left_it_not_as_it_is_by_now(desk: Desk) -> None:
    desk.bookings[BOOKING_ID] = some_booking(version=5, state=State.CANCELLED)
    moved = START + timedelta(days=1)
    item = event_item("rescheduled", version=3) | {
        "start": format_instant(moved),
        "end": format_instant(moved + timedelta(hours=1)),
    }

    desk.outbox.deliver(item)

    (attachment,) = desk.postbox.messages[0].iter_attachments()
    for line in (
        "METHOD:REQUEST",
        "STATUS:CONFIRMED",
        "SEQUENCE:3",
        "DTSTART;TZID=Europe/Paris:20261202T190000",
        "DTEND;TZID=Europe/Paris:20261202T200000",
    ):
        assert line in attachment.get_content().decode().split("\r\n")


@pytest.mark.parametrize(
    ("kind", "state", "methods"),
    [
        ("booked", "awaiting_payment", ["REQUEST"]),
        ("confirmed", "confirmed", ["REQUEST", "REQUEST"]),
        ("expired", "expired", ["CANCEL"]),
        ("cancelled", "cancelled", ["CANCEL", "CANCEL"]),
        ("payment_failed", "awaiting_payment", []),
        ("payment_returned", "expired", []),
        ("payment_disputed", "confirmed", []),
        ("dispute_closed", "cancelled", []),
        ("refund_ordered", "cancelled", []),
        ("refunded", "cancelled", []),
        ("balance_captured", "confirmed", []),
        ("reschedule_proposed", "confirmed", []),
        ("reschedule_declined", "confirmed", []),
        ("reschedule_lapsed", "confirmed", []),
        ("completed", "completed", []),
    ],
)
def test_what_changes_a_calendar_comes_with_a_calendar_file(
    desk: Desk, kind: str, state: str, methods: list[str]
) -> None:
    desk.outbox.deliver(event_item(kind, state=state, actor="agent"))

    attached = [part for message in desk.postbox.messages for part in message.iter_attachments()]
    assert [part["Content-Type"].params["method"] for part in attached] == methods


def test_a_side_without_an_account_is_passed_over_for_good(desk: Desk) -> None:
    del desk.contacts[BUYER]

    assert desk.outbox.deliver(event_item()) == 1
    desk.contacts[BUYER] = CONTACTS[BUYER]

    assert desk.outbox.deliver(event_item()) == 0
    assert desk.postbox.recipients == [BO]


def test_a_failing_mail_to_one_side_does_not_keep_the_other_from_its_own(desk: Desk) -> None:
    desk.postbox.fail(BUYER)

    with pytest.raises(MailUnavailable):
        desk.outbox.deliver(event_item())

    assert desk.postbox.recipients == [BO]


def test_a_mail_that_failed_is_tried_again_at_once_and_only_that_one(desk: Desk) -> None:
    desk.postbox.fail(BUYER)
    with pytest.raises(MailUnavailable):
        desk.outbox.deliver(event_item())
    desk.postbox.failing.clear()

    assert desk.outbox.deliver(event_item()) == 1
    assert desk.postbox.recipients == [BO, ADA]


def test_when_both_sides_fail_the_failure_that_will_pass_is_the_one_to_hear_of(desk: Desk) -> None:
    desk.contacts[BUYER] = Contact("not an address", "Ada")
    desk.postbox.fail(AGENT)

    with pytest.raises(MailUnavailable):
        desk.outbox.deliver(event_item())


def test_an_event_of_no_booking_is_refused_before_anything_is_marked(desk: Desk) -> None:
    desk.bookings.clear()

    with pytest.raises(NotFound):
        desk.outbox.deliver(event_item())

    assert not desk.tables.items


def test_an_unreadable_event_is_refused(desk: Desk) -> None:
    with pytest.raises(UnreadableEvent):
        desk.outbox.deliver(event_item("unheard_of"))


def test_a_log_line_tells_of_each_mail_and_of_nobody_s_address(
    desk: Desk, lines: list[dict[str, Any]]
) -> None:
    desk.postbox.fail(AGENT)
    with pytest.raises(MailUnavailable):
        desk.outbox.deliver(event_item())

    told = [(line["event"], line["event_id"], line["booking_id"], line["channel"]) for line in lines]
    event_id = event_item()["id"]
    assert told == [
        ("mail_sent", event_id, BOOKING_ID, "mail:buyer"),
        ("mail_failed", event_id, BOOKING_ID, "mail:agent"),
    ]
    for line in lines:
        assert not any(secret in str(line) for secret in (ADA, BO, "Ada Lovelace", "Pleyel"))


# Leases -----------------------------------------------------------------------------------------------------


def crash_while_sending(desk: Desk) -> None:
    """Let the process die with the buyer's mail in its hands."""
    desk.postbox.fail(BUYER, Crash())  # type: ignore[arg-type]
    with pytest.raises(Crash):
        desk.outbox.deliver(event_item())
    desk.postbox.failing.clear()


def test_a_mail_in_someone_s_hands_is_left_to_them_while_the_lease_lasts(desk: Desk) -> None:
    crash_while_sending(desk)
    desk.clock.pass_by(LEASE.total_seconds() - 1)

    with pytest.raises(BeingSent) as refused:
        desk.outbox.deliver(event_item())

    assert refused.value.until == desk.clock.instant + timedelta(seconds=1)
    assert ADA not in desk.postbox.recipients


def test_a_mail_whose_sender_died_is_sent_once_the_lease_is_over(desk: Desk) -> None:
    crash_while_sending(desk)
    desk.clock.pass_by(LEASE.total_seconds())

    assert desk.outbox.deliver(event_item()) == 2
    assert desk.postbox.recipients == [ADA, BO]


def test_of_two_that_take_over_an_ended_lease_one_gets_it(desk: Desk) -> None:
    crash_while_sending(desk)
    desk.clock.pass_by(LEASE.total_seconds())
    marks = desk.outbox.marks
    key = keys.sent(BOOKING_ID, 2, channel(Role.BUYER))
    ended = dict(desk.tables.items[key])
    assert marks.take(BOOKING_ID, 2, channel(Role.BUYER)) is not None

    desk.tables.stale[key] = ended

    with pytest.raises(BeingSent):
        marks.take(BOOKING_ID, 2, channel(Role.BUYER))


def test_who_lost_the_lease_by_being_slow_does_not_end_the_next_one_s(desk: Desk) -> None:
    marks = desk.outbox.marks
    slow = marks.take(BOOKING_ID, 2, "mail:buyer")
    desk.clock.pass_by(LEASE.total_seconds())
    assert marks.take(BOOKING_ID, 2, "mail:buyer") is not None
    assert slow is not None

    marks.release(slow)

    with pytest.raises(BeingSent):
        marks.take(BOOKING_ID, 2, "mail:buyer")


def test_a_failure_after_the_mail_was_sent_does_not_reopen_it(desk: Desk) -> None:
    marks = desk.outbox.marks
    lease = marks.take(BOOKING_ID, 2, "mail:buyer")
    assert lease is not None
    marks.close(lease, "sent")

    marks.release(lease)

    assert marks.take(BOOKING_ID, 2, "mail:buyer") is None
