"""Exported tables: what comes back is what went out, or it is refused."""

import base64
import gzip
import json
from datetime import UTC, datetime
from hashlib import md5
from pathlib import Path

import pytest

from local.restore.__main__ import main
from local.restore.exports import Attributes, BadExport, digest, read_export, write_export

NOW = datetime(2026, 11, 2, 9, 0, 0, 123_000, tzinfo=UTC)
ITEMS: list[Attributes] = [
    {
        "pk": {"S": "A#ü"},
        "sk": {"S": "1"},
        "count": {"N": "12"},
        "body": {"B": b"\x00\xff"},
        "nested": {"M": {"parts": {"L": [{"B": b"\x01"}, {"NULL": True}, {"BOOL": False}]}}},
    },
    {"pk": {"S": "A#ü"}, "sk": {"S": "line\nbreak"}},
]


def _data(folder: Path) -> Path:
    (found,) = (folder / "data").iterdir()
    return found


def test_items_come_back_as_they_were_with_their_moment(tmp_path: Path) -> None:
    write_export(tmp_path / "bookings", ITEMS, at=NOW)

    assert read_export(tmp_path / "bookings") == (ITEMS, NOW)


def test_a_table_without_items_is_an_export_too(tmp_path: Path) -> None:
    write_export(tmp_path / "bookings", [], at=NOW)

    assert read_export(tmp_path / "bookings") == ([], NOW)


def test_files_are_in_the_form_of_dynamodbs_own_export(tmp_path: Path) -> None:
    write_export(tmp_path, ITEMS, at=NOW)

    first, second = gzip.decompress(_data(tmp_path).read_bytes()).decode().splitlines()
    assert json.loads(first)["Item"]["body"] == {"B": "AP8="}
    assert json.loads(second) == {"Item": {"pk": {"S": "A#ü"}, "sk": {"S": "line\nbreak"}}}
    summary = json.loads((tmp_path / "manifest-summary.json").read_text())
    assert summary["outputFormat"] == "DYNAMODB_JSON"
    assert summary["itemCount"] == 2
    (line,) = (tmp_path / "manifest-files.json").read_text().splitlines()
    checksum = base64.b64encode(md5(_data(tmp_path).read_bytes(), usedforsecurity=False).digest()).decode()
    assert json.loads(line) == {
        "itemCount": 2,
        "md5Checksum": checksum,
        "dataFileS3Key": "data/000000.json.gz",
    }


def test_a_file_is_found_under_the_key_that_a_bucket_gave_it(tmp_path: Path) -> None:
    write_export(tmp_path, ITEMS, at=NOW)
    manifest = tmp_path / "manifest-files.json"
    manifest.write_text(manifest.read_text().replace('"data/', '"AWSDynamoDB/0169-ab/data/'))

    assert read_export(tmp_path)[0] == ITEMS


def test_content_that_differs_from_the_manifest_is_refused(tmp_path: Path) -> None:
    write_export(tmp_path, ITEMS, at=NOW)
    _data(tmp_path).write_bytes(gzip.compress(b'{"Item": {"pk": {"S": "B"}}}\n'))

    with pytest.raises(BadExport, match="checksum"):
        read_export(tmp_path)


@pytest.mark.parametrize("name", ["manifest-files.json", "manifest-summary.json"])
def test_items_that_are_missing_are_noticed(tmp_path: Path, name: str) -> None:
    write_export(tmp_path, ITEMS, at=NOW)
    manifest = tmp_path / name
    manifest.write_text(manifest.read_text().replace('"itemCount": 2', '"itemCount": 3'))

    with pytest.raises(BadExport, match="2 items, not 3"):
        read_export(tmp_path)


def test_another_form_is_refused(tmp_path: Path) -> None:
    write_export(tmp_path, ITEMS, at=NOW)
    summary = tmp_path / "manifest-summary.json"
    summary.write_text(summary.read_text().replace("DYNAMODB_JSON", "ION"))

    with pytest.raises(BadExport, match="ION"):
        read_export(tmp_path)


def test_a_digest_is_of_the_content_and_not_of_its_order() -> None:
    other = [ITEMS[0], {**ITEMS[1], "sk": {"S": "2"}}]

    assert digest(ITEMS) == digest(reversed(ITEMS))
    assert digest(ITEMS) != digest(other)
    assert digest(ITEMS) != digest(ITEMS[:1])


def test_checking_what_holds_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for table in ("identity", "catalog", "bookings"):
        write_export(tmp_path / table, [], at=NOW)

    assert main(["check", str(tmp_path)]) == 0
    assert "Every invariant holds." in capsys.readouterr().out


def test_checking_what_does_not_hold_names_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    orphan: Attributes = {"pk": {"S": "USER#usr_1"}, "sk": {"S": "SESSION#ses_1"}}
    for table in ("identity", "catalog", "bookings"):
        write_export(tmp_path / table, [orphan] if table == "identity" else [], at=NOW)

    assert main(["check", str(tmp_path)]) == 1
    assert "sessions and factors are of an account" in capsys.readouterr().out


def test_what_cannot_be_read_is_told_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(tmp_path)]) == 2
    assert "manifest-summary.json" in capsys.readouterr().err
