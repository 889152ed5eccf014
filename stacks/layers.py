"""Which third-party code is in which layer: a function carries what its own code can reach, and no more.

This is the one place for it. What a new version of the lock brings is in no layer until it stands here, and
until then nothing is built.
"""

import csv
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

BASE, TOKENS, IDENTITY = "base", "tokens", "identity"
CALENDARS, FIGURES, PAYMENTS = "calendars", "figures", "payments"

DISTRIBUTIONS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        # What every start and every request needs, and what the other layers share.
        BASE: (
            *("annotated-types", "pydantic", "pydantic-core", "typing-extensions", "typing-inspection"),
            *("boto3", "botocore", "jmespath", "python-dateutil", "s3transfer", "six", "urllib3"),
            *("aws-lambda-powertools", "aws-xray-sdk", "certifi", "sentry-sdk", "wrapt"),
            *("cachetools", "idna", "tzdata"),
        ),
        # Access tokens: 5 MB of cryptography.
        TOKENS: ("cffi", "cryptography", "pycparser", "pyjwt"),
        # Passwords, addresses, second factors, passkeys. It needs the tokens' layer below it.
        IDENTITY: (
            *("argon2-cffi", "argon2-cffi-bindings", "dnspython", "email-validator", "pyotp"),
            *("cbor2", "pyasn1", "pyasn1-modules", "pyopenssl", "webauthn"),
        ),
        # Calendar files.
        CALENDARS: ("icalendar",),
        # The cache that processes share, and metrics as Prometheus reads them.
        FIGURES: ("prometheus-client", "redis"),
        # The payment provider.
        PAYMENTS: ("charset-normalizer", "requests", "stripe"),
    }
)
"""The distributions of each layer, by their names in the lock."""


_NOBODYS = {"bin", "__pycache__"}
"""Where several distributions put something; it is removed."""


class Misplaced(Exception):
    """A distribution is in no layer, or a file is of none or of two; the message names it."""


def canonical(name: str) -> str:
    """Return a distribution's name as locks spell it."""
    return name.replace("_", "-").replace(".", "-").lower()


def owners(tree: Path) -> dict[str, str]:
    """Return the layer of each top-level entry of an installed tree, by the distributions' own records.

    Raises ``Misplaced``.
    """
    layers = {name: layer for layer, names in DISTRIBUTIONS.items() for name in names}
    found: dict[str, str] = {}
    for described in sorted(tree.glob("*.dist-info")):
        name = canonical(described.name.removesuffix(".dist-info").rpartition("-")[0])
        if name not in layers:
            raise Misplaced(f"{name} is in no layer: stacks/layers.py")
        with (described / "RECORD").open(encoding="utf-8", newline="") as record:
            tops = {Path(row[0]).parts[0] for row in csv.reader(record)} - _NOBODYS
        for top in tops:
            if found.setdefault(top, layers[name]) != layers[name]:
                raise Misplaced(f"{top} would be in {found[top]} and in {layers[name]}")
    return found


def split(tree: Path, target: Path, layer_of: Mapping[str, str]) -> None:
    """Move what is in ``tree`` into one folder a layer under ``target``. Raises ``Misplaced``."""
    for layer in DISTRIBUTIONS:
        (target / layer).mkdir(parents=True)
    for entry in sorted(tree.iterdir()):
        if entry.name not in layer_of:
            raise Misplaced(f"{entry.name} is of no distribution")
        entry.rename(target / layer_of[entry.name] / entry.name)
