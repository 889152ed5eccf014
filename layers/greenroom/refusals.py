"""The base of every expected "no": a rule that refuses raises one, the gateway answers it once.

A refusal carries what a client may know: an HTTP status, a stable ``code``, and for bad input the
``field``. Anything else that escapes a handler is a fault and becomes a bare 500.
"""

from typing import ClassVar


class Refusal(Exception):
    """An expected refusal. Subclasses fix ``status``, ``code`` and ``title``; ``detail`` is for people."""

    status: ClassVar[int]
    code: ClassVar[str]
    title: ClassVar[str]

    def __init__(self, detail: str = "", *, field: str | None = None, retry_after: int | None = None) -> None:
        super().__init__(detail or self.title)
        self.detail = detail or self.title
        self.field = field
        self.retry_after = retry_after
        """Seconds after which the same call may succeed; becomes ``Retry-After``."""


class Unauthenticated(Refusal):
    """There is no access token, or none that is good; why is nobody's business."""

    status, code, title = 401, "unauthenticated", "A valid access token is required"


class NotFound(Refusal):
    """The thing does not exist, or is not the caller's to see: one answer for both."""

    status, code, title = 404, "not_found", "There is nothing here"


class PreconditionFailed(Refusal):
    """The caller knows a version that is not the current one; nothing was changed."""

    status, code, title = 412, "precondition_failed", "The version you know is not the current one"


class TooManyRequests(Refusal):
    """A quota is used up; whose, and of what, is not told."""

    status, code, title = 429, "too_many_requests", "Too many requests"


class Unavailable(Refusal):
    """A store or provider is throttled or down; nothing was changed."""

    status, code, title = 503, "unavailable", "The service is briefly unavailable"


class InvalidInput(Refusal):
    """A well-formed value that a rule refuses; ``field`` names it."""

    status, code, title = 422, "invalid_request", "The request has invalid fields"
