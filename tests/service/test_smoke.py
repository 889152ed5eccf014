"""The journeys against the real functions: a good version passes, and one that lacks something does not."""

import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from greenroom.gateway.dispatch import Function
from greenroom.smoke.asking import Unexpected
from greenroom.smoke.journeys import JOURNEYS
from greenroom.smoke.versions import Version, try_out
from tests.support.emulator import RunningEmulator
from tests.support.functions import RunningFunctions, running_functions

pytestmark = pytest.mark.xdist_group("permissions")


@pytest.fixture(scope="module")
def functions(emulator: RunningEmulator) -> Iterator[RunningFunctions]:
    with running_functions(emulator) as running:
        running.add_celebrity("agent")
        yield running


@dataclass(frozen=True)
class Lambda:
    """Calls the functions of this process, through JSON, as Lambda does."""

    functions: Mapping[str, Function[Any]]

    def invoke(self, *, FunctionName: str, Payload: bytes) -> Mapping[str, Any]:  # noqa: N803
        *_, name, number = FunctionName.split(":")
        answer = self.functions[name](json.loads(Payload))
        payload = json.dumps(answer).encode()
        return {"StatusCode": 200, "ExecutedVersion": number, "Payload": io.BytesIO(payload)}


def _version(functions: Mapping[str, Function[Any]], name: str) -> Version:
    return Version(
        Lambda(functions), f"arn:aws:lambda:eu-central-1:000000000000:function:{name}:7", lambda: None
    )


@pytest.mark.parametrize("name", JOURNEYS)
def test_a_good_version_passes(functions: RunningFunctions, name: str) -> None:
    try_out(name, _version(functions.functions, name))


@pytest.mark.parametrize(
    ("name", "variable"),
    [
        ("auth", "TOKEN_KEY_IDS"),
        ("bookings", "TOKEN_KEY_IDS"),
        ("payments", "TOKEN_KEY_IDS"),
        ("payments", "PAYMENT_SECRET_ID"),
        ("catalog", "CATALOG_TABLE"),
        ("catalog", "BOOKINGS_TABLE"),
        ("health", "IDENTITY_TABLE"),
        ("health", "LIMITS_TABLE"),
    ],
)
def test_a_version_that_cannot_reach_what_it_needs_does_not(
    functions: RunningFunctions, monkeypatch: pytest.MonkeyPatch, name: str, variable: str
) -> None:
    monkeypatch.setenv(variable, "nothing-of-this-name")
    good = functions.functions[name]
    misled = {name: Function(good.routes, good._compose)}

    with pytest.raises(Unexpected):
        try_out(name, _version(misled, name))
