"""A process may end between any two of its writes. Whatever is left must be usable.

Each test ends the process before and after each step that has an effect outside it (a write, a signature,
a mail), until a step is reached that the operation does not take.
"""

from collections.abc import Callable, Iterator

import pytest
from pydantic import Secret

from greenroom.identity.grants import Grant
from greenroom.identity.refusals import InvalidToken
from greenroom.refusals import Unauthenticated
from tests.service.identity.recording import Crash, CrashingClient, CrashingMailer, CrashPoint
from tests.service.identity.world import OTHER_PASSWORD, PASSWORD, World

Operation = Callable[[World], object]


NO_SECRET = Secret("")
NO_GRANT = Grant(NO_SECRET, 0, NO_SECRET)


def crashes(world: World, prepare: Callable[[], Operation]) -> Iterator[bool]:
    """Crash a freshly prepared operation at each of its steps; yield whether that step took effect."""
    for at in range(20):
        for done in (False, True):
            operation = prepare()
            point = CrashPoint(at, done)
            doomed = world.over(
                dynamodb=CrashingClient(world.dynamodb, point),
                kms=CrashingClient(world.kms, point, frozenset({"sign"})),
                mailer=CrashingMailer(world.mailer, point),
            )
            try:
                operation(doomed)
            except Crash:
                yield done
            else:
                assert at >= 1, "the operation has steps"
                return
    pytest.fail("the operation does not end")


def _is_whole(world: World, user_id: str) -> bool:
    """Whether every session has both its items."""
    return all(both == (True, True) for both in world.sessions_of(user_id).values())


def _user_id(world: World, address: str) -> str:
    user = world.app.users.by_email(address)
    assert user
    return user.id


def test_after_a_crash_of_registering_one_registers_again_and_everything_works(world: World) -> None:
    address = ""

    def prepare() -> Operation:
        nonlocal address
        address = world.address()
        return lambda doomed: doomed.app.registration.register(address, PASSWORD, "Ann")

    for _ in crashes(world, prepare):
        world.app.registration.register(address, OTHER_PASSWORD, "Ann")
        world.app.registration.verify_email(world.mailer.token_for(address))
        assert world.principal(world.log_in(address, OTHER_PASSWORD).access_token).verified


def test_after_a_crash_of_verifying_the_address_is_verified_or_can_still_be(world: World) -> None:
    address, token, session = "", NO_SECRET, NO_GRANT

    def prepare() -> Operation:
        nonlocal address, token, session
        address = world.registered()
        token, session = world.mailer.token_for(address), world.log_in(address)
        return lambda doomed: doomed.app.registration.verify_email(token)

    for done in crashes(world, prepare):
        if done:
            with pytest.raises(InvalidToken):
                world.app.registration.verify_email(token)
        else:
            world.app.registration.verify_email(token)
        assert world.principal(session.access_token).verified
        assert _is_whole(world, _user_id(world, address))


def test_after_a_crash_of_taking_an_account_over_the_old_sessions_are_gone_or_still_can_be(
    world: World,
) -> None:
    address, token, session = "", NO_SECRET, NO_GRANT

    def prepare() -> Operation:
        nonlocal address, token, session
        address = world.registered(password=OTHER_PASSWORD)
        session = world.log_in(address, OTHER_PASSWORD)
        world.app.registration.register(address, PASSWORD, "Ann")
        token = world.mailer.token_for(address)
        return lambda doomed: doomed.app.registration.verify_email(token)

    for done in crashes(world, prepare):
        if not done:
            assert world.principal(session.access_token)
            world.app.registration.verify_email(token)
        with pytest.raises(Unauthenticated):
            world.principal(session.access_token)
        assert world.principal(world.log_in(address).access_token).verified


def test_after_a_crash_of_logging_in_there_is_a_whole_session_or_none_and_one_logs_in_again(
    world: World,
) -> None:
    address = ""

    def prepare() -> Operation:
        nonlocal address
        address = world.verified()
        return lambda doomed: doomed.log_in(address)

    for _ in crashes(world, prepare):
        assert _is_whole(world, _user_id(world, address))
        assert world.principal(world.log_in(address).access_token)


def test_after_a_crash_of_refreshing_the_old_token_works_or_the_session_ends_and_one_logs_in_again(
    world: World,
) -> None:
    address, grant = "", NO_GRANT

    def prepare() -> Operation:
        nonlocal address, grant
        address = world.verified()
        grant = world.log_in(address)
        return lambda doomed: doomed.app.refresh.refresh(grant.refresh_token)

    lost = 0
    for _ in crashes(world, prepare):
        assert world.principal(grant.access_token)
        assert _is_whole(world, _user_id(world, address))
        try:
            world.app.refresh.refresh(grant.refresh_token)
        except Unauthenticated:
            lost += 1
        assert _is_whole(world, _user_id(world, address))
        assert world.principal(world.log_in(address).access_token)
    assert lost == 1, "only the crash after the commit loses the answer"


def test_after_a_crash_of_logging_out_the_session_is_whole_or_gone(world: World) -> None:
    grant, user_id = NO_GRANT, ""

    def prepare() -> Operation:
        nonlocal grant, user_id
        grant = world.log_in(world.verified())
        principal = world.principal(grant.access_token)
        user_id = principal.user_id
        return lambda doomed: doomed.app.sessions.end(principal.user_id, principal.session_id)

    for done in crashes(world, prepare):
        assert len(world.sessions_of(user_id)) == (0 if done else 1)
        assert _is_whole(world, user_id)


def test_after_a_crash_of_setting_a_new_password_it_is_set_or_can_still_be(world: World) -> None:
    address, token, session = "", NO_SECRET, NO_GRANT

    def prepare() -> Operation:
        nonlocal address, token, session
        address = world.verified()
        session = world.log_in(address)
        world.app.password_reset.request(address)
        token = world.mailer.token_for(address)
        return lambda doomed: doomed.app.password_reset.confirm(token, OTHER_PASSWORD)

    # The mail about it, the last step, comes after the fact.
    for _ in crashes(world, prepare):
        try:
            world.app.password_reset.confirm(token, OTHER_PASSWORD)
        except InvalidToken:
            assert not world.sessions_of(_user_id(world, address))
        with pytest.raises(Unauthenticated):
            world.principal(session.access_token)
        assert world.principal(world.log_in(address, OTHER_PASSWORD).access_token)


def test_after_a_crash_of_changing_the_password_one_of_the_two_holds_and_no_session_is_half(
    world: World,
) -> None:
    address, session = "", NO_GRANT

    def prepare() -> Operation:
        nonlocal address, session
        address = world.verified()
        session, _ = world.sessions(address, 2)
        principal = world.principal(session.access_token)
        return lambda doomed: doomed.app.password_change.change(
            principal, current=PASSWORD, new=OTHER_PASSWORD, end_other_sessions=True
        )

    for _ in crashes(world, prepare):
        user_id = _user_id(world, address)
        changed = len(world.sessions_of(user_id)) == 1
        assert _is_whole(world, user_id)
        assert world.app.refresh.refresh(session.refresh_token)
        assert world.log_in(address, OTHER_PASSWORD if changed else PASSWORD)


def test_after_a_crash_of_moving_an_account_it_has_one_address_and_the_other_is_free(world: World) -> None:
    old, new, token, principal = "", "", NO_SECRET, None

    def prepare() -> Operation:
        nonlocal old, new, token, principal
        old, new = world.verified(), world.address("new")
        (session,) = world.sessions(old, 1)
        principal = mover = world.principal(session.access_token)
        world.app.email_change.request(mover, new)
        token = world.mailer.token_for(new)
        return lambda doomed: doomed.app.email_change.confirm(mover, token)

    for _ in crashes(world, prepare):
        found = [world.app.users.by_email(address) for address in (old, new)]
        assert [user is None for user in found].count(True) == 1
        if found[0]:
            assert principal
            world.app.email_change.confirm(principal, token)
        assert _user_id(world, new)
        assert world.app.users.by_email(old) is None
