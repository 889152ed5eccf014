"""The layers of third-party code: built from the lock, trimmed, the same each time, and kept."""

import hashlib
import subprocess
import sys
from pathlib import Path, PurePosixPath
from typing import NamedTuple

import pytest
from packaging.requirements import Requirement

from stacks.bundling import (
    SERVICES,
    DependenciesUnreachable,
    InstallFailed,
    build_dependencies,
    find_installer,
    kept_dependencies,
)
from stacks.bytecode import RUNTIME, this_machines_interpreter
from stacks.layers import BASE, DISTRIBUTIONS
from stacks.trimming import unused
from tests.infra.once import made_once

pytestmark = pytest.mark.xdist_group("infra-dependencies")

ROOT = Path(__file__).resolve().parent.parent.parent
LOCK = ROOT / "layers" / "dependencies" / "requirements.txt"

MEGABYTES = {
    "base": 13.5,
    "tokens": 11.5,
    "identity": 2.2,
    "calendars": 0.9,
    "figures": 2.8,
    "payments": 5.0,
}
"""What each layer may weigh, unzipped and with sources: the size of bytecode differs by interpreter."""

# Calls one operation of each service on answers made up here, with nothing but the layer on the path.
CALLS = """
import boto3, sys
IDENTITY = b"<A><GetCallerIdentityResult/></A>"
from botocore.awsrequest import AWSResponse
class Body:
    def __init__(self, content): self.content = content
    def stream(self, **_): yield self.content
def answer(request, **_):
    empty = IDENTITY if "sts" in request.url else b"" if "s3" in request.url else b"{}"
    return AWSResponse(request.url, 200, {}, Body(empty))
def call(service, operation, **parameters):
    keys = {"aws_access_key_id": "a", "aws_secret_access_key": "b", "region_name": "eu-central-1"}
    client = boto3.client(service, **keys)
    client.meta.events.register("before-send", answer)
    getattr(client, operation)(**parameters)
    print(service)
call("cloudwatch", "list_metrics")
call("codedeploy", "get_deployment", deploymentId="d")
call("dynamodb", "get_item", TableName="t", Key={"pk": {"S": "1"}})
call("kms", "get_public_key", KeyId="k")
call("lambda", "invoke", FunctionName="f", Qualifier="1")
call("s3", "put_object", Bucket="b", Key="k", Body=b"f")
call("secretsmanager", "get_secret_value", SecretId="s")
call("sesv2", "send_email", Content={"Raw": {"Data": b"m"}})
call("sqs", "send_message", QueueUrl="https://sqs.eu-central-1.amazonaws.com/1/q", MessageBody="m")
call("sts", "get_caller_identity")
for module in ("boto3", "botocore"):
    assert sys.modules[module].__file__.startswith(sys.argv[1])
"""


def _content(tree: Path) -> dict[str, str]:
    return {
        str(path.relative_to(tree)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in tree.rglob("*")
        if path.is_file()
    }


INTERPRETER = this_machines_interpreter() or Path(sys.executable)


class _Built(NamedTuple):
    first: Path
    second: Path
    plain: Path
    """Without an interpreter, as a machine builds it that has none of the runtime's version."""


def _build(folder: Path) -> None:
    for target, interpreter in (("first", INTERPRETER), ("deeper/second", INTERPRETER), ("plain", None)):
        build_dependencies(LOCK, folder / target, installer=find_installer(ROOT), interpreter=interpreter)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> _Built:
    """Return the dependencies as built twice, in different folders, and once without bytecode."""
    try:
        folder = made_once(tmp_path_factory, "dependencies", _build)
    except DependenciesUnreachable as error:
        pytest.skip(f"the package registry cannot be reached: {error}")
    return _Built(folder / "first", folder / "deeper" / "second", folder / "plain")


def test_two_builds_of_the_dependencies_are_alike_to_the_byte(built: _Built) -> None:
    first = _content(built.first)

    assert any(name.endswith(".pyc") for name in first)
    assert first == _content(built.second)


def test_each_module_is_deployed_as_bytecode_alone_and_all_else_as_it_is(built: _Built) -> None:
    compiled, plain = _content(built.first), _content(built.plain)
    modules = {name for name in plain if name.endswith(".py")}

    assert modules
    assert not any(name.endswith(".pyc") for name in plain)
    assert compiled.keys() == {f"{name}c" if name in modules else name for name in plain}
    assert compiled.items() >= {(name, content) for name, content in plain.items() if name not in modules}


def test_the_dependencies_are_built_for_the_runtimes_machine(built: _Built) -> None:
    libraries = [path for path in built.first.rglob("*.so") if path.is_file()]

    aarch64 = 0xB7
    assert libraries
    assert {int.from_bytes(path.read_bytes()[18:20], "little") for path in libraries} == {aarch64}


def test_the_dependencies_are_those_of_the_lock(built: _Built) -> None:
    entries = (
        Requirement(line.rstrip("\\ "))
        for line in LOCK.read_text().splitlines()
        if line[:1].isalnum() and "==" in line
    )
    runtime = {"python_version": RUNTIME, "python_full_version": f"{RUNTIME}.0"}
    locked = {
        f"{entry.name}{entry.specifier}"
        for entry in entries
        if entry.marker is None or entry.marker.evaluate(runtime)
    }

    installed = {
        path.name.removesuffix(".dist-info").replace("_", "-").lower()
        for path in built.first.glob("*/*.dist-info")
    }
    assert installed == {pin.replace("==", "-").lower() for pin in locked}


def test_what_no_function_reads_is_left_out(built: _Built) -> None:
    tree = built.first / BASE
    names = {path.name for path in built.first.rglob("*")}

    assert not {"tests", "bin", ".lock", "RECORD"} & names
    assert not any(name.endswith((".c", ".h", ".pyi", "-stubs")) for name in names)
    for layer in DISTRIBUTIONS:
        modules = (built.first / layer).rglob("*.pyc")
        found = (path.relative_to(built.first / layer).with_suffix(".py") for path in modules)
        assert [path for path in found if unused(PurePosixPath(path.as_posix()))] == []
    described = {path.name for path in (tree / "botocore" / "data").iterdir() if path.is_dir()}
    assert described == set(SERVICES)


@pytest.mark.parametrize("layer", DISTRIBUTIONS)
def test_a_layer_weighs_no_more_than_it_did(layer: str, built: _Built) -> None:
    files = (path for path in (built.plain / layer).rglob("*") if path.is_file())
    weight = sum(path.stat().st_size for path in files)
    print(f"{layer}: {weight / 1e6:.2f} MB unzipped, with sources, of {MEGABYTES[layer]}")

    assert weight <= MEGABYTES[layer] * 1e6 * 1.02


def test_no_library_carries_what_only_debuggers_read(built: _Built) -> None:
    for library in built.first.rglob("*.so"):
        content = library.read_bytes()
        where_sections_are, how_many = int.from_bytes(content[40:48], "little"), content[60:62]
        assert (where_sections_are, how_many) == (0, b"\0\0"), library.name


def test_every_service_can_be_called_with_the_trimmed_library(built: _Built) -> None:
    outcome = subprocess.run(
        [str(INTERPRETER), "-S", "-c", CALLS, str(built.first / BASE)],
        env={"PYTHONPATH": str(built.first / BASE), "HOME": "/nonexistent"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert outcome.stderr == ""
    assert outcome.stdout.split() == list(SERVICES)


class _Builder:
    """Stands in for a real build."""

    def __init__(self, *, fails: bool = False) -> None:
        self.builds = 0
        self.fails = fails

    def __call__(self, lock: Path, target: Path, **_: object) -> None:
        self.builds += 1
        target.mkdir(parents=True)
        (target / "module.py").write_text(lock.read_text())
        if self.fails:
            raise InstallFailed("a hash is wrong")


@pytest.fixture
def _some_installer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GREENROOM_UV", "/opt/uv")


def _kept(folder: Path, lock: str, *, interpreter: Path | None = None) -> Path:
    path = folder / "requirements.txt"
    path.write_text(lock)
    return kept_dependencies(path, folder / "cache", root=ROOT, interpreter=interpreter)


@pytest.mark.usefixtures("_some_installer")
def test_what_was_built_from_the_same_lock_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    builder = _Builder()
    monkeypatch.setattr("stacks.bundling.build_dependencies", builder)

    first = _kept(tmp_path, "a==1")
    assert _kept(tmp_path, "a==1") == first
    assert builder.builds == 1

    another = {_kept(tmp_path, "a==2"), _kept(tmp_path, "a==1", interpreter=Path("/usr/bin/python3"))}
    assert first not in another
    assert len(another) == 2
    assert builder.builds == 3


@pytest.mark.usefixtures("_some_installer")
def test_a_build_that_failed_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stacks.bundling.build_dependencies", _Builder(fails=True))

    with pytest.raises(InstallFailed):
        _kept(tmp_path, "a==1")
    assert list((tmp_path / "cache").iterdir()) == []


@pytest.mark.parametrize(
    ("says", "expected"),
    [
        ("error: Failed to fetch: https://registry.test/simple/six/", DependenciesUnreachable),
        ("error: Hash mismatch for six==1.17.0", InstallFailed),
        ("error: because six==1.17.0 has no usable wheels", InstallFailed),
    ],
)
def test_a_registry_that_is_away_is_told_from_a_lock_that_is_wrong(
    says: str, expected: type[Exception], tmp_path: Path
) -> None:
    installer = tmp_path / "uv"
    installer.write_text(f"#!/bin/sh\necho '{says}' >&2\nexit 2\n")
    installer.chmod(0o755)

    with pytest.raises(expected, match="six"):
        build_dependencies(LOCK, tmp_path / "tree", installer=str(installer), interpreter=None)


def test_the_installer_can_be_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GREENROOM_UV", "/opt/uv")

    assert find_installer(ROOT) == "/opt/uv"


def test_without_an_installer_it_is_said_how_to_get_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GREENROOM_UV", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("stacks.bundling.sys.executable", str(tmp_path / "python"))

    with pytest.raises(DependenciesUnreachable, match="make install"):
        find_installer(tmp_path)


def test_an_installer_on_the_path_will_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "uv").write_text("")
    (tmp_path / "uv").chmod(0o755)
    monkeypatch.delenv("GREENROOM_UV", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("stacks.bundling.sys.executable", "/nonexistent/python")

    assert find_installer(tmp_path / "project") == str(tmp_path / "uv")


@pytest.mark.usefixtures("_some_installer")
def test_of_two_processes_that_build_at_once_both_get_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    builder = _Builder()

    def overtaken(lock: Path, target: Path, **_: object) -> None:
        monkeypatch.setattr("stacks.bundling.build_dependencies", builder)
        _kept(tmp_path, "a==1")
        builder(lock, target)

    monkeypatch.setattr("stacks.bundling.build_dependencies", overtaken)

    late = _kept(tmp_path, "a==1")
    assert builder.builds == 2
    assert (late / "module.py").read_text() == "a==1"
    assert list((tmp_path / "cache").iterdir()) == [late]
