"""One function under Lambda's own runtime client, in a process of its own, and what it costs.

Processor time is that of all its threads, as the kernel counts it: what else the machine does matters less
to it than to the clock. Linux only.
"""

import os
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO, Any

from tests.benchmarks.code import Layout, Runtime
from tests.support.runtime_api import RuntimeApi, running_runtime_api


@dataclass(frozen=True, slots=True)
class Spent:
    """Milliseconds since the process was begun, or since it was last looked at."""

    clock: float
    processor: float

    def __add__(self, later: "Spent") -> "Spent":
        return Spent(self.clock + later.clock, self.processor + later.processor)


class Sandbox:
    """A process that takes invocations one by one."""

    def __init__(
        self, api: RuntimeApi, process: "subprocess.Popen[bytes]", began: float, output: IO[bytes]
    ) -> None:
        self._api, self._process, self._output = api, process, output
        self._looked, self._processor = began, 0.0

    def initialised(self) -> None:
        """Return once it waits for its first event. Raises ``RuntimeError`` if it never does."""
        if not self._api.waiting.wait(30):
            raise RuntimeError("the function did not start")

    def invoke(self, event: Any) -> Any:
        """Have an event answered."""
        self._api.invoke(event, 30)
        answer = self._api.answer()
        if isinstance(answer, dict) and "errorType" in answer:
            raise RuntimeError(f"the function failed: {answer}")
        return answer

    def spent(self) -> Spent:
        """Return what was spent since the last look."""
        now, processor = time.perf_counter(), self._processor_ms()
        since = Spent((now - self._looked) * 1e3, processor - self._processor)
        self._looked, self._processor = now, processor
        return since

    def lines(self) -> list[bytes]:
        """Return the log lines that were written since they were last asked for."""
        return self._output.readlines()

    def _processor_ms(self) -> float:
        # The id of the process's own clock (clock_getcpuclockid), which also counts threads that have ended.
        return time.clock_gettime(~self._process.pid << 3 | 2) * 1e3


@contextmanager
def sandbox(
    layout: Layout, runtime: Runtime, function: str, settings: Mapping[str, str]
) -> Iterator[Sandbox]:
    """Begin a sandbox, which is not initialised yet."""
    with running_runtime_api() as api, NamedTemporaryFile() as output:
        environment = {
            **settings,
            "PATH": os.defpath,
            "PYTHONPATH": os.pathsep.join(map(str, (layout.task, layout.opt(function), runtime.packages))),
            "PYTHONDONTWRITEBYTECODE": "1",  # the folders are read-only there
            "AWS_LAMBDA_RUNTIME_API": api.address,
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
            "AWS_LAMBDA_FUNCTION_NAME": f"greenroom-local-{function}",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1769",
            "LAMBDA_TASK_ROOT": str(layout.task),
        }
        began = time.perf_counter()
        process = subprocess.Popen(
            [str(runtime.interpreter), "-m", "awslambdaric", layout.entry.format(function)],
            env=environment,
            cwd=layout.task,
            stdout=output,
        )
        try:
            with Path(output.name).open("rb") as written:
                yield Sandbox(api, process, began, written)
        finally:
            process.kill()
            process.wait()
