"""boto3's client of DynamoDB behind the errors of our own: the reference that ours is held against."""

from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as NoConnection

from greenroom.aws.failures import NoAnswer, Refused
from local.resources import client


class BotoReference:
    """Takes the same calls, and lets boto3 make them."""

    def __init__(self, endpoint_url: str) -> None:
        self._client = client("dynamodb", endpoint_url)

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        made = getattr(self._client, operation)

        def called(**parameters: Any) -> Any:
            try:
                return made(**parameters)
            except ClientError as error:
                raise Refused(dict(error.response), error.operation_name) from error
            except (NoConnection, HTTPClientError) as error:
                raise NoAnswer("no answer") from error

        return called
