"""Which characters text may hold: in any string at all, and in what people write for others to read.

Nothing is stripped out. Text that is refused can be put right by who wrote it; text that was quietly
changed cannot. Only what nobody can see is brought to one form: composed letters (NFC), line ends, and no
white space around it.
"""

import re
import unicodedata
from typing import Final

FORBIDDEN: Final = re.compile("[\x00\ud800-\udfff\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""What no string may hold, a password not either: NUL, half of a surrogate pair, what reorders text."""
FORBIDDEN_MESSAGE: Final = "must not contain control characters that are invisible or reorder text"

# What shows nothing, or shows on each device something else. Left out are the joiners (U+200C, U+200D),
# which Persian, Indian scripts and emoji are written with, the variation selectors of emoji, of Mongolian
# and of Japanese names, and the combining grapheme joiner: invisible too, but part of what is written.
_UNSEEN = re.compile(
    "["
    "\x00-\x08\x0b-\x1f\x7f-\x9f"  # controls but tab and line feed
    "\u2028\u2029"  # line and paragraph separators
    "\u00ad\u200b\u2060-\u2065\u206a-\u206f\ufeff"  # soft hyphen, spaces without width, old format controls
    "\u115f\u1160\u3164\uffa0\u17b4\u17b5"  # fillers and vowels that are blank
    "\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"  # annotations, shorthand and music controls
    "\U000e0000-\U000e00ff\U000e01f0-\U000e0fff"  # tags, and what is reserved beside them
    "\ue000-\uf8ff\U000f0000-\U0010ffff"  # private use
    "\ufdd0-\ufdef"  # noncharacters, as is the last pair of each plane
    + "".join(chr(plane * 0x10000 + last) for plane in range(17) for last in (0xFFFE, 0xFFFF))
    + "]"
)
_UNSEEN_MESSAGE = "must not contain control, invisible or private characters"

# The flags of England, Scotland and the like are a black flag, tags, and the tag that ends them.
_FLAG = re.compile("\U0001f3f4[\U000e0030-\U000e0039\U000e0061-\U000e007a]{1,6}\U000e007f")
# By themselves these show nothing: what is allowed above, blanks, and the empty cell of braille.
_BLANK = re.compile(
    "[\\s\u034f\u180b-\u180f\u200c\u200d\u2800\ufe00-\ufe0f\U000e0100-\U000e01ef]*", re.UNICODE
)


def normal_form(text: str) -> str:
    """Return the text in its one form: composed, lines ended by ``\\n``, nothing blank around it.

    The work grows with the square of a run of combining marks: bound the text's length before.
    """
    composed = text if text.isascii() else unicodedata.normalize("NFC", text)
    return composed.replace("\r\n", "\n").strip()


def fault_of(text: str, *, lines: bool) -> str | None:
    """Return why a text in its normal form is not taken, None when it is.

    Where ``lines`` is false, it must be one line and show something.
    """
    if FORBIDDEN.search(text):
        return FORBIDDEN_MESSAGE
    if _UNSEEN.search(text) and _UNSEEN.search(_FLAG.sub("", text)):
        return _UNSEEN_MESSAGE
    if lines:
        return None
    if "\n" in text or "\t" in text:
        return "must be one line"
    return "must show something" if text and _BLANK.fullmatch(text) else None
