"""Tables as files, in the form of DynamoDB's own export to S3: gzipped lines of items, and a manifest.

So what is read here may also be an export of a deployed table, copied from its bucket:

    <folder>/manifest-summary.json   {"itemCount", "exportTime", "outputFormat": "DYNAMODB_JSON", …}
    <folder>/manifest-files.json     a line for each file: {"itemCount", "md5Checksum", "dataFileS3Key"}
    <folder>/data/<name>.json.gz     a line for each item: {"Item": {"pk": {"S": "…"}, …}}
"""

import base64
import gzip
import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from hashlib import md5, sha256
from pathlib import Path
from typing import Any

Attributes = dict[str, Any]
"""An item as DynamoDB's API has it; binary values are bytes."""

_FORM = "DYNAMODB_JSON"
_A_FILE = 10_000
"""Items; the real export cuts by size."""


class BadExport(Exception):
    """The files are not what their manifest says; the message names the file."""


def write_export(folder: Path, items: Iterable[Attributes], *, at: datetime) -> None:
    """Write a table's items as they were ``at`` that moment."""
    (folder / "data").mkdir(parents=True)
    files: list[dict[str, Any]] = []
    for number, lines in enumerate(_chunks(map(_line, items))):
        content = gzip.compress("".join(lines).encode(), mtime=0)
        path = folder / "data" / f"{number:06d}.json.gz"
        path.write_bytes(content)
        files.append(
            {
                "itemCount": len(lines),
                "md5Checksum": _md5(content),
                "dataFileS3Key": str(path.relative_to(folder)),
            }
        )
    summary = {
        "version": "2020-06-30",
        "exportTime": at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "itemCount": sum(file["itemCount"] for file in files),
        "outputFormat": _FORM,
    }
    (folder / "manifest-files.json").write_text("".join(f"{json.dumps(file)}\n" for file in files))
    (folder / "manifest-summary.json").write_text(json.dumps(summary, indent=1) + "\n")


def read_export(folder: Path) -> tuple[list[Attributes], datetime]:
    """Return a table's items and the moment they are of. Raises ``BadExport``, ``OSError``.

    All of it is held in memory.
    """
    summary = json.loads((folder / "manifest-summary.json").read_text())
    if summary["outputFormat"] != _FORM:
        raise BadExport(f"{folder}: the format is {summary['outputFormat']}, not {_FORM}")
    items: list[Attributes] = []
    for line in (folder / "manifest-files.json").read_text().splitlines():
        file = json.loads(line)
        found = list(_read_file(folder / "data" / Path(file["dataFileS3Key"]).name, file["md5Checksum"]))
        if len(found) != file["itemCount"]:
            raise BadExport(f"{file['dataFileS3Key']}: {len(found)} items, not {file['itemCount']}")
        items += found
    if len(items) != summary["itemCount"]:
        raise BadExport(f"{folder}: {len(items)} items, not {summary['itemCount']}")
    return items, datetime.fromisoformat(summary["exportTime"])


def digest(items: Iterable[Attributes]) -> str:
    """Return one digest of a table's content, whatever order it came in."""
    whole = sha256()
    for line in sorted(map(_line, items)):
        whole.update(line.encode())
    return whole.hexdigest()


def _read_file(path: Path, checksum: str) -> Iterator[Attributes]:
    content = path.read_bytes()
    if _md5(content) != checksum:
        raise BadExport(f"{path}: the content has another checksum than the manifest")
    for line in gzip.decompress(content).decode().splitlines():
        yield {name: _from_json(value) for name, value in json.loads(line)["Item"].items()}


def _md5(content: bytes) -> str:
    # DynamoDB's own choice of a checksum: against accidents, not against people.
    return base64.b64encode(md5(content, usedforsecurity=False).digest()).decode()


def _chunks(lines: Iterable[str]) -> Iterator[list[str]]:
    at_hand: list[str] = []
    for line in lines:
        at_hand.append(line)
        if len(at_hand) == _A_FILE:
            yield at_hand
            at_hand = []
    if at_hand:
        yield at_hand


def _line(item: Attributes) -> str:
    plain = {name: _to_json(value) for name, value in item.items()}
    return json.dumps({"Item": plain}, sort_keys=True, separators=(",", ":"), ensure_ascii=False) + "\n"


def _to_json(value: Mapping[str, Any]) -> dict[str, Any]:
    """Write bytes as base64, however deep they are."""
    ((kind, inner),) = value.items()
    match kind:
        case "B":
            return {kind: base64.b64encode(inner).decode()}
        case "M":
            return {kind: {name: _to_json(each) for name, each in inner.items()}}
        case "L":
            return {kind: [_to_json(each) for each in inner]}
    return {kind: inner}


def _from_json(value: Mapping[str, Any]) -> dict[str, Any]:
    ((kind, inner),) = value.items()
    match kind:
        case "B":
            return {kind: base64.b64decode(inner, validate=True)}
        case "M":
            return {kind: {name: _from_json(each) for name, each in inner.items()}}
        case "L":
            return {kind: [_from_json(each) for each in inner]}
    return {kind: inner}
