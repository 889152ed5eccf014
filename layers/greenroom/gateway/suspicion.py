"""Signs of an attack in what a request says: what kind, and in which field; never the text itself.

This decides nothing. A request is served or refused by its shape alone, and whatever it says is encoded
where it is written out. Here is only told that somebody may be looking for a way in, so a sign must be
something that people do not write by chance: `' OR 1=1` is one, O'Brien or `SELECT the songs` is not.

Every sign begins with a character that is rare in prose, so that the search skips nearly all of a text, and
looks back from there where a word stands before. None repeats anything without a bound: the work grows with
the length of the text alone.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Literal, NamedTuple
from urllib.parse import unquote_plus

Place = Literal["body", "query", "path", "header"]

_COMMAND = r"(?:bash|cat|curl|id|ls|nc|ping|powershell|rm|sh|sleep|uname|wget|whoami)\b"
_ARGUMENT = r"\s{1,4}(?:[-/~.]|https?:|\d+\s{0,2}(?:\n|$))"

_SIGNS: dict[str, tuple[str, ...]] = {
    "script": (
        r"<(?:script|iframe|object|embed|svg|base)\b[\s/>]",
        r"</script",
        r"<[a-z][^<>]{0,200}?[\s/'\"]on[a-z]{3,20}\s{0,4}=",
        r":(?<=javascript:)(?=\S)",
        r":(?<=vbscript:)(?=\S)",
        r":text/html(?<=data:text/html)",
        r"\.(?<=document\.)(?:cookie|write\()",
        r"%3cscript",
    ),
    "sql": (
        r"'\s{0,4}\)?\s{0,4}(?:or|and)\s{1,4}['(]?\w{1,20}['\"]?\s{0,4}(?:=|<|>|like\s{1,4}')",
        r"\"\s{0,4}\)?\s{0,4}(?:or|and)\s{1,4}[\"(]?\w{1,20}\"?\s{0,4}(?:=|like\s{1,4}\")",
        r"=(?<=or 1=)1\b",
        r"'\s{0,4}\)?\s{0,4}(?:--|;)\s{0,4}(?:\n|$)",
        r"'--",
        r";\s{0,4}(?:drop|truncate|alter)\s{1,4}(?:table|database|schema|user)\b",
        r";\s{0,4}(?:delete\s{1,4}from|insert\s{1,4}into)\b",
        # the one word that nothing rare stands before
        r"union(?:\s|/\*.{0,20}?\*/){1,4}(?:all\s{1,4})?select\s{1,4}(?:null\b|[\d@'\"(*]|\w{1,40}\s{0,4},)",
        r"_(?<=information_)schema\b",
        r";\s{0,4}waitfor\s{1,4}delay\b",
        r"_(?<=pg_)sleep\s{0,4}\(",
        r"\((?<=sleep\()\s{0,4}\d{1,4}\s{0,4}\)",
        r"\((?<=benchmark\()\s{0,4}\d{1,12}\s{0,4},",
        r"_(?<=xp_)cmdshell",
        r"'(?<=outfile ')",
        r"'(?<=dumpfile ')",
    ),
    "traversal": (
        r"\.\./",
        r"\.\.\\",
        r"%2e%2e",
        r"/etc/(?:passwd|shadow|hosts)\b",
        r"/proc/self/",
        r":\\windows(?<=c:\\windows)",
        r":///(?<=file:///)",
        r"://(?<=php://)",
        r"/\.(?:env|git/|aws/|ssh/)",
    ),
    "command": (
        rf";\s{{0,4}}{_COMMAND}(?:{_ARGUMENT}|\s{{0,4}}[;|&])",
        rf"\|\s{{0,4}}{_COMMAND}(?:{_ARGUMENT}|\s{{0,4}}(?:[;|&\n]|$))",
        rf"&&\s{{0,4}}{_COMMAND}",
        rf"\$\(\s{{0,4}}{_COMMAND}",
        rf"`\s{{0,4}}{_COMMAND}[^`\n]{{0,100}}`",
        r"/bin/(?:ba|z)?sh\b",
        r"\.exe(?<=cmd\.exe)\b",
        r"\(\)\s{0,4}\{\s{0,4}:",
    ),
    "template": (
        r"\{\{[^{}*(\[|+'\"]{0,60}[*(\[|+'\"]",
        r"\$\{[^{}*(\[|+'\":]{0,60}[*(\[|+'\"]",
        r"#\{[^{}*(\[|+'\"]{0,60}[*(\[|+'\"]",
        r"<%=",
        r"__(?:class|globals|import|subclasses|builtins)__",
    ),
    "jndi": (
        r"\$\{jndi:",
        r"\$\{\$\{",
        r"\$\{(?:::-|base64:|ctx:|date:|env:|java:|lower:|main:|sys:|upper:)",
    ),
    "xml": (r"<!entity\b", r"<!doctype\s{1,4}\w{1,40}\s{0,4}\["),
    "header": (
        r"%0d%0a",
        "\n(?:set-cookie|content-length|content-type|transfer-encoding|bcc)\\s{0,4}:",
        "\r(?:set-cookie|content-length|content-type|transfer-encoding|bcc)\\s{0,4}:",
    ),
    "null_byte": ("\x00", r"%00"),
}
KINDS = tuple(_SIGNS)


def _compiled(signs: Iterable[str]) -> re.Pattern[str]:
    return re.compile("|".join(signs))


_ANY = _compiled(sign for signs in _SIGNS.values() for sign in signs)


@cache
def _each() -> Mapping[str, re.Pattern[str]]:
    """Return the pattern of each kind. Most processes never see what would need them."""
    return {kind: _compiled(signs) for kind, signs in _SIGNS.items()}


_TOOL = re.compile(
    r"acunetix|appscan|arachni|commix|dalfox|dirbuster|feroxbuster|ffuf|gobuster|havij|joomscan|masscan|"
    r"metasploit|nessus|netsparker|nikto|nmap scripting engine|nuclei|openvas|owasp zap|skipfish|sqlmap|"
    r"w3af|wfuzz|whatweb|wpscan|xsser|zaproxy|zgrab"
)

MOST_TEXT = 16_384
"""How many characters of a request are looked at. More is served all the same: this is no defence."""


class Text(NamedTuple):
    """Something that a client wrote, and where. ``field`` must be one of our own names for it."""

    where: Place
    field: str
    text: str


class Sign(NamedTuple):
    """One kind of attack, and the first place where it shows."""

    kind: str
    where: Place
    field: str


def signs_in(texts: Sequence[Text]) -> list[Sign]:
    """Return each kind of attack that shows in the texts, once, with the first place of it."""
    # All at once first: of an ordinary request this one search is the whole work.
    if not _ANY.search(_plain("\n".join([each.text for each in texts]))):
        return []
    found: dict[str, Sign] = {}
    for each in texts:
        text = _plain(each.text)
        for kind, pattern in _each().items():
            if kind not in found and pattern.search(text):
                found[kind] = Sign(kind, each.where, each.field)
    return [found[kind] for kind in KINDS if kind in found]


def _plain(text: str) -> str:
    """Return what is looked at of a text: in lower case, and once more without its percent-encoding."""
    lowered = text[:MOST_TEXT].lower()
    return f"{lowered}\n{unquote_plus(lowered)}" if "%" in lowered else lowered


def attack_tool(user_agent: str) -> str | None:
    """Return the attack tool that a user agent calls itself, by our name for it, or None."""
    found = _TOOL.search(user_agent[:1000].lower())
    return found[0] if found else None
