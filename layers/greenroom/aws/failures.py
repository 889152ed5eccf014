"""How a call fails: the service refuses it, or gives no answer."""

from typing import Any


class CallFailed(Exception):
    """A call did not succeed."""


class Refused(CallFailed):
    """The service answered with an error.

    ``response`` has the shape that botocore gives it: ``Error`` with ``Code`` and ``Message``, the fields of
    the error's own, and ``ResponseMetadata`` with ``HTTPStatusCode`` and ``RequestId``.
    """

    def __init__(self, response: dict[str, Any], operation: str) -> None:
        self.response = response
        self.operation = operation
        # The message may quote what was asked; whoever wants it reads the response.
        super().__init__(f"{operation}: {self.code}")

    @property
    def code(self) -> str:
        """What the service calls the error, such as ``ThrottlingException``; empty where it says nothing."""
        code: str = self.response.get("Error", {}).get("Code", "")
        return code

    @property
    def status(self) -> int:
        """The HTTP status, 0 where there is none."""
        status: int = self.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        return status


class NoAnswer(CallFailed):
    """No answer came, or none that can be read: whether the call had its effect is not known."""


class NotConnected(NoAnswer):
    """No connection came about, so the call had no effect."""


class TimedOut(NoAnswer):
    """The answer did not come in time."""


class NoCredentials(CallFailed):
    """Nobody says as whom to call, or there is no region to call in: a fault of the configuration."""
