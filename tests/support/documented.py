"""Holds answers against the OpenAPI document: status, headers, problem code, and the body's shape."""

import json
import re
from functools import cache
from typing import Any

import httpx
from jsonschema import Draft202012Validator

from tests.support.system import ROOT


@cache
def document() -> dict[str, Any]:
    """Return the committed document."""
    found: dict[str, Any] = json.loads((ROOT / "functions/health/site/openapi.json").read_text("utf-8"))
    return found


@cache
def _templates() -> list[tuple[re.Pattern[str], str]]:
    # Literal segments before parameters, as the gateway matches.
    paths = sorted(document()["paths"], key=lambda path: [part.startswith("{") for part in path.split("/")])
    return [(re.compile(re.sub(r"{\w+}", "[^/]+", path.replace(".", r"\."))), path) for path in paths]


@cache
def _assets() -> re.Pattern[str]:
    paths = (re.sub(r"{\w+}", "[^/]+", path.replace(".", r"\.")) for path in document()["x-greenroom-assets"])
    return re.compile("|".join(paths))


def operation_of(method: str, path: str) -> dict[str, Any] | None:
    """Return the operation that a request is for, None for what is no route."""
    for pattern, template in _templates():
        if pattern.fullmatch(path):
            found: dict[str, Any] | None = document()["paths"][template].get(method.lower())
            return found
    return None


def check_answer(answer: httpx.Response) -> None:
    """Assert that an answer is one that the document promises."""
    request = answer.request
    assert "x-request-id" in answer.headers, f"{request.url}: no request id"
    for name, value in document()["x-greenroom-headers"].items():
        assert name.lower() in answer.headers, f"{request.method} {request.url}: no {name}"
        # A page has a policy of its own, and an answer to an allowed origin another resource policy.
        if name not in {"Content-Security-Policy", "Cross-Origin-Resource-Policy"}:
            assert answer.headers[name] == value
    if request.method == "OPTIONS" and answer.status_code == 204:
        return  # no operation of its own: it tells which there are
    operation = operation_of(request.method, request.url.path)
    if operation is None:
        if _assets().fullmatch(request.url.path) and answer.status_code in {200, 304, 422}:
            return
        assert answer.status_code in {403, 404, 405}, f"{request.url}: {answer.status_code}"
        return
    promised = operation["responses"].get(str(answer.status_code))
    where = f"{request.method} {request.url.path}: {answer.status_code}"
    assert promised is not None, f"{where} is not documented: {answer.text[:300]}"
    if answer.status_code >= 400:
        assert answer.headers["content-type"] == "application/problem+json", where
        if "x-codes" in promised:
            assert answer.json()["code"] in promised["x-codes"], f"{where}: {answer.json()['code']}"
    content = promised.get("content", {}).get(answer.headers.get("content-type", ""))
    if content and answer.headers["content-type"].endswith("json"):
        schema = {**content["schema"], "components": document()["components"]}
        errors = [error.message for error in Draft202012Validator(schema).iter_errors(answer.json())]
        assert not errors, f"{where}: {errors[:3]}"
