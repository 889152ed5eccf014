"""Remembered denials."""

from greenroom.limits.denials import Denial, Denials


def test_a_denial_holds_until_its_moment_and_not_at_it() -> None:
    denials = Denials()

    denials.remember("a", Denial(1000, 3))

    assert denials.current("a", 999) == Denial(1000, 3)
    assert denials.current("a", 1000) is None
    assert denials.current("b", 0) is None
    assert len(denials) == 0


def test_a_flood_of_names_does_not_grow_the_memory() -> None:
    denials = Denials(most=3)

    for number in range(100):
        denials.remember(str(number), Denial(1000))

    assert len(denials) == 3
    assert denials.current("99", 0) is not None
    assert denials.current("96", 0) is None
