"""Errors are counted by the version that answered too: a release is judged by its own."""

import json
from typing import Any

import pytest

from greenroom.telemetry import logs, metrics
from greenroom.telemetry.invocations import invocation
from tests.support.embedded import emissions


def _line(monkeypatch: pytest.MonkeyPatch, status: int) -> dict[str, Any]:
    lines: list[dict[str, Any]] = []
    monkeypatch.setattr(logs, "_sinks", [lines.append])
    monkeypatch.setenv("STAGE", "test")
    with invocation("auth", answers=True):
        metrics.record_request("/v1/me", status, 1.0)
        logs.log_request(status=status, route="/v1/me")
    (line,) = lines
    return line


@pytest.mark.parametrize(("variable", "version"), [("7", "7"), (None, "$LATEST")])
def test_a_5xx_is_counted_for_its_version_in_its_own_line(
    monkeypatch: pytest.MonkeyPatch, variable: str | None, version: str
) -> None:
    if variable is None:
        monkeypatch.delenv("AWS_LAMBDA_FUNCTION_VERSION", raising=False)
    else:
        monkeypatch.setenv("AWS_LAMBDA_FUNCTION_VERSION", variable)

    line = _line(monkeypatch, 503)

    assert line["version"] == version
    counted = {emission.dimensions for emission in emissions([line]) if emission.name == "ServerErrors"}
    assert frozenset({"service", "version"}) in counted


def test_an_answer_that_is_none_does_not_name_the_version(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "version" not in json.dumps(_line(monkeypatch, 404))
