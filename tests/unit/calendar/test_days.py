from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, cast

import pytest

from greenroom.calendar.days import (
    Claim,
    ClaimKind,
    DayDocument,
    claim,
    holds_whole,
    live_claims,
    release,
)
from greenroom.calendar.intervals import Interval
from greenroom.calendar.refusals import SlotTaken, TooLong
from tests.unit.calendar.samples import CELEBRITY, DAY, HOUR, MINUTE, absent, at, between, booked, hold

NOW = at("2026-11-30 09:00")
SOON = NOW + 15 * MINUTE
FIRST, SECOND, THIRD = date(2026, 12, 1), date(2026, 12, 2), date(2026, 12, 3)
EVENING = between("2026-12-01 20:00", "2026-12-01 22:00")
NIGHT = between("2026-12-01 22:00", "2026-12-02 02:00")


def test_a_first_claim_makes_version_one_of_the_day() -> None:
    wanted = hold("bkg_a", EVENING, SOON)

    changed = claim(absent(FIRST), wanted, NOW)

    assert changed == [DayDocument(CELEBRITY, FIRST, 1, {"bkg_a": wanted})]


def test_each_touched_day_carries_the_whole_interval_not_its_share() -> None:
    wanted = booked("bkg_a", NIGHT)

    changed = claim(absent(SECOND, FIRST), wanted, NOW)

    assert [doc.day for doc in changed] == [FIRST, SECOND]
    assert all(doc.claims == {"bkg_a": wanted} for doc in changed)


def test_a_live_claim_of_another_booking_refuses_an_overlap() -> None:
    taken = claim(absent(FIRST), hold("bkg_a", EVENING, SOON), NOW)

    with pytest.raises(SlotTaken) as refusal:
        claim(taken, booked("bkg_b", between("2026-12-01 21:59", "2026-12-01 23:00")), NOW)

    assert (refusal.value.status, refusal.value.code) == (409, "slot_taken")
    assert "bkg_a" not in refusal.value.detail


def test_a_claim_may_begin_where_another_ends() -> None:
    taken = claim(absent(FIRST, SECOND), booked("bkg_a", EVENING), NOW)
    both = {**_by_day(absent(FIRST, SECOND)), **_by_day(taken)}

    changed = claim(both.values(), booked("bkg_b", NIGHT), NOW)

    assert {doc.day: (doc.version, set(doc.claims)) for doc in changed} == {
        FIRST: (2, {"bkg_a", "bkg_b"}),
        SECOND: (1, {"bkg_b"}),
    }


@pytest.mark.parametrize(("now", "free"), [(SOON - timedelta(seconds=1), False), (SOON, True)])
def test_a_hold_excludes_others_until_the_second_of_its_expiry(now: datetime, free: bool) -> None:
    held = claim(absent(FIRST), hold("bkg_a", EVENING, SOON), NOW)

    if free:
        (doc,) = claim(held, booked("bkg_b", EVENING), now)
        assert set(doc.claims) == {"bkg_b"}
    else:
        with pytest.raises(SlotTaken):
            claim(held, booked("bkg_b", EVENING), now)


def test_expired_claims_leave_a_document_when_it_is_written() -> None:
    held = claim(absent(FIRST), hold("bkg_a", EVENING, SOON), NOW)

    (doc,) = claim(held, booked("bkg_b", between("2026-12-01 08:00", "2026-12-01 09:00")), SOON)

    assert set(doc.claims) == {"bkg_b"}


def test_a_booking_makes_its_own_hold_permanent() -> None:
    held = claim(absent(FIRST, SECOND), hold("bkg_a", NIGHT, SOON), NOW)
    permanent = booked("bkg_a", NIGHT)

    changed = claim(held, permanent, SOON + HOUR)

    assert holds_whole(changed, permanent)
    assert [doc.version for doc in changed] == [2, 2]


def test_a_hold_that_lost_one_of_its_days_cannot_be_confirmed() -> None:
    held = _by_day(claim(absent(FIRST, SECOND), hold("bkg_a", NIGHT, SOON), NOW))
    other = booked("bkg_b", between("2026-12-02 01:00", "2026-12-02 02:00"))
    held |= _by_day(claim([held[SECOND]], other, SOON))
    assert "bkg_a" in held[FIRST].claims

    with pytest.raises(SlotTaken):
        claim(held.values(), booked("bkg_a", NIGHT), SOON)


def test_moving_a_claim_releases_the_old_time_in_the_same_step() -> None:
    docs = _by_day(absent(FIRST, SECOND, THIRD))
    docs |= _by_day(claim(absent(FIRST, SECOND), booked("bkg_a", NIGHT), NOW))
    moved = booked("bkg_a", between("2026-12-02 01:00", "2026-12-03 01:00"))

    changed = _by_day(claim(docs.values(), moved, NOW))

    assert {day: (doc.version, dict(doc.claims)) for day, doc in changed.items()} == {
        FIRST: (2, {}),
        SECOND: (2, {"bkg_a": moved}),
        THIRD: (1, {"bkg_a": moved}),
    }


def test_moving_onto_a_taken_time_is_refused() -> None:
    docs = _by_day(claim(absent(FIRST), booked("bkg_a", EVENING), NOW))
    docs |= _by_day(claim(absent(THIRD), booked("bkg_b", EVENING_AFTER_NEXT), NOW))

    with pytest.raises(SlotTaken):
        claim(docs.values(), booked("bkg_a", EVENING_AFTER_NEXT), NOW)


EVENING_AFTER_NEXT = Interval(EVENING.start + 2 * DAY, EVENING.end + 2 * DAY)


def test_a_day_that_is_read_but_not_touched_is_not_written() -> None:
    expired = claim(absent(SECOND), hold("bkg_b", between("2026-12-02 08:00", "2026-12-02 09:00"), SOON), NOW)

    changed = claim([*absent(FIRST), *expired], booked("bkg_a", EVENING), SOON)

    assert [doc.day for doc in changed] == [FIRST]


def test_a_refused_or_granted_claim_leaves_what_was_read_as_it_was() -> None:
    taken = claim(absent(FIRST), hold("bkg_a", EVENING, SOON), NOW)
    before = [doc.to_stored() for doc in taken]

    with pytest.raises(SlotTaken):
        claim(taken, booked("bkg_b", EVENING), NOW)
    claim(taken, booked("bkg_b", EVENING), SOON)
    release(taken, "bkg_a")

    assert [doc.to_stored() for doc in taken] == before


def test_overlapping_claims_from_one_read_write_the_same_version_of_a_common_day() -> None:
    read = absent(FIRST, SECOND)

    one = claim(read, booked("bkg_a", NIGHT), NOW)
    two = claim(read, booked("bkg_b", between("2026-12-02 01:00", "2026-12-02 03:00")), NOW)

    assert {(doc.day, doc.version) for doc in one} & {(doc.day, doc.version) for doc in two}


def test_thirty_one_days_fit_and_a_minute_more_is_too_long() -> None:
    start = at("2026-12-01 12:00")
    month = Interval(start, start + 31 * DAY)
    docs = absent(*Interval(start, month.end + MINUTE).utc_days())

    assert len(claim(docs, booked("bkg_a", month), NOW)) == 32
    with pytest.raises(TooLong) as refusal:
        claim(docs, booked("bkg_a", Interval(start, month.end + MINUTE)), NOW)

    assert (refusal.value.status, refusal.value.code, refusal.value.field) == (422, "too_long", "start")


def test_a_claim_on_a_day_that_was_not_read_is_a_fault() -> None:
    with pytest.raises(ValueError, match="not read"):
        claim(absent(FIRST), booked("bkg_a", NIGHT), NOW)


def test_documents_of_two_celebrities_or_twice_one_day_are_a_fault() -> None:
    with pytest.raises(ValueError, match="one document"):
        claim([*absent(FIRST), DayDocument("cel_other", SECOND)], booked("bkg_a", EVENING), NOW)
    with pytest.raises(ValueError, match="one document"):
        claim(absent(FIRST, FIRST), booked("bkg_a", EVENING), NOW)


def test_releasing_writes_only_the_days_that_held_the_booking() -> None:
    docs = _by_day(absent(FIRST, SECOND, THIRD))
    docs |= _by_day(claim(absent(FIRST, SECOND), booked("bkg_a", NIGHT), NOW))
    docs |= _by_day(claim([docs[FIRST]], booked("bkg_b", EVENING), NOW))

    changed = release(docs.values(), "bkg_a")

    assert {doc.day: (doc.version, set(doc.claims)) for doc in changed} == {
        FIRST: (3, {"bkg_b"}),
        SECOND: (2, set()),
    }
    assert release(changed, "bkg_a") == []


def test_live_claims_are_told_once_each_without_the_expired_in_order_of_start() -> None:
    docs = _by_day(claim(absent(FIRST, SECOND), booked("bkg_night", NIGHT), NOW))
    docs |= _by_day(claim([docs[FIRST]], hold("bkg_evening", EVENING, SOON), NOW))

    def ids(now: datetime) -> list[str]:
        return [found.booking_id for found in live_claims(docs.values(), now)]

    assert ids(NOW) == ["bkg_evening", "bkg_night"]
    assert ids(SOON) == ["bkg_night"]


def test_a_claim_is_whole_only_when_each_of_its_days_carries_that_very_claim() -> None:
    held = hold("bkg_a", NIGHT, SOON)
    docs = claim(absent(FIRST, SECOND), held, NOW)

    assert holds_whole(docs, held)
    assert not holds_whole(docs[:1], held)
    assert not holds_whole([docs[0], *absent(SECOND)], held)
    assert not holds_whole(docs, booked("bkg_a", NIGHT))
    assert not holds_whole(docs, hold("bkg_b", NIGHT, SOON))


@pytest.mark.parametrize(
    ("kind", "expires_at"),
    [
        ("hold", None),
        ("booking", SOON),
        ("block", SOON),
        ("draft", None),
        ("hold", SOON.replace(tzinfo=None)),
    ],
)
def test_a_claim_whose_kind_and_expiry_disagree_cannot_be_made(
    kind: str, expires_at: datetime | None
) -> None:
    with pytest.raises(ValueError, match="expir"):
        Claim("bkg_a", EVENING, cast("ClaimKind", kind), expires_at)


@pytest.mark.parametrize(
    "edges", [(timedelta(microseconds=1), HOUR), (HOUR, HOUR + timedelta(microseconds=1))]
)
def test_a_claim_of_split_seconds_cannot_be_made(edges: tuple[timedelta, timedelta]) -> None:
    with pytest.raises(ValueError, match="whole seconds"):
        booked("bkg_a", Interval(EVENING.start + edges[0], EVENING.start + edges[1] + HOUR))


def test_a_hold_ends_at_the_whole_second_that_is_stored() -> None:
    held = hold("bkg_a", EVENING, SOON + timedelta(microseconds=999_999))

    assert held.expires_at == SOON


def test_a_document_is_stored_as_version_and_epoch_seconds_by_booking() -> None:
    (first, _) = claim(absent(FIRST, SECOND), hold("bkg_a", NIGHT, SOON), NOW)

    stored = first.to_stored()

    assert stored == {"version": 1, "claims": {"bkg_a": [1796162400, 1796176800, "hold", 1796030100]}}
    assert DayDocument.from_stored(CELEBRITY, FIRST, stored) == first


def test_a_stored_document_reads_back_from_the_decimals_of_a_table() -> None:
    document: dict[str, Any] = {
        "version": Decimal(7),
        "claims": {"blk_a": [Decimal(1796162400), Decimal(1796176800), "block", None]},
    }

    doc = DayDocument.from_stored(CELEBRITY, FIRST, document)

    assert doc == DayDocument(CELEBRITY, FIRST, 7, {"blk_a": Claim("blk_a", NIGHT, "block")})


def test_a_day_without_a_document_reads_as_version_zero() -> None:
    assert DayDocument.from_stored(CELEBRITY, FIRST, None) == DayDocument(CELEBRITY, FIRST)


def _by_day(docs: list[DayDocument]) -> dict[date, DayDocument]:
    return {doc.day: doc for doc in docs}
