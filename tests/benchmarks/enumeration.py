"""Times what a stranger may ask about an address, for known and unknown ones by turns.

``python -m tests.benchmarks.enumeration`` prints the medians and fails when two differ by more than ten
milliseconds. That the work is the same is proven by counting it, in tests/service/identity; this looks at
the clock, which on a busy machine wavers, and is therefore no part of the test run.
"""

import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from statistics import median

from greenroom.identity.refusals import InvalidCredentials
from greenroom.identity.settings import IdentitySettings
from greenroom.telemetry.logs import add_sink
from local.emulator import Emulator
from local.resources import client, signing_key
from tests.service.identity.world import OTHER_PASSWORD, World
from tests.support.emulator import EXECUTABLE, RunningEmulator

ROUNDS = 40
ALLOWED_MILLISECONDS = 10.0


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
    return World(settings, client("dynamodb", emulator.url), client("kms", emulator.url))


def _operations(world: World) -> dict[str, Callable[[str], object]]:
    def log_in(address: str) -> None:
        with suppress(InvalidCredentials):
            world.log_in(address, OTHER_PASSWORD)

    return {
        "login": log_in,
        "register": lambda address: world.app.registration.register(address, OTHER_PASSWORD, "Ann"),
        "reset": world.app.password_reset.request,
    }


def _milliseconds(operation: Callable[[str], object], address: str) -> float:
    started = time.perf_counter()
    operation(address)
    return (time.perf_counter() - started) * 1000


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
            for name, operation in _operations(world).items():
                taken: dict[str, list[float]] = {"known": [], "unknown": []}
                for _ in range(ROUNDS):
                    world.clock.advance(hours=2)  # past every quota
                    taken["known"].append(_milliseconds(operation, known))
                    taken["unknown"].append(_milliseconds(operation, world.address()))
                one, other = (median(times) for times in taken.values())
                worst = max(worst, abs(one - other))
                sys.stdout.write(f"{name:10} known {one:6.1f} ms   unknown {other:6.1f} ms\n")
        finally:
            running.stop()
    return int(worst > ALLOWED_MILLISECONDS)


if __name__ == "__main__":
    sys.exit(main())
