"""The adapter of error reports on Sentry, imported for the first report or trace, and without a DSN never.

What the SDK collects by itself is switched off, and what still comes is made anew by ``scrub``: two walls,
each of which would do.
"""

import threading
import time
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal, cast

import sentry_sdk
from sentry_sdk.transport import HttpTransport
from sentry_sdk.utils import event_from_exception

from greenroom.settings import Settings

from . import scrub
from .grouping import OWN
from .situation import Situation

if TYPE_CHECKING:
    from sentry_sdk._types import DataCollectionUserOptions, Event, Hint
    from sentry_sdk.tracing import Transaction

_OURS = "function"
"""The tag by which our own reports are known."""

Level = Literal["error", "warning", "info"]

_SENDING_SECONDS = 2
"""How long one report may take; the thread that sends it holds nobody, but may not pile up work either."""
_PAUSE_SECONDS = 60.0
"""For how long nobody waits for an ingest that did not take a report in time."""

_NOTHING: "DataCollectionUserOptions" = {
    "user_info": False,
    "cookies": {"mode": "off"},
    "http_headers": {"request": {"mode": "off"}},
    "http_bodies": [],
    "url_query_params": {"mode": "off"},
    "graphql": {"document": False, "variables": False},
    "gen_ai": {"inputs": False, "outputs": False},
    "database_query_data": False,
    "queues": False,
    "stack_frame_variables": False,
    "frame_context_lines": 0,
}


class _Transport(HttpTransport):
    """Sends each envelope once: by default it would try three times for half a minute each."""

    TIMEOUT = _SENDING_SECONDS

    def _request(self, method: str, endpoint_type: Any, body: Any, headers: Mapping[str, str]) -> Any:
        address = self._auth.get_api_url(endpoint_type)
        return self._pool.request(method, address, body=body, headers=headers, retries=False)


def _clean(event: "Event", _hint: "Hint") -> "Event | None":
    """Make what is about to be sent harmless; what did not come through ``errors`` is not sent at all."""
    if _OURS not in (event.get("tags") or {}):
        return None
    cleaned: Any = scrub.clean(event)
    return cleaned  # type: ignore[no-any-return]


class Reporter:
    """A configured client. There is one a process, for the SDK keeps it globally."""

    def __init__(self, settings: Settings) -> None:
        self._traces = settings.sentry_traces_sample_rate
        self._waiting = threading.Lock()
        self._patient_from = 0.0
        with warnings.catch_warnings():
            # Profiles that go with a trace are going to be replaced by ones that are sent each minute. A
            # function that is frozen after its answer cannot send by the clock.
            warnings.simplefilter("ignore", DeprecationWarning)
            self._init(settings)

    def _init(self, settings: Settings) -> None:
        sentry_sdk.init(
            dsn=settings.sentry_dsn.get_secret_value() if settings.sentry_dsn else None,
            release=settings.service_version,
            environment=settings.stage,
            server_name="",
            transport=_Transport,
            # Each integration hooks into something whose data are not ours to send, or costs at each call.
            default_integrations=False,
            auto_enabling_integrations=False,
            integrations=[],
            data_collection=_NOTHING,
            include_local_variables=False,
            include_source_context=False,
            max_request_body_size="never",
            max_breadcrumbs=0,
            before_send=_clean,
            before_send_transaction=_clean,
            before_breadcrumb=lambda _crumb, _hint: None,
            in_app_include=sorted(OWN),
            # Left on, each request that was not drawn would be reported as such, and waited for.
            send_client_reports=False,
            auto_session_tracking=False,
            enable_backpressure_handling=False,
            enable_metrics=False,
            propagate_traces=False,
            trace_propagation_targets=[],
            traces_sample_rate=self._traces or None,
            profiles_sample_rate=settings.sentry_profiles_sample_rate or None,
            shutdown_timeout=0.5,
            spotlight=False,
            debug=False,
        )

    def report(
        self,
        situation: Situation | None,
        *,
        level: Level,
        fingerprint: Sequence[str],
        tags: Mapping[str, str],
        circumstances: Mapping[str, Any],
        error: BaseException | None = None,
        message: str = "",
    ) -> None:
        """Hand a report to the thread that sends it."""
        event, hint = self._event(error, message)
        event["level"] = level
        event["fingerprint"] = list(fingerprint)
        event["tags"] = {_OURS: "", **tags}
        event["contexts"] = {"circumstances": dict(circumstances)}
        if situation is not None:
            event["transaction"] = situation.route
            event["user"] = {"id": situation.user_id, "role": situation.role} if situation.user_id else {}
            crumbs = [crumb._asdict() for crumb in situation.breadcrumbs]
            event["breadcrumbs"] = {"values": [{"timestamp": c.pop("at"), **c} for c in crumbs]}
        sentry_sdk.capture_event(event, hint)

    @staticmethod
    def _event(error: BaseException | None, message: str) -> "tuple[Any, Hint]":
        if error is None:
            return {"message": message}, {}
        options = sentry_sdk.get_client().options
        return event_from_exception(error, options, mechanism={"type": "greenroom", "handled": True})

    @contextmanager
    def traced(self, situation: Situation) -> Iterator[None]:
        """Trace a request that was drawn for it."""
        with sentry_sdk.isolation_scope(), sentry_sdk.new_scope():
            started = sentry_sdk.start_transaction(
                op="function", name=situation.route, source="route", sampled=True
            )
            transaction = cast("Transaction", started)  # the SDK's other way of tracing is off
            transaction.sample_rate = self._traces  # what one of them stands for
            transaction.set_tag(_OURS, situation.function)
            transaction.set_tag("route", situation.route)
            situation.trace = transaction
            with transaction:
                yield
                transaction.set_status("internal_error" if situation.reported else "ok")

    @staticmethod
    def span(situation: Situation, kind: str, name: str, milliseconds: float) -> None:
        """Add a call that has just ended to the trace."""
        now = time.time()
        span = situation.trace.start_child(op=kind, name=name, start_timestamp=now - milliseconds / 1000)
        span.finish(end_timestamp=now)

    def flush(self, seconds: float) -> bool:
        """Wait until all is sent, at most so long; tell whether it is.

        Who has waited in vain once spares the next ones the waiting, for a minute. What was not sent goes
        out when the process next runs, or is lost with it.
        """
        ends = time.monotonic() + seconds
        if time.monotonic() < self._patient_from or not self._waiting.acquire(timeout=seconds):
            return False
        try:
            left = max(0.0, ends - time.monotonic())
            sentry_sdk.flush(timeout=left)
            done = time.monotonic() < ends
        finally:
            self._waiting.release()
        if not done:
            self._patient_from = time.monotonic() + _PAUSE_SECONDS
        return done

    @staticmethod
    def close() -> None:
        """End without waiting."""
        sentry_sdk.get_client().close(timeout=0)
        sentry_sdk.get_global_scope().set_client(None)
