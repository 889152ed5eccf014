"""Reports of unexpected errors: in the log and to error tracking."""

from typing import Any

from . import errors, logs


def report_fault(message: str, error: BaseException, **fields: Any) -> None:
    """Log and report an unexpected error.

    ``message`` is a constant of the code. A field reaches the report when ``scrub.FIELDS`` has its name.
    """
    logs.log_fault(message, error, **fields)
    errors.capture_exception(error, what=message, **fields)
