"""What is loaded or built when it is first used, where a request waits for the start."""

import importlib.util
import os
import sys


def waited_for() -> bool:
    """Tell whether a request waits for this start: it is Lambda's, neither provisioned nor a snapshot's.

    Such a sandbox answers one request at a time, in one thread.
    """
    return os.environ.get("AWS_LAMBDA_INITIALIZATION_TYPE") == "on-demand"


def defer(name: str) -> None:
    """Let an import of ``name``, a module within a package, load it when anything of it is used.

    Only where a request waits for the start: elsewhere it is loaded at once.
    https://docs.python.org/3/library/importlib.html#importlib.util.LazyLoader
    """
    if not waited_for() or name in sys.modules:
        return
    try:
        spec = importlib.util.find_spec(name)
    except ModuleNotFoundError:  # not even its package is among this function's layers
        return
    if spec is None or spec.loader is None:
        return
    spec.loader = loader = importlib.util.LazyLoader(spec.loader)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    loader.exec_module(module)
    # Else an import of it out of its package would look into it, to see whether it is there.
    package, _, child = name.rpartition(".")
    setattr(sys.modules[package], child, module)
