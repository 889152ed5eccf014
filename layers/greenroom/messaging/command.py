"""The operator's command for mails that did not go out.

  list                              show what is in the queue of undelivered events; nothing is changed
  replay                            mail it, from the event log, and take what went out from the queue
  replay --since … [--until …]      mail what was never mailed of a span of the event log, as after an outage
                                    longer than the stream's 24 hours; the queue stays as it is

What was mailed before is not mailed again, so each may be repeated. A replay reads the whole bookings table.
It reads STAGE, BOOKINGS_TABLE, IDENTITY_TABLE, MAIL_FROM, PUBLIC_URL and UNDELIVERED_QUEUE_URL from the
environment, as the outbox does, and acts with the rights of whoever calls it. Log lines of what is mailed go
to standard output too. See docs/runbooks/delivery.md.
"""

import argparse
import sys
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta

from greenroom.calendar.intervals import format_instant, parse_instant
from greenroom.mail import SesMailer
from greenroom.refusals import Refusal
from greenroom.settings import InvalidSettings
from greenroom.storage.clients import client
from greenroom.storage.tables import Tables

from .composition import compose
from .replay import Replayed, replay_events
from .settings import OutboxSettings
from .undelivered import Note, UndeliveredQueue

Span = tuple[datetime, datetime]

_LOOK, _WORK = timedelta(seconds=30), timedelta(hours=2)


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry out one command; return 0, or 1 where something could not be mailed or read, and say what."""
    chosen = _parser().parse_args(arguments)
    try:
        if chosen.command == "list":
            return _show(_queue())
        if chosen.since:
            return _told(_replay((chosen.since, chosen.until or _now())))
        return _empty(_queue(), _replay)
    except (InvalidSettings, Refusal) as error:
        sys.stderr.write(f"{error}\n")
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m greenroom.messaging.command",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")
    commands.add_parser("list", help="show the undelivered events")
    replay = commands.add_parser("replay", help="mail what was not mailed")
    replay.add_argument("--since", type=parse_instant, help="the first instant, as 2026-12-01T00:00:00Z")
    replay.add_argument("--until", type=parse_instant, help="the last instant; now where it is left out")
    return parser


def _now() -> datetime:
    return datetime.now(UTC)


def _queue() -> UndeliveredQueue:
    return UndeliveredQueue(client("sqs"), OutboxSettings.read().undelivered_queue_url)


def _show(queue: UndeliveredQueue) -> int:
    notes = queue.take(hold=_LOOK)
    queue.give_back(notes)
    for note in sorted(notes, key=lambda note: note.first or _now()):
        arrived = format_instant(note.first.replace(microsecond=0)) if note.first else "?"
        sys.stdout.write(f"{arrived}  {note.records} event(s)  {note.why}  {note.place}  {note.id}\n")
    sys.stdout.write(f"{len(notes)} undelivered\n")
    return 0


def _empty(queue: UndeliveredQueue, replay: Callable[[Span], Replayed]) -> int:
    """Replay what the queue notes; a note leaves it once all events of its span went out."""
    notes = queue.take(hold=_WORK)
    total, left = Replayed(0, 0), [note for note in notes if note.span is None]
    try:
        for span, noted in merged(notes):
            outcome = replay(span)
            total = Replayed(total.sent + outcome.sent, total.failed + outcome.failed)
            if outcome.failed:
                left += noted
            else:
                queue.remove(noted)
                notes = [note for note in notes if note not in noted]
    finally:
        queue.give_back(notes)
    sys.stdout.write(f"{len(left)} still in the queue\n")
    return max(_told(total), 1 if left else 0)


def merged(notes: Iterable[Note]) -> list[tuple[Span, list[Note]]]:
    """Return the spans of the notes, those that meet as one: each costs a reading of the table."""
    spans: list[tuple[Span, list[Note]]] = []
    for span, note in sorted(
        ((note.span, note) for note in notes if note.span), key=lambda pair: (pair[0], pair[1].id)
    ):
        if spans and span[0] <= spans[-1][0][1]:
            (since, until), noted = spans.pop()
            spans.append(((since, max(until, span[1])), [*noted, note]))
        else:
            spans.append((span, [note]))
    return spans


def _replay(span: Span) -> Replayed:
    settings, tables = OutboxSettings.read(), Tables(client("dynamodb"))
    outbox = compose(settings, tables, SesMailer(), _now)
    since, until = span
    return replay_events(tables, settings.bookings_table, outbox.deliver, since=since, until=until, now=_now)


def _told(outcome: Replayed) -> int:
    sys.stdout.write(f"{outcome.sent} mail(s) sent, {outcome.failed} event(s) failed\n")
    return 1 if outcome.failed else 0


if __name__ == "__main__":
    sys.exit(main())
