"""The layers of third-party code: built from the lock, pruned, the same each time, and cached."""

import hashlib
import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest
from packaging.requirements import Requirement

from stacks.bundling import (
    RUNTIME,
    BundlingFailed,
    DependenciesUnreachable,
    build_layers,
    cached_layers,
    find_installer,
    find_interpreter,
    install,
    locked,
)
from stacks.functions import PLANS, FunctionPlan
from stacks.layers import BASE, DISTRIBUTIONS, SERVICES
from tests.infra.once import made_once

pytestmark = pytest.mark.xdist_group("infra-dependencies")

ROOT = Path(__file__).resolve().parent.parent.parent
LOCK = ROOT / "layers" / "dependencies" / "requirements.txt"
MEGABYTE = 1e6
LAMBDAS_LIMIT = 250 * MEGABYTE
"""Of a function and all its layers, unzipped."""
OWN_CODE = 10 * MEGABYTE
"""More than a function's folder and the shared code ever weigh together, with bytecode."""

WEIGHTS = {
    "base": 34.0,
    "tokens": 15.8,
    "identity": 4.7,
    "calendars": 0.95,
    "figures": 2.9,
    "payments": 14.8,
}
"""Megabytes that each layer may weigh unzipped, without bytecode, whose size differs by interpreter.

Packages are deployed whole: the largest are awscrt, botocore, cryptography and stripe. A layer that grows
beyond its budget has a new distribution, or a service's data that no function needs.
"""

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


def _weight(tree: Path) -> int:
    return sum(path.stat().st_size for path in tree.rglob("*") if path.is_file())


INTERPRETER = find_interpreter() or Path(sys.executable)


class _Built(NamedTuple):
    first: Path
    second: Path
    plain: Path
    """Without an interpreter, as a machine builds it that has none of the runtime's version."""
    whole: Path
    """The distributions of the lock in one folder, as the installer leaves them."""


def _build(folder: Path) -> None:
    for target, interpreter in (("first", INTERPRETER), ("deeper/second", INTERPRETER), ("plain", None)):
        build_layers(LOCK, folder / target, interpreter)
    install(LOCK.read_text("utf-8"), folder / "whole")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> _Built:
    """Return the layers as built twice, in different folders, and once without bytecode."""
    try:
        folder = made_once(tmp_path_factory, "dependencies", _build)
    except DependenciesUnreachable as error:
        pytest.skip(f"the package registry cannot be reached: {error}")
    return _Built(folder / "first", folder / "deeper" / "second", folder / "plain", folder / "whole")


def test_two_builds_of_the_layers_are_alike_to_the_byte(built: _Built) -> None:
    first = _content(built.first)

    assert any(name.endswith(".pyc") for name in first)
    assert first == _content(built.second)


def test_each_module_is_deployed_with_its_bytecode_beside_it(built: _Built) -> None:
    compiled, plain = _content(built.first), _content(built.plain)
    cached = {
        str(path.parent / "__pycache__" / f"{path.stem}.{_cache_tag()}.pyc")
        for path in map(Path, plain)
        if path.suffix == ".py"
    }

    assert cached
    assert not any(name.endswith(".pyc") for name in plain)
    assert compiled.keys() == plain.keys() | cached
    assert compiled.items() >= plain.items()


def _cache_tag() -> str:
    """Return the tag that bytecode of the interpreter is named by."""
    question = "import sys; print(sys.implementation.cache_tag)"
    return subprocess.check_output([str(INTERPRETER), "-c", question], text=True).strip()


def test_the_layers_are_built_for_the_runtimes_machine(built: _Built) -> None:
    libraries = [path for path in built.first.rglob("*.so") if path.is_file()]

    aarch64 = 0xB7
    assert libraries
    assert {int.from_bytes(path.read_bytes()[18:20], "little") for path in libraries} == {aarch64}


def test_the_layers_hold_the_distributions_of_the_lock(built: _Built) -> None:
    entries = map(Requirement, (entry.partition(" \\")[0] for entry in locked(LOCK).values()))
    runtime = {"python_version": RUNTIME, "python_full_version": f"{RUNTIME}.0"}
    pins = {
        f"{entry.name}{entry.specifier}"
        for entry in entries
        if entry.marker is None or entry.marker.evaluate(runtime)
    }

    installed = [
        path.name.removesuffix(".dist-info").replace("_", "-").lower()
        for path in built.first.glob("*/python/*.dist-info")
    ]
    assert sorted(installed) == sorted(pin.replace("==", "-").lower() for pin in pins)


def test_packages_are_deployed_whole_without_tests_stubs_and_unused_metadata(built: _Built) -> None:
    whole, deployed = _content(built.whole), dict[str, str]()
    for layer in DISTRIBUTIONS:
        content = _content(built.plain / layer / "python")
        assert not deployed.keys() & content.keys(), "a file is in two layers"
        deployed |= content

    left_out = re.compile(
        r"(?:bin|wrapt-stubs)/.*"
        r"|\.lock"
        r"|(?:.*/)?tests/.*"
        r"|.*\.pyi|.*/py\.typed"
        r"|[^/]+\.dist-info/(?!METADATA$).*"
        rf"|botocore/data/(?!(?:{'|'.join(SERVICES)})/)[^/]+/.*"
    )
    assert deployed == {name: found for name, found in whole.items() if not left_out.fullmatch(name)}
    for name in ("endpoints", "partitions", "_retry", "sdk-default-configuration"):
        assert f"botocore/data/{name}.json" in deployed
    assert "botocore/cacert.pem" in deployed
    assert "pydantic/v1/__init__.py" in deployed


@pytest.mark.parametrize("layer", DISTRIBUTIONS)
def test_a_layer_weighs_no_more_than_its_budget(layer: str, built: _Built) -> None:
    weight = _weight(built.plain / layer) / MEGABYTE
    print(f"{layer}: {weight:.2f} MB unzipped, without bytecode, of {WEIGHTS[layer]}")

    assert weight <= WEIGHTS[layer]


@pytest.mark.parametrize("plan", PLANS, ids=lambda plan: plan.name)
def test_a_function_stays_within_lambdas_limit(plan: FunctionPlan, built: _Built) -> None:
    weight = sum(_weight(built.first / layer) for layer in plan.layers)
    print(f"{plan.name}: {weight / MEGABYTE:.1f} MB of layers unzipped")

    assert weight + OWN_CODE <= LAMBDAS_LIMIT


def test_every_service_can_be_called_out_of_the_base_layer(built: _Built) -> None:
    base = built.first / BASE / "python"
    outcome = subprocess.run(
        [str(INTERPRETER), "-S", "-c", CALLS, str(base)],
        env={"PYTHONPATH": str(base), "HOME": "/nonexistent"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert outcome.stderr == ""
    assert outcome.stdout.split() == list(SERVICES)


class _Builder:
    """Takes the place of a real build."""

    def __init__(self, *, fails: bool = False) -> None:
        self.builds = 0
        self.fails = fails

    def __call__(self, lock: Path, target: Path, *_: object) -> None:
        self.builds += 1
        target.mkdir(parents=True)
        (target / "module.py").write_text(lock.read_text())
        if self.fails:
            raise BundlingFailed("a hash is wrong")


def _cached(folder: Path, lock: str, *, interpreter: Path | None = None) -> Path:
    path = folder / "requirements.txt"
    path.write_text(lock)
    return cached_layers(path, folder / "cache", interpreter)


def test_what_was_built_from_the_same_lock_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    builder = _Builder()
    monkeypatch.setattr("stacks.bundling.build_layers", builder)

    first = _cached(tmp_path, "a==1")
    assert _cached(tmp_path, "a==1") == first
    assert builder.builds == 1

    another = {_cached(tmp_path, "a==2"), _cached(tmp_path, "a==1", interpreter=Path("/usr/bin/python3"))}
    assert first not in another
    assert len(another) == 2
    assert builder.builds == 3


def test_layers_of_another_recipe_are_built_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stacks.bundling.build_layers", _Builder())
    first = _cached(tmp_path, "a==1")

    (tmp_path / "layers.py").write_text("DISTRIBUTIONS = {}")
    monkeypatch.setattr("stacks.bundling.RECIPE", (tmp_path / "layers.py",))
    assert _cached(tmp_path, "a==1") != first


def test_a_build_that_failed_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stacks.bundling.build_layers", _Builder(fails=True))

    with pytest.raises(BundlingFailed):
        _cached(tmp_path, "a==1")
    assert list((tmp_path / "cache").iterdir()) == []


@pytest.mark.parametrize(
    ("says", "expected"),
    [
        ("error: Failed to fetch: https://registry.test/simple/six/", DependenciesUnreachable),
        ("error: Failed to download `six==1.17.0`\n  cause: Hash mismatch for `six==1.17.0`", BundlingFailed),
        ("error: because six==1.17.0 has no usable wheels", BundlingFailed),
    ],
)
def test_a_registry_that_is_away_is_told_from_a_lock_that_is_wrong(
    says: str, expected: type[Exception], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installer = tmp_path / "uv"
    installer.write_text(f"#!/bin/sh\ncat >&2 <<'END'\n{says}\nEND\nexit 2\n")
    installer.chmod(0o755)
    monkeypatch.setenv("GREENROOM_UV", str(installer))

    with pytest.raises(expected, match="six"):
        build_layers(LOCK, tmp_path / "layers", None)


def test_a_wheel_whose_hash_is_not_in_the_lock_is_refused(tmp_path: Path) -> None:
    wrong = re.sub("sha256:[0-9a-f]{64}", f"sha256:{'0' * 64}", locked(LOCK)["six"])

    try:
        with pytest.raises(BundlingFailed, match="Hash mismatch"):
            install(wrong, tmp_path / "tree")
    except DependenciesUnreachable as error:
        pytest.skip(f"the package registry cannot be reached: {error}")


def test_the_installer_can_be_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GREENROOM_UV", "/opt/uv")

    assert find_installer() == "/opt/uv"


@pytest.fixture
def _no_installer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GREENROOM_UV", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("stacks.bundling.sys.executable", "/nonexistent/python")
    monkeypatch.setattr("stacks.bundling.__file__", str(tmp_path / "project" / "stacks" / "bundling.py"))


def _executable(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("")
    path.chmod(0o755)
    return path


@pytest.mark.usefixtures("_no_installer")
def test_without_an_installer_it_is_said_how_to_get_one() -> None:
    with pytest.raises(DependenciesUnreachable, match="make install"):
        find_installer()


@pytest.mark.usefixtures("_no_installer")
def test_an_installer_on_the_path_will_do(tmp_path: Path) -> None:
    installer = _executable(tmp_path / "uv")

    assert find_installer() == str(installer)


@pytest.mark.usefixtures("_no_installer")
def test_the_installer_of_make_comes_before_one_on_the_path(tmp_path: Path) -> None:
    _executable(tmp_path / "uv")
    installer = _executable(tmp_path / "project" / ".venv" / "uv" / "bin" / "uv")

    assert find_installer() == str(installer)


def test_of_two_processes_that_build_at_once_both_get_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    builder = _Builder()

    def overtaken(lock: Path, target: Path, *_: object) -> None:
        monkeypatch.setattr("stacks.bundling.build_layers", builder)
        _cached(tmp_path, "a==1")
        builder(lock, target)

    monkeypatch.setattr("stacks.bundling.build_layers", overtaken)

    late = _cached(tmp_path, "a==1")
    assert builder.builds == 2
    assert (late / "module.py").read_text() == "a==1"
    assert list((tmp_path / "cache").iterdir()) == [late]
