"""The HTML form of a letter: the same words as its plain text, every one of them escaped.

Nothing is loaded from anywhere: no image, no style sheet, no script; so opening it tells nobody anything.
Mail clients know little of CSS, hence the table and the styles on the elements.
"""

from collections.abc import Iterable
from html import escape

from .facts import Fact

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
</head>
<body style="margin:0;padding:24px;font-family:sans-serif;font-size:16px;line-height:1.5">
<p>{greeting}</p>
<p>{opening}</p>
<table style="border-collapse:collapse">
{rows}
</table>
<p><a href="{link}">Open the booking</a></p>
<p>Greenroom</p>
</body>
</html>
"""
_ROW = (
    '<tr><th scope="row" style="padding:4px 16px 4px 0;text-align:left;vertical-align:top">{label}</th>'
    '<td style="padding:4px 0;overflow-wrap:anywhere">{value}</td></tr>'
)


def page(title: str, greeting: str, opening: str, facts: Iterable[Fact], link: str) -> str:
    """Return the letter as a whole page; no argument is markup yet."""
    rows = "\n".join(_ROW.format(label=escape(label), value=escape(value)) for label, value in facts)
    return _PAGE.format(
        title=escape(title),
        greeting=escape(greeting),
        opening=escape(opening),
        rows=rows,
        link=escape(link),
    )
