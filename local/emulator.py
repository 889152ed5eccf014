"""The AWS emulator as a child process: started on a free port, watched, and stopped so that it saves.

The emulator writes its state only when it stops in peace. So it runs in a session of its own, where Ctrl-C in
the terminal does not reach it before our own work has ended; and on Linux the kernel sends it SIGTERM when
we are killed, so that even then it saves.
"""

import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path

from local.failures import CannotRun
from local.ports import LOOPBACK, free_port

REGION = "us-east-1"
_START_SECONDS = 30.0
_STOP_SECONDS = 15.0
_ATTEMPTS = 3
_PR_SET_PDEATHSIG = 1


def _signal_on_orphaning() -> Callable[[], None] | None:
    """Return what the child runs before it becomes the emulator, or None where the kernel lacks it."""
    if not sys.platform.startswith("linux"):
        return None
    prctl = ctypes.CDLL(None).prctl  # looked up before the fork: after it no lock may be taken
    return lambda: prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


class Emulator:
    """One emulator. With ``data`` its state survives ``stop``; its log is ``<folder>/emulator.log``.

    Start it from the main thread: the kernel ties the child's life to the thread that made it.
    """

    def __init__(
        self,
        executable: Path,
        folder: Path,
        *,
        persist: bool,
        inherit: tuple[int, ...] = (),
        settings: Mapping[str, str] | None = None,
    ) -> None:
        """``inherit`` are file descriptors open as long as it lives; ``settings`` are more of its own."""
        self._executable = executable
        self._folder = folder
        self._persist = persist
        self._inherit = inherit
        self._settings = settings or {}
        self._process: subprocess.Popen[bytes] | None = None
        self._stopping = threading.Event()
        self.url = ""

    @property
    def log(self) -> Path:
        """Return where the emulator's own output goes."""
        return self._folder / "emulator.log"

    def start(self) -> None:
        """Launch the emulator and wait until it answers. Raises ``CannotRun``."""
        self.launch()
        self.wait()

    def launch(self) -> None:
        """Start the process and return at once; ``url`` may still change until ``wait`` returns."""
        if not os.access(self._executable, os.X_OK):
            raise CannotRun(f"The AWS emulator is missing at {self._executable}. Install it: make install")
        self._folder.mkdir(parents=True, exist_ok=True)
        (self._folder / "tmp").mkdir(exist_ok=True)
        port = free_port()
        self.url = f"http://{LOOPBACK}:{port}"
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own environment's program
                [str(self._executable)],
                env=self._environment(port),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                pass_fds=self._inherit,
                preexec_fn=_signal_on_orphaning(),  # noqa: PLW1509 - no other thread holds locks it needs
            )

    def wait(self) -> None:
        """Wait until the launched emulator answers. Raises ``CannotRun``."""
        for attempt in range(_ATTEMPTS):
            if attempt:  # another process may have taken the free port before the emulator did
                self.launch()
            if self._answers():
                return
        raise CannotRun(f"The AWS emulator did not start. Its log is {self.log}.")

    def _environment(self, port: int) -> dict[str, str]:
        return {
            "PATH": os.environ.get("PATH", os.defpath),
            "BIND_HOST": LOOPBACK,
            "GATEWAY_PORT": str(port),
            "MINISTACK_REGION": REGION,
            "LOG_LEVEL": "WARNING",
            "TMPDIR": str(self._folder / "tmp"),
            "PERSIST_STATE": "1" if self._persist else "0",
            "STATE_DIR": str(self._folder / "state"),
            "S3_PERSIST": "1" if self._persist else "0",
            "S3_DATA_DIR": str(self._folder / "objects"),
            "IOT_MTLS_ENABLED": "0",
            "SFTP_ENABLED": "0",
            # It removes containers it takes for its own from any Docker it finds: let it find none.
            "DOCKER_HOST": f"unix://{self._folder / 'no-docker.sock'}",
            **self._settings,
        }

    def _answers(self) -> bool:
        process = self._running()
        give_up = time.monotonic() + _START_SECONDS
        # Never by a proxy that the environment names: this is loopback.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        while time.monotonic() < give_up and process.poll() is None:
            try:
                with opener.open(f"{self.url}/_ministack/health", timeout=2):
                    return process.poll() is None
            except OSError:
                time.sleep(0.05)
        self._end(process)
        return False

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            raise RuntimeError("the emulator was not started")
        return self._process

    def watch(self, died: Callable[[int], None]) -> None:
        """Call ``died`` with the exit status, from another thread, if the emulator ends before ``stop``."""
        process = self._running()

        def wait() -> None:
            status = process.wait()
            if not self._stopping.is_set():
                died(status)

        threading.Thread(target=wait, name="emulator-watch", daemon=True).start()

    def stop(self) -> bool:
        """Stop the emulator; it saves its state. Return False when it had to be killed, and so did not."""
        self._stopping.set()
        if self._process is None:
            return True
        return self._end(self._process)

    @staticmethod
    def _end(process: subprocess.Popen[bytes]) -> bool:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                return False
        return True
