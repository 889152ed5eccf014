"""What the smoke function needs to know of its stage."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import BeforeValidator

from greenroom.settings import Settings


def _pairs(text: str) -> dict[str, str]:
    """Read ``auth=arn:…:7,catalog=arn:…:9``."""
    pairs = [part.partition("=") for part in text.split(",")]
    if not all(name and arn for name, _, arn in pairs):
        raise ValueError("not a list of function=version")
    return {name: arn for name, _, arn in pairs}


class SmokeSettings(Settings):
    """Settings of the smoke function."""

    smoke_versions: Annotated[Mapping[str, str], BeforeValidator(_pairs)]
    """The ARN of the version of this release, by function."""
