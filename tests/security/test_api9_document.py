"""The document against the system: generated requests, good and bad, by everybody, under all checks.

What is generated follows from the document alone, so a route is tried as soon as it is declared.
"""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi import checks

from greenroom.actors import Role
from tests.security.bodies import PASSWORD
from tests.security.cast import Cast
from tests.security.own import Own
from tests.security.surface import OPERATIONS, Operation
from tests.support.documented import document

EXAMPLES = 4
"""Of each kind, for each operation and caller."""
CALLERS: dict[str, Role | None] = {
    "anonymous": None,
    "buyer": Role.BUYER,
    "agent": Role.AGENT,
    "admin": Role.ADMIN,
}
CHECKS = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
    checks.negative_data_rejection,
    checks.missing_required_header,
    checks.unsupported_method,
    checks.ignored_auth,
]
"""All that hold for an API whose rules refuse good shapes too: a time that is past is a 422. Not
``positive_data_acceptance``, therefore, nor the two that follow an object from its creation to its end, for
which the document has no links."""


@cache
def _operations() -> dict[str, Any]:
    schema = schemathesis.openapi.from_dict(document())
    found: list[Any] = list(schema.get_all_operations())
    return {operation.label: operation for operation in (result.ok() for result in found)}


GOOD, BAD = GenerationMode.POSITIVE, GenerationMode.NEGATIVE


def _can_be_wrong(operation: dict[str, Any]) -> bool:
    """Tell whether a request can break what the document says of it."""
    bodies = operation.get("requestBody", {}).get("content", {}).values()
    return any(body["schema"] for body in bodies) or any(
        parameter["in"] == "query" or (parameter["in"] == "header" and parameter["required"])
        for parameter in operation["parameters"]
    )


def _tries() -> Iterator[tuple[str, str, GenerationMode]]:
    """Yield each operation with each caller who is told apart, and whether the requests are good or bad.

    Bad ones by somebody who may: to all others the answer is the same as to good ones.
    """
    for path, operations in document()["paths"].items():
        for method, operation in operations.items():
            label, access = f"{method.upper()} {path}", operation["x-greenroom"]["access"]
            public = "public" in access
            for who in ["anonymous"] if public else CALLERS:
                yield label, who, GOOD
            if _can_be_wrong(operation):
                yield label, next((who for who in CALLERS if who in access), "anonymous"), BAD


TRIES = list(_tries())


@dataclass
class Callers:
    """People who exist for these tests alone: what they are made to do may end their sessions."""

    cast: Cast
    _emails: dict[str, str] = field(default_factory=dict)
    _tokens: dict[str, str] = field(default_factory=dict)

    def headers(self, who: str) -> dict[str, str]:
        """Return the header that says who calls, with a session that lives."""
        role = CALLERS[who]
        if role is None:
            return {}
        if who not in self._tokens or not self._alive(who):
            self._emails[who] = self.cast.new_person(role)[0]
            self._tokens[who] = str(self.cast.open_session(self._emails[who], PASSWORD)["access_token"])
        return {"Authorization": f"Bearer {self._tokens[who]}"}

    def _alive(self, who: str) -> bool:
        headers = {"Authorization": f"Bearer {self._tokens[who]}"}
        return self.cast.client.http.get("/v1/me", headers=headers).status_code == 200


@pytest.fixture(scope="module")
def callers(cast: Cast) -> Callers:
    return Callers(cast)


@pytest.mark.parametrize(
    ("label", "who", "mode"), TRIES, ids=[f"{label} by {who}, {mode.value}" for label, who, mode in TRIES]
)
def test_every_answer_is_one_that_the_document_names(
    label: str, who: str, mode: GenerationMode, callers: Callers
) -> None:
    headers = callers.headers(who)
    operation = _operations()[label]

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def ask(case: Any) -> None:
        answer = case.call(
            base_url=callers.cast.client.system.base_url,
            headers={"Idempotency-Key": secrets.token_hex(8), **headers},
        )
        case.validate_response(answer, checks=CHECKS)

    ask()


OWN_EXAMPLES = 2
OWN = [
    (operation, who)
    for operation in OPERATIONS
    if operation.targeted
    for who in CALLERS
    if who in operation.access and (who == "buyer" or not operation.template.startswith("/v1/auth/"))
]
"""Each with who can have what it is about. Sessions and passkeys are one person's whatever the role."""


@pytest.fixture(scope="module")
def own(cast: Cast) -> Own:
    return Own(cast)


@pytest.mark.parametrize(("operation", "who"), OWN, ids=[f"{operation} by {who}" for operation, who in OWN])
def test_so_is_every_answer_about_what_there_is_and_is_ones_own(
    operation: Operation, who: str, own: Own
) -> None:
    """Ids that are made up lead nowhere: here each leads to something, on which the caller may act."""

    @settings(
        max_examples=OWN_EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=_operations()[str(operation)].as_strategy(generation_mode=GOOD))
    def ask(case: Any) -> None:
        case.path_parameters = own.things(operation, who)
        if isinstance(case.body, dict):
            case.body |= {name: value for name, value in own.fitting(who).items() if name in case.body}
        answer = case.call(
            base_url=own.cast.client.system.base_url,
            headers={"Idempotency-Key": secrets.token_hex(8), "If-Match": "*", **own.cast.bearer(who)},
        )
        case.validate_response(answer, checks=CHECKS)
        assert answer.status_code not in {401, 403, 404, 412, 428}

    ask()
    own.cast._notice_what_ended(who)


def test_every_operation_is_tried() -> None:
    assert {label for label, _, _ in TRIES} == _operations().keys()
