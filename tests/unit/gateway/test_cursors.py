"""A cursor continues the list it was issued for, and nothing else opens it."""

import base64
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Secret

from greenroom.gateway.cursors import Cursors
from greenroom.gateway.problems import InvalidCursor

CURSORS = Cursors(lambda: Secret("a secret of this stage"))
SCOPE = '["usr_1","{}"]'
POSITION = {"pk": "BOOKING#bkg_1", "sk": "BOOKING", "starts_at": "2027-03-05T18:00:00Z"}


def issued(position: Any = POSITION, scope: str = SCOPE) -> str:
    cursor = CURSORS.issue(scope, position)
    assert cursor is not None
    return cursor


@pytest.mark.parametrize("position", [POSITION, "cel_1", "ü", {"a": 1, "b": None}])
def test_a_cursor_gives_its_position_back(position: Any) -> None:
    assert CURSORS.open(SCOPE, issued(position)) == position


def test_a_cursor_can_stand_in_a_url() -> None:
    assert all(c.isalnum() or c in "-_" for n in range(64) for c in issued("x" * n))


def test_the_first_page_needs_no_cursor_and_the_last_gives_none() -> None:
    def no_secret() -> Secret[str]:
        raise AssertionError("the secret was asked for")

    assert Cursors(no_secret).open(SCOPE, None) is None
    assert Cursors(no_secret).issue(SCOPE, None) is None


@pytest.mark.parametrize(
    "scope", ['["usr_2","{}"]', '["usr_1","{\\"state\\":1}"]', "", SCOPE + " ", SCOPE[:-1], SCOPE + "\0"]
)
def test_a_cursor_of_another_caller_or_query_does_not_open(scope: str) -> None:
    with pytest.raises(InvalidCursor):
        CURSORS.open(scope, issued())


def test_a_cursor_of_another_stage_does_not_open() -> None:
    with pytest.raises(InvalidCursor):
        Cursors(lambda: Secret("another secret")).open(SCOPE, issued())


def test_not_one_changed_character_is_taken() -> None:
    cursor = issued()
    # The last character may carry bits that mean nothing.
    for place in range(len(cursor) - 1):
        changed = cursor[:place] + ("A" if cursor[place] != "A" else "B") + cursor[place + 1 :]
        with pytest.raises(InvalidCursor):
            CURSORS.open(SCOPE, changed)


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "x",
        "====",
        "e30",
        "not a cursor",
        "ü" * 20,
        "A" * 22,
        base64.urlsafe_b64encode(b"\0" * 16).decode(),
        base64.urlsafe_b64encode(b"\0" * 16 + b'{"pk":"a"}').decode(),
        "A" * 100_000,
        "\ud800",
    ],
)
def test_what_is_no_cursor_is_refused(cursor: str) -> None:
    with pytest.raises(InvalidCursor):
        CURSORS.open(SCOPE, cursor)


def test_a_cut_or_lengthened_cursor_is_refused() -> None:
    cursor = issued()

    for changed in (cursor[4:], cursor[:-4], cursor + "AAAA", cursor + cursor):
        with pytest.raises(InvalidCursor):
            CURSORS.open(SCOPE, changed)


def test_the_border_between_scope_and_position_cannot_be_moved() -> None:
    raw = base64.urlsafe_b64decode(issued(12, scope="a") + "==")
    tag, position = raw[:-2], raw[-2:]
    moved = base64.urlsafe_b64encode(tag + position[1:]).decode().rstrip("=")

    assert position == b"12"
    with pytest.raises(InvalidCursor):
        CURSORS.open("a1", moved)


POSITIONS = (
    st.dictionaries(st.text(max_size=10), st.text(max_size=10) | st.integers(), max_size=4) | st.text()
)


@given(POSITIONS, st.data())
def test_not_one_flipped_bit_and_no_part_of_a_cursor_is_taken(position: Any, data: st.DataObject) -> None:
    raw = base64.urlsafe_b64decode(issued(position) + "==")
    bit = data.draw(st.integers(0, len(raw) * 8 - 1), label="bit")
    length = data.draw(st.integers(0, len(raw) - 1), label="length")
    flipped = bytearray(raw)
    flipped[bit // 8] ^= 1 << bit % 8

    for changed in (bytes(flipped), raw[:length], raw[length + 1 :], raw + b"\0", raw[16:] + raw[:16]):
        if changed != raw:
            with pytest.raises(InvalidCursor):
                CURSORS.open(SCOPE, base64.urlsafe_b64encode(changed).decode().rstrip("="))


@given(POSITIONS, st.text(), st.text())
def test_a_cursor_opens_in_its_own_scope_alone(position: Any, scope: str, other: str) -> None:
    cursor = CURSORS.issue(scope, position)

    assert CURSORS.open(scope, cursor) == position
    if other != scope:
        with pytest.raises(InvalidCursor):
            CURSORS.open(other, cursor)


@given(st.text(max_size=1100))
def test_no_text_whatever_is_a_cursor(text: str) -> None:
    with pytest.raises(InvalidCursor):
        CURSORS.open(SCOPE, text)
