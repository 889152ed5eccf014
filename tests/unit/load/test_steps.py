"""The steps of a negotiation: who says what, in which order, and where it ends."""

import re
from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.load.steps import Answer, Unexpected, Visitor, negotiate

OFFERING = {"id": "off", "mode": "request", "active": True, "price": {"amount": 1_000, "currency": "EUR"}}
TERMS = {"fee": 1_000, "deposit": 250, "currency": "EUR"}
BOOKING = "/v1/bookings/bkg"


def refused(code: str) -> Answer:
    return Answer(409, {"code": code})


def stands_at(version: int, terms: int = 0) -> dict[str, Any]:
    return {"id": "bkg", "version": version, "terms": {"version": terms}}


@dataclass
class System:
    """Answers what a negotiation asks, in whatever way a test changes; notes who asked for what."""

    changed: dict[str, list[Answer]] = field(default_factory=dict)
    asked: list[tuple[str, str, Any, str | None]] = field(default_factory=list)
    """By whom, what, with which body, and with which version."""

    def __call__(
        self,
        method: str,
        path: str,
        *,
        name: str,
        body: Any = None,
        headers: Mapping[str, str],
        expected: Container[int],
    ) -> Answer:
        asked = f"{method} {re.split('[?]', path)[0]}"
        self.asked.append((headers["Authorization"], asked, body, headers.get("If-Match")))
        answers = self.changed.get(asked) or self._usual()[asked]
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if answer.status not in expected:
            raise Unexpected(name)
        return answer

    @staticmethod
    def _usual() -> dict[str, list[Answer]]:
        return {
            "GET /v1/celebrities": [Answer(200, {"items": [{"slug": "june"}]})],
            "GET /v1/celebrities/june": [Answer(200, {"id": "cel", "offerings": [OFFERING]})],
            "GET /v1/celebrities/cel/availability": [
                Answer(200, {"items": [{"start": "2027-05-01T09:00Z"}]})
            ],
            "POST /v1/bookings": [Answer(201, stands_at(1))],
            "GET /v1/bookings": [Answer(200, {"items": []})],
            f"GET {BOOKING}": [Answer(200, stands_at(1))],
            f"POST {BOOKING}/offers": [Answer(201, stands_at(2, 1))],
            f"POST {BOOKING}/accept": [Answer(200, stands_at(4, 2))],
        }

    def said(self) -> list[tuple[str, ...]]:
        """Return who took which step of the negotiation itself."""
        return [
            (who.removeprefix("Bearer "), asked.rpartition("/")[2])
            for who, asked, *_ in self.asked
            if asked.startswith("POST /v1/bookings")
        ]


def visit(system: System, *, agent: bool = True) -> None:
    negotiate(Visitor(system, "buyer", agent=Visitor(system, "agent") if agent else None))


def test_the_buyer_counters_and_the_agent_accepts_just_that() -> None:
    system = System()
    system.changed[f"POST {BOOKING}/offers"] = [Answer(201, stands_at(2, 1)), Answer(201, stands_at(3, 2))]

    visit(system)

    assert [(who, body, known) for who, asked, body, known in system.asked if known] == [
        ("Bearer agent", TERMS, '"1"'),
        ("Bearer buyer", {**TERMS, "fee": 900}, '"2"'),
        ("Bearer agent", {"terms_version": 2}, '"3"'),
    ]
    assert system.said() == [
        ("buyer", "bookings"),
        ("agent", "offers"),
        ("buyer", "offers"),
        ("agent", "accept"),
    ]
    assert system.asked[-1][:2] == ("Bearer buyer", f"GET {BOOKING}")


@pytest.mark.parametrize(
    ("asked", "answers", "said"),
    [
        ("POST /v1/bookings", [refused("slot_taken")], [("buyer", "bookings")]),
        (f"GET {BOOKING}", [Answer(404, {"code": "not_found"})], [("buyer", "bookings")]),
        (f"POST {BOOKING}/offers", [refused("slot_taken")], [("buyer", "bookings"), ("agent", "offers")]),
    ],
    ids=["time taken", "another's celebrity", "time taken before the offer"],
)
def test_it_ends_without_a_failure_where_nothing_can_come_of_it(
    asked: str, answers: list[Answer], said: list[tuple[str, ...]]
) -> None:
    system = System({asked: answers})

    visit(system)

    assert system.said() == said


def test_a_refusal_for_any_other_reason_is_a_failure() -> None:
    with pytest.raises(Unexpected, match="not_your_turn"):
        visit(System({f"POST {BOOKING}/offers": [refused("not_your_turn")]}))


def test_nobody_answers_where_there_is_no_agent() -> None:
    system = System()

    visit(system, agent=False)

    assert system.said() == [("buyer", "bookings")]
    assert system.asked[-1][:2] == ("Bearer buyer", "GET /v1/bookings")
