"""The HTTP gateway: routes a request, hands the function a proxy event, answers as the service does."""

import asyncio
import json
import time
import traceback
import uuid
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from greenroom.gateway.problems import BodyTooLarge, MethodNotAllowed
from greenroom.refusals import NotFound, Refusal
from local.answers import Answer, MalformedAnswer, answer_of
from local.asgi import MOST_BODY_BYTES, ClientGone, Receive, Scope, Send, receive_request, send_answer
from local.events import Received, proxy_event
from local.journal import Journal, Served
from local.problems import FunctionFailed, FunctionLate, HeadersTooLarge, gateway_answer
from local.routes import Document, Match
from local.runtime import Function

MOST_HEADER_BYTES = 10_240
_MOST_EVENT_BYTES = 6 * 1024 * 1024  # Lambda's own bound, which the gateway reports like its own
_THREADS = 128


@dataclass(frozen=True, slots=True)
class _Outcome:
    answer: Answer
    request_id: str
    function: str | None = None
    route: str | None = None
    note: str = ""


class _Refused(Exception):
    """The gateway itself answers; ``note`` is for the console, ``headers`` are this answer's own."""

    def __init__(self, refusal: Refusal, note: str = "", **headers: str) -> None:
        super().__init__(refusal.code)
        self.refusal = refusal
        self.note = note
        self.headers = headers


class Gateway:
    """Serves the API. ``functions`` are by name; each request runs in a thread of its own."""

    def __init__(self, document: Document, functions: Mapping[str, Function], journal: Journal) -> None:
        self._document = document
        self._functions = functions
        self._journal = journal
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="function")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one HTTP request (ASGI)."""
        try:
            received = await receive_request(scope, receive)
        except ClientGone:
            return
        await send_answer(await self.answer(received), send)

    async def answer(self, received: Received) -> Answer:
        """Answer one request that was read, and note it in the journal."""
        started, now = time.perf_counter(), datetime.now(UTC)
        outcome = await self._outcome(received, now)
        self._journal.add_request(
            Served(
                request_id=outcome.request_id,
                at=now.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
                method=received.method,
                path=received.path,
                status=outcome.answer.status,
                duration_ms=round((time.perf_counter() - started) * 1000, 1),
                function=outcome.function,
                route=outcome.route,
                note=outcome.note,
            )
        )
        named = (*outcome.answer.headers, ("x-amzn-RequestId", outcome.request_id))
        return replace(outcome.answer, headers=named)

    async def _outcome(self, received: Received, now: datetime) -> _Outcome:
        request_id, name = str(uuid.uuid4()), None
        match = self._document.routes.match(received.path)
        route = match.resource.template if match else None
        try:
            function, event = self._route(received, match, request_id, now)
            name = function.name
            return _Outcome(await self._call(function, event), request_id, name, route)
        except _Refused as refused:
            headers = {**self._document.headers, **refused.headers}
            answer = gateway_answer(refused.refusal, request_id, headers)
            return _Outcome(answer, request_id, name, route, refused.note)

    def _route(
        self, received: Received, match: Match | None, request_id: str, now: datetime
    ) -> tuple[Function, str]:
        """Return the function and its event in JSON, or raise the gateway's own refusal."""
        if sum(len(name) + len(value) for name, value in received.headers) > MOST_HEADER_BYTES:
            raise _Refused(HeadersTooLarge())
        if match is None:
            raise _Refused(NotFound())
        name = match.resource.function_for(received.method)
        if name is None:
            raise _Refused(MethodNotAllowed(), Allow=match.resource.allow)
        if len(received.body) > MOST_BODY_BYTES:
            raise _Refused(BodyTooLarge())
        event = json.dumps(proxy_event(received, match, request_id=request_id, now=now))
        if len(event) > _MOST_EVENT_BYTES:
            raise _Refused(BodyTooLarge())
        return self._functions[name], event

    async def _call(self, function: Function, event: str) -> Answer:
        """Return the function's answer, or raise the gateway's word for its failure."""
        call = asyncio.get_running_loop().run_in_executor(self._threads, function.invoke, event)
        done, _ = await asyncio.wait([call], timeout=function.timeout)
        if not done:
            raise _Refused(FunctionLate(), f"{function.name} did not answer within {function.timeout:g} s")
        try:
            return answer_of(call.result())
        except MalformedAnswer as error:
            raise _Refused(FunctionFailed(), f"{function.name}: {error}") from error
        except (Exception, SystemExit) as error:  # whatever a function raises, the gateway lives on
            note = f"{function.name} failed\n{traceback.format_exc()}"
            raise _Refused(FunctionFailed(), note) from error

    def close(self) -> None:
        """End without waiting for functions that do not end."""
        self._threads.shutdown(wait=False, cancel_futures=True)
