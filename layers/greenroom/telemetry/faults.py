"""The one place where a fault is reported: in the log, and to whoever is to mend it."""

from typing import Any

from . import errors, logs


def report_fault(message: str, error: BaseException, **fields: Any) -> None:
    """Write down and report what should not have happened, without the error's own text.

    ``message`` is a constant of the code. A field reaches the report when ``scrub.FIELDS`` has its name.
    """
    logs.log_fault(message, error, **fields)
    errors.capture_exception(error, what=message, **fields)
