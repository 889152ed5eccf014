"""A stranger's clock tells known addresses from unknown ones no more than the answers do.

A busy machine makes any single measurement worthless. So known and unknown take turns, medians of pairs
are compared, and a measurement that fails is taken anew. When all have failed, it is what all of them
together prove that counts: a hash more or less is thirty milliseconds each time, noise is not.
"""

from collections.abc import Callable

import pytest

from tests.service.identity.strangers import ask_for_reset, log_in, register
from tests.service.identity.world import Answer, World
from tests.support.timing import Compared, compare

ALLOWED_MILLISECONDS = 10.0
_TRIES = 4


def _equal(one: Callable[[], object], other: Callable[[], object]) -> bool:
    together = Compared([])
    for _ in range(_TRIES):
        measured = compare(one, other, rounds=3, pairs=7)
        if measured.difference <= ALLOWED_MILLISECONDS:
            return True
        together += measured
    return not together.surely_more_than(ALLOWED_MILLISECONDS)


def _asking(
    world: World, ask: Callable[[World, str], Answer], address: Callable[[], str]
) -> Callable[[], Answer]:
    def operation() -> Answer:
        world.clock.advance(hours=2)  # past every quota
        return ask(world, address())

    return operation


@pytest.mark.parametrize("ask", [log_in, register, ask_for_reset])
def test_known_and_unknown_addresses_take_the_same_time(
    world: World, ask: Callable[[World, str], Answer]
) -> None:
    known = world.verified()

    assert _equal(_asking(world, ask, lambda: known), _asking(world, ask, world.address))


def test_a_login_that_hashes_nothing_for_an_unknown_address_would_be_seen(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = world.verified()
    passwords = type(world.app.login.passwords)
    verify = passwords.verify

    def hasty(self: object, stored: str | None, password: str) -> bool:
        return stored is not None and verify(self, stored, password)  # type: ignore[arg-type]

    monkeypatch.setattr(passwords, "verify", hasty)

    together = Compared([])
    for _ in range(_TRIES):
        one, other = _asking(world, log_in, lambda: known), _asking(world, log_in, world.address)
        together += compare(one, other, rounds=3, pairs=7)
        if together.surely_more_than(ALLOWED_MILLISECONDS):
            return
    pytest.fail("not even a hash less was seen")
