"""How an on-sale rush ended: who won what, and whether every slot was sold, and once."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.load.calendars import Booking


@dataclass(frozen=True, slots=True)
class Sale:
    """A rush of some buyers for the same slots."""

    buyers: int
    wanted: Sequence[str]
    """The slots' starts."""
    won: Sequence[Booking]

    @property
    def text(self) -> str:
        """Return in a sentence how it ended."""
        slots, sold = len(self.wanted), len(self.won)
        return f"In the rush {self.buyers} buyers wanted the same {slots} slots; {sold} were sold."

    @property
    def wrong(self) -> list[str]:
        """Return what should not have been: a slot that nobody got although somebody was without one."""
        due = min(self.buyers, len(self.wanted))
        return [f"rush: {len(self.won)} slots were sold, and not {due}"] if len(self.won) != due else []


def write_sale(path: Path, wanted: Sequence[str], won: Sequence[Booking]) -> None:
    """Write how it ended."""
    path.write_text(json.dumps({"wanted": list(wanted), "won": list(won)}), "utf-8")


def read_sale(path: Path, buyers: int) -> Sale:
    """Read how it ended."""
    kept = json.loads(path.read_text("utf-8"))
    return Sale(buyers, kept["wanted"], kept["won"])
