"""Every metric of the catalogue comes out of real code at work: what is only declared is never measured."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from email.message import EmailMessage
from typing import Any

import pytest
from botocore.exceptions import ClientError
from pydantic import Secret

from functions.catalog import main as catalog_function
from functions.catalog.routes import routes as catalog_routes
from functions.outbox import main as outbox_function
from functions.sweeper import main as sweeper_function
from greenroom.aws.client import Call, Document
from greenroom.bookings import actions
from greenroom.gateway.dispatch import Function
from greenroom.limits.policies import AUTHENTICATION
from greenroom.mail import MailUnavailable
from greenroom.payments.provider import ProviderEvent, ProviderUnavailable
from greenroom.payments.stripe_provider import Credentials, StripeProvider
from greenroom.storage import clients
from greenroom.telemetry import catalogue, logs, metrics, usage
from greenroom.telemetry.catalogue import Metric
from greenroom.telemetry.invocations import invocation
from greenroom.telemetry.usage import Usage
from tests.service.bookings.world import AGENT, HOLD, SLOT, World
from tests.service.outbox.world import World as Mailing
from tests.support.embedded import Emission, emissions
from tests.support.emulator import RunningEmulator
from tests.support.functions import PASSWORD, RunningFunctions, running_functions
from tests.support.memory_dynamodb import MemoryDynamoDB
from tests.support.paper_provider import SIGNATURE

NOWHERE = "http://127.0.0.1:9"


@contextmanager
def _answered(client: Any, operation: str, code: str) -> Iterator[None]:
    """Let a service answer with an error."""

    def fail(call: Call, proceed: Callable[[], Document]) -> Document:
        if call.operation != operation:
            return proceed()
        error: Any = {"Error": {"Code": code, "Message": ""}, "ResponseMetadata": {"HTTPStatusCode": 400}}
        raise ClientError(error, operation)

    client.middleware.append(fail)
    try:
        yield
    finally:
        client.middleware.remove(fail)


def _call_functions(running: RunningFunctions) -> None:
    """Log in, be refused, guess until the quota is used up, and meet services that fail."""
    token = running.token("buyer")
    assert running.call("GET", "/v1/me", token=token).status == 200
    for _ in range(2):
        assert running.call("GET", "/v1/celebrities").status == 200
    wrong = {"email": running.emails["buyer"], "password": "not the password"}
    statuses = [
        running.call("POST", "/v1/auth/login", body=wrong, source_ip="10.1.1.1").status
        for _ in range(AUTHENTICATION.limit + 1)
    ]
    assert statuses == [401] * AUTHENTICATION.limit + [429]
    gate, kms = clients.gate_client(), clients.client("kms")
    body = {"email": running.emails["buyer"], "password": PASSWORD}
    with _answered(kms, "Sign", "KMSInternalException"):
        assert running.call("POST", "/v1/auth/login", body=body, source_ip="10.1.1.2").status == 503
    # A counter that is too hot to be written is one that somebody hits too often.
    for code, status in {"InternalServerError": 503, "ThrottlingException": 429}.items():
        with _answered(gate, "UpdateItem", code):
            assert running.call("POST", "/v1/auth/login", body=body, source_ip="10.1.1.3").status == status


def _lose_what_can_be_lost(running: RunningFunctions) -> None:
    """Read past a cache server that is not there, and ask for the health of tables that fail."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CACHE_URL", "redis://127.0.0.1:9")
        catalog = Function(catalog_routes, catalog_function.compose)
        without = replace(running, functions={**running.functions, "catalog": catalog})
        assert without.call("GET", "/v1/celebrities").status == 200
    dynamodb = clients.client("dynamodb")
    with _answered(dynamodb, "GetItem", "InternalServerError"):
        assert running.call("GET", "/health/database").status == 503


def _do_business(world: World) -> None:
    """Book, pay, have a card declined, cancel and be paid back; ask and be declined; let a hold end."""

    def tell(event: ProviderEvent) -> None:
        body = world.provider.message(event).decode()
        sent = {"Stripe-Signature": SIGNATURE}
        assert world.call("POST", "/v1/webhooks/stripe", body, headers=sent).status == 200

    asked = world.book(offering=3)
    with invocation("bookings", answers=True):
        world.desk.apply(asked.id, actions.Decline(), AGENT)
        logs.log_request(status=200)
    with invocation("payments", answers=True):
        booking, payment = world.pay(world.book().id)
        logs.log_request(status=200)
    tell(world.provider.decline(payment.id))
    _, payment = world.pay(booking.id)
    captured = world.provider.pay(payment.id)
    tell(captured)
    world.desk.apply(booking.id, actions.Cancel(), AGENT)
    tell(captured)
    assert world.provider.refunded(payment.id) == payment.amount
    world.book(SLOT.replace(month=11, day=20))
    world.clock.advance(HOLD)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sweeper_function, "_cashier", lambda: world.cashier)
        patch.setattr(sweeper_function.handler, "_prepare", lambda: None)
        assert sweeper_function.handler({}, None) == {"expired": 1, "erased": 0}


class _Post:
    """A mail service that takes mails unless it is down."""

    down = False

    def send(self, message: EmailMessage) -> None:
        assert message["To"]
        if self.down:
            raise MailUnavailable(retry_after=1)


def _send_mails(world: Mailing) -> None:
    post = _Post()
    world.book()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(outbox_function, "_outbox", lambda: world.outbox(post))
        patch.setattr(outbox_function.handler, "_prepare", lambda: None)
        post.down = True
        assert outbox_function.handler(world.batch(), None)["batchItemFailures"]
        post.down = False
        assert outbox_function.handler(world.batch(), None) == {"batchItemFailures": []}


def _ask_the_provider() -> None:
    provider = StripeProvider(lambda: Credentials(Secret("sk_test_1"), Secret("whsec_1")), api_url=NOWHERE)
    with invocation("payments", answers=True):
        with pytest.raises(ProviderUnavailable):
            provider.create(amount=100, currency="EUR", booking_id="bkg_1", payment_id="pay_1")
        logs.log_request(status=503)


@pytest.fixture(scope="module")
def emitted(emulator: RunningEmulator) -> set[Emission]:
    """Return what the system emitted while it did all that it does."""
    lines: list[dict[str, Any]] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(logs, "_sinks", [lines.append])
        patch.setattr(metrics, "_usage", Usage())
        patch.setattr(usage, "EVERY_SECONDS", 0)
        with running_functions(emulator, rate_limits="on") as running:
            _call_functions(running)
            _lose_what_can_be_lost(running)
        _do_business(World(MemoryDynamoDB()))
        _send_mails(Mailing(emulator))
        _ask_the_provider()
    return set(emissions(lines))


@pytest.mark.parametrize("metric", catalogue.ALL, ids=lambda metric: metric.name)
def test_a_metric_is_emitted_by_the_code_that_it_measures(emitted: set[Emission], metric: Metric) -> None:
    found = {(one.dimensions, one.unit) for one in emitted if one.name == metric.name}

    assert found == {(frozenset(names), metric.unit.value) for names in metric.dimensions}


def test_nothing_is_emitted_that_the_catalogue_does_not_have(emitted: set[Emission]) -> None:
    assert {one.name for one in emitted} == {metric.name for metric in catalogue.ALL}
