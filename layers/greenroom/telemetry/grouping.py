"""Which errors are the same fault: by place and type, never by text."""

import re

from .frames import in_app


def fingerprint(error: BaseException) -> tuple[str, ...]:
    """Return an error's type, its code, and the line within the innermost function of this project."""
    place, is_own, trace = "nowhere", False, error.__traceback__
    while trace is not None:
        code, module = trace.tb_frame.f_code, str(trace.tb_frame.f_globals.get("__name__", ""))
        own = in_app(module, code.co_filename)
        if own or not is_own:
            place, is_own = f"{module}:{code.co_qualname}+{trace.tb_lineno - code.co_firstlineno}", own
        trace = trace.tb_next
    return (f"{type(error).__module__}.{type(error).__qualname__}", code_of(error), place)


def code_of(error: object) -> str:
    """Return the stable code of a refusal or of an AWS error; empty for other errors."""
    code, response = getattr(error, "code", None), getattr(error, "response", None)
    if not isinstance(code, str) and isinstance(response, dict) and isinstance(response.get("Error"), dict):
        code = response["Error"].get("Code")
    return code if isinstance(code, str) and re.fullmatch(r"[A-Za-z][A-Za-z0-9_.]{0,59}", code) else ""
