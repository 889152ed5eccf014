"""Measures what each function takes of its memory setting: those of ``stacks/sizes.py`` are held against it.

``python -m tests.benchmarks.memory`` prints a line for each function. Each runs in a process of its own, does
its hardest work over the emulator, and says how much memory its process ever held, and how much of a whole
processor's time its first event and the median of the others took; ``waits`` is that median at the setting,
which allots a share of a processor. Lambda's runtime and its way of counting are not in it, and this
machine's processor is not Lambda's: the alarm on Lambda's own reports has the last word. Linux alone.
"""

import importlib
import json
import os
import struct
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any, cast

import httpx

from greenroom.gateway.dispatch import Function
from greenroom.storage.secrets import secret
from greenroom.telemetry.logs import add_sink
from greenroom.uploads.purposes import KINDS, Purpose
from local.emulator import Emulator
from local.ports import LOOPBACK, port_of, reserve
from local.provider.service import Provider
from local.provider.webhooks import Webhooks
from local.resources import PAYMENT_SECRET
from local.runtime import LambdaContext
from local.serving import Serving
from stacks.functions import PLANS
from stacks.sizes import MEMORY
from tests.support.emulator import EXECUTABLE, RunningEmulator
from tests.support.files import png
from tests.support.functions import PASSWORD, RunningFunctions, running_functions

ROUNDS = 20
MOST_SHARE = 0.5
"""More than this of a setting is a failure: the other half is Lambda's runtime and what nobody thought of."""
WHOLE_PROCESSOR_MB = 1769
_HEADED = 33
"""The bytes of a PNG before its pixels."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What one function took: megabytes, and milliseconds of a whole processor."""

    memory: float
    first: float
    others: float

    def share(self, setting: int) -> float:
        """Return how much of the memory setting was used, 0 to 1."""
        return self.memory / setting

    def waits(self, setting: int) -> float:
        """Return the milliseconds that the processor's time takes where the setting allots a part of one."""
        return self.others * max(1.0, WHOLE_PROCESSOR_MB / setting)


@dataclass(slots=True)
class _Kept:
    """Stands for a function and keeps the events it is called with."""

    events: list[dict[str, Any]]

    def __call__(self, event: dict[str, Any]) -> dict[str, Any]:
        self.events.append(event)
        return {"statusCode": 200, "headers": {}, "body": "{}"}


def _upload(running: RunningFunctions) -> str:
    """Send the largest photo there may be to where it is looked at, and return its upload's id."""
    small, pixels = png(), b"IDAT" + bytes(KINDS[Purpose.PHOTO].most_bytes - 10_000)
    chunk = struct.pack(">I", len(pixels) - 4) + pixels + struct.pack(">I", zlib.crc32(pixels))
    data = small[:_HEADED] + chunk + small[_HEADED:]
    body = {"purpose": "photo", "content_type": "image/png", "size": len(data)}
    made = running.call("POST", "/v1/uploads", token=running.token("agent"), body=body).body
    with httpx.Client(trust_env=False, timeout=60) as browser:
        browser.post(made["url"], data=made["fields"], files={"file": data}).raise_for_status()
    return str(made["id"])


def work(running: RunningFunctions) -> dict[str, list[dict[str, Any]]]:
    """Return the events that each function shall be called with, in this order."""
    kept = {name: _Kept([]) for name in running.functions}
    celebrity = running.add_celebrity("agent")
    buyer, agent, upload = running.token("buyer"), running.token("agent"), _upload(running)
    booked = [running.book("buyer", celebrity, days=days) for days in range(10, 10 + ROUNDS)]
    asking = replace(running, functions=cast("dict[str, Function[Any]]", kept))
    day = datetime.now(UTC).date() + timedelta(days=7)
    slots = f"from={day}&to={day + timedelta(days=29)}&offering_id={celebrity.offerings[0].id}"
    for number, booking in enumerate(booked):
        asking.call("POST", "/v1/auth/login", body={"email": running.emails["buyer"], "password": PASSWORD})
        known = {"celebrity_id": celebrity.id}
        asking.call("GET", "/v1/celebrities/{celebrity_id}/availability", query=slots, parameters=known)
        wish = {"offering_id": celebrity.offerings[0].id, "time_zone": "UTC"}
        wish["start"] = f"{day + timedelta(days=60 + number)}T18:00:00Z"
        asking.call("POST", "/v1/bookings", token=buyer, body=wish, Idempotency_Key=f"memory-{number}")
        asking.call(
            "POST",
            "/v1/bookings/{booking_id}/payments",
            token=buyer,
            body={"kind": "deposit"},
            parameters={"booking_id": booking},
            Idempotency_Key=f"memory-{number}",
        )
        asking.call("GET", "/health/detailed", token=running.monitoring_token)
    asking.call("POST", "/v1/uploads/{upload_id}/complete", token=agent, parameters={"upload_id": upload})
    replay = {"since": f"{day - timedelta(days=14)}T00:00:00Z", "until": f"{day}T00:00:00Z"}
    return {
        **{name: one.events for name, one in kept.items()},
        "outbox": [{"replay": replay}, *[{"Records": []}] * ROUNDS],
        "sweeper": [{}] * ROUNDS,
    }


def _measured(name: str, events: list[dict[str, Any]]) -> Taken:
    outcome = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.memory", name],
        input=json.dumps(events),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return Taken(**json.loads(outcome.stdout.splitlines()[-1]))


def be(name: str, events: list[dict[str, Any]]) -> Taken:
    """Be the function in this process: what it took, import and composition included in the first event."""
    add_sink(lambda _: None)
    spent, before = [], time.process_time()
    handler = importlib.import_module(f"functions.{name}.main").handler
    for event in events:
        answer = handler(event, LambdaContext(name, time.monotonic() + 60))
        # The details of health say 503 on a machine that is busy.
        if answer.get("statusCode", 200) not in {200, 201, 503}:
            raise AssertionError(f"{name}: {answer['body']}")
        spent.append((time.process_time() - before) * 1e3)
        before = time.process_time()
    return Taken(_most_memory(), spent[0], median(spent[1:]))


def _most_memory() -> float:
    """Return the most megabytes since this program began; ``getrusage`` would count whoever started it."""
    (line,) = (line for line in Path("/proc/self/status").read_text().splitlines() if line[:6] == "VmHWM:")
    return int(line.split()[1]) / 1024


@contextmanager
def _provider(folder: Path) -> Iterator[str]:
    keys = json.loads(secret(PAYMENT_SECRET).get_secret_value())
    books = Provider(
        folder / "provider.json", keys["api_key"], Webhooks(keys["webhook_secret"], lambda *_: 200)
    )
    bound = reserve(0)
    serving = Serving(books, bound, "provider")
    serving.start()
    yield f"http://{LOOPBACK}:{port_of(bound)}"
    serving.stop()


def measure(emulator: RunningEmulator, folder: Path) -> dict[str, Taken]:
    """Return what each function takes but the one that tries releases out: it only calls the others."""
    with running_functions(emulator) as running, _provider(folder) as provider:
        events = work(running)
        os.environ |= {"PAYMENT_API_URL": provider, "SENTRY_DSN": f"{provider}/1".replace("://", "://key@")}
        return {plan.name: _measured(plan.name, events[plan.name]) for plan in PLANS if plan.name in events}


def main() -> None:
    """Print the table."""
    add_sink(lambda _: None)
    with tempfile.TemporaryDirectory() as folder:
        emulator = Emulator(EXECUTABLE, Path(folder), persist=False)
        emulator.start()
        try:
            figures = measure(RunningEmulator(emulator.url), Path(folder))
        finally:
            emulator.stop()
    columns = ("setting MB", "used MB", "share", "first ms", "next ms", "waits ms")
    print(f"{'function':<10}" + "".join(f"{column:>12}" for column in columns))
    short = [name for name, taken in figures.items() if taken.share(MEMORY[name]) > MOST_SHARE]
    for name, taken in figures.items():
        setting = MEMORY[name]
        print(
            f"{name:<10}{setting:>12}{taken.memory:>12.0f}{taken.share(setting):>12.0%}"
            f"{taken.first:>12.0f}{taken.others:>12.1f}{taken.waits(setting):>12.1f}"
        )
    if short:
        sys.exit(f"More than half of its memory is used by: {', '.join(short)}")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(json.dumps(asdict(be(sys.argv[1], json.load(sys.stdin)))))
    else:
        main()
