"""The files of stack frames: their names as modules are imported, and which are of this project."""

import os
import sys
from functools import cache


@cache
def module_path(path: str) -> str:
    """Return a file's path below the folder that it is imported from: ``greenroom/storage/tables.py``."""
    roots = (os.path.join(os.path.abspath(each), "") for each in ("/opt/python", "/var/task", *sys.path))
    return path.removeprefix(max(filter(path.startswith, roots), key=len, default=""))


def in_app(module: str, path: str) -> bool:
    """Tell whether a frame is of this project, by its module's name and its file's absolute path."""
    # A deployed function's modules, such as auth.main, are in the task's root.
    root = os.environ.get("LAMBDA_TASK_ROOT")
    return module.partition(".")[0] in {"greenroom", "functions"} or bool(
        root and path.startswith(f"{root}/")
    )
