"""Guesses at one account: so many, from wherever, and the owner finds the door open."""

from dataclasses import replace
from typing import Any

import pytest
from pydantic import Secret

from greenroom.identity.grants import Grant
from greenroom.identity.principal import Principal
from greenroom.identity.refusals import InvalidCredentials
from greenroom.limits.policies import GUESSES
from greenroom.refusals import TooManyRequests, Unavailable
from greenroom.storage import keys
from greenroom.storage.tables import Tables
from tests.service.identity.world import OTHER_PASSWORD, PASSWORD, World
from tests.support.faults import lost_answer

WRONG = Secret("not the password")


def _guess(world: World, address: str) -> None:
    with pytest.raises(InvalidCredentials):
        world.log_in(address, WRONG)


def _principal(world: World, grant: Grant) -> Principal:
    return world.principal(grant.access_token)


def test_the_guesses_of_a_quarter_of_an_hour_are_limited_to_the_millisecond(world: World) -> None:
    address = world.verified()
    for _ in range(GUESSES.limit):
        _guess(world, address)
        world.clock.advance(seconds=1)

    with pytest.raises(TooManyRequests) as refused:
        world.log_in(address)
    world.clock.advance(seconds=GUESSES.seconds - GUESSES.limit, milliseconds=-1)
    with pytest.raises(TooManyRequests):
        world.log_in(address)
    world.clock.advance(milliseconds=1)

    assert world.log_in(address).access_token.get_secret_value()
    assert refused.value.retry_after == GUESSES.seconds - GUESSES.limit


def test_a_password_reset_stays_open_and_opens_the_login(world: World) -> None:
    address = world.verified()
    for _ in range(GUESSES.limit):
        _guess(world, address)
    with pytest.raises(TooManyRequests):
        world.log_in(address)

    world.app.password_reset.request(address)
    world.app.password_reset.confirm(world.mailer.token_for(address), OTHER_PASSWORD)

    assert world.log_in(address, OTHER_PASSWORD).access_token.get_secret_value()


def test_a_stolen_session_cannot_guess_the_password_for_ever(world: World) -> None:
    address = world.verified()
    principal = _principal(world, world.log_in(address))

    def change(current: Secret[str]) -> None:
        world.app.password_change.change(
            principal, current=current, new=OTHER_PASSWORD, end_other_sessions=False
        )

    for _ in range(GUESSES.limit):
        with pytest.raises(InvalidCredentials):
            change(WRONG)

    with pytest.raises(TooManyRequests):
        change(PASSWORD)


def test_what_cannot_be_counted_is_not_tried(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    address = world.verified()

    class Down:
        def __getattr__(self, name: str) -> Any:
            if name == "update_item":
                return self._fail
            return getattr(world.dynamodb, name)

        def _fail(self, **_: Any) -> Any:
            raise lost_answer()

    guesses = world.app.login.guesses
    assert guesses.quotas
    lists = replace(guesses.quotas.lists, tables=Tables(Down()))  # type: ignore[arg-type]
    login = replace(world.app.login, guesses=replace(guesses, quotas=replace(guesses.quotas, lists=lists)))

    with pytest.raises(Unavailable):
        login.log_in(address, PASSWORD)


def test_no_address_is_stored_to_count_its_guesses(world: World) -> None:
    address = world.verified()
    _guess(world, address)

    stored = world.items(world.settings.limits_table)

    assert keys.quota("guesses", keys.digest(address)).pk in {item["pk"] for item in stored}
    assert address not in repr(stored)
