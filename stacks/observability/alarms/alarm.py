"""One alarm, as plain data: when it is raised, what that means, where one looks first, who hears of it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Literal

from stacks.observability.sources import Term

LONGEST_TEXT = 1024
"""Characters that CloudWatch takes as an alarm's description."""

MOST_TERMS = 10
"""Metrics that CloudWatch takes in the expression of one alarm."""

Comparison = Literal["GreaterThanOrEqualToThreshold", "GreaterThanThreshold", "LessThanThreshold"]


class Severity(Enum):
    """Who hears of an alarm."""

    PAGE = "page"
    """People are hurt, or soon will be: somebody gets up."""
    TICKET = "ticket"
    """It can wait for the morning."""
    PART = "part"
    """Nobody: it only decides with others whether another alarm is raised."""


class Missing(Enum):
    """What it means when there is no value, in CloudWatch's terms."""

    FINE = "notBreaching"
    """It is measured when it happens: without requests, errors or backlogs there is nothing to measure."""
    BAD = "breaching"
    """It is measured each minute, come what may: silence is the trouble itself."""
    UNCHANGED = "ignore"
    """It is measured too seldom to say that the trouble has passed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """An alarm on one term, or on an expression of several."""

    name: str
    """Without the stage."""
    severity: Severity
    means: str
    look: str
    """The first look: which dashboard and widget, or which saved query."""
    runbook: str
    """The file under docs/runbooks and the anchor of its section."""
    terms: Mapping[str, Term]
    """By the ids that the expression uses."""
    expression: str | None = None
    """None for the only term."""
    comparison: Comparison = "GreaterThanOrEqualToThreshold"
    threshold: float
    period: int
    """Seconds of one data point."""
    points: tuple[int, int]
    """How many data points must be bad, of how many that are looked at."""
    missing: Missing = Missing.FINE
    unit: str = ""
    """Of the threshold, for people."""

    def __post_init__(self) -> None:
        bad, seen = self.points
        if not 1 <= bad <= seen or self.period * seen > 24 * 60 * 60:
            raise ValueError(f"{self.name}: {self.points} points of {self.period} s cannot be looked at")
        if not 1 <= len(self.terms) <= MOST_TERMS or (self.expression is None) != (len(self.terms) == 1):
            raise ValueError(f"{self.name}: an expression is of two to {MOST_TERMS} terms")


@dataclass(frozen=True, slots=True, kw_only=True)
class Composite:
    """An alarm that is raised by other alarms."""

    name: str
    severity: Severity
    means: str
    look: str
    runbook: str
    parts: tuple[str, ...]
    joined: Literal["AND", "OR"]


AnyAlarm = Alarm | Composite


def summed(names: Iterable[str]) -> str:
    """Return the expression that adds terms up, a term that has no value counting as 0."""
    return f"SUM([{', '.join(f'FILL({name}, 0)' for name in names)}])"


def description(alarm: AnyAlarm, runbooks: str) -> str:
    """Return what the person who is woken reads; ``runbooks`` is where their folder is.

    Raises ``ValueError`` where CloudWatch would not take it.
    """
    link = f"{runbooks.rstrip('/')}/{alarm.runbook}"
    text = f"{alarm.means} First look: {alarm.look} Runbook: {link}"
    if len(text) > LONGEST_TEXT:
        raise ValueError(f"{alarm.name}: {len(text)} characters, CloudWatch takes {LONGEST_TEXT}")
    return text
