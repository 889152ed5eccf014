"""The API reference: a page that says what it lacks, and its UI, compressed and kept by browsers for good."""

import base64
import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from functions.health import site_routes
from functions.health.routes import routes
from greenroom.gateway.dispatch import Composition, Function

NAME = "scalar.0123456789abcdef.js"
SCRIPT = b"console.log('the UI')\n" * 100
BROTLI = b"\x1b\xff not text"


@pytest.fixture(params=[True], ids=["fetched"])
def site(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the page's files; with the parameter the UI is there."""
    for file in (Path(site_routes.__file__).parent / "site").iterdir():
        if file.is_file():
            (tmp_path / file.name).write_bytes(file.read_bytes())
    if request.param:
        (tmp_path / "reference").mkdir()
        (tmp_path / "reference" / f"{NAME}.gz").write_bytes(gzip.compress(SCRIPT))
        (tmp_path / "reference" / f"{NAME}.br").write_bytes(BROTLI)
    monkeypatch.setattr(site_routes, "_SITE", tmp_path)
    # Two caches, of this test alone.
    for name in ("_file", "_bundle"):
        monkeypatch.setattr(site_routes, name, getattr(site_routes, name).__wrapped__)
    return tmp_path


def get(resource: str, bundle: str | None = None, **headers: str) -> dict[str, Any]:
    function: Any = Function(routes, lambda: Composition(app=None, cors_origins=("https://app.test",)))
    answer: dict[str, Any] = function(
        {
            "httpMethod": "GET",
            "resource": resource,
            "pathParameters": {"bundle": bundle} if bundle is not None else None,
            "multiValueHeaders": {name.replace("_", "-"): [value] for name, value in headers.items()},
        }
    )
    return answer


def get_bundle(**headers: str) -> dict[str, Any]:
    return get("/docs/{bundle}", NAME, **headers)


def content(answer: dict[str, Any]) -> bytes:
    body: str = answer["body"]
    return base64.b64decode(body) if answer["isBase64Encoded"] else body.encode()


def test_the_page_loads_the_script_that_is_there(site: Path) -> None:
    page = get("/docs")

    assert f'src="docs/{NAME}"'.encode() in content(page)
    assert page["headers"]["Content-Type"] == "text/html; charset=utf-8"
    assert page["headers"]["Cache-Control"] == "no-cache"


@pytest.mark.parametrize("site", [False], indirect=True, ids=["missing"])
def test_without_the_ui_the_page_says_what_is_missing_and_what_to_do(site: Path) -> None:
    page = get("/docs")

    assert page["statusCode"] == 200
    for told in (
        b"@scalar/api-reference",
        b"could not be fetched",
        b"make reference",
        b'href="openapi.json"',
    ):
        assert told in content(page)
    assert b"<script" not in content(page)
    assert "unsafe" not in page["headers"]["Content-Security-Policy"]
    assert get_bundle()["statusCode"] == get("/docs/{bundle}", "")["statusCode"] == 404


def test_only_styles_may_be_inline_and_only_on_the_page(site: Path) -> None:
    policy, *others = (
        answer["headers"]["Content-Security-Policy"]
        for answer in (get("/docs"), get("/docs/docs.js"), get("/openapi.json"), get_bundle())
    )

    assert "style-src 'self' 'unsafe-inline'" in policy
    assert "script-src 'self';" in policy
    assert "connect-src 'self';" in policy
    assert "default-src 'none'" in policy
    assert policy.count("unsafe") == 1
    assert not any("unsafe" in other for other in others)


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("gzip, deflate, br, zstd", "br"),
        ("br;q=0.5, gzip", "br"),
        ("gzip,br", "br"),
        ("gzip, br;q=0", "gzip"),
        ("br;q=0.000 , gzip", "gzip"),
        ("gzip", "gzip"),
        ("brotli", "gzip"),
        ("", "gzip"),
    ],
)
def test_the_script_comes_compressed_as_the_browser_takes_it(
    site: Path, accepted: str, encoding: str
) -> None:
    answer = get_bundle(Accept_Encoding=accepted)

    assert answer["headers"]["Content-Encoding"] == encoding
    assert answer["headers"]["Content-Type"] == "text/javascript; charset=utf-8"
    assert answer["isBase64Encoded"] is True
    sent = content(answer)
    assert sent == BROTLI if encoding == "br" else gzip.decompress(sent) == SCRIPT


def test_the_script_is_kept_for_good_and_each_encoding_by_its_own_tag(site: Path) -> None:
    answers = [get_bundle(Accept_Encoding=accepted) for accepted in ("br", "gzip")]

    for answer in answers:
        assert answer["headers"]["Cache-Control"] == "public, max-age=31536000, immutable"
        assert answer["headers"]["Vary"] == "Accept-Encoding, Origin"
    assert len({answer["headers"]["ETag"] for answer in answers}) == 2


def test_who_has_the_script_is_not_sent_it_again(site: Path) -> None:
    first = get_bundle(Accept_Encoding="gzip")

    again = get_bundle(Accept_Encoding="gzip", If_None_Match=first["headers"]["ETag"])
    other = get_bundle(Accept_Encoding="br", If_None_Match=first["headers"]["ETag"])

    assert (again["statusCode"], again["body"]) == (304, "")
    for name in ("Cache-Control", "ETag", "Vary"):
        assert again["headers"][name] == first["headers"][name]
    assert not {"Content-Type", "Content-Encoding"} & again["headers"].keys()
    assert other["statusCode"] == 200


@pytest.mark.parametrize("name", ["", "docs.html", f"{NAME}.gz", "../docs.html", "scalar.js", "LICENSE"])
def test_no_other_file_is_served_under_that_path(site: Path, name: str) -> None:
    answer = get("/docs/{bundle}", name)

    assert (answer["statusCode"], json.loads(answer["body"])["code"]) == (404, "not_found")
