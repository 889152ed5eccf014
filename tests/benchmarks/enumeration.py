"""Times what a stranger may ask about an address, for known and unknown ones by turns.

``python -m tests.benchmarks.enumeration`` prints the medians and fails when two differ by more than ten
milliseconds in the mean of the rounds. That the work is the same is proven by counting it, in
tests/service/identity/test_enumeration.py; test_equal_times.py there takes this measurement in short.
"""

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from greenroom.aws.client import DYNAMODB, KMS
from greenroom.identity.settings import IdentitySettings
from greenroom.telemetry.logs import add_sink
from local.emulator import Emulator
from local.resources import own_client, signing_key
from tests.service.identity.strangers import ask_for_reset, log_in, register
from tests.service.identity.world import World
from tests.support.emulator import EXECUTABLE, RunningEmulator
from tests.support.timing import compare

ROUNDS, PAIRS = 5, 15
ALLOWED_MILLISECONDS = 10.0
ASKED: dict[str, Callable[[World, str], object]] = {
    "login": log_in,
    "register": register,
    "reset": ask_for_reset,
}


def _world(emulator: RunningEmulator) -> World:
    tables = emulator.fresh_tables().names
    settings = IdentitySettings.read(
        {
            "STAGE": "test",
            "IDENTITY_TABLE": tables["identity"],
            "LIMITS_TABLE": tables["limits"],
            "TOKEN_KEY_IDS": signing_key(emulator.url),
            "TOKEN_ISSUER": "https://greenroom.test",
            "TOKEN_AUDIENCE": "greenroom-api",
            "PUBLIC_URL": "https://greenroom.test",
            "MAIL_FROM": "Greenroom <no-reply@greenroom.test>",
        }
    )
    return World(settings, own_client(DYNAMODB, emulator.url), own_client(KMS, emulator.url))


def main() -> int:
    """Measure, print, and return 1 when the answers' times tell addresses apart."""
    add_sink(lambda _line: None)
    worst = 0.0
    with tempfile.TemporaryDirectory() as folder:
        running = Emulator(EXECUTABLE, Path(folder), persist=False)
        running.start()
        try:
            world = _world(RunningEmulator(running.url))
            known = world.verified()
            for name, ask in ASKED.items():
                found = compare(
                    _asking(world, ask, lambda: known),
                    _asking(world, ask, world.address),
                    rounds=ROUNDS,
                    pairs=PAIRS,
                )
                worst = max(worst, found.difference)
                one, other = found.medians
                sys.stdout.write(
                    f"{name:10} known {one:6.1f} ms   unknown {other:6.1f} ms"
                    f"   differ by {found.difference:4.1f} ms\n"
                )
        finally:
            running.stop()
    return int(worst > ALLOWED_MILLISECONDS)


def _asking(
    world: World, ask: Callable[[World, str], object], address: Callable[[], str]
) -> Callable[[], object]:
    def operation() -> object:
        world.clock.advance(hours=2)  # past every quota
        return ask(world, address())

    return operation


if __name__ == "__main__":
    sys.exit(main())
