"""The gateway's own errors, in the same form and under the same headers as those of the functions."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from aws_cdk import aws_apigateway as apigateway

_Type = apigateway.ResponseType


@dataclass(frozen=True, slots=True)
class GatewayError:
    """One kind of error that the gateway answers without asking a function.

    ``status`` is None for the kinds that stand for several; the document then names no status.
    """

    kind: apigateway.ResponseType
    status: int | None
    code: str
    title: str
    retry_after: int | None = None
    """Seconds."""


def _unknown_route(kind: apigateway.ResponseType) -> GatewayError:
    return GatewayError(kind, 404, "not_found", "There is nothing here")


def _busy(kind: apigateway.ResponseType) -> GatewayError:
    return GatewayError(kind, 429, "too_many_requests", "Too many requests", retry_after=1)


def _late(kind: apigateway.ResponseType) -> GatewayError:
    return GatewayError(kind, 504, "unavailable", "The service did not answer in time", retry_after=1)


ERRORS = (
    # No route asks for a signature, so these three can only come of a route that does not exist: the
    # gateway takes an Authorization header there for a signature, and a bearer token for a bad one.
    _unknown_route(_Type.MISSING_AUTHENTICATION_TOKEN),
    _unknown_route(_Type.INVALID_SIGNATURE),
    _unknown_route(_Type.EXPIRED_TOKEN),
    _unknown_route(_Type.RESOURCE_NOT_FOUND),
    GatewayError(_Type.ACCESS_DENIED, 403, "forbidden", "Access is denied"),
    GatewayError(_Type.WAF_FILTERED, 403, "forbidden", "The request was refused"),
    GatewayError(_Type.BAD_REQUEST_BODY, 400, "malformed_body", "The body is not acceptable"),
    GatewayError(_Type.BAD_REQUEST_PARAMETERS, 400, "malformed_request", "The request is not acceptable"),
    GatewayError(_Type.REQUEST_TOO_LARGE, 413, "body_too_large", "The body is too large"),
    GatewayError(
        _Type.UNSUPPORTED_MEDIA_TYPE, 415, "unsupported_media_type", "The body must be application/json"
    ),
    _busy(_Type.THROTTLED),
    # Only partners have keys and a day's quota: see stacks/partners.py.
    GatewayError(_Type.INVALID_API_KEY, 403, "forbidden", "The key is missing or not known"),
    GatewayError(
        _Type.QUOTA_EXCEEDED, 429, "too_many_requests", "The day's quota is used up", retry_after=3600
    ),
    _late(_Type.INTEGRATION_TIMEOUT),
    GatewayError(
        _Type.INTEGRATION_FAILURE, 503, "unavailable", "The service is briefly unavailable", retry_after=1
    ),
    GatewayError(_Type.API_CONFIGURATION_ERROR, 500, "internal_error", "Something went wrong on our side"),
    GatewayError(_Type.DEFAULT_4_XX, None, "refused", "The request was refused"),
    # Also what a crowd gets for which there is no sandbox: Lambda's refusal is an error of the integration.
    GatewayError(
        _Type.DEFAULT_5_XX, None, "internal_error", "Something went wrong on our side", retry_after=1
    ),
)


def problem_template(error: GatewayError) -> str:
    """Return the problem document for the gateway to fill in. Nothing a client sent gets into it."""
    document = {
        "type": f"/docs#{error.code}",
        "title": error.title,
        "status": error.status,
        "detail": error.title,
        "code": error.code,
        "request_id": "$context.requestId",
    }
    return json.dumps({name: value for name, value in document.items() if value is not None})


def response_headers(error: GatewayError, headers: Mapping[str, str]) -> dict[str, str]:
    """Return the headers of the answer in the gateway's notation: fixed text stands in single quotes."""
    fixed = {**headers, "Content-Type": "application/problem+json", "Cache-Control": "no-store"}
    if error.retry_after is not None:
        fixed["Retry-After"] = str(error.retry_after)
    return {name: f"'{value}'" for name, value in fixed.items()} | {"X-Request-Id": "context.requestId"}


def add_gateway_responses(api: apigateway.RestApi, headers: Mapping[str, str]) -> None:
    """Give every error of the gateway its document, and ``headers``, the table that all answers share."""
    for error in ERRORS:
        api.add_gateway_response(
            f"Error{error.kind.response_type}",
            type=error.kind,
            status_code=str(error.status) if error.status else None,
            response_headers=response_headers(error, headers),
            templates={"application/json": problem_template(error)},
        )
