"""Lets nothing be imported that is not deployed: what a test does here, a function can do there."""

import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from pathlib import PurePosixPath
from types import ModuleType

from stacks.trimming import unused


class _NotDeployed(MetaPathFinder):
    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,  # noqa: ARG002
        target: ModuleType | None = None,  # noqa: ARG002
    ) -> None:
        if unused(PurePosixPath(fullname.replace(".", "/"))):
            raise ModuleNotFoundError(f"{fullname} is not deployed: stacks/trimming.py", name=fullname)


def refuse_what_is_not_deployed() -> None:
    """From now on an import of it fails."""
    sys.meta_path.insert(0, _NotDeployed())
