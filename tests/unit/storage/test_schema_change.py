"""A change of a stored form while the code of before and after runs on one table, as decision 17 has it."""

from itertools import product

import pytest

from greenroom.storage.tables import ConditionFailed, Tables
from tests.support.memory_dynamodb import MemoryDynamoDB
from tests.unit.storage.venues import CONTRACTED, EXPANDED, OLD, Release, left_to_migrate, migrate

HALL = {"name": "Hall", "city": "Lyon"}


@pytest.fixture
def tables() -> Tables:
    return _tables()


def _tables() -> Tables:
    return Tables(MemoryDynamoDB())  # type: ignore[arg-type]


def _run(tables: Tables, releases: tuple[Release, ...]) -> None:
    """Let the first release add a booking, and each of the others rename its place."""
    releases[0].add(tables, "bkg_1", dict(HALL))
    for number, release in enumerate(releases[1:], start=1):
        release.rename(tables, "bkg_1", f"Hall {number}")


@pytest.mark.parametrize("pair", [(OLD, EXPANDED), (EXPANDED, CONTRACTED)], ids=lambda p: p[1].name)
@pytest.mark.parametrize("turns", range(1, 5))
def test_neighbouring_releases_read_each_other_whoever_wrote_last(
    pair: tuple[Release, Release], turns: int
) -> None:
    for releases in product(pair, repeat=turns):
        tables = _tables()
        _run(tables, releases)

        expected = f"Hall {turns - 1}" if turns > 1 else "Hall"
        for reader in pair:
            assert reader.show(tables, "bkg_1")["name"] == expected, (releases, reader.name)


def test_what_the_old_release_wrote_over_is_no_longer_told_in_the_new_form(tables: Tables) -> None:
    # The old release writes whole items, so the new form goes with its value: nothing stale is left behind.
    _run(tables, (EXPANDED, OLD))

    assert EXPANDED.show(tables, "bkg_1") == {"name": "Hall 1", "city": None}
    assert list(left_to_migrate(tables)) == ["bkg_1"]


def test_a_release_that_knows_more_keeps_it_when_it_changes_the_rest(tables: Tables) -> None:
    _run(tables, (EXPANDED, EXPANDED, CONTRACTED))

    assert CONTRACTED.show(tables, "bkg_1") == {"name": "Hall 2", "city": "Lyon"}


def test_going_back_a_release_loses_no_booking(tables: Tables) -> None:
    _run(tables, (OLD, EXPANDED))

    assert OLD.show(tables, "bkg_1")["name"] == "Hall 1"


def test_everything_is_migrated_by_being_written_again(tables: Tables) -> None:
    for number in range(3):
        OLD.add(tables, f"bkg_{number}", dict(HALL))
    assert len(list(left_to_migrate(tables))) == 3

    for booking_id in list(left_to_migrate(tables)):
        migrate(tables, booking_id)

    assert list(left_to_migrate(tables)) == []
    assert CONTRACTED.show(tables, "bkg_2")["name"] == "Hall"
    assert OLD.show(tables, "bkg_2")["name"] == "Hall"


def test_a_migration_loses_to_whoever_writes_meanwhile(
    tables: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    OLD.add(tables, "bkg_1", dict(HALL))
    read = EXPANDED._item(tables, "bkg_1")
    OLD.rename(tables, "bkg_1", "Arena")
    monkeypatch.setattr(Release, "_item", lambda *_: read)

    with pytest.raises(ConditionFailed):
        migrate(tables, "bkg_1")
    monkeypatch.undo()
    assert OLD.show(tables, "bkg_1")["name"] == "Arena"


def test_contracting_too_early_breaks_what_was_not_migrated_and_that_can_be_told_before(
    tables: Tables,
) -> None:
    OLD.add(tables, "bkg_1", dict(HALL))

    assert list(left_to_migrate(tables)) == ["bkg_1"]
    with pytest.raises(KeyError):
        CONTRACTED.show(tables, "bkg_1")


def test_releases_that_are_not_neighbours_cannot_run_together(tables: Tables) -> None:
    CONTRACTED.add(tables, "bkg_1", dict(HALL))

    with pytest.raises(KeyError):
        OLD.show(tables, "bkg_1")
