"""The locks: every package by its hash, and no environment made without checking it."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
LOCKS = {
    ".ci/uv.txt": ".ci/uv.in",
    "layers/dependencies/requirements.txt": "layers/dependencies/requirements.in",
    "local/requirements.txt": "local/requirements.in",
    "local/emulator/requirements.txt": "local/emulator/requirements.in",
    "tests/load/requirements.txt": "tests/load/requirements.in",
    "tests/benchmarks/peers/requirements.txt": "tests/benchmarks/peers/requirements.in",
    ".ci/checks.txt": ".ci/checks.in",
    "requirements.txt": "requirements.in",
}
"""What is installed, by what was asked for."""

# Wherever a shell installs something; the stacks' own installer has tests in tests/infra.
SCRIPTS = (
    *("Makefile", ".ci/release.mk", ".ci/run"),
    *(f".github/workflows/{name}.yml" for name in ("audit", "ci", "release", "rollback")),
)

_PINNED = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)(?:\[[^]]*\])?==(?P<version>[^\s;\\]+)")
_HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}(?=\s|$)")
_INSTALLS = re.compile(r"\bpip3? (?:install|sync)\b|\bpipx\b|\buvx\b|\buv (?:tool|run|add|sync)\b|\bnpx?\b")


def _entries(lock: str) -> Iterator[str]:
    """Yield each requirement of a lock with all that stands on its continued lines."""
    text = (ROOT / lock).read_text("utf-8").replace("\\\n", " ")
    for line in text.splitlines():
        if line.strip() and not line.lstrip().startswith("#"):
            yield line


def _asked(source: str) -> Iterator[tuple[str, str]]:
    for line in (ROOT / source).read_text("utf-8").splitlines():
        if line and not line.startswith(("#", "-r", "-c")):
            pinned = _PINNED.match(line)
            assert pinned, f"{source}: {line} has no exact version"
            yield re.sub(r"[-_.]+", "-", pinned["name"]).lower(), pinned["version"]


def test_every_lock_there_is_is_looked_at_here() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8").replace("\\\n", " ")
    (named,) = re.findall(r"^LOCKS := (.+)$", makefile, re.MULTILINE)

    assert {*named.split(), ".ci/uv.txt"} == set(LOCKS)


@pytest.mark.parametrize("lock", LOCKS)
def test_every_package_is_locked_by_version_and_hash(lock: str) -> None:
    entries = list(_entries(lock))

    assert entries
    for entry in entries:
        # Nothing by address, by path or from a registry that the lock names itself.
        assert _PINNED.match(entry), f"{lock}: {entry.split()[0]} has no exact version"
        assert _HASH.search(entry), f"{lock}: {entry.split()[0]} has no hash"
        assert not re.search(r"\s--(?!hash=)", entry), entry


@pytest.mark.parametrize(("lock", "source"), LOCKS.items())
def test_what_is_asked_for_is_what_is_locked(lock: str, source: str) -> None:
    locked = {
        (re.sub(r"[-_.]+", "-", pinned["name"]).lower(), pinned["version"])
        for pinned in map(_PINNED.match, _entries(lock))
        if pinned
    }

    assert set(_asked(source)) <= locked


def test_every_installation_checks_hashes() -> None:
    found = 0
    for script in SCRIPTS:
        for line in (ROOT / script).read_text("utf-8").splitlines():
            if _INSTALLS.search(line) and not line.lstrip().startswith("#"):
                found += 1
                assert "--require-hashes" in line, f"{script}: {line.strip()}"

    # The installer's own environment, and all others by it.
    assert found == 2


@pytest.mark.parametrize(
    ("folder", "named"), {"cdk": "aws-cdk", "reference": "@scalar/api-reference"}.items()
)
def test_a_package_of_node_is_locked_by_version_and_hash_and_names_no_registry(
    folder: str, named: str
) -> None:
    asked = json.loads((ROOT / ".ci" / folder / "package.json").read_text("utf-8"))["dependencies"]
    packages = json.loads((ROOT / ".ci" / folder / "package-lock.json").read_text("utf-8"))["packages"]

    assert asked == {named: packages[f"node_modules/{named}"]["version"]}
    # Each brings its parts in its own files. What the package says that it depends on is 300 MB more.
    assert packages.keys() == {"", f"node_modules/{named}"}
    assert "dependencies" not in packages[f"node_modules/{named}"]
    for name, package in packages.items():
        if name:
            assert package["integrity"].startswith("sha512-")
            assert package.get("resolved", "https://registry.npmjs.org/").startswith(
                "https://registry.npmjs.org/"
            )


def test_it_is_installed_from_its_lock_without_running_its_scripts() -> None:
    lines = (ROOT / ".ci" / "release.mk").read_text("utf-8").splitlines()

    (installing,) = (line for line in lines if line.startswith("\t@$(NPM)"))
    assert " ci " in installing
    assert "--ignore-scripts" in installing
