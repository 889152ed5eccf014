"""``python -m local``: the command line of the local system."""

import argparse
import os
import signal
import sys
import threading
import time
from pathlib import Path
from types import FrameType

from local.console_log import Printer, printer_for
from local.failures import CannotRun
from local.plain_text import LONGEST_NOTICE, escaped
from local.system import ROOT, Ending, Interrupted, Options, running


def main(arguments: list[str] | None = None) -> int:
    """Run until a signal or a failure. Return the process's exit status."""
    options = _options(arguments)
    try:
        printer = printer_for(os.environ.get("LOG_FORMAT") or "text", sys.stdout, sys.stderr)
    except CannotRun as error:
        print(error, file=sys.stderr)
        return 1
    ending = Ending(threading.Event())

    def stop(_signal: int, _frame: FrameType | None) -> None:
        # Nothing is raised here: it could come up in code that swallows it, or that holds a lock.
        ending.asked.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    started = time.monotonic()
    printer.say("Greenroom is starting …")
    try:
        with running(options, ending, printer) as base_url:
            _welcome(printer, base_url, options, time.monotonic() - started)
            ending.asked.wait()
            printer.say("Greenroom is stopping …")
    except Interrupted:
        return 0
    except CannotRun as error:
        ending.trouble = ending.trouble or str(error)
    except Exception:
        if not ending.trouble:  # with the emulator dead, what failed because of it explains nothing
            raise
    if ending.trouble:
        print(escaped(ending.trouble, LONGEST_NOTICE), file=sys.stderr)
        return 1
    return 0


def _options(arguments: list[str] | None) -> Options:
    parser = argparse.ArgumentParser(
        prog="python -m local", description="Serve the whole system on this machine."
    )
    parser.add_argument("--port", type=int, default=8080, help="the port to serve on (default: %(default)s)")
    parser.add_argument("--fresh", action="store_true", help="forget all data of earlier runs first")
    parser.add_argument("--data", type=Path, default=ROOT / ".local", help="the folder for all data")
    parser.add_argument(
        "--emulator",
        type=Path,
        default=ROOT / ".venv" / "emulator" / "bin" / "ministack",
        help="the AWS emulator's executable",
    )
    found = parser.parse_args(arguments)
    return Options(found.port, found.data.resolve(), found.emulator.absolute(), found.fresh)


def _welcome(printer: Printer, base_url: str, options: Options, seconds: float) -> None:
    printer.say(
        f"Greenroom is ready after {seconds:.1f} s. Ctrl-C stops it; its data stay in {options.data}",
        f"  console  {base_url}/",
        f"  docs     {base_url}/docs",
        f"  API      {base_url}/v1",
        f"  accounts {options.data / 'demo.json'}",
    )


if __name__ == "__main__":
    sys.exit(main())
