"""The functions that nobody calls over HTTP: the outbox on the stream, the sweeper by its schedule."""

import importlib
import os
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from local import outbox
from local.data import DataFolder
from local.emulator import Emulator
from local.resources import Resources, client
from local.runtime import load_function
from local.schedule import Schedule
from local.streams import StreamPoller, undelivered

_SWEEP_SECONDS = 5.0
_WORKER_TIMEOUT = 60.0
_END_SECONDS = 10.0


class Workers:
    """Runs the outbox and the sweeper in threads."""

    def __init__(
        self, emulator: Emulator, resources: Resources, data: DataFolder, report: Callable[[str], None]
    ) -> None:
        outbox_function = load_function("outbox", _WORKER_TIMEOUT)
        queue = client("sqs", emulator.url)

        def give_up(record: dict[str, Any]) -> None:
            report(f"An event was given up after every try: {record['dynamodb'].get('Keys')}")
            body = undelivered(record)
            queue.send_message(QueueUrl=resources.undelivered_events_url, MessageBody=body)

        self._data = data
        self._poller = StreamPoller(
            client("dynamodbstreams", emulator.url), resources.stream_arn, outbox_function, give_up, report
        )
        # A test of what comes before the sweeper makes it seldom.
        seconds = float(os.environ.get("LOCAL_SWEEP_SECONDS", _SWEEP_SECONDS))
        self._sweeper = Schedule(load_function("sweeper", _WORKER_TIMEOUT), seconds, report)
        self._threads = [
            threading.Thread(target=worker.run, name=name, daemon=True)
            for name, worker in (("outbox", self._poller), ("sweeper", self._sweeper))
        ]

    def start(self) -> None:
        """Catch up with what was missed while nothing ran, then work."""
        replay = importlib.import_module("functions.outbox.main").replay
        outbox.catch_up(self._data.outbox, replay, datetime.now(UTC))
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End after the work at hand, and note how far the outbox came."""
        self._sweeper.stop()
        self._poller.stop()
        give_up = time.monotonic() + _END_SECONDS
        for thread in self._threads:
            if thread.is_alive():
                thread.join(max(0.0, give_up - time.monotonic()))
        if self._poller.drained:
            outbox.note_delivered(self._data.outbox, self._poller.drained)
