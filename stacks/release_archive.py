"""A synthesised assembly as one file, which is built once and deployed everywhere.

``python -m stacks.release_archive pack FOLDER FILE`` and ``… unpack FILE FOLDER``.
"""

import gzip
import json
import shutil
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path

_NAME = "cdk.out"


class CannotRelease(Exception):
    """There is nothing there that could be packed or deployed; the message says why."""


def shortcomings(assembly: Path) -> Iterator[tuple[str, str]]:
    """Yield each stack with what the CDK's command line will not deploy it for."""
    for path in sorted(assembly.glob("*.metadata.json")):
        for entries in json.loads(path.read_text("utf-8")).values():
            for entry in entries:
                if entry["type"] == "aws:cdk:error":
                    yield path.name.removesuffix(".metadata.json"), str(entry["data"])


def _as_anybody(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    entry.mtime = 0
    return entry


def pack(assembly: Path, target: Path) -> None:
    """Write the assembly into one file: the same bytes for the same content, whoever packs it and when."""
    if not (assembly / "manifest.json").is_file():
        raise CannotRelease(f"{assembly} is no synthesised assembly")
    with (
        target.open("wb") as file,
        # Without the name and time that gzip would put in.
        gzip.GzipFile(filename="", fileobj=file, mode="wb", mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as tar,
    ):
        tar.add(assembly, _NAME, recursive=False, filter=_as_anybody)
        for path in sorted(assembly.rglob("*")):
            tar.add(
                path, f"{_NAME}/{path.relative_to(assembly).as_posix()}", recursive=False, filter=_as_anybody
            )


def unpack(source: Path, target: Path) -> None:
    """Put the assembly into ``target``/cdk.out, in place of what was there."""
    if not source.is_file():
        raise CannotRelease(f"there is no {source}: make build")
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    with tarfile.open(source) as tar:
        tar.extractall(target, filter="data")
    if not (target / _NAME / "manifest.json").is_file():
        raise CannotRelease(f"{source} holds no assembly")


def main(command: str, source: Path, target: Path) -> None:
    """Pack or unpack; end with one line for what cannot be."""
    try:
        if command == "unpack":
            unpack(source, target)
            return
        pack(source, target)
    except CannotRelease as error:
        sys.exit(str(error))
    sys.stdout.write(f"· {target}, {target.stat().st_size / 1e6:.1f} MB\n")
    for stack, lack in sorted(set(shortcomings(source))):
        sys.stdout.write(f"  {stack} will not be deployed: {lack}\n")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
