"""The whole system in one process and one child: started in order, watched, and stopped in reverse."""

import contextlib
import os
import socket
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from greenroom.settings import InvalidSettings
from greenroom.storage import clients
from greenroom.telemetry import lifecycle, logs
from local import demo, environment
from local.asgi import App, Receive, Scope, Send
from local.console_log import Printer
from local.control import Control, is_ours
from local.data import open_folder
from local.emulator import Emulator
from local.error_reports import ErrorReports, dsn
from local.failures import CannotRun
from local.faulty import faulty_gateway
from local.gateway import Gateway
from local.journal import Journal
from local.mailbox import Mailbox
from local.media import Media
from local.metrics import MetricStore
from local.metrics_board import MetricsBoard
from local.ports import LOOPBACK, port_of, reserve
from local.provider.service import Provider
from local.provider.webhooks import Webhooks, post_to
from local.resources import make_resources, monitoring_token
from local.routes import Document, read_document
from local.runtime import Function, load_function
from local.serving import Serving
from local.workers import Workers

ROOT = Path(__file__).resolve().parent.parent
OPENAPI = ROOT / "functions" / "health" / "site" / "openapi.json"
_READY_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Options:
    """What a run is told."""

    port: int
    data: Path
    emulator: Path
    fresh: bool = False


class Interrupted(Exception):
    """A signal came before the system was up."""


@dataclass(slots=True)
class Ending:
    """Why and when the run ends. ``trouble`` is empty for an end that was asked for."""

    asked: threading.Event
    trouble: str = ""

    def check(self) -> None:
        """Raise ``Interrupted`` where the end is asked for while the system still starts."""
        if self.asked.is_set() and not self.trouble:
            raise Interrupted

    def fail(self, trouble: str) -> None:
        """End the run as failed."""
        self.trouble = self.trouble or trouble
        self.asked.set()


@contextlib.contextmanager
def running(options: Options, ending: Ending, printer: Printer) -> Iterator[str]:
    """Bring the system up, yield its address once it is ready, and take it down. Raises ``CannotRun``."""
    document = _document()
    with contextlib.ExitStack() as stack:
        data = open_folder(options.data, fresh=options.fresh)
        stack.callback(data.close)
        bound = _bind(options.port, stack)
        base_url = f"http://{LOOPBACK}:{port_of(bound)}"
        emulator = Emulator(options.emulator, data.emulator, persist=True, inherit=(data.lock,))
        stack.callback(_stop_emulator, emulator, ending)
        emulator.launch()
        functions = {}
        for name in document.routes.functions:
            ending.check()
            functions[name] = load_function(name)
        emulator.wait()
        ending.check()
        emulator.watch(lambda status: ending.fail(_ended(emulator, status)))
        resources, payment_keys = make_resources(emulator.url)
        journal, board, mailbox = Journal(), MetricsBoard(), Mailbox(data.mailbox)
        webhooks = Webhooks(payment_keys["webhook_secret"], post_to(f"{base_url}/v1/webhooks/stripe"))
        provider = Provider(data.provider, payment_keys["api_key"], webhooks)
        settings = environment.function_settings(
            resources,
            emulator_url=emulator.url,
            base_url=base_url,
            provider_url=_serve_provider(provider, stack),
        )
        reports = ErrorReports()
        if not os.environ.get("SENTRY_DSN"):  # a developer's own is used in its place
            settings["SENTRY_DSN"] = _serve_reports(reports, stack)
        environment.apply(settings, os.environ)
        stack.callback(lifecycle.shut_down)
        metrics = MetricStore()
        _listen([journal.add_line, board.add, metrics.add_line, printer.show], stack)
        mailbox.install(clients.session().events)
        metrics.install(clients.session().events)
        _compose(functions)
        ending.check()
        demo.seed(data.demo, base_url, monitoring_token(emulator.url))
        ending.check()
        gateway = Gateway(document, functions, journal)
        stack.callback(gateway.close)
        faulty = faulty_gateway(document.headers, journal)
        stack.callback(faulty.close)
        control = Control(
            port=port_of(bound),
            data=data.path,
            journal=journal,
            board=board,
            mailbox=mailbox,
            provider=provider,
            reports=reports,
            faulty=faulty,
            media=Media(clients.object_client, resources.media_bucket),
        )
        _serve(_either(control, gateway), bound, "gateway", stack)
        workers = Workers(emulator, resources, data, printer.say)
        stack.callback(workers.stop)
        workers.start()
        _await_ready(base_url, ending)
        yield base_url


def _bind(port: int, stack: contextlib.ExitStack) -> socket.socket:
    bound = reserve(port)
    stack.callback(bound.close)
    return bound


def _serve_provider(provider: Provider, stack: contextlib.ExitStack) -> str:
    bound = _bind(0, stack)
    _serve(provider, bound, "provider", stack)
    return f"http://{LOOPBACK}:{port_of(bound)}"


def _serve_reports(reports: ErrorReports, stack: contextlib.ExitStack) -> str:
    bound = _bind(0, stack)
    _serve(reports, bound, "error reports", stack)
    return dsn(port_of(bound))


def _ended(emulator: Emulator, status: int) -> str:
    return f"The AWS emulator ended (status {status}). Its log is {emulator.log}."


def _document() -> Document:
    try:
        return read_document(OPENAPI)
    except (OSError, ValueError, KeyError) as error:
        raise CannotRun(
            f"The OpenAPI document cannot be read ({error}). Write it anew: make openapi"
        ) from error


def _stop_emulator(emulator: Emulator, ending: Ending) -> None:
    if not emulator.stop():
        ending.trouble = (
            ending.trouble or "The AWS emulator did not stop: what it held since its start is lost."
        )


def _listen(sinks: list[logs.Sink], stack: contextlib.ExitStack) -> None:
    for sink in sinks:
        logs.add_sink(sink)
        stack.callback(logs.remove_sink, sink)


def _compose(functions: dict[str, Function]) -> None:
    """Let each function read its settings now, so that a bad one stops the start instead of a request."""
    for function in functions.values():
        try:
            _ = getattr(function.handler, "composition", None)
        except InvalidSettings as error:
            raise CannotRun(f"The settings of {function.name} are not valid: {error}") from error


def _serve(app: App, bound: socket.socket, name: str, stack: contextlib.ExitStack) -> None:
    serving = Serving(app, bound, name)
    stack.callback(serving.stop)
    serving.start()


def _either(control: Control, gateway: Gateway) -> App:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await (control if is_ours(scope["path"]) else gateway)(scope, receive, send)

    return app


def _await_ready(base_url: str, ending: Ending) -> None:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    give_up, answer = time.monotonic() + _READY_SECONDS, "nothing"
    while time.monotonic() < give_up and not ending.asked.is_set():
        try:
            with opener.open(f"{base_url}/health/ready", timeout=10):
                return
        except urllib.error.HTTPError as error:
            with error:
                answer = f"{error.code} {error.read(500).decode('utf-8', 'replace')}"
        except OSError as error:
            answer = str(error)
        time.sleep(0.1)
    if not ending.asked.is_set():
        raise CannotRun(f"The system did not become ready; GET /health/ready answers {answer}.")
