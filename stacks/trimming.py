"""What no function of ours reads of the third-party code, and is not deployed.

What is named here may be asked for by no function, on any way; tests hold every function against the trimmed
layers, and let no other test import what is gone.
"""

import shutil
import struct
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from types import MappingProxyType

_NAMED = ("bin", ".lock", "tests", "__pycache__", "RECORD", "examples-1.json", "py.typed")
_PATTERNS = ("*.c", "*.h", "*.pyi", "*-stubs")

_OTHER_PRODUCTS = (
    *("apps", "billing", "billing_portal", "checkout", "climate", "entitlements", "events"),
    *("financial_connections", "forwarding", "identity", "issuing", "product_catalog", "radar"),
    *("reporting", "reserve", "sigma", "tax", "terminal", "test_helpers", "three_d_secure", "treasury"),
)

UNUSED = (
    # Other ways to be a Lambda function than ours.
    "aws_lambda_powertools/event_handler",
    "boto3/data",
    "boto3/examples",
    # certifi's bundle is asked for before it, and Amazon's own before both.
    "botocore/cacert.pem",
    # Superseded descriptions of services.
    "botocore/data/dynamodb/2011-12-05",
    "botocore/data/lambda/2014-11-11",
    # What compiles bindings. Those that are compiled need only cffi's own library.
    "cffi",
    "pycparser",
    # Zones come from tzdata.
    "dateutil/zoneinfo",
    # No address is looked up on the network.
    "dns",
    "email_validator/deliverability.py",
    "pydantic/mypy.py",
    "pydantic/v1",
    # Types of parameters, for a type checker; the provider's other products, with events of their own kind.
    "stripe/params",
    *(f"stripe/{product}" for product in _OTHER_PRODUCTS),
    "urllib3/contrib/emscripten",
)
"""Paths in an installed tree."""

ALL_BUT: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "aws_lambda_powertools/utilities": ("jmespath_utils", "typing"),
        "aws_xray_sdk/ext": ("boto_utils", "botocore", "resources", "util"),
        # One way to attest a passkey has its certificates read.
        "pyasn1_modules": ("rfc5280",),
        "sentry_sdk/integrations": ("dedupe", "threading"),
        "stripe/v2": ("_amount", "_deleted_object", "_list_object", "_search_result_object", "core"),
    }
)
"""Packages of which these modules alone are kept."""

_ELF = b"\x7fELF\x02\x01"
"""A library of 64 bits, the lower byte first."""


def unused(path: PurePosixPath) -> bool:
    """Tell whether a path in an installed tree, or a folder that it is in, is declared here to go."""
    for each in (path, *path.parents):
        kept = ALL_BUT.get(each.parent.as_posix())
        if each.as_posix() in UNUSED or (kept and each.name.removesuffix(".py") not in ("__init__", *kept)):
            return True
    return False


def remove_unused(tree: Path) -> None:
    """Remove scripts, tests, install records, what only compilers read, and what is declared here."""
    for path in sorted(tree.rglob("*")):
        if path.exists() and (
            path.name in _NAMED
            or any(map(path.match, _PATTERNS))
            or unused(PurePosixPath(path.relative_to(tree).as_posix()))
        ):
            remove(path)
    for library in sorted(tree.rglob("*.so")):
        strip_symbols(library)


def remove(path: Path) -> None:
    """Remove a file, or a folder with all that is in it."""
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()


def strip_symbols(library: Path) -> None:
    """Take out of a shared library what is for debuggers and linkers alone: all behind what is loaded.

    As ``strip`` does, which knows only its own machine's libraries. A loader reads the program headers and
    what they name, and looks at no section.
    """
    content = library.read_bytes()
    if not content.startswith(_ELF):
        raise ValueError(f"{library.name} is no library of the runtime's kind")
    (at,) = struct.unpack_from("<Q", content, 32)
    size, count = struct.unpack_from("<HH", content, 54)
    segments = (struct.unpack_from("<8xQ16xQ", content, at + size * each) for each in range(count))
    ends = max(offset + length for offset, length in segments)
    head = bytearray(content[:ends])
    struct.pack_into("<Q", head, 40, 0)  # where the sections would be described
    struct.pack_into("<HH", head, 60, 0, 0)
    # In place of the file, not into it: the installer links files.
    mode = library.stat().st_mode
    library.unlink()
    library.write_bytes(head)
    library.chmod(mode)
