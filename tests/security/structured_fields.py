"""Just enough of RFC 9651 to read a list of strings with parameters, and to refuse all else."""

import re

_ITEM = re.compile(r'"((?:[ !#-\[\]-~]|\\["\\])*)"')
_PARAMETER = re.compile(r" *; *([a-z*][a-z0-9_.*-]*)=(-?[0-9]{1,15})")


def parse_list(field: str) -> dict[str, dict[str, int]]:
    """Return each member's parameters by its name; raise ``ValueError`` for what is no such list."""
    found: dict[str, dict[str, int]] = {}
    rest = field.strip(" ")
    while rest:
        item = _ITEM.match(rest)
        if item is None:
            raise ValueError(f"no string where one is due: {rest!r}")
        rest = rest[item.end() :]
        parameters = found[item[1]] = dict[str, int]()
        while parameter := _PARAMETER.match(rest):
            parameters[parameter[1]] = int(parameter[2])
            rest = rest[parameter.end() :]
        if rest and not (comma := re.match(r"[ \t]*,[ \t]*(?=.)", rest)):
            raise ValueError(f"neither a comma nor the end: {rest!r}")
        rest = rest[comma.end() :] if rest and comma else ""
    return found
