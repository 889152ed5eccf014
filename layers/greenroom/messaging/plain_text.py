"""What users typed, made fit for a header, a calendar property or a line of a letter.

Nothing visible is changed. What goes are line ends where one line is meant, and characters that no reader
shows but some parser obeys.
"""

import unicodedata

# Control characters, lone surrogates, line and paragraph separators.
_UNSEEN = frozenset({"Cc", "Cs", "Zl", "Zp"})


def _visible(text: str) -> str:
    return "".join(
        character if unicodedata.category(character) not in _UNSEEN else " " if character.isspace() else ""
        for character in text
    )


def one_line(text: str) -> str:
    """Return the text as one line: each run of white space or line ends is one space."""
    return " ".join(_visible(text).split())


def prose(text: str) -> str:
    """Return the text with its line breaks as ``\\n`` alone, and no other control character."""
    return "\n".join(_visible(line).rstrip() for line in text.splitlines()).strip()
