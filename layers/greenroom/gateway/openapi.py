"""The OpenAPI 3.1 document of a set of route tables. Used by tools and tests, never in a request.

What a declaration implies is written out: any request 400, 413 and 422; a body 415; a role 401 and 403; a
target or a path parameter 404; ``If-Match`` 412 and 428; ``etag`` 304. Each status lists the codes that
may come with it.

``x-greenroom-assets`` lists the parts of pages by path and method. They are not operations.
"""

import inspect
from collections import defaultdict
from collections.abc import Iterable, Iterator
from http import HTTPStatus
from typing import Any, get_args, get_origin

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from greenroom.actors import Role
from greenroom.refusals import (
    InvalidInput,
    NotFound,
    PreconditionFailed,
    Refusal,
    TooManyRequests,
    Unauthenticated,
    Unavailable,
)
from greenroom.storage.idempotency import IdempotencyKeyReused

from . import problems
from .answers import Answer, Content, Unready
from .headers import SECURITY_HEADERS
from .routes import Limit, Route, Routes

_SCHEMAS = "#/components/schemas/{model}"
_PROBLEM = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "code", "request_id"],
    "properties": {
        "type": {"type": "string", "format": "uri-reference"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string", "description": "Stable; decide by this, not by the texts."},
        "request_id": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "message"],
                "properties": {"field": {"type": "string"}, "message": {"type": "string"}},
            },
        },
    },
}
_SECURITY_SCHEMES = {
    "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "at+jwt"},
    "monitoring": {
        "type": "http",
        "scheme": "bearer",
        "description": "The stage's monitoring token, for programs that watch.",
    },
}
_HEADER_PARAMETERS = {
    "correlation": {
        "name": "X-Correlation-Id",
        "in": "header",
        "required": False,
        "description": "Taken in, logged and echoed where it has 8 to 128 of `A-Za-z0-9_.:-`, else replaced.",
        # No pattern: a value of another form is not refused.
        "schema": {"type": "string"},
    },
    "idempotency": {
        "name": "Idempotency-Key",
        "in": "header",
        "required": True,
        "description": "For 24 hours the same key and body have one effect and get one answer.",
        "schema": {"type": "string", "pattern": "^[\\x21-\\x7e]{1,255}$"},
    },
    "if_none_match": {
        "name": "If-None-Match",
        "in": "header",
        "required": False,
        "description": "The ETag that the caller has; where it is still current the answer is 304.",
        "schema": {"type": "string"},
    },
}


def implied_refusals(route: Route) -> Iterator[type[Refusal]]:
    """Yield the refusals that a route's declaration implies, before those that it names itself."""
    yield from (problems.InternalError, problems.BodyTooLarge, problems.MalformedBody)
    yield from (problems.InvalidFields, Unavailable)
    implied: list[tuple[object, tuple[type[Refusal], ...]]] = [
        (route.body, (problems.UnsupportedMediaType,)),
        (not route.public, (Unauthenticated, problems.Forbidden)),
        (route.verified, (problems.EmailNotVerified,)),
        (route.target or route.path_parameters, (NotFound,)),
        (route.idempotent, (problems.IdempotencyKeyRequired, IdempotencyKeyReused)),
        (route.if_match, (PreconditionFailed,)),
        (route.if_match == "required", (problems.PreconditionRequired,)),
        (route.limit is not Limit.NONE, (TooManyRequests,)),
    ]
    for holds, refusals in implied:
        if holds:
            yield from refusals


def refusals_of(route: Route) -> list[type[Refusal]]:
    """Return every refusal that a route may answer with, each once, in the order of status and code."""
    found = {*implied_refusals(route), *route.errors} - {InvalidInput}
    return sorted(found, key=lambda refusal: (refusal.status, refusal.code))


def build(tables: Iterable[Routes], *, version: str, tags: dict[str, str]) -> dict[str, Any]:
    """Return the document. ``tags`` describes each function in a sentence."""
    routes = sorted((route for table in tables for route in table), key=lambda r: (r.path, r.method))
    models = {model for route in routes for model in _models(route)}
    ordered = sorted(models, key=lambda model: model.__name__)
    inputs = {route.body for route in routes}
    _, definitions = models_json_schema(
        [(model, "validation" if model in inputs else "serialization") for model in ordered],
        ref_template=_SCHEMAS,
    )
    paths: dict[str, dict[str, Any]] = defaultdict(dict)
    assets: dict[str, dict[str, Any]] = defaultdict(dict)
    for route in routes:
        method = route.method.lower()
        if route.documented:
            paths[route.path][method] = _operation(route)
        else:
            assets[route.path][method] = {"x-greenroom": _serving(route)}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Greenroom",
            "version": version,
            "summary": "Find a celebrity, see real availability, book, and pay.",
            "description": (
                "JSON in snake_case. Instants are RFC 3339 in UTC; money is in the minor units of its "
                "currency; errors are problem documents with a stable `code`."
            ),
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": name, "description": text} for name, text in tags.items()],
        "paths": dict(paths),
        "components": {
            "schemas": {**definitions.get("$defs", {}), "Problem": _PROBLEM},
            "securitySchemes": _SECURITY_SCHEMES,
        },
        "x-greenroom-headers": dict(SECURITY_HEADERS),
        "x-greenroom-assets": dict(assets),
    }


def _models(route: Route) -> list[type[BaseModel]]:
    answered = _answered(route)
    return [model for model in (route.body, answered) if model is not None]


def _answered(route: Route) -> type[BaseModel] | None:
    arguments = get_args(route.returns)
    return arguments[0] if arguments else None


def _answer_class(route: Route) -> type[Answer[Any]]:
    answer: type[Answer[Any]] = get_origin(route.returns) or route.returns
    return answer


def _reference(model: type[BaseModel]) -> dict[str, str]:
    # A generic model's class name is not a component name; pydantic replaces what is not a word.
    name = "".join(
        character if character.isalnum() or character in "._-" else "_" for character in model.__name__
    )
    return {"$ref": f"#/components/schemas/{name}"}


def _operation(route: Route) -> dict[str, Any]:
    summary, _, description = (inspect.getdoc(route.handler) or "").partition("\n")
    operation: dict[str, Any] = {
        "operationId": route.handler.__name__,
        "tags": [route.function],
        "summary": summary.rstrip("."),
        **({"description": description.strip()} if description.strip() else {}),
        "parameters": list(_parameters(route)),
        "responses": _responses(route),
        "security": _security(route),
        "x-greenroom": _serving(route),
    }
    if route.body is not None:
        operation["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": _reference(route.body)}},
        }
    if route.raw:
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": {}}}}
    return operation


def _serving(route: Route) -> dict[str, Any]:
    """Return what the gateway needs to serve a route."""
    return {"function": route.function, "access": sorted(route.access), "limit": route.limit.value}


def _security(route: Route) -> list[dict[str, list[str]]]:
    """Return the schemes of which a caller needs one."""
    names = [] if route.public else ["bearer", *(["monitoring"] if Role.MONITOR in route.access else [])]
    return [{name: []} for name in names]


def _parameters(route: Route) -> Iterator[dict[str, Any]]:
    for name in route.path_parameters:
        yield {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
    if route.query is not None:
        schema = route.query.model_json_schema(ref_template=_SCHEMAS)
        for name, field in schema.get("properties", {}).items():
            described = {key: value for key, value in field.items() if key not in {"title", "description"}}
            if "$ref" in described:  # an enum of one parameter needs no component of its own
                described |= schema["$defs"][described.pop("$ref").rpartition("/")[2]]
                described.pop("description", None)
            text = {"description": field["description"]} if "description" in field else {}
            required = name in schema.get("required", [])
            yield {"name": name, "in": "query", "required": required, **text, "schema": described}
    if route.idempotent:
        yield _HEADER_PARAMETERS["idempotency"] | {"required": route.idempotent is True}
    if route.if_match:
        yield {
            "name": "If-Match",
            "in": "header",
            "required": route.if_match == "required",
            "description": 'The version that the change is meant for, as the ETag gave it: `"3"`.',
            "schema": {"type": "string"},
        }
    if route.etag:
        yield _HEADER_PARAMETERS["if_none_match"]
    yield _HEADER_PARAMETERS["correlation"]


def _responses(route: Route) -> dict[str, Any]:
    answer, model = _answer_class(route), _answered(route)
    success: dict[str, Any] = {
        "description": HTTPStatus(answer.status).phrase,
        "headers": _answer_headers(route, answer),
    }
    if model is not None:
        success["content"] = {"application/json": {"schema": _reference(model)}}
    elif answer is Content:
        # Of a document in JSON only that it is one is said; of anything else, that it is text.
        success["content"] = {
            kind: {"schema": {"type": "object" if kind == "application/json" else "string"}}
            for kind in route.produces
        }
    responses: dict[str, Any] = {str(answer.status): success}
    if route.etag:
        responses["304"] = {"description": "The caller has it: `If-None-Match` names the current ETag."}
    by_status: dict[int, list[type[Refusal]]] = defaultdict(list)
    for refusal in refusals_of(route):
        by_status[refusal.status].append(refusal)
    for status, refusals in by_status.items():
        texts = dict.fromkeys(f"`{refusal.code}`: {refusal.title}." for refusal in refusals)
        responses[str(status)] = {
            "description": " ".join(texts),
            "content": {problems.PROBLEM_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
            "x-codes": sorted({refusal.code for refusal in refusals}),
        }
    if issubclass(answer, Unready):
        # The same shape as when all is well; it tells what is not.
        responses["503"]["content"] |= success["content"]
    return responses


def _answer_headers(route: Route, answer: type[Answer[Any]]) -> dict[str, Any]:
    names = {
        "X-Request-Id": True,
        "Location": answer.status == 201,
        # What was changed by its version has another one now.
        "ETag": answer.status == 201 or route.etag or route.if_match == "required",
        "Idempotency-Replayed": bool(route.idempotent),
    }
    return {name: {"schema": {"type": "string"}} for name, given in names.items() if given}
