"""The scoring of Mozilla's HTTP Observatory, as data, for what can be read from an answer.

Source: github.com/mdn/mdn-http-observatory at 94042bb (August 2026), src/grader/charts.js for the points and
grades, src/analyzer/tests/*.js for what earns them, src/scanner/index.js for how they add up. Left out are
branches that no answer of ours can reach: nonces, ``http-equiv``, preload lists and several policies at once.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

GRADES = (
    *((100, "A+"), (90, "A"), (85, "A-"), (80, "B+"), (70, "B"), (65, "B-"), (60, "C+"), (50, "C")),
    *((45, "C-"), (40, "D+"), (30, "D"), (25, "D-"), (0, "F")),
)
LEAST_FOR_EXTRA = 90
SIX_MONTHS = 15_552_000

POINTS = {
    "csp-implemented-with-no-unsafe-default-src-none": 10,
    "csp-implemented-with-no-unsafe": 5,
    "csp-implemented-with-unsafe-inline-in-style-src-only": 0,
    "csp-implemented-with-insecure-scheme-in-passive-content-only": -10,
    "csp-implemented-with-unsafe-eval": -10,
    "csp-implemented-with-unsafe-inline": -20,
    "csp-implemented-with-insecure-scheme": -20,
    "csp-header-invalid": -25,
    "csp-not-implemented": -25,
    "cookies-not-found": 0,
    "cookies-without-secure-flag": -20,
    "cross-origin-resource-sharing-not-implemented": 0,
    "cross-origin-resource-sharing-implemented-with-public-access": 0,
    "cross-origin-resource-sharing-implemented-with-restricted-access": 0,
    "cross-origin-resource-sharing-implemented-with-universal-access": -50,
    "redirection-not-needed-no-http": 0,
    "redirection-missing": -20,
    "referrer-policy-private": 5,
    "referrer-policy-not-implemented": 0,
    "referrer-policy-unsafe": -5,
    "referrer-policy-header-invalid": -5,
    "hsts-implemented-max-age-at-least-six-months": 0,
    "hsts-implemented-max-age-less-than-six-months": -10,
    "hsts-not-implemented": -20,
    "hsts-header-invalid": -20,
    "sri-not-implemented-response-not-html": 0,
    "sri-not-implemented-but-no-scripts-loaded": 0,
    "sri-not-implemented-but-all-scripts-loaded-from-secure-origin": 0,
    "sri-not-implemented-and-external-scripts-not-loaded-securely": -50,
    "x-content-type-options-nosniff": 0,
    "x-content-type-options-not-implemented": -5,
    "x-content-type-options-header-invalid": -5,
    "x-frame-options-implemented-via-csp": 5,
    "x-frame-options-sameorigin-or-deny": 5,
    "x-frame-options-not-implemented": -20,
    "x-frame-options-header-invalid": -20,
    "cross-origin-resource-policy-implemented-with-same-origin": 10,
    "cross-origin-resource-policy-implemented-with-same-site": 10,
    "cross-origin-resource-policy-implemented-with-cross-origin": 0,
    "cross-origin-resource-policy-not-implemented": 0,
    "cross-origin-resource-policy-header-invalid": -5,
    "cross-origin-opener-policy-implemented-with-same-origin": 10,
    "cross-origin-opener-policy-implemented-with-unsafe-none": 0,
    "cross-origin-opener-policy-not-implemented": 0,
    "cross-origin-opener-policy-header-invalid": -5,
    "cross-origin-embedder-policy-not-implemented": 0,
}
_BROAD = frozenset({"ftp:", "http:", "https:", "*", "http://*", "http://*.*", "https://*", "https://*.*"})
_INLINE = frozenset({"'unsafe-inline'", "data:"})


@dataclass(frozen=True)
class Page:
    """An answer as the scanner sees it: over HTTPS, asked with a foreign origin, with no HTTP beside it."""

    headers: Mapping[str, str]
    """Names in lower case."""
    body: str = ""
    origin: str = "https://http-observatory.security.mozilla.org"
    listens_on_http: bool = False


def results(page: Page) -> list[str]:
    """Return what each of the scanner's tests finds."""
    return [
        _csp(page.headers.get("content-security-policy")),
        "cookies-without-secure-flag" if "set-cookie" in page.headers else "cookies-not-found",
        _cors(page),
        "redirection-missing" if page.listens_on_http else "redirection-not-needed-no-http",
        _referrer(page.headers.get("referrer-policy")),
        _hsts(page.headers.get("strict-transport-security")),
        _sri(page),
        _nosniff(page.headers.get("x-content-type-options")),
        _framing(page.headers),
        _named(page.headers, "cross-origin-resource-policy", ("same-origin", "same-site", "cross-origin")),
        _named(page.headers, "cross-origin-opener-policy", ("same-origin", "unsafe-none")),
        "cross-origin-embedder-policy-not-implemented",
    ]


def score(page: Page) -> int:
    """Return the points: extra credit counts only for who would have an A without it."""
    points = [POINTS[result] for result in results(page)]
    uncurved = 100 + sum(point for point in points if point < 0)
    return max(0, 100 + sum(points) if uncurved >= LEAST_FOR_EXTRA else uncurved)


def grade(page: Page) -> str:
    """Return the grade."""
    points = score(page)
    return next(name for least, name in GRADES if points >= least)


def _directives(policy: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for directive in filter(None, (part.split() for part in policy.split(";"))):
        name, *sources = directive
        if name.lower() in found:
            raise ValueError("a directive is there twice")
        found[name.lower()] = {source.lower() for source in sources} or {"'none'"}
    return found


def _csp(policy: str | None) -> str:
    if policy is None:
        return "csp-not-implemented"
    try:
        csp = _directives(policy)
    except ValueError:
        return "csp-header-invalid"
    default = csp.get("default-src", {"*"})
    script, style, objects = (csp.get(f"{kind}-src", default) for kind in ("script", "style", "object"))
    passive = csp.get("img-src", default) | csp.get("media-src", default)
    active = script.union(*(sources for name, sources in csp.items() if name not in {"img-src", "media-src"}))
    found = (
        (bool(script & (_BROAD | _INLINE) or objects & _BROAD), "unsafe-inline"),
        (any(source.startswith(("http:", "ftp:")) for source in active), "insecure-scheme"),
        ("'unsafe-eval'" in script | style, "unsafe-eval"),
        (
            any(source.startswith(("http:", "ftp:")) for source in passive),
            "insecure-scheme-in-passive-content-only",
        ),
        (bool(style & (_BROAD | _INLINE)), "unsafe-inline-in-style-src-only"),
        (csp.get("default-src") == {"'none'"}, "no-unsafe-default-src-none"),
        (True, "no-unsafe"),
    )
    return "csp-implemented-with-" + next(name for holds, name in found if holds)


def _cors(page: Page) -> str:
    allowed = page.headers.get("access-control-allow-origin")
    if allowed is None:
        return "cross-origin-resource-sharing-not-implemented"
    if allowed == "*":
        return "cross-origin-resource-sharing-implemented-with-public-access"
    universal = allowed == page.origin and page.headers.get("access-control-allow-credentials") == "true"
    return (
        f"cross-origin-resource-sharing-implemented-with-{'universal' if universal else 'restricted'}-access"
    )


def _referrer(value: str | None) -> str:
    if value is None:
        return "referrer-policy-not-implemented"
    if value in {"no-referrer", "same-origin", "strict-origin", "strict-origin-when-cross-origin"}:
        return "referrer-policy-private"
    unsafe = {"origin", "origin-when-cross-origin", "unsafe-url", "no-referrer-when-downgrade"}
    return "referrer-policy-unsafe" if value in unsafe else "referrer-policy-header-invalid"


def _hsts(value: str | None) -> str:
    if value is None:
        return "hsts-not-implemented"
    age = re.search(r"(?:^|; *)max-age=([0-9]+)", value)
    if age is None or "," in value:
        return "hsts-header-invalid"
    return f"hsts-implemented-max-age-{'at-least' if int(age[1]) >= SIX_MONTHS else 'less-than'}-six-months"


def _sri(page: Page) -> str:
    if not page.headers.get("content-type", "").startswith("text/html"):
        return "sri-not-implemented-response-not-html"
    sources = re.findall(r"<script[^>]*\ssrc=[\"']?([^\"'\s>]+)", page.body)
    if any(re.match(r"https?:|//", source) for source in sources):
        return "sri-not-implemented-and-external-scripts-not-loaded-securely"
    scripts = "<script" in page.body
    loaded = "all-scripts-loaded-from-secure-origin" if scripts else "no-scripts-loaded"
    return f"sri-not-implemented-but-{loaded}"


def _nosniff(value: str | None) -> str:
    if value is None:
        return "x-content-type-options-not-implemented"
    return f"x-content-type-options-{'nosniff' if value.lower() == 'nosniff' else 'header-invalid'}"


def _framing(headers: Mapping[str, str]) -> str:
    ancestors = re.search(r"frame-ancestors ([^;]+)", headers.get("content-security-policy", ""))
    if ancestors and not set(ancestors[1].split()) & _BROAD:
        return "x-frame-options-implemented-via-csp"
    value = headers.get("x-frame-options")
    if value is None:
        return "x-frame-options-not-implemented"
    known = value.lower() in {"deny", "sameorigin"}
    return f"x-frame-options-{'sameorigin-or-deny' if known else 'header-invalid'}"


def _named(headers: Mapping[str, str], name: str, values: tuple[str, ...]) -> str:
    value = headers.get(name)
    if value is None:
        return f"{name}-not-implemented"
    return f"{name}-implemented-with-{value}" if value in values else f"{name}-header-invalid"
