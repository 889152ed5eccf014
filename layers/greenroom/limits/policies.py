"""The limits themselves: how many in how long, and what happens where the store that counts them fails."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Spacing:
    """From the ``after``-th hit of a window on, hits must lie ``gap`` milliseconds apart."""

    after: int
    gap: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """At most ``limit`` hits in any ``seconds``, wherever that window begins."""

    name: str
    limit: int
    seconds: int
    spacing: tuple[Spacing, ...] = ()
    fails_open: bool = False
    """Whether requests pass, with an alarm, while nobody can count them."""

    @property
    def window(self) -> int:
        """The window in milliseconds."""
        return self.seconds * 1000


GENERAL = Policy(
    name="general",
    limit=100,
    seconds=15 * 60,
    # Half of the quota may be used as fast as one likes; then each ten cost twice the patience.
    spacing=(Spacing(50, 500), Spacing(60, 1000), Spacing(70, 2000), Spacing(80, 4000), Spacing(90, 8000)),
    fails_open=True,
)
AUTHENTICATION = Policy(name="authentication", limit=10, seconds=15 * 60)
PASSWORD_RESET = Policy(name="password_reset", limit=3, seconds=60 * 60)
UPLOADS = Policy(name="uploads", limit=20, seconds=15 * 60)
GUESSES = Policy(name="guesses", limit=20, seconds=15 * 60)
"""Failed logins of one account, from wherever they come."""
