"""Roles against reality: what functions call while every route and worker runs is what their roles hold."""

import io
import json
import os
import secrets
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any, ClassVar, Self, cast

import pytest
from botocore.client import BaseClient
from botocore.response import StreamingBody
from botocore.stub import Stubber

from functions.outbox import main as outbox_function
from functions.payments import main as payments_function
from functions.smoke import main as smoke_function
from functions.sweeper import main as sweeper_function
from greenroom.actors import Role
from greenroom.catalog.model import Celebrity
from greenroom.gateway.routes import Route
from greenroom.mail import MailUnavailable, SesMailer
from greenroom.payments.provider import Intent
from greenroom.storage import clients
from greenroom.storage import secrets as stored_secrets
from local import resources
from stacks.functions import PLANS, Target
from tests.support.emulator import RunningEmulator
from tests.support.files import FILES, PURPOSES
from tests.support.functions import PASSWORD, ROLES, ROUTES, RunningFunctions, running_functions
from tests.support.paper_provider import SIGNATURE, PaperProvider
from tests.support.planting import requests
from tests.support.recorded_calls import Needed, Recorder

pytestmark = pytest.mark.xdist_group("recorded")

THINGS = {
    Target.IDENTITY: "identity",
    Target.CATALOG: "catalog",
    Target.BOOKINGS: "bookings",
    Target.BY_BUYER: "bookings/by_buyer",
    Target.BY_AGENT: "bookings/by_agent",
    Target.BY_DUE: "bookings/by_due",
    Target.LIMITS: "limits",
    Target.TOKEN_KEYS: "token key",
    Target.CURSOR_SECRET: f"secret {resources.CURSOR_SECRET}",
    Target.PAYMENT_SECRET: f"secret {resources.PAYMENT_SECRET}",
    Target.MONITORING_SECRET: f"secret {resources.MONITORING_SECRET}",
    Target.MAIL_DOMAIN: "",
    Target.FIGURES: "",
    Target.ERASURES: "erasures",
    Target.QUARANTINE: "files quarantine",
    Target.MEDIA: "files media",
    Target.VERSIONS: "version",
    Target.CANARIES: "deployment",
}

PEOPLE = ("buyer", "agent", "admin")

# Lambda itself reads the stream and writes to the queue, under the function's role.
BY_LAMBDA = {Target.BOOKING_STREAM, Target.UNDELIVERED}
WITHOUT_A_CALL = {
    # SES asks for it besides ses:SendEmail where a message is MIME; there is no call of that name.
    ("ses:SendRawEmail", ""),
    # Who signs a form calls nothing: whoever then sends the file does, with the signer's rights.
    ("s3:PutObject", "files quarantine"),
}


def held(function: str) -> set[Needed]:
    """Return what a function's role permits that its code could call."""
    (plan,) = (plan for plan in PLANS if plan.name == function)
    permitted = {
        (action, THINGS[target])
        for target, actions in plan.calls.items()
        if target not in BY_LAMBDA
        for action in actions
    }
    return permitted - WITHOUT_A_CALL


class _Provider(PaperProvider):
    """Reads its credentials as the real one does, and agrees to everything. The functions share its books."""

    made: ClassVar[list["_Provider"]] = []

    def __init__(self, credentials: Callable[[], object], _url: str | None) -> None:
        super().__init__()
        for first in self.made[:1]:
            vars(self).update(vars(first))
        self._credentials = credentials
        self.made.append(self)

    def create(self, **asked: Any) -> Intent:
        self._credentials()
        return super().create(**asked)

    def _answering(self, payment_id: str) -> None:
        self._credentials()
        super()._answering(payment_id)


class _Tomorrow(datetime):
    """Past every deadline that was set today."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> Self:
        return super().now(tz) + timedelta(days=1)


def _recording(running: RunningFunctions) -> Recorder:
    clients.forget()
    stored_secrets.secret.cache_clear()
    recorder = Recorder({name: short for short, name in running.names.items()})
    recorder.install()
    return recorder


def _walk(running: RunningFunctions) -> None:
    """Call every route with what fits, on things that there are, as everybody who may."""
    running.add_person("somebody", Role.BUYER)
    celebrity = running.add_celebrity("agent")
    things = {
        "booking_id": running.book("buyer", celebrity),
        "celebrity_id": celebrity.id,
        "user_id": running.ids["somebody"],
    }
    # Who has left for good logs in to nothing more.
    for route in sorted(ROUTES, key=lambda route: (route.method, route.path) == ("DELETE", "/v1/me")):
        fitting = next(requests(route, things))
        for who in [None] if route.public else [who for who in PEOPLE if ROLES[who] in route.access]:
            running.call(
                route.method,
                route.path,
                token=running.log_in(_leaver(running, who) if ends_accounts(route) else who) if who else None,
                body=json.loads(fitting.body) if route.body else None,
                parameters=fitting.parameters,
                Idempotency_Key=secrets.token_hex(8),
                If_Match="*",
            )


def ends_accounts(route: Route) -> bool:
    return (route.method, route.path) == ("DELETE", "/v1/me")


def _leaver(running: RunningFunctions, who: str) -> str:
    """Make somebody of that role who may leave for good."""
    running.add_person(f"leaving {who}", ROLES[who])
    return f"leaving {who}"


def _leave(running: RunningFunctions, celebrity: Celebrity) -> None:
    """Let a buyer, who has a booking, and an agent leave; the sweeper then cleans up behind them."""
    leavers = [_leaver(running, who) for who in ("buyer", "agent")]
    running.book(leavers[0], celebrity, days=13)
    for leaver in leavers:
        left = running.call("DELETE", "/v1/me", token=running.log_in(leaver))
        assert left.status == 204, left.text


def _publish(running: RunningFunctions, content_type: str) -> None:
    """Send a file, have it looked at and published."""
    file, agent = FILES[content_type], running.token("agent")
    wanted = {"purpose": PURPOSES[content_type], "content_type": content_type, "size": len(file)}
    begun = running.call("POST", "/v1/uploads", token=agent, body=wanted).body
    clients.object_client().put_object(
        Bucket=os.environ["MEDIA_BUCKET"], Key=begun["fields"]["key"], Body=file, ContentType=content_type
    )
    done = running.call(
        "POST",
        "/v1/uploads/{upload_id}/complete",
        token=agent,
        parameters={"upload_id": begun["id"]},
    )
    assert done.status == 200, done.text


def _main_job(running: RunningFunctions) -> None:
    """Do what the walk, which brings nothing along, does not come to."""
    call, celebrity = running.call, running.add_celebrity("agent")
    running.add_celebrity("agent")
    new = {"email": "new@example.com", "password": PASSWORD, "display_name": "New"}
    assert call("POST", "/v1/auth/register", body=new).status == 202
    known = {"email": running.emails["buyer"], "password": PASSWORD}
    tokens = call("POST", "/v1/auth/login", body=known).body
    assert call("POST", "/v1/auth/refresh", body={"refresh_token": tokens["refresh_token"]}).status == 200
    assert call("GET", "/health/detailed", token=running.monitoring_token).status in {200, 503}
    listed = call("GET", "/v1/celebrities", query="limit=1")
    assert listed.body["next_cursor"]
    offering, day = celebrity.offerings[0].id, (datetime.now(UTC) + timedelta(days=10)).date()
    call(
        "GET",
        "/v1/celebrities/{celebrity_id}/availability",
        query=f"from={day}&to={day}&offering_id={offering}",
        parameters={"celebrity_id": celebrity.id},
    )
    for days in (10, 11):
        running.book("buyer", celebrity, days=days)
    buyer = running.token("buyer")
    # Each function is a process of its own, which reads its secrets itself.
    stored_secrets.secret.cache_clear()
    assert call("POST", "/v1/me/export", token=running.log_in("buyer"), query="cursor=no").status == 400
    stored_secrets.secret.cache_clear()
    booking = {"booking_id": call("GET", "/v1/bookings", token=buyer, query="limit=1").body["items"][0]["id"]}
    event = asdict(_Provider.made[-1].pay(_open_payment(running, booking["booking_id"])))
    assert call("POST", "/v1/webhooks/stripe", body=event, Stripe_Signature=SIGNATURE).status < 300
    block = {"celebrity_id": celebrity.id, "block_id": running.add_block(celebrity)}
    path = "/v1/celebrities/{celebrity_id}/blocks/{block_id}"
    assert call("DELETE", path, token=running.token("agent"), parameters=block).status == 204
    for content_type in ("image/png", "video/mp4"):
        _publish(running, content_type)
    _leave(running, celebrity)
    # Nobody pays this one: the sweeper has to end it at the provider.
    _open_payment(running, running.book("buyer", celebrity, days=12))


def _open_payment(running: RunningFunctions, booking_id: str) -> str:
    opened = running.call(
        "POST",
        "/v1/bookings/{booking_id}/payments",
        token=running.token("buyer"),
        parameters={"booking_id": booking_id},
        body={"kind": "deposit"},
        Idempotency_Key=secrets.token_hex(8),
    )
    assert opened.status == 201, opened.text
    return str(opened.body["id"])


def _refuse(*_: object) -> None:
    raise MailUnavailable(retry_after=1)


def _run_workers() -> None:
    """Send the mails of what was booked, as an operator lets them be sent anew; let what is due expire."""
    span = {"since": "2026-01-01T00:00:00Z", "until": "2099-01-01T00:00:00Z"}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SesMailer, "send", _refuse)
        assert outbox_function.handler({"replay": span}, None)["sent"] == 0
    assert outbox_function.handler({"replay": span}, None)["sent"]
    # Each function is a process of its own, which reads its secrets itself.
    stored_secrets.secret.cache_clear()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sweeper_function, "datetime", _Tomorrow)
        assert sweeper_function.handler({}, None)["expired"]
    assert _Provider.made[0].voided


class _Context:
    """Lambda's, with time for everything."""

    aws_request_id = "1"

    @staticmethod
    def get_remaining_time_in_millis() -> int:
        return 100_000


def _try_out() -> None:
    """Let CodeDeploy ask about a version. What answers is made up: there is neither of the two here."""
    event = {"DeploymentId": "d-ABCDEF123", "LifecycleEventHookExecutionId": "eyJlbmMi"}
    version = f"arn:aws:lambda:eu-central-1:000000000000:function:greenroom-{os.environ['STAGE']}-outbox:7"
    group = f"greenroom-{os.environ['STAGE']}-outbox"
    body = json.dumps({"batchItemFailures": []}).encode()
    with (
        pytest.MonkeyPatch.context() as patch,
        Stubber(cast("BaseClient", smoke_function._lambda())) as lambda_,
        Stubber(cast("BaseClient", smoke_function._codedeploy())) as codedeploy,
    ):
        patch.setenv("SMOKE_VERSIONS", f"outbox={version}")
        codedeploy.add_response("get_deployment", {"deploymentInfo": {"deploymentGroupName": group}})
        codedeploy.add_response("put_lifecycle_event_hook_execution_status", {})
        answer = {"ExecutedVersion": "7", "Payload": StreamingBody(io.BytesIO(body), len(body))}
        lambda_.add_response("invoke", answer)
        assert smoke_function.handler(event, _Context()) == {"status": "Succeeded"}


@pytest.fixture(scope="module")
def recorded(emulator: RunningEmulator) -> dict[str, set[Needed]]:
    """Return what each function called while all of them did all that they do."""
    caches = (
        *(outbox_function._settings, outbox_function._outbox, sweeper_function._cashier),
        *(smoke_function._settings, smoke_function._lambda, smoke_function._codedeploy),
    )
    _Provider.made.clear()
    with pytest.MonkeyPatch.context() as patch:
        for function in (payments_function, sweeper_function):
            patch.setattr(function, "StripeProvider", _Provider)
        with running_functions(emulator) as running:
            walked = _recording(running)
            _walk(running)
        with running_functions(emulator, rate_limits="on") as running:
            worked = _recording(running)
            _main_job(running)
            for cached in caches:
                cached.cache_clear()
            _run_workers()
            _try_out()
            for cached in caches:
                cached.cache_clear()
    return {
        function: walked.needed.get(function, set()) | worked.needed.get(function, set())
        for function in (*walked.needed, *worked.needed)
    }


@pytest.mark.parametrize("function", [plan.name for plan in PLANS])
def test_a_role_permits_what_its_function_calls_and_nothing_else(
    recorded: dict[str, set[Needed]], function: str
) -> None:
    needed = recorded.get(function, set())

    assert needed - held(function) == set(), "called and not permitted"
    assert held(function) - needed == set(), "permitted and never called"
