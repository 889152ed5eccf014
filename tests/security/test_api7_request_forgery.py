"""API7:2023 Server-side request forgery; ASVS V1.3.6, V13.2.4.

No input makes anything be fetched: addresses stand in every field, parameter and header, and nobody comes.
What the functions do call (tables, keys, mail, the payment provider) is named by settings alone.
"""

import json
from pathlib import Path

import pytest

from tests.security.bodies import sample, text_fields, with_value
from tests.security.canary import Canary
from tests.security.cast import ROLES, Cast
from tests.security.surface import OPERATIONS, WITH_JSON, Operation
from tests.security.wire import exchange

ROOT = Path(__file__).resolve().parents[2]
FETCHERS = (
    "import requests",
    "import httpx",
    "urllib.request",
    "http.client",
    "import urllib3",
    "aiohttp",
    "awscrt.http",
)


def whoever(operation: Operation) -> str:
    """Return somebody who may call the operation."""
    if operation.public:
        return "anonymous"
    return next(who for who in ("buyer", "agent", "admin") if ROLES[who] in operation.access)


def bait(canary: Canary) -> list[str]:
    """Return the address in the spellings that fetchers and parsers fall for."""
    host = canary.url.removeprefix("http://")
    return [
        f"http://169.254.169.254@{host}/latest/meta-data",
        f"{{{{ {canary.url}/a }}}} ${{jndi:ldap://{host}/b}} gopher://{host}/_GET",
        f"<!DOCTYPE a [<!ENTITY x SYSTEM '{canary.url}/c'>]><img src=//{host}/d>",
    ]


@pytest.mark.parametrize("operation", WITH_JSON, ids=str)
def test_an_address_in_a_field_is_text(operation: Operation, cast: Cast, canary: Canary) -> None:
    for way in text_fields(operation.body):
        for text in bait(canary):
            answer = cast.ask(
                operation, whoever(operation), body=with_value(sample(operation.body, whole=True), way, text)
            )
            assert answer.status_code < 500

    assert canary.visits == []


def test_an_address_in_a_parameter_or_header_is_text(cast: Cast, canary: Canary) -> None:
    for operation in OPERATIONS:
        path = operation.template.format_map(cast.things(operation))
        for name in [parameter["name"] for parameter in operation.query] or ["url", "callback", "next"]:
            answer = cast.client.http.request(
                operation.method,
                path,
                params={name: f"{canary.url}/query"},
                headers={
                    "Referer": f"{canary.url}/referer",
                    "Origin": canary.url,
                    "X-Forwarded-Host": canary.url.removeprefix("http://"),
                    "X-Callback-Url": f"{canary.url}/callback",
                },
            )
            assert answer.status_code < 500

    assert canary.visits == []


def test_a_foreign_host_gets_into_no_link_and_no_answer(cast: Cast, canary: Canary) -> None:
    email, _ = cast.new_person()
    host = canary.url.removeprefix("http://")
    headers = [("Host", host), ("X-Forwarded-Host", host), ("Content-Type", "application/json")]
    body = json.dumps({"email": email}).encode()

    reply = exchange(cast.client.system.base_url, "POST", "/v1/auth/password-reset", headers, body)

    assert reply.status == 202
    (mail, *_) = cast.client.system.mails(email)
    assert cast.client.system.base_url in mail["text"]
    assert host not in mail["text"]
    assert host.encode() not in reply.body
    assert canary.visits == []


def test_a_booking_keeps_addresses_as_the_text_that_they_are(cast: Cast, canary: Canary) -> None:
    text = f"see {canary.url}/rider"

    booked = cast.client.book(
        cast.bearer("buyer"), cast.offering_id, cast.free_start(), venue=canary.url, brief=text
    )

    assert (booked.json()["venue"], booked.json()["brief"]) == (canary.url, text)
    calendar = cast.client.http.get(
        f"/v1/bookings/{booked.json()['id']}/calendar.ics", headers=cast.bearer("buyer")
    )
    assert calendar.status_code == 200
    assert canary.visits == []


# Who may fetch, and whose address it is.
FETCHING = {
    "functions/health/probes.py": "import urllib3",  # the services that settings name
    "layers/greenroom/aws/runtime.py": "awscrt.http",  # services of AWS, by their own endpoints
    "layers/greenroom/telemetry/extension.py": "http.client",  # the runtime that runs the function
}


def test_deployed_code_has_nothing_to_fetch_with_but_what_settings_name() -> None:
    found = {
        str(file.relative_to(ROOT)): word
        for folder in ("functions", "layers/greenroom")
        for file in (ROOT / folder).rglob("*.py")
        for word in FETCHERS
        if word in file.read_text("utf-8")
    }

    assert found == FETCHING
