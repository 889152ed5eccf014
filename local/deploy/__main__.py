"""``python -m local.deploy``: the command line of a deployment into the emulator."""

import argparse
import signal
import sys
import tempfile
import threading
import time
from pathlib import Path

from greenroom.telemetry import logs
from local.console_log import Printer
from local.deploy.stage import Deployment, Options, deployed
from local.failures import CannotRun
from local.plain_text import LONGEST_NOTICE, escaped

ROOT = Path(__file__).resolve().parents[2]


def main(arguments: list[str] | None = None) -> int:
    """Deploy a stage, serve it until a signal, and take it away. Return the process's exit status."""
    found = _arguments(arguments)
    printer, ending = Printer(sys.stdout), threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ending.set())
    logs.add_sink(
        lambda _line: None
    )  # the functions' lines are in their log groups; these are of the seeding
    started = time.monotonic()
    printer.say(f"The stage {found.stage} is being deployed …")
    try:
        with (
            tempfile.TemporaryDirectory(prefix="greenroom-") as folder,
            deployed(_options(found, Path(folder))) as deployment,
        ):
            _welcome(printer, deployment, time.monotonic() - started)
            ending.wait()
            printer.say("The stage is being destroyed …")
    except CannotRun as error:
        print(escaped(str(error), LONGEST_NOTICE), file=sys.stderr)
        return 1
    printer.say("Nothing is left of it.")
    return 0


def _arguments(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m local.deploy",
        description="Deploy a stage by CloudFormation into an AWS emulator on this machine, until Ctrl-C.",
    )
    parser.add_argument("--synthesised", type=Path, required=True, help="the folder that app.py wrote")
    parser.add_argument("--port", type=int, default=8080, help="the port to serve on (default: %(default)s)")
    parser.add_argument("--data", type=Path, help="an empty folder to work in (default: one that is removed)")
    parser.add_argument(
        "--stage", default="dev", help="which of the synthesised stages (default: %(default)s)"
    )
    parser.add_argument(
        "--emulator",
        type=Path,
        default=ROOT / ".venv" / "emulator" / "bin" / "ministack",
        help="the AWS emulator's executable",
    )
    return parser.parse_args(arguments)


def _options(found: argparse.Namespace, folder: Path) -> Options:
    return Options(
        synthesised=found.synthesised.resolve(),
        folder=(found.data or folder).resolve(),
        emulator=found.emulator.absolute(),
        stage=found.stage,
        port=found.port,
    )


def _welcome(printer: Printer, deployment: Deployment, seconds: float) -> None:
    stacks = deployment.stacks
    lacking = [f"{number} {kind}" for kind, number in sorted(stacks.lacking.items())]
    printer.say(
        f"Greenroom is ready after {seconds:.1f} s: by CloudFormation, with roles enforced. Ctrl-C ends it.",
        f"  API      {deployment.base_url}/v1",
        f"  docs     {deployment.base_url}/docs",
        f"  mailbox  {deployment.base_url}/local/mailbox?to=…",
        f"  stacks   {', '.join(stacks.names)} at {deployment.emulator_url}",
        f"  lacking  {', '.join(lacking)}",
        f"  accounts {deployment.demo_file}",
    )


if __name__ == "__main__":
    sys.exit(main())
