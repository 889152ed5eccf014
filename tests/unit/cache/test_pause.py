"""After a failure nobody asks for a while, and then one asks for all."""

from concurrent.futures import ThreadPoolExecutor

from greenroom.cache.pause import Pause
from tests.unit.cache.kinds import Clock


def test_everybody_asks_a_server_that_answers() -> None:
    pause = Pause(5, Clock())

    tickets = [pause.admit() for _ in range(3)]
    for ticket in tickets:
        assert ticket is not None
        pause.answered(ticket)

    assert not pause.resting


def test_nobody_asks_within_the_pause_and_one_alone_after_it() -> None:
    clock = Clock()
    pause = Pause(5, clock)
    pause.admit()
    pause.failed()

    clock.now += 4.9
    assert pause.resting
    assert pause.admit() is None

    clock.now += 0.1
    with ThreadPoolExecutor(20) as threads:
        tickets = list(threads.map(lambda _: pause.admit(), range(20)))
    assert sum(ticket is not None for ticket in tickets) == 1


def test_it_tells_whether_it_would_let_anybody_in_without_letting_him() -> None:
    clock = Clock()
    pause = Pause(5, clock)
    pause.failed()

    clock.now += 5

    assert not pause.resting
    assert pause.admit() is not None


def test_an_answer_after_the_pause_lets_everybody_in_and_another_failure_nobody() -> None:
    clock = Clock()
    pause = Pause(5, clock)
    pause.failed()

    clock.now += 5
    pause.admit()
    pause.failed()
    assert pause.admit() is None

    clock.now += 5
    ticket = pause.admit()
    assert ticket is not None
    pause.answered(ticket)
    assert pause.admit() is not None
    assert pause.admit() is not None


def test_an_answer_to_what_was_asked_before_the_failure_does_not_end_the_pause() -> None:
    pause = Pause(5, Clock())
    early = pause.admit()
    assert early is not None

    pause.failed()
    pause.answered(early)

    assert pause.admit() is None


def test_one_who_was_let_in_and_never_came_back_keeps_the_others_out_for_one_pause_only() -> None:
    clock = Clock()
    pause = Pause(5, clock)
    pause.failed()
    clock.now += 5
    pause.admit()

    assert pause.admit() is None
    clock.now += 5
    assert pause.admit() is not None
