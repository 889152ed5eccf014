"""The steps over httpx: for tests, and for looking at a system after the load."""

from collections.abc import Container, Mapping
from typing import Any

import httpx

from tests.load.steps import Answer, Ask, Unexpected


def asked_by(http: httpx.Client) -> Ask:
    """Return what asks by a client. Nothing is measured."""

    def ask(
        method: str,
        path: str,
        *,
        name: str,
        body: Any = None,
        headers: Mapping[str, str],
        expected: Container[int],
    ) -> Answer:
        answer = http.request(method, path, json=body, headers=headers)
        if answer.status_code not in expected:
            raise Unexpected(f"{name}: {answer.status_code} {answer.text[:300]}")
        return Answer(answer.status_code, answer.json() if answer.content else None)

    return ask
