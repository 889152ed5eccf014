"""The refusals that belong to HTTP itself, and the problem document every refusal becomes (RFC 9457)."""

import json
from collections.abc import Sequence
from typing import Any

from pydantic import ValidationError

from greenroom.refusals import InvalidInput, Refusal

PROBLEM_TYPE = "application/problem+json"

_MOST_ERRORS = 20
_LONGEST_NAME = 100


class MalformedBody(Refusal):
    """The body is not JSON, or not JSON that the API takes."""

    status, code, title = 400, "malformed_body", "The body is not acceptable JSON"


class IdempotencyKeyRequired(Refusal):
    """A call that creates something must carry a usable ``Idempotency-Key``."""

    status, code, title = 400, "idempotency_key_required", "An Idempotency-Key header is required"


class InvalidCursor(Refusal):
    """The cursor was not issued for this caller and this query."""

    status, code, title = 400, "invalid_cursor", "The cursor is not valid for this query"


class Forbidden(Refusal):
    """The caller's role never may do this."""

    status, code, title = 403, "forbidden", "Your role does not allow this"


class EmailNotVerified(Refusal):
    """What costs money needs an address that is known to work."""

    status, code, title = 403, "email_not_verified", "Verify your e-mail address first"


class MethodNotAllowed(Refusal):
    """The resource exists and has not that method."""

    status, code, title = 405, "method_not_allowed", "The resource does not have this method"


class BodyTooLarge(Refusal):
    """The body is over the limit."""

    status, code, title = 413, "body_too_large", "The body is too large"


class UnsupportedMediaType(Refusal):
    """The body is not declared as JSON."""

    status, code, title = 415, "unsupported_media_type", "The body must be application/json"


class InvalidFields(InvalidInput):
    """The body or query has fields that the route's shape refuses; ``errors`` names the first of them."""

    def __init__(self, errors: Sequence[tuple[str, str]]) -> None:
        # A client may invent any number of fields, with names of any length.
        self.errors = [(field[:_LONGEST_NAME], message) for field, message in errors[:_MOST_ERRORS]]
        super().__init__("; ".join(f"{field}: {message}" for field, message in self.errors[:3]))


class PreconditionRequired(Refusal):
    """The change needs ``If-Match`` so that nobody overwrites what he has not seen."""

    status, code, title = 428, "precondition_required", "An If-Match header is required"


class InternalError(Refusal):
    """A fault on our side, reported without its cause."""

    status, code, title = 500, "internal_error", "Something went wrong on our side"


def invalid_fields(error: ValidationError) -> InvalidFields:
    """Name each refused field, ``price.amount`` or ``tiers.0.days_before``, never showing its value."""
    found = error.errors(include_url=False, include_context=False, include_input=False)
    return InvalidFields([(".".join(map(str, entry["loc"])) or "body", entry["msg"]) for entry in found])


def problem(refusal: Refusal, request_id: str) -> bytes:
    """Return the problem document of a refusal. ``type`` leads to the code's explanation in the docs."""
    document: dict[str, Any] = {
        "type": f"/docs#{refusal.code}",
        "title": refusal.title,
        "status": refusal.status,
        "detail": refusal.detail,
        "code": refusal.code,
        "request_id": request_id,
    }
    errors = refusal.errors if isinstance(refusal, InvalidFields) else []
    if refusal.field:
        errors = [(refusal.field, refusal.detail)]
    if errors:
        document["errors"] = [{"field": field, "message": message} for field, message in errors]
    # In ASCII, so that no field's name, which is the client's, can be text that has no bytes.
    return json.dumps(document, separators=(",", ":")).encode("ascii")
