"""The release archive: a synthesised assembly as one file, built once and deployed to every stage.

``python -m stacks.release_archive pack FOLDER FILE`` and ``… unpack FILE FOLDER``.
"""

import gzip
import json
import shutil
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_NAME = "cdk.out"
_NO_ORIGIN: Any = {"mtime": 0, "uid": 0, "gid": 0, "uname": "", "gname": ""}


class CannotRelease(SystemExit):
    """There is nothing to pack or to deploy; the command ends with the message."""


def shortcomings(assembly: Path) -> Iterator[tuple[str, str]]:
    """Yield each stack that the CDK's command line refuses to deploy, and why."""
    for path in sorted(assembly.glob("*.metadata.json")):
        for entries in json.loads(path.read_text("utf-8")).values():
            for entry in entries:
                if entry["type"] == "aws:cdk:error":
                    yield path.name.removesuffix(".metadata.json"), str(entry["data"])


def pack(assembly: Path, target: Path) -> None:
    """Write the assembly into one file: equal content gives equal bytes."""
    if not (assembly / "manifest.json").is_file():
        raise CannotRelease(f"{assembly} is no synthesised assembly")
    with (
        target.open("wb") as file,
        # An empty name and the time 0 keep this machine out of the header.
        gzip.GzipFile(filename="", fileobj=file, mode="wb", mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as tar,
    ):
        tar.add(assembly, _NAME, filter=lambda entry: entry.replace(**_NO_ORIGIN, deep=False))


def unpack(source: Path, target: Path) -> None:
    """Replace ``target`` with a folder that holds the assembly as ``cdk.out``."""
    if not source.is_file():
        raise CannotRelease(f"there is no {source}: make build")
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    with tarfile.open(source) as tar:
        tar.extractall(target, filter="data")
    if not (target / _NAME / "manifest.json").is_file():
        raise CannotRelease(f"{source} holds no assembly")


def main(command: str, source: Path, target: Path) -> None:
    """Pack or unpack, and list the stacks in the archive that will not be deployed."""
    (unpack if command == "unpack" else pack)(source, target)
    if command == "pack":
        sys.stdout.write(f"· {target}, {target.stat().st_size / 1e6:.1f} MB\n")
        for stack, lack in sorted(set(shortcomings(source))):
            sys.stdout.write(f"  {stack} will not be deployed: {lack}\n")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
