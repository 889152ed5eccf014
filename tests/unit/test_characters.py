"""What people write is taken in one form, with what can be seen and what scripts and emoji need."""

import time
import unicodedata
from typing import Annotated, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from greenroom.characters import fault_of, normal_form
from greenroom.shapes import Line, Name, Prose, Written

LINE: TypeAdapter[str] = TypeAdapter(Line)
PROSE: TypeAdapter[str] = TypeAdapter(Prose)

ENGLAND = "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"
JOINERS = {0x200C, 0x200D, 0x180E}
PREPENDED = {0x6DD, 0x70F, 0x890, 0x891, 0x8E2, 0x110BD, 0x110CD}  # signs that span the digits behind them
GOOD = {
    "an apostrophe": "Sinéad O'Brien",
    "a joiner in Persian": "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
    "a joiner in Sinhala": "ක්\u200dෂ",
    "a family": "👩\u200d👩\u200d👧",
    "a heart in colour": "❤\ufe0f",
    "a variant of a Japanese name": "葛\U000e0100城",
    "Mongolian": "ᠮᠣᠩᠭᠣᠯ\u180e\u1820",
    "the flag of England": ENGLAND,
    "Arabic with a number sign": "\u0600\u0661",
    "a letter that no interpreter may know yet": "\U0001fae8",
    "no-break and wide spaces": "a\u00a0b\u3000c",
}
BAD = {
    "an escape": "\x1b[31mred",
    "a bell": "a\x07",
    "delete": "a\x7f",
    "a C1 control": "a\x9bb",
    "next line": "a\x85b",
    "a line separator": "a\u2028b",
    "a space without width": "ad\u200bmin",
    "a byte order mark": "ad\ufeffmin",
    "a soft hyphen": "ad\u00admin",
    "a word joiner": "ad\u2060min",
    "a Hangul filler": "\u3164",
    "hidden tags": "hi\U000e0041\U000e0042",
    "a flag without its end": ENGLAND[:-1],
    "tags after a flag that has ended": ENGLAND + "\U000e0041",
    "private use": "\uf8ff",
    "private use, far out": "\U000f0001",
    "a noncharacter": "\ufdd0",
    "the last noncharacter": "\U0010ffff",
    "NUL": "a\x00",
    "half of a pair": "a\ud800",
    "right-to-left override": "a\u202eb",
}


@pytest.mark.parametrize("text", GOOD.values(), ids=GOOD.keys())
def test_what_real_scripts_and_emoji_need_is_taken_as_it_is(text: str) -> None:
    assert LINE.validate_python(text) == text
    assert PROSE.validate_python(text) == text


@pytest.mark.parametrize("text", BAD.values(), ids=BAD.keys())
@pytest.mark.parametrize("shape", [LINE, PROSE], ids=["line", "prose"])
def test_what_nobody_can_see_is_refused_without_being_shown(shape: TypeAdapter[str], text: str) -> None:
    assert fault_of(text, lines=True)
    with pytest.raises(ValidationError):
        shape.validate_python(text)


def _is_for_eyes(character: str) -> bool:
    """Tell by Unicode's own categories, for what this interpreter's version of it knows."""
    point, category = ord(character), unicodedata.category(character)
    if category in {"Cc", "Zl", "Zp", "Cs", "Co"}:
        return character in "\n\t"
    if category == "Cf":
        return point in JOINERS | PREPENDED or 0x600 <= point <= 0x605 or 0x13430 <= point <= 0x1343F
    return not (0xFDD0 <= point <= 0xFDEF or point & 0xFFFE == 0xFFFE)


def test_every_character_of_unicode_is_judged_by_its_category() -> None:
    blank = {0x115F, 0x1160, 0x3164, 0xFFA0, 0x17B4, 0x17B5}
    reserved = {0x2065, *range(0xFFF0, 0xFFF9), *range(0xE0000, 0xE0100), *range(0xE01F0, 0xE1000)}

    refused = {point for point in range(0x110000) if fault_of(chr(point), lines=True) is not None}

    assert refused == {point for point in range(0x110000) if not _is_for_eyes(chr(point))} | blank | reserved


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("  Zoe\u0308 \t", "Zoë"),
        ("\u3000Zoë\u00a0\n", "Zoë"),
        ("\u1100\u1161", "가"),
        ("one\r\ntwo", "one\ntwo"),
        ("\n\n one\n\ttwo \n", "one\n\ttwo"),
        ("²", "²"),
        ("ﬁ", "ﬁ"),
    ],
)
def test_text_is_composed_and_trimmed_and_otherwise_as_it_was(sent: str, kept: str) -> None:
    assert PROSE.validate_python(sent) == kept


@given(st.text(max_size=50))
def test_what_was_taken_once_is_taken_again_unchanged(text: str) -> None:
    try:
        kept = PROSE.validate_python(text)
    except ValidationError:
        return
    assert PROSE.validate_python(kept) == kept
    assert unicodedata.is_normalized("NFC", kept)
    assert kept == kept.strip()


@pytest.mark.parametrize("text", ["a\nb", "a\tb", "a\rb", "a\r\nb", "\u200d", "\ufe0f\u200c", "\u2800", ""])
def test_a_line_is_one_line_and_shows_something(text: str) -> None:
    with pytest.raises(ValidationError):
        LINE.validate_python(text)


def test_a_lone_carriage_return_is_no_line_end() -> None:
    with pytest.raises(ValidationError):
        PROSE.validate_python("a\rb")


def test_bounds_count_the_characters_that_are_kept() -> None:
    name: TypeAdapter[str] = TypeAdapter(Name)

    assert len(name.validate_python("e\u0301" * 100)) == 100
    assert len(name.validate_python("  " + "é" * 100)) == 100
    for text in ("é" * 101, "e\u0301" * 101, "\u0958" * 60, " " * 401, "e\u0301" * 5000):
        with pytest.raises(ValidationError) as refused:
            name.validate_python(text)
        assert refused.value.errors()[0]["type"] == "string_too_long"


def test_text_is_not_composed_before_its_length_is_known() -> None:
    # Composing sorts a run of marks by insertion: on 128,000 of them in the worst order it takes seconds.
    marks = ("\u0301\u0327" * 64_000)[: 256 * 1024 // 2]
    started = time.process_time()

    with pytest.raises(ValidationError):
        PROSE.validate_python("a" + marks)

    assert time.process_time() - started < 1


@pytest.mark.parametrize("value", [1, True, None, ["a"], {"a": 1}, b"a"])
def test_what_is_no_text_is_refused_as_such(value: Any) -> None:
    with pytest.raises(ValidationError) as refused:
        TypeAdapter(Annotated[str, Written(longest=10)]).validate_python(value, strict=True)

    assert refused.value.errors()[0]["type"] == "string_type"


def test_the_normal_form_of_plain_text_is_the_text() -> None:
    assert normal_form("SELECT the songs; drop by -- at 5 <3") == "SELECT the songs; drop by -- at 5 <3"
