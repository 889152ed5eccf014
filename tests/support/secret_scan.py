"""Looks for secrets in every file that git has or would take: ``make secrets``.

What was looked at and is none stands in .secrets.baseline, by file, kind and hash: a line may move, another
value in its place is a finding. Passwords that tests make up are no findings; keys, tokens and random text
are, in tests like everywhere.
"""

import os
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass
from fnmatch import fnmatch
from itertools import chain, repeat
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from detect_secrets.core import baseline
from detect_secrets.core.scan import scan_file
from detect_secrets.settings import transient_settings

ROOT = Path(__file__).resolve().parent.parent.parent
BASELINE = ROOT / ".secrets.baseline"

# As for the linter, which waives S105 and S106 there.
MADE_UP_IN_TESTS = "Secret Keyword"


@dataclass(frozen=True, order=True)
class Finding:
    """Something that looks like a secret, without showing it."""

    path: str
    line: int
    kind: str
    digest: str
    """SHA-1 of the value, as the baseline has it."""

    @property
    def identity(self) -> tuple[str, str, str]:
        """What stays the same when lines are added above."""
        return self.path, self.kind, self.digest


def candidates(root: Path) -> Iterator[str]:
    """Yield the paths, relative to ``root``, of all files that are committed or could be."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=root,
        capture_output=True,
        check=False,
    )
    found = listed.stdout.decode().split("\0") if listed.returncode == 0 else _walked(root)
    for path in found:
        if path and (root / path).is_file() and path != BASELINE.name:
            yield path


def _walked(root: Path) -> Iterator[str]:
    """Yield the files of an exported tree, which has no repository to ask."""
    ignored = [line.rstrip("/") for line in (root / ".gitignore").read_text("utf-8").split()]
    for folder, folders, files in os.walk(root):
        folders[:] = [name for name in folders if not any(fnmatch(name, pattern) for pattern in ignored)]
        for name in files:
            if not any(fnmatch(name, pattern) for pattern in ignored):
                yield (Path(folder) / name).relative_to(root).as_posix()


def scan(root: Path, paths: Iterable[str]) -> Iterator[Finding]:
    """Yield what looks like a secret in the files, by the baseline's own settings, without any network."""
    with _settings():
        for path in paths:
            made_up = path.startswith("tests/")
            for secret in scan_file(str(root / path)):
                if not (made_up and secret.type == MADE_UP_IN_TESTS):
                    yield Finding(path, secret.line_number, secret.type, secret.secret_hash)


def accepted() -> frozenset[tuple[str, str, str]]:
    """Return what the baseline says is no secret. An entry that nobody has looked at does not count."""
    return frozenset(
        (path, entry["type"], entry["hashed_secret"])
        for path, entries in _baseline()["results"].items()
        for entry in entries
        if entry.get("is_secret") is False
    )


def findings(root: Path) -> list[Finding]:
    """Return what looks like a secret in any candidate under ``root`` and is not known to be none."""
    known, paths, workers = accepted(), list(candidates(root)), os.cpu_count() or 1
    shares = [paths[start::workers] for start in range(workers)]
    with ProcessPoolExecutor(workers, get_context("spawn")) as pool:
        found = chain.from_iterable(pool.map(_share, repeat(root), shares))
        return sorted(finding for finding in found if finding.identity not in known)


def _share(root: Path, paths: Sequence[str]) -> list[Finding]:
    return list(scan(root, paths))


def _baseline() -> dict[str, Any]:
    loaded: dict[str, Any] = baseline.load_from_file(str(BASELINE))
    return loaded


def _settings() -> AbstractContextManager[Any]:
    known = _baseline()
    used = {name: known[name] for name in ("plugins_used", "filters_used")}
    return transient_settings(used)


def main() -> int:
    """Report every finding by its place; return the exit status."""
    found = findings(ROOT)
    for finding in found:
        sys.stderr.write(f"{finding.path}:{finding.line}: {finding.kind} (SHA-1 {finding.digest})\n")
    if found:
        sys.stderr.write(
            "These look like secrets. A real one is revoked first, then removed. One that is none gets "
            "`# pragma: allowlist secret` or an entry in .secrets.baseline with is_secret: false.\n"
        )
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
