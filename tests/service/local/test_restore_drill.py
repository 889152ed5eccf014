"""The restore drill itself, as ``make restore-drill`` runs it, with little data."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from local.resources import client
from local.restore import drill as drills
from local.restore.api import DrillFailed
from local.restore.drill import drill
from local.restore.exports import write_export
from local.restore.tables import fill_table, read_table
from tests.support.emulator import EXECUTABLE, RunningEmulator


def test_a_lost_system_comes_back_from_its_exported_tables(tmp_path: Path) -> None:
    report = drill(tmp_path, EXECUTABLE, bookings=3)

    assert report.bookings == 3
    assert set(report.items) == {"identity", "catalog", "bookings"}
    assert all(report.items.values())


def test_more_items_than_one_batch_holds_are_all_put_in(emulator: RunningEmulator) -> None:
    table = emulator.fresh_tables().names["catalog"]
    dynamodb = client("dynamodb", emulator.url)
    items = [{"pk": {"S": "A"}, "sk": {"S": f"{number:03d}"}} for number in range(60)]

    fill_table(dynamodb, table, items)

    assert list(read_table(dynamodb, table)) == items


def test_a_table_that_holds_more_than_was_exported_fails_the_drill(
    emulator: RunningEmulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = emulator.fresh_tables().names["catalog"]
    dynamodb = client("dynamodb", emulator.url)
    item = {"pk": {"S": "A"}, "sk": {"S": "1"}}
    write_export(tmp_path / "catalog", [item], at=datetime.now(UTC))
    dynamodb.put_item(TableName=table, Item={**item, "sk": {"S": "2"}})
    monkeypatch.setattr(drills, "_PREFIX", table.removesuffix("catalog"))

    with pytest.raises(DrillFailed, match="catalog"):
        drills._import(dynamodb, "catalog", tmp_path / "catalog")
