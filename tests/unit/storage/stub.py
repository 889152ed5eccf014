"""A client of the tables that answers what a test says, call after call."""

from collections.abc import Iterable
from typing import Any

from botocore.exceptions import ClientError

from greenroom.storage.tables import Tables


def client_error(code: str, *, status: int = 400, reasons: Iterable[str] = ()) -> ClientError:
    """Return the error that boto3 raises for an answer of the service."""
    response: Any = {
        "Error": {"Code": code, "Message": "said the service"},
        "ResponseMetadata": {"HTTPStatusCode": status},
    }
    if reasons:
        response["CancellationReasons"] = [{"Code": reason} for reason in reasons]
    return ClientError(response, "Operation")


class StubClient:
    """Gives the answers in turn, raising those that are errors; keeps what it was asked."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.calls: list[tuple[str, dict[str, Any]]] = []

    def __getattr__(self, operation: str) -> Any:
        def called(**parameters: Any) -> Any:
            self.calls.append((operation, parameters))
            answer = self.answers.pop(0)
            if isinstance(answer, Exception):
                raise answer
            return answer

        return called

    @property
    def tables(self) -> Tables:
        """The tables through this client."""
        return Tables(self)  # type: ignore[arg-type]
