"""Transactions that meet another one, and stores that are busy for longer."""

from collections.abc import Callable

import pytest

from greenroom.actors import Role
from greenroom.identity.grants import Grant
from greenroom.refusals import Unauthenticated, Unavailable
from tests.service.identity.recording import Recording, conflict
from tests.service.identity.world import OTHER_PASSWORD, PASSWORD, World

Prepared = Callable[[World], object]


def _register(world: World) -> Prepared:
    address = world.address()
    return lambda busy: busy.app.registration.register(address, PASSWORD, "Ann")


def _verify(world: World) -> Prepared:
    token = world.mailer.token_for(world.registered())
    return lambda busy: busy.app.registration.verify_email(token)


def _log_in(world: World) -> Prepared:
    address = world.verified()
    return lambda busy: busy.log_in(address)


def _refresh(world: World) -> Prepared:
    token = world.log_in(world.verified()).refresh_token
    return lambda busy: busy.app.refresh.refresh(token)


def _grant(world: World) -> Prepared:
    address = world.verified()
    world.log_in(address)  # with a session there is a transaction
    return lambda busy: busy.operator.grant_role(email=address, role=Role.AGENT)


OPERATIONS = [_register, _verify, _log_in, _refresh, _grant]


@pytest.mark.parametrize("prepare", OPERATIONS)
def test_a_transaction_that_meets_another_is_tried_again(
    world: World, prepare: Callable[[World], Prepared]
) -> None:
    operation = prepare(world)

    operation(world.over(dynamodb=Recording(world.dynamodb, before_write=[conflict, conflict])))


@pytest.mark.parametrize("prepare", OPERATIONS)
def test_a_store_that_stays_busy_is_answered_as_unavailable_and_works_later(
    world: World, prepare: Callable[[World], Prepared]
) -> None:
    operation = prepare(world)

    with pytest.raises(Unavailable) as refused:
        operation(world.over(dynamodb=Recording(world.dynamodb, before_write=[conflict] * 99)))

    assert (refused.value.code, refused.value.retry_after) == ("unavailable", 1)
    operation(world)


def test_a_change_stands_though_a_session_beside_it_cannot_be_told(world: World) -> None:
    address = world.registered(password=OTHER_PASSWORD)
    world.app.registration.register(address, PASSWORD, "Ann")
    token = world.mailer.token_for(address)
    opened_meanwhile: list[Grant] = []
    dynamodb = Recording(
        world.dynamodb,
        before_write=[
            lambda: opened_meanwhile.extend(world.sessions(address, 1)),
            conflict,
        ],
    )

    world.over(dynamodb=dynamodb).app.registration.verify_email(token)

    assert world.principal(world.log_in(address).access_token).verified
    with pytest.raises(Unauthenticated):
        world.app.refresh.refresh(opened_meanwhile[0].refresh_token)
