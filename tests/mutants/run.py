"""Breaks each defence and each rule and sees that a test falls: ``make mutants``.

Each mutant is one change of text in a copy of the tree, in which the named tests alone then run. A mutant
that they let live, or whose text is no longer there, makes the exit status 1.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue

from tests.mutants.calls import CALLS
from tests.mutants.defences import DEFENCES
from tests.mutants.mutant import Mutant
from tests.mutants.rules import RULES

MUTANTS = (*DEFENCES, *CALLS, *RULES)
ROOT = Path(__file__).resolve().parents[2]
_LEFT_OUT = shutil.ignore_patterns(
    ".git", ".venv", ".local", "cdk.out", "build", "__pycache__", ".*_cache", ".coverage*"
)
_TIMEOUT_SECONDS = 300


@dataclass(frozen=True)
class Verdict:
    """What became of a mutant: ``killed``, ``survived``, or why it could not be tried."""

    mutant: Mutant
    what: str

    @property
    def good(self) -> bool:
        return self.what == "killed"


def main(arguments: Sequence[str] | None = None) -> int:
    """Try the mutants and tell of each."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutants.run", description=__doc__)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("words", nargs="*", help="try only mutants whose defence or file has one of these")
    chosen = parser.parse_args(arguments)
    mutants = [
        each for each in MUTANTS if not chosen.words or any(word in str(each) for word in chosen.words)
    ]
    with _copies(chosen.workers) as trees, ThreadPoolExecutor(chosen.workers) as crew:
        verdicts = []
        for verdict in crew.map(lambda mutant: _tried(mutant, trees), mutants):
            print(f"{'ok' if verdict.good else 'NOT OK':<7}{verdict.what:<9} {verdict.mutant}", flush=True)
            verdicts.append(verdict)
    survivors = [verdict for verdict in verdicts if not verdict.good]
    print(f"{len(verdicts) - len(survivors)} of {len(verdicts)} defences and rules are held by their tests")
    return 1 if survivors or not verdicts else 0


@contextmanager
def _copies(number: int) -> Iterator["SimpleQueue[Path]"]:
    """Yield copies of the tree, one a worker, which share the environments."""
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        trees: SimpleQueue[Path] = SimpleQueue()
        for index in range(number):
            tree = Path(folder) / str(index)
            shutil.copytree(ROOT, tree, ignore=_LEFT_OUT)
            (tree / ".venv").symlink_to(ROOT / ".venv")
            trees.put(tree)
        yield trees


def _tried(mutant: Mutant, trees: "SimpleQueue[Path]") -> Verdict:
    tree = trees.get()
    file = tree / mutant.file
    whole = file.read_text("utf-8")
    try:
        if whole.count(mutant.old) != 1:
            return Verdict(mutant, f"outdated: its text is there {whole.count(mutant.old)} times")
        file.write_text(whole.replace(mutant.old, mutant.new), "utf-8")
        return Verdict(mutant, _what_the_tests_say(tree, mutant))
    finally:
        file.write_text(whole, "utf-8")
        trees.put(tree)


def _what_the_tests_say(tree: Path, mutant: Mutant) -> str:
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *mutant.tests],
        cwd=tree,
        # Without bytecode: two mutants of a file may be equally long and equally old.
        env={**os.environ, "PYTHONPATH": f"layers{os.pathsep}.", "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=_TIMEOUT_SECONDS,
        check=False,
    )
    if run.returncode == 0:
        return "survived"
    if run.returncode != 1:
        return f"not run: {run.stdout.strip().splitlines()[-1:]}"
    fallen = {
        line.partition("[")[0].partition(" - ")[0]
        for line in run.stdout.splitlines()
        if line.startswith("FAILED")
    }
    standing = [test for test in mutant.tests if not any(test.partition("[")[0] in line for line in fallen)]
    return f"survived {', '.join(standing)}" if standing else "killed"


if __name__ == "__main__":
    sys.exit(main())
