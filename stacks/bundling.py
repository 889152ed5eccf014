"""The third-party code of the functions as folders for Lambda layers: fetched, trimmed, compiled, kept.

Wheels for the runtime's platform are installed from the lock with hashes checked; nothing is built,
so neither a compiler nor Docker nor the runtime's own machine is needed.
"""

import gzip
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from stacks.bytecode import RUNTIME, compile_and_drop_sources
from stacks.layers import DISTRIBUTIONS, Misplaced, owners, split
from stacks.trimming import remove, remove_unused

# glibc 2.28 is what the newest wheels ask for; the runtime's Amazon Linux 2023 has 2.34.
PLATFORM = "aarch64-manylinux_2_28"
SERVICES = (
    *("cloudwatch", "codedeploy", "dynamodb", "kms", "lambda", "s3", "secretsmanager", "sesv2", "sqs", "sts"),
)
"""The AWS services of which botocore's description is kept: those a function makes a client of."""

AMAZON_ROOTS = (
    *("Amazon Root CA 1", "Amazon Root CA 2", "Amazon Root CA 3", "Amazon Root CA 4"),
    "Starfield Services Root Certificate Authority - G2",
)
"""The authorities that all endpoints of AWS are vouched for by, by their names in certifi's bundle:
https://www.amazontrust.com/repository/."""

RECIPE = (
    Path(__file__),
    *(Path(__file__).with_name(f"{name}.py") for name in ("bytecode", "layers", "trimming")),
)
"""The files that say how layers are made of the lock."""

_UNREACHABLE = ("Failed to fetch", "Failed to download", "client error (Connect)", "dns error", "timed out")


class DependenciesUnreachable(Exception):
    """The package registry does not answer, or there is no installer to ask it."""


class InstallFailed(Exception):
    """The installer refused: a wheel is missing or a hash is wrong. The message is its own."""


def find_installer(root: Path) -> str:
    """Return the path of ``uv``: as told by GREENROOM_UV, of this environment, of ``make``, of the path.

    Raises ``DependenciesUnreachable``.
    """
    if told := os.environ.get("GREENROOM_UV"):
        return told
    for near in (Path(sys.executable).parent / "uv", root / ".venv" / "uv" / "bin" / "uv"):
        if near.is_file():
            return str(near)
    found = shutil.which("uv")
    if found is None:
        raise DependenciesUnreachable("uv is missing: `make install` brings it, or set GREENROOM_UV")
    return found


def install(lock: Path, target: Path, *, installer: str, platform: str | None = PLATFORM) -> None:
    """Put the wheels of the lock into ``target`` as they are; without a platform, this machine's own.

    Raises ``DependenciesUnreachable`` and ``InstallFailed``.
    """
    # Not in a folder of the project: uv would look there for an environment of its own.
    outcome = subprocess.run(  # noqa: S603 - the locked installer
        [
            *(installer, "pip", "install", "--quiet", "--no-progress", "--target", str(target)),
            *("--python", sys.executable, "--python-version", RUNTIME),
            *(("--python-platform", platform) if platform else ()),
            *("--only-binary", ":all:", "--no-deps", "--require-hashes", "-r", str(lock)),
        ],
        check=False,
        capture_output=True,
        text=True,
        cwd=target,
    )
    if outcome.returncode == 0:
        return
    reason = outcome.stderr.strip()
    if any(sign in reason for sign in _UNREACHABLE):
        raise DependenciesUnreachable(reason.splitlines()[0].removeprefix("error: "))
    raise InstallFailed(reason)


def trim(tree: Path) -> None:
    """Remove what no function reads, and other AWS services' descriptions; shorten those that are left."""
    remove_unused(tree)
    described = tree / "botocore" / "data"
    for service in described.iterdir():
        if service.is_dir() and service.name not in SERVICES:
            remove(service)
    shorten_descriptions(described)
    gather_roots(tree)


def _without_documentation(described: Any) -> Any:
    """Return a description without its texts; what is called so and is no text is a service's field."""
    if isinstance(described, list):
        return [_without_documentation(each) for each in described]
    if not isinstance(described, dict):
        return described
    return {
        # Empty rather than gone: botocore asks for some of them by name, and never for what they say.
        name: "" if name == "documentation" and isinstance(value, str) else _without_documentation(value)
        for name, value in described.items()
    }


def shorten_descriptions(described: Path) -> None:
    """Take out of botocore's descriptions what is parsed at each cold start and never used.

    That is the texts of the services that are left, and the endpoints of those that are not: 1.2 MB.
    """
    prefixes = set()
    for path in sorted(described.glob("*/*/service-2.json.gz")):
        model = _without_documentation(json.loads(gzip.decompress(path.read_bytes())))
        prefixes.add(model["metadata"]["endpointPrefix"])
        # The layer's zip compresses it anyhow.
        path.with_suffix("").write_text(json.dumps(model, separators=(",", ":")), "utf-8")
        path.unlink()
    endpoints = json.loads((described / "endpoints.json").read_text("utf-8"))
    for partition in endpoints["partitions"]:
        services = partition["services"]
        partition["services"] = {name: services[name] for name in services if name in prefixes}
    # In place of the file, not into it: the installer links files, and it is every other environment's too.
    (described / "endpoints.json").unlink()
    (described / "endpoints.json").write_text(json.dumps(endpoints, separators=(",", ":")), "utf-8")


def gather_roots(tree: Path) -> None:
    """Put Amazon's own authorities, out of all that are known, where clients of AWS look for them.

    Raises ``InstallFailed`` where one of them is missing: a function without it could call nothing.
    """
    known = (tree / "certifi" / "cacert.pem").read_text("utf-8")
    found = dict(re.findall(r'# Label: "([^"]+)"\n(.*?-----END[^\n]+\n)', known, re.DOTALL))
    if missing := [label for label in AMAZON_ROOTS if label not in found]:
        raise InstallFailed(f"unknown authorities: {', '.join(missing)}")
    roots = "".join(found[label][found[label].index("-----BEGIN") :] for label in AMAZON_ROOTS)
    (tree / "botocore" / "amazon-roots.pem").write_text(roots, "utf-8")


def layer_out(tree: Path, target: Path) -> None:
    """Trim an installed ``tree`` and move it into one folder a layer under ``target``.

    Raises ``InstallFailed`` for what is declared to be in no layer, or in two.
    """
    try:
        layer_of = owners(tree)
        trim(tree)
        split(tree, target, layer_of)
    except Misplaced as error:
        raise InstallFailed(str(error)) from None


def compile_layers(layers: Path, interpreter: Path) -> None:
    """Leave of the modules in each layer's folder, as ``layer_out`` made them, their bytecode alone."""
    for layer in DISTRIBUTIONS:
        compile_and_drop_sources(layers / layer, interpreter=interpreter, shown_as="/opt/python")


def build_dependencies(lock: Path, target: Path, *, installer: str, interpreter: Path | None) -> None:
    """Fill ``target`` from the lock, one folder a layer. Two builds are alike to the byte, on any machine.

    With an ``interpreter`` there will be bytecode in place of sources, without one sources alone. Raises
    ``DependenciesUnreachable`` and ``InstallFailed``.
    """
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target, prefix=".installed-") as folder:
        tree = Path(folder)
        install(lock.resolve(), tree, installer=installer)
        layer_out(tree, target)
    if interpreter is not None:
        compile_layers(target, interpreter)


def kept_dependencies(lock: Path, cache: Path, *, root: Path, interpreter: Path | None) -> Path:
    """Return a folder with the built layers, from ``cache`` where the same were built before.

    Its name holds all that the content depends on: the lock, how it is built, with bytecode or without.
    """
    recipe = b"".join(part.read_bytes() for part in (lock, *RECIPE))
    kind = "compiled" if interpreter else "plain"
    folder = cache / f"dependencies-{hashlib.sha256(recipe).hexdigest()[:16]}-{kind}"
    if folder.is_dir():
        return folder
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache, prefix=".building-") as building:
        new = Path(building) / "tree"
        build_dependencies(lock, new, installer=find_installer(root), interpreter=interpreter)
        try:
            new.rename(folder)
        except OSError:
            # Another process was as quick; what it built is the same.
            if not folder.is_dir():
                raise
    return folder
