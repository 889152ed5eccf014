"""The drill: a system with data, its tables as files, a new system from them, and whether it holds."""

import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from greenroom.storage.items import decode_item
from local.data import open_folder
from local.emulator import Emulator
from local.resources import client, make_tables
from local.restore import journey
from local.restore.api import DrillFailed, running_system
from local.restore.exports import Attributes, digest, read_export, write_export
from local.restore.findings import Violation
from local.restore.invariants import Snapshot, violations
from local.restore.tables import fill_table, read_table

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

DURABLE = ("identity", "catalog", "bookings")
"""What is backed up; the counters are made anew by use."""
_PREFIX = "greenroom-local-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a drill showed."""

    items: Mapping[str, int]
    bookings: int
    seconds: Mapping[str, float]


def drill(
    work: Path, emulator: Path, *, bookings: int, say: Callable[[str], None] = lambda _: None
) -> Report:
    """Run the drill in an empty folder. Raises ``DrillFailed`` for whatever does not hold."""
    lost, export, restored = work / "lost", work / "export", work / "restored"
    clock = _Clock(say)
    with clock("make data"), running_system(lost, emulator) as api:
        before = journey.make_bookings(api, bookings)
    with clock("export"), _tables(lost, emulator) as dynamodb:
        moment = datetime.now(UTC)
        for table in DURABLE:
            write_export(export / table, read_table(dynamodb, _PREFIX + table), at=moment)
    with clock("check"):
        _demand(check(export))
    with clock("import"), _tables(restored, emulator) as dynamodb:
        items = {table: _import(dynamodb, table, export / table) for table in DURABLE}
    # What is not ours to lose: who the demo accounts are, and the payment provider's own books.
    for name in ("demo.json", "provider.json"):
        shutil.copy(lost / name, restored / name)
    with clock("serve"), running_system(restored, emulator) as api:
        journey.ask_again(api, before)
    with clock("check again"), _tables(restored, emulator) as dynamodb:
        after = {table: list(read_table(dynamodb, _PREFIX + table)) for table in DURABLE}
        _demand(violations(_snapshot(after, datetime.now(UTC))))
    return Report(items=items, bookings=bookings, seconds=clock.seconds)


def check(export: Path) -> list[Violation]:
    """Return what does not hold of exported tables, each in a folder of its name.

    The latest of their moments counts as the present. Raises ``BadExport`` or ``OSError``.
    """
    read = {table: read_export(export / table) for table in DURABLE}
    moment = max(at for _, at in read.values())
    return violations(_snapshot({table: items for table, (items, _) in read.items()}, moment))


def _snapshot(tables: Mapping[str, list[Attributes]], at: datetime) -> Snapshot:
    return Snapshot(**{table: list(map(decode_item, items)) for table, items in tables.items()}, at=at)


def _demand(found: list[Violation]) -> None:
    if found:
        raise DrillFailed("\n".join(map(str, found)))


def _import(dynamodb: "DynamoDBClient", table: str, export: Path) -> int:
    """Fill a table from its export and compare the two. Return the number of items."""
    items, _ = read_export(export)
    fill_table(dynamodb, _PREFIX + table, items)
    stored = list(read_table(dynamodb, _PREFIX + table))
    if (len(stored), digest(stored)) != (len(items), digest(items)):
        raise DrillFailed(f"{table} does not hold what was exported")
    return len(items)


@contextmanager
def _tables(data: Path, executable: Path) -> Iterator["DynamoDBClient"]:
    """Run the emulator alone on a data folder, with all tables; nothing else writes to them."""
    folder = open_folder(data, fresh=False)
    emulator = Emulator(executable, folder.emulator, persist=True, inherit=(folder.lock,))
    try:
        emulator.start()
        make_tables(emulator.url, _PREFIX)
        yield client("dynamodb", emulator.url)
    finally:
        saved = emulator.stop()
        folder.close()
    if not saved:
        raise DrillFailed("the emulator did not save its tables")


class _Clock:
    """Says what is being done, and how long it took."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self.seconds: dict[str, float] = {}

    @contextmanager
    def __call__(self, step: str) -> Iterator[None]:
        started = time.monotonic()
        yield
        self.seconds[step] = round(time.monotonic() - started, 1)
        self._say(f"{step}: {self.seconds[step]} s")
