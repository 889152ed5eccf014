"""``python -m local.restore``: run the drill, or check exported tables."""

import argparse
import sys
import tempfile
from pathlib import Path

from local.failures import CannotRun
from local.restore.api import DrillFailed
from local.restore.drill import check, drill
from local.restore.exports import BadExport
from local.system import ROOT

_EMULATOR = ROOT / ".venv" / "emulator" / "bin" / "ministack"


def main(arguments: list[str] | None = None) -> int:
    """Return 0 when all holds, 1 when something does not, 2 when that cannot be told."""
    options = _options(arguments)
    try:
        if options.command == "check":
            return _check(options.export)
        with tempfile.TemporaryDirectory(prefix="greenroom-drill-") as work:
            report = drill(Path(work), options.emulator.absolute(), bookings=options.bookings, say=print)
    except DrillFailed as failure:
        print(f"The drill failed: {failure}", file=sys.stderr)
        return 1
    except (BadExport, CannotRun, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    counts = ", ".join(f"{count} items of {table}" for table, count in report.items.items())
    print(f"Restored {counts}, with {report.bookings} bookings: every invariant holds, and it serves.")
    return 0


def _check(export: Path) -> int:
    found = check(export)
    for violation in found:
        print(violation)
    print(f"{len(found)} violations" if found else "Every invariant holds.")
    return 1 if found else 0


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m local.restore", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    running = commands.add_parser("drill", help="lose a system on this machine and bring it back")
    running.add_argument("--bookings", type=int, default=30, help="how many to make (default: %(default)s)")
    running.add_argument("--emulator", type=Path, default=_EMULATOR, help="the AWS emulator's executable")
    checking = commands.add_parser("check", help="check exported tables, each in a folder of its name")
    checking.add_argument("export", type=Path)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
