"""Day documents: who holds which time of a celebrity, one document for each UTC day.

Every operation takes the documents as they were read and returns only those to be written, each with
its version one above the version read. The write must be one transaction, conditional on every read
version (0: the item is absent): that condition, not any clock, is what keeps two bookings apart, since
intervals that overlap share a day and hence a document. So a document is kept even when it is empty:
deleting it would bring versions back that a slow reader still holds.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Any, Final, Literal

from greenroom.calendar.horizon import LONGEST_CLAIM
from greenroom.calendar.intervals import Interval
from greenroom.calendar.refusals import SlotTaken, TooLong

ClaimKind = Literal["hold", "booking", "block"]
_KINDS: Final[tuple[ClaimKind, ...]] = ("hold", "booking", "block")


@dataclass(frozen=True, slots=True)
class Claim:
    """An exclusive hold on a celebrity's time, buffers included, in whole seconds.

    A ``hold`` ends by itself at ``expires_at`` (cut to the second, as it is stored); a ``booking`` and a
    ``block`` last until released and carry None. ``booking_id`` is the block's id for a block.

    Raises
    ------
    ValueError
        When the kind and the expiry do not fit, the expiry is naive, or the interval is not of whole seconds.
    """

    booking_id: str
    interval: Interval
    kind: ClaimKind
    expires_at: datetime | None = None

    def __post_init__(self) -> None:
        if self.kind not in _KINDS or (self.kind == "hold") != (self.expires_at is not None):
            raise ValueError(f"a hold, and nothing else, expires: {self.kind}, {self.expires_at}")
        if self.interval.start.microsecond or self.interval.end.microsecond:
            raise ValueError("a claim is made of whole seconds")
        if self.expires_at is not None:
            if self.expires_at.tzinfo is None:
                raise ValueError("an expiry is an instant")
            object.__setattr__(self, "expires_at", self.expires_at.astimezone(UTC).replace(microsecond=0))

    def is_live(self, now: datetime) -> bool:
        """Tell whether the claim still excludes others; at its expiry it no longer does."""
        return self.expires_at is None or now < self.expires_at


@dataclass(frozen=True, slots=True)
class DayDocument:
    """The claims that touch one UTC day of one celebrity, by booking id, each with its whole interval."""

    celebrity_id: str
    day: date
    version: int = 0
    """The version as read, 0 when there is no such document yet."""
    claims: Mapping[str, Claim] = field(default_factory=dict)

    @classmethod
    def from_stored(cls, celebrity_id: str, day: date, stored: Mapping[str, Any] | None) -> "DayDocument":
        """Read ``{version, claims: {booking_id: [start, end, kind, expires_at]}}``, or None: not there.

        Instants are whole epoch seconds (of any number type): a third of the size of text, and a
        document's size is what a write costs.
        """
        if stored is None:
            return cls(celebrity_id, day)
        claims = {
            booking_id: Claim(
                booking_id,
                Interval(_instant(start), _instant(end)),
                kind,
                None if expires_at is None else _instant(expires_at),
            )
            for booking_id, (start, end, kind, expires_at) in stored["claims"].items()
        }
        return cls(celebrity_id, day, int(stored["version"]), claims)

    def to_stored(self) -> dict[str, Any]:
        """Return the form that ``from_stored`` reads."""
        return {
            "version": self.version,
            "claims": {
                booking_id: [
                    int(claim.interval.start.timestamp()),
                    int(claim.interval.end.timestamp()),
                    claim.kind,
                    None if claim.expires_at is None else int(claim.expires_at.timestamp()),
                ]
                for booking_id, claim in self.claims.items()
            },
        }

    def _next(self, claims: Mapping[str, Claim]) -> "DayDocument":
        return replace(self, version=self.version + 1, claims=claims)


def live_claims(docs: Iterable[DayDocument], now: datetime) -> list[Claim]:
    """Return each claim that is live at ``now`` once, however many of the days it touches, by start."""
    found = {claim for doc in docs for claim in doc.claims.values() if claim.is_live(now)}
    return sorted(found, key=lambda claim: (claim.interval, claim.booking_id))


def in_the_way(docs: Iterable[DayDocument], wanted: Claim, now: datetime) -> list[Claim]:
    """Return the live claims of others that overlap ``wanted``, by start."""
    return [
        other
        for other in live_claims(docs, now)
        if other.booking_id != wanted.booking_id and other.interval.overlaps(wanted.interval)
    ]


def claim(docs: Iterable[DayDocument], wanted: Claim, now: datetime) -> list[DayDocument]:
    """Write ``wanted`` into every day that it touches, in place of all that its booking held before.

    The same call takes a hold, extends it, makes it permanent (a re-claim: an expired hold may have lost
    one of its days) and moves it. ``docs`` must hold every day of the wanted interval and, when the
    booking moves, every day of the old one. Written documents lose their expired claims.

    Raises
    ------
    SlotTaken
        When a live claim of anyone else overlaps; nothing is changed then.
    TooLong
        When the interval exceeds ``LONGEST_CLAIM``.
    ValueError
        When a day of the wanted interval was not read, or documents are of two celebrities.
    """
    if wanted.interval.end - wanted.interval.start > LONGEST_CLAIM:
        raise TooLong(field="start")
    by_day = _by_day(docs)
    days = set(wanted.interval.utc_days())
    if not days <= by_day.keys():
        raise ValueError(f"days not read: {sorted(days - by_day.keys())}")
    if in_the_way(by_day.values(), wanted, now):
        raise SlotTaken
    changed = []
    for day, doc in by_day.items():
        if day not in days and wanted.booking_id not in doc.claims:
            continue
        kept = {
            booking_id: other
            for booking_id, other in doc.claims.items()
            if booking_id != wanted.booking_id and other.is_live(now)
        }
        changed.append(doc._next(kept | {wanted.booking_id: wanted} if day in days else kept))
    return changed


def release(docs: Iterable[DayDocument], booking_id: str) -> list[DayDocument]:
    """Remove all that a booking holds; only documents that held it are returned, so perhaps none."""
    return [
        doc._next({other: held for other, held in doc.claims.items() if other != booking_id})
        for doc in docs
        if booking_id in doc.claims
    ]


def holds_whole(docs: Iterable[DayDocument], held: Claim) -> bool:
    """Tell whether every day of the claim's interval carries this very claim, expired or not."""
    by_day = _by_day(docs)
    return all(
        day in by_day and by_day[day].claims.get(held.booking_id) == held for day in held.interval.utc_days()
    )


def _by_day(docs: Iterable[DayDocument]) -> dict[date, DayDocument]:
    read = sorted(docs, key=lambda doc: doc.day)
    by_day = {doc.day: doc for doc in read}
    if len(by_day) != len(read) or len({doc.celebrity_id for doc in read}) > 1:
        raise ValueError("one document for each day of one celebrity is expected")
    return by_day


def _instant(epoch_seconds: Any) -> datetime:
    return datetime.fromtimestamp(int(epoch_seconds), UTC)
