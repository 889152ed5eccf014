"""A request's way through a function: decode, verify, admit, authorise, load, validate, call, answer, log.

The order of refusals is part of the contract: malformed input, token, quota, role, missing or foreign, key
and precondition, fields, state. Each step stands here once; a route holds none of them.
"""

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, Generic, TypeVar

from greenroom.identity.principal import Claims, Principal
from greenroom.limits.standing import OverQuota, Standing
from greenroom.refusals import NotFound, PreconditionFailed, Refusal
from greenroom.storage.idempotency import Idempotency, Replayed
from greenroom.telemetry import errors, init, invocations, logs, metrics, traces
from greenroom.telemetry.faults import report_fault
from greenroom.telemetry.serving import watched

from . import preconditions
from .admission import Admission
from .answers import Answer
from .decode import (
    check_content_encoding,
    check_content_type,
    decode_object,
    refuse_query,
    validate_body,
    validate_query,
)
from .headers import cors_headers, preflight_headers
from .problems import (
    EmailNotVerified,
    Forbidden,
    InternalError,
    InvalidFields,
    MethodNotAllowed,
)
from .rate_limits import policy_fields, standing_fields
from .requests import Request, read_event
from .responses import Response, from_answer, from_refusal, from_replay, proxy_response
from .routes import Route, Routes
from .security_events import Said, log_security_events

App = TypeVar("App")

# Every id and slug is of this form. Anything else names nothing, and might not even fit a table's key.
_PATH_VALUE = re.compile(r"[A-Za-z0-9._~-]{1,128}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Composition(Generic[App]):
    """What a function is made of: its services, and what the gateway package needs from outside."""

    app: App
    admission: Admission = field(default_factory=Admission)
    """Who may come in, and how often; without one only what is public is served, to anybody."""
    cors_origins: tuple[str, ...] = ()
    idempotency_seconds: int = 24 * 3600
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)


class Function(Generic[App]):
    """A Lambda handler made of a route table and the composition of its services."""

    def __init__(self, routes: Routes, compose: Callable[[], Composition[App]]) -> None:
        self.routes = routes
        self._compose = compose
        self._cold = True
        # Under the real runtime what can fail or take long happens in init, before the first request.
        if "AWS_LAMBDA_RUNTIME_API" in os.environ:
            init.begin()
            _ = self.composition
            traces.prepare()
            init.settle()

    @cached_property
    def composition(self) -> Composition[App]:
        """The function's services, made once a process, at first use."""
        try:
            return self._compose()
        except Exception as error:  # the runtime logs it and ends the process
            errors.capture_exception(error, what="the function could not start")
            errors.flush()
            raise

    def __call__(self, event: Mapping[str, Any], context: object = None) -> dict[str, Any]:
        """Answer one proxy event. Whatever happens, the answer is well-formed and one line is logged."""
        cold, self._cold = self._cold, False
        composition = self.composition  # without it nothing can be answered, and the process must not live
        request = read_event(event)
        # What matches no route has no name: its path is the client's to invent.
        route = request.resource if self.routes.methods(request.resource) else "unknown"
        logs.sample_debug()
        with invocations.invocation(
            self.routes.function,
            cold=cold,
            answers=True,
            **_ids(request),
        ) as at_hand:
            if request.trace_id is not None:
                at_hand.facts["trace_id"] = request.trace_id
            with watched(at_hand, event, context, route=route, method=request.method):
                seen = _Seen()
                response = self._answer(request, seen).with_headers(seen.fields)
                log_security_events(
                    request, seen.said(), status=response.status, origins=composition.cors_origins
                )
                traces.annotate(outcome=response.code or str(response.status))
            _tell(at_hand, route, request.method, response)
        return proxy_response(response, request, self._cors(request, composition.cors_origins))

    def _cors(self, request: Request, origins: tuple[str, ...]) -> dict[str, str]:
        origin = request.headers.get("origin")
        if request.method == "OPTIONS":
            return preflight_headers(origin, origins, self.routes.methods(request.resource))
        return cors_headers(origin, origins)

    def _answer(self, request: Request, seen: "_Seen") -> Response:
        try:
            return self._serve(request, seen)
        except Replayed as replayed:
            return from_replay(replayed)
        except Refusal as refusal:
            seen.refusal = refusal
            if refusal.__cause__ is not None and refusal.status >= 500:
                self._report("a service we need failed", refusal.__cause__, request)
            return from_refusal(refusal, request)
        except Exception as error:  # the last resort: report it, and tell the caller nothing of it
            self._report("unhandled error", error, request)
            return from_refusal(InternalError(), request)

    @staticmethod
    def _report(message: str, error: BaseException, request: Request) -> None:
        report_fault(message, error, route=request.resource)

    def _serve(self, request: Request, seen: "_Seen") -> Response:
        methods = self.routes.methods(request.resource)
        if request.method == "OPTIONS" and methods:
            return Response(204, {"Allow": ", ".join(sorted([*methods, "OPTIONS"]))}, b"")
        route = self.routes.find(request.method, request.resource)
        if route is None:
            if not methods:
                raise NotFound
            refused = from_refusal(MethodNotAllowed(), request)
            return refused.with_headers({"Allow": ", ".join(sorted([*methods, "OPTIONS"]))})
        call = _Call(self.composition, route, request, self.composition.clock())
        seen.call = call
        seen.policy(call)
        call.decode()
        call.verify()
        call.admit(seen)
        call.authorise()
        call.load()
        call.check_preconditions()
        call.validate()
        answer: Answer[Any] = route.handler(**call.arguments)
        return from_answer(answer, route, request)


def _ids(request: Request) -> dict[str, str]:
    """Return the ids by which a request's lines are found: the caller's own too, if he gave one."""
    ids = {"request_id": request.request_id, "correlation_id": request.correlation_id}
    return ids if request.correlation_id != request.request_id else {"request_id": request.request_id}


def _tell(at_hand: invocations.Invocation, route: str, method: str, response: Response) -> None:
    """Write the request's line with its metrics."""
    milliseconds = at_hand.milliseconds
    metrics.record_request(route, response.status, milliseconds)
    metrics.record_usage()
    logs.log_request(
        route=route,
        method=method,
        status=response.status,
        duration_ms=round(milliseconds, 1),
        **({"code": response.code} if response.code else {}),
    )


@dataclass(slots=True)
class _Seen:
    """What has become known of a request, whatever its answer will be."""

    fields: dict[str, str] = field(default_factory=dict)
    """Header fields of every answer from now on."""
    call: "_Call | None" = None
    refusal: Refusal | None = None

    def said(self) -> Said:
        """Return what the security events are made of."""
        if self.call is None:
            return Said()
        return Said(self.call.route, self.call.document, self.refusal)

    def policy(self, call: "_Call") -> None:
        """Tell the limit of the route, if it has one."""
        metered = call.route.public and call.request.key_id is not None
        policy = call.composition.admission.policy(call.route.limit, metered=metered)
        if policy is not None:
            self.fields |= policy_fields(policy)

    def standing(self, standing: Standing | None) -> None:
        """Tell what is left of it."""
        if standing is not None:
            self.fields |= standing_fields(standing)


class _Call:
    """The steps of one request on one route, each filling the arguments that the route asked for."""

    def __init__(self, composition: Composition[Any], route: Route, request: Request, now: datetime) -> None:
        self.composition = composition
        self.route = route
        self.request = request
        self.now = now
        self.claims: Claims | None = None
        self.principal: Principal | None = None
        self.document: dict[str, Any] = {}
        self.raw_body = b""
        self.arguments: dict[str, Any] = {}
        self.stale: PreconditionFailed | None = None
        self._provide("app", composition.app)
        self._provide("request", request)
        for name in route.path_parameters:
            self._provide(name, request.path_parameters[name])

    def _provide(self, name: str, value: Any) -> None:
        if name in self.route.parameters:
            self.arguments[name] = value

    def decode(self) -> None:
        """Read the body's bytes and, where the route takes one, its JSON object."""
        self.raw_body = self.request.body()
        if self.route.body is not None:
            check_content_type(self.request.headers.get("content-type"))
            check_content_encoding(self.request.headers.get("content-encoding"))
            self.document = decode_object(self.raw_body)

    def verify(self) -> None:
        """Read what the token says, by its signature alone; a public route does not even look at it."""
        if not self.route.public:
            self.claims = self.composition.admission.claims(self.request.bearer_token, self.now)

    def admit(self, seen: _Seen) -> None:
        """Turn the claims into a live principal within its quota."""
        try:
            admitted = self.composition.admission.admit(self.route.limit, self.request, self.claims, self.now)
        except OverQuota as over:
            seen.standing(over.standing)
            raise
        self.principal = admitted.principal
        self._provide("principal", self.principal)
        if self.principal is not None:
            invocations.note(principal_id=self.principal.user_id)
            errors.set_user(self.principal.user_id, self.principal.role)
        seen.standing(admitted.standing)

    def authorise(self) -> None:
        """Refuse a role that the route does not name, and an unverified user where it says so."""
        if self.route.public:
            return
        if self.principal is None:
            raise Forbidden
        if self.principal.role not in self.route.access:
            logs.log_security("authz_fail", "WARN", route=self.route.path)
            raise Forbidden
        if self.route.verified and not self.principal.verified:
            raise EmailNotVerified

    def load(self) -> None:
        """Load what the route is about. What is missing and what is another's look the same."""
        if not all(map(_PATH_VALUE.fullmatch, self.request.path_parameters.values())):
            raise NotFound
        if self.route.target is not None:
            loaded = self.route.target(
                app=self.composition.app, principal=self.principal, **self.request.path_parameters
            )
            self._provide("target", loaded)

    def check_preconditions(self) -> None:
        """Check the idempotency key and ``If-Match``.

        A keyed request may be a retry whose own first effect has outdated its ``If-Match``. Only the kept
        answer can tell, so there a stale tag is refused when nothing is replayed.
        """
        header = preconditions.idempotency_key(self.request, self.route.idempotent)
        if self.route.if_match:
            version = self.arguments["target"].version
            try:
                preconditions.check_if_match(
                    self.request, version, required=self.route.if_match == "required"
                )
            except PreconditionFailed as refused:
                if not header:
                    raise
                self.stale = refused
        self._provide("idempotency", None)
        if header and self.principal is not None:
            idempotency = Idempotency.of(
                principal_id=self.principal.user_id,
                # Not the path as it came: one resource may be spelt in several ways.
                route=f"{self.route.method} {self.route.path.format_map(self.request.path_parameters)}",
                header=header,
                body=self.document,
                now=int(self.now.timestamp()),
                keep_seconds=self.composition.idempotency_seconds,
                stale=self.stale,
            )
            self._provide("idempotency", idempotency)

    def validate(self) -> None:
        """Validate body and query against their models; a route without a query takes no parameters."""
        try:
            if self.route.body is not None:
                self._provide("body", validate_body(self.route.body, self.raw_body, self.document))
            if self.route.query is not None:
                self._provide("query", validate_query(self.route.query, self.request.query))
            elif self.request.query:
                refuse_query(self.request.query)
        except InvalidFields:
            if self.stale is not None:
                raise self.stale from None
            raise
