"""What a run must keep to, by scenario; a run that does not fails."""

from collections.abc import Mapping
from dataclasses import dataclass

from tests.load.samples import Figures


@dataclass(frozen=True, slots=True)
class Threshold:
    """The worst that passes."""

    p95: float
    """Milliseconds."""
    error_share: float = 0.01


THRESHOLDS: Mapping[str, Threshold] = {
    "browse": Threshold(p95=600),
    "book": Threshold(p95=1_000),
    "negotiate": Threshold(p95=800),
    # Everybody at the same instant, for the same few documents: they queue.
    "rush": Threshold(p95=3_000),
}
"""For the users that are the default, on two shared cores with the emulator; see docs/load.md."""


def exceeded(scenario: str, found: Figures) -> list[str]:
    """Return in words what a scenario did not keep to; nothing where all is well."""
    worst = THRESHOLDS[scenario]
    said = []
    if not found.requests:
        said.append(f"{scenario}: nothing was measured")
        return said
    if found.p95 > worst.p95:
        said.append(f"{scenario}: p95 is {found.p95:.0f} ms, over {worst.p95:.0f} ms")
    if found.error_share > worst.error_share:
        said.append(f"{scenario}: {found.error_share:.1%} of requests failed, over {worst.error_share:.1%}")
    return said
