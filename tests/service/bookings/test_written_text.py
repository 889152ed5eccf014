"""What a buyer writes is kept as written, in one form; what looks like an attack books like anything else."""

import json
from typing import Any

import pytest

from greenroom.telemetry import logs
from tests.service.bookings.world import World

UNUSUAL = [
    "Sinéad O'Brien, at O'Neill's",
    "SELECT the songs; drop by -- at 5",
    "' OR '1'='1'; DROP TABLE bookings;--",
    "<script>alert('hello')</script>",
    "../../etc/passwd and ${jndi:ldap://x} {{7*7}}",
    "=HYPERLINK(1) +1 -1 @a",
]


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """The lines written meanwhile."""
    found: list[dict[str, Any]] = []
    monkeypatch.setattr(logs, "_sinks", [found.append])
    return found


@pytest.mark.parametrize("text", UNUSUAL)
def test_a_booking_may_say_anything_that_can_be_seen(memory: World, text: str) -> None:
    answer = memory.request(memory.wish(venue=text, brief=text))

    assert answer.status == 201
    assert (answer.body["venue"], answer.body["brief"]) == (text, text)
    assert memory.store.get(answer.body["id"]).brief == text


def test_what_looks_like_an_attack_is_told_once_a_kind_without_its_text(
    memory: World, lines: list[dict[str, Any]]
) -> None:
    memory.request(memory.wish(brief=UNUSUAL[1]))
    assert [line["category"] for line in lines] == ["request"]
    lines.clear()

    memory.request(memory.wish(venue=UNUSUAL[2], brief=UNUSUAL[2]), by=2)

    (security,) = [line for line in lines if line["category"] == "security"]
    assert (security["kind"], security["where"], security["field"]) == ("sql", "body", "venue")
    assert "DROP" not in json.dumps(lines)


def test_text_is_kept_composed_and_trimmed(memory: World) -> None:
    answer = memory.request(memory.wish(venue="  Zoe\u0308's \n", brief="\none\r\ntwo\n"))

    assert (answer.body["venue"], answer.body["brief"]) == ("Zoë's", "one\ntwo")


@pytest.mark.parametrize("field", ["venue", "brief"])
@pytest.mark.parametrize(
    "text", ["a\x00", "a\u202eb", "a\ud800", "a\u200bb", "a\x1b[2J", "\uf8ff", "\ufeffa"]
)
def test_text_that_nobody_can_see_is_refused_by_name_and_writes_nothing(
    memory: World, field: str, text: str
) -> None:
    before = memory.items()

    wish: dict[str, Any] = {**memory.wish(), field: text}
    answer = memory.request(wish)

    assert (answer.status, answer.fields) == (422, [field])
    assert memory.items() == before


def test_the_same_request_is_the_same_whatever_form_its_text_is_kept_in(memory: World) -> None:
    first = memory.request(memory.wish(venue=" Zoe\u0308 "), key="k")
    again = memory.request(memory.wish(venue=" Zoe\u0308 "), key="k")

    assert (first.status, again.status) == (201, 201)
    assert first.text == again.text
