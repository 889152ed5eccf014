"""Which errors are the same one: by what broke and where, never by what was said."""

import os
import re
from types import TracebackType
from typing import Any

OWN = frozenset({"greenroom", "functions"})
_CODE = re.compile(r"[A-Za-z][A-Za-z0-9_.]{0,59}")


def in_app(module: str, path: str) -> bool:
    """Tell whether a frame is of this project, by its module's name and its file's absolute path."""
    # A deployed function's own folder is the task's root: its modules are called auth.main there.
    root = os.environ.get("LAMBDA_TASK_ROOT")
    return module.partition(".")[0] in OWN or bool(root and path.startswith(f"{root}/"))


def fingerprint(error: BaseException) -> tuple[str, ...]:
    """Return what all occurrences of one fault share: the error's type, its code, and where in our code.

    The place is the innermost frame of this project, as a line of its function: a change elsewhere in the
    file does not make an old fault look new. The route is left out, for one dead table would otherwise
    be thirty faults; it is a tag. The text is left out because it names what was asked for.
    """
    return (type_name(error), code_of(error), _place(error.__traceback__))


def type_name(error: BaseException) -> str:
    """Return the type with its module."""
    return f"{type(error).__module__}.{type(error).__qualname__}"


def code_of(error: BaseException) -> str:
    """Return the stable code of a refusal, or of an error of AWS; empty for all others."""
    code: Any = getattr(error, "code", None)
    if not isinstance(code, str):
        response: Any = getattr(error, "response", None)
        detail = response.get("Error") if isinstance(response, dict) else None
        code = detail.get("Code") if isinstance(detail, dict) else None
    return code if isinstance(code, str) and _CODE.fullmatch(code) else ""


def _place(trace: TracebackType | None) -> str:
    place, is_own = "nowhere", False
    while trace is not None:
        code, module = trace.tb_frame.f_code, str(trace.tb_frame.f_globals.get("__name__", ""))
        own = in_app(module, code.co_filename)
        if own or not is_own:
            place = f"{module}:{code.co_qualname}+{trace.tb_lineno - code.co_firstlineno}"
            is_own = own
        trace = trace.tb_next
    return place
