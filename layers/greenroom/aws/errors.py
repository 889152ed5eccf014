"""Which of botocore's errors are worth another attempt, as in its standard retry mode."""

from botocore.exceptions import ClientError, CredentialRetrievalError, HTTPClientError
from botocore.exceptions import ConnectionError as NoConnection

NO_RESPONSE = (NoConnection, HTTPClientError, CredentialRetrievalError)
"""No usable response came. After ``HTTPClientError`` the request may have been executed."""
CALL_ERRORS = (ClientError, *NO_RESPONSE)

_THROTTLING = frozenset(
    (
        "BandwidthLimitExceeded EC2ThrottledException LimitExceededException PriorRequestNotComplete"
        " ProvisionedThroughputExceededException RequestLimitExceeded RequestThrottled"
        " RequestThrottledException SlowDown ThrottledException Throttling ThrottlingException"
        " TooManyRequestsException TransactionInProgressException"
    ).split()
)
_TRANSIENT = frozenset({"ReplicatedWriteConflictException", "RequestTimeout", "RequestTimeoutException"})
_TRANSIENT_STATUS = frozenset({500, 502, 503, 504})
_TOO_MANY_REQUESTS = 429


def error_code(error: ClientError) -> str:
    """Return the service's name for the error, such as ``ThrottlingException``."""
    return error.response.get("Error", {}).get("Code", "")


def status_code(error: ClientError) -> int:
    """Return the HTTP status, 0 if it is unknown."""
    return error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)


def is_throttling(error: Exception) -> bool:
    """Return whether the service refused the request because of its rate."""
    return isinstance(error, ClientError) and (
        error_code(error) in _THROTTLING or status_code(error) == _TOO_MANY_REQUESTS
    )


def is_retryable(error: Exception) -> bool:
    """Return whether the same request may succeed a moment later."""
    if isinstance(error, ClientError):
        return (
            is_throttling(error) or error_code(error) in _TRANSIENT or status_code(error) in _TRANSIENT_STATUS
        )
    return isinstance(error, NoConnection | HTTPClientError)


def may_have_run(error: Exception) -> bool:
    """Return whether the service may have executed the request although it failed for the caller."""
    if isinstance(error, ClientError):
        return status_code(error) in _TRANSIENT_STATUS
    return isinstance(error, HTTPClientError)
