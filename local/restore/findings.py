"""What a check finds."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Violation:
    """A rule, in words, and whom it does not hold for."""

    rule: str
    subject: str
    """A key or an id."""

    def __str__(self) -> str:
        return f"{self.subject}: it does not hold that {self.rule}"
