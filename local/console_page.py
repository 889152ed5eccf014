"""The console's page and its parts: files of one folder, under a policy that lets them use nothing else."""

from pathlib import Path

from local.answers import Answer

PAGE = "/"
_PARTS = "/local/console/"
_FOLDER = Path(__file__).parent / "console"
_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
}
_NAMES = frozenset(path.name for path in _FOLDER.iterdir() if path.suffix in _TYPES)
# What the page shows was written by others. The last two directives make the browser itself refuse every way
# to turn text into markup or script, so that a slip in the page's own code cannot become one.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self';"
    " base-uri 'none'; form-action 'none'; frame-ancestors 'none';"
    " require-trusted-types-for 'script'; trusted-types 'none'"
)
_HEADERS = (
    ("Content-Security-Policy", _POLICY),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
    ("Cache-Control", "no-store"),
)


def page_part(path: str) -> Answer | None:
    """Return the page, or the part of it that a path names; None for any other path."""
    name = "index.html" if path == PAGE else path.removeprefix(_PARTS)
    if name not in _NAMES or (path != PAGE and not path.startswith(_PARTS)):
        return None
    file = _FOLDER / name
    return Answer(200, (("Content-Type", _TYPES[file.suffix]), *_HEADERS), file.read_bytes())
