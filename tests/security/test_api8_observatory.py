"""API8:2023 Security misconfiguration: the grade that Mozilla's HTTP Observatory would give.

The scanner wants a host on the internet; its scoring is in ``observatory.py``. That there is no HTTP beside
HTTPS is the gateway's doing: ``infra/test_gateway.py``.
"""

import pytest

from tests.security.cast import Cast
from tests.security.observatory import POINTS, Page, grade, results, score
from tests.security.surface import OPERATIONS
from tests.support.reference import bundle

PLACES = [
    *sorted(operation.template for operation in OPERATIONS if operation.is_page),
    *("/openapi.json", "/v1/celebrities", "/health/live", "/.well-known/jwks.json", "/v1/me"),
]


def page(cast: Cast, path: str, **more: str) -> Page:
    """Ask as the scanner does, without an account, from a foreign origin."""
    origin = Page({}).origin
    answer = cast.client.http.get(path, headers={"Origin": origin})
    return Page({**answer.headers, **more}, answer.text)


@pytest.mark.parametrize("path", PLACES)
def test_every_place_gets_an_a_plus(path: str, cast: Cast) -> None:
    seen = page(cast, path.replace("{bundle}", bundle()) if "{" in path else path)

    # The reference's own styles cost it the extra points of its policy.
    assert (grade(seen), score(seen)) == ("A+", 130 if path == "/docs" else 140)
    assert min(POINTS[result] for result in results(seen)) == 0


WORSE = {
    "content-security-policy": ("default-src 'self'; script-src 'self' 'unsafe-inline'", 80),
    "strict-transport-security": ("max-age=3600", 130),
    "referrer-policy": ("unsafe-url", 130),
    "cross-origin-resource-policy": ("cross-origin", 130),
    "cross-origin-opener-policy": ("unsafe-none", 130),
    "x-content-type-options": ("sniff", 135),
    "set-cookie": ("session=1", 80),
}


@pytest.mark.parametrize("header", WORSE)
def test_each_header_counts(header: str, cast: Cast) -> None:
    value, points = WORSE[header]

    assert score(page(cast, "/health/live", **{header: value})) == points


def test_without_any_header_the_grade_is_an_f() -> None:
    bare = Page({"content-type": "text/html"}, "<script src=//cdn.test/a.js></script>", listens_on_http=True)

    assert grade(bare) == "F"


@pytest.mark.parametrize(
    ("policy", "result"),
    [
        ("default-src 'none'", "no-unsafe-default-src-none"),
        ("default-src 'self'", "no-unsafe"),
        ("default-src 'none'; style-src 'unsafe-inline'", "unsafe-inline-in-style-src-only"),
        ("default-src 'none'; img-src http://a.test", "insecure-scheme-in-passive-content-only"),
        ("default-src 'none'; script-src 'self' 'unsafe-eval'", "unsafe-eval"),
        ("default-src 'none'; script-src data:", "unsafe-inline"),
        ("default-src 'none'; font-src http://a.test", "insecure-scheme"),
        ("script-src 'self'", "unsafe-inline"),
    ],
)
def test_the_scorer_reads_policies_as_the_scanner_does(policy: str, result: str) -> None:
    assert results(Page({"content-security-policy": policy}))[0] == f"csp-implemented-with-{result}"
