"""A mutant: one change of text that must make its tests fall."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Mutant:
    """One thing that must hold, taken away. Every named test must fall."""

    defence: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.defence} ({self.file})"


def mutant(defence: str, file: str, old: str, new: str, *tests: str) -> Mutant:
    """Return the mutant of ``file`` in which ``old``, which stands there once, is ``new``."""
    return Mutant(defence, file, old, new, tests)
