"""Moving an account to another address."""

import pytest
from pydantic import Secret

from tests.service.identity.racing import at_once
from tests.service.identity.recording import Recording
from tests.service.identity.world import OTHER_PASSWORD, PASSWORD, Answer, World

EMAIL, CONFIRM, LOGIN, ME = "/v1/me/email", "/v1/me/email/confirm", "/v1/auth/login", "/v1/me"


class Mover:
    """Somebody with a verified account and a fresh session."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.old, self.new = world.verified(), world.address("new")
        (grant,) = world.sessions(self.old, 1)
        self.token = grant.access_token

    def ask(self, address: str | None = None) -> Answer:
        return self.world.call("POST", EMAIL, {"email": address or self.new}, token=self.token)

    def mailed(self) -> Secret[str]:
        assert self.ask().status == 202
        return self.world.mailer.token_for(self.new)

    def confirm(self, token: Secret[str] | str) -> Answer:
        return self.world.call("POST", CONFIRM, {"token": token}, token=self.token)


@pytest.fixture
def mover(world: World) -> Mover:
    return Mover(world)


def log_in(world: World, address: str, password: Secret[str] = PASSWORD) -> Answer:
    return world.call("POST", LOGIN, {"email": address, "password": password})


def assert_invalid(answer: Answer) -> None:
    assert (answer.status, answer.code) == (400, "invalid_token")


def test_an_account_moves_once_the_new_address_is_proven_and_the_old_one_is_told(
    world: World, mover: Mover
) -> None:
    token = mover.mailed()

    before = world.call("GET", ME, token=mover.token).body["email"]
    assert mover.confirm(token).status == 204

    assert before == mover.old
    me = world.call("GET", ME, token=mover.token).body
    assert (me["email"], me["email_verified"]) == (mover.new, True)
    assert (log_in(world, mover.old).status, log_in(world, mover.new).status) == (401, 200)
    subjects = [mail["Subject"] for mail in world.mailer.to(mover.old)]
    assert subjects[-2:] == ["A new e-mail address was asked for", "Your e-mail address was changed"]
    assert not any(mover.new in mail.as_string() for mail in world.mailer.to(mover.old))


def test_the_former_address_is_free_again(world: World, mover: Mover) -> None:
    mover.confirm(mover.mailed())

    world.app.registration.register(mover.old, OTHER_PASSWORD, "Another")

    assert log_in(world, mover.old, OTHER_PASSWORD).status == 200
    assert log_in(world, mover.new).status == 200


@pytest.mark.parametrize(("seconds", "expected"), [(300, 202), (301, 403)])
def test_it_takes_a_login_of_the_last_five_minutes(
    world: World, mover: Mover, seconds: int, expected: int
) -> None:
    world.clock.advance(seconds=seconds)

    answer = mover.ask()

    assert answer.status == expected
    assert expected == 202 or answer.code == "fresh_login_required"
    assert len(world.mailer.to(mover.new)) == (expected == 202)


def test_refreshing_is_no_fresh_login(world: World) -> None:
    (grant,) = world.sessions(world.verified(), 1)
    world.clock.advance(seconds=301)
    token = world.app.refresh.refresh(grant.refresh_token).access_token

    answer = world.call("POST", EMAIL, {"email": world.address()}, token=token)

    assert (answer.status, answer.code) == (403, "fresh_login_required")


def test_a_taken_address_gets_the_same_answer_for_the_same_work_and_nothing_moves(
    world: World, mover: Mover
) -> None:
    addresses = [mover.new, world.verified(), world.registered()]
    answers, work = [], []

    for address in addresses:
        mails = len(world.mailer.sent), len(world.mailer.to(address))
        dynamodb = Recording(world.dynamodb)
        over = world.over(dynamodb=dynamodb)
        answers.append(over.call("POST", EMAIL, {"email": address}, token=mover.token))
        sent = len(world.mailer.sent) - mails[0], len(world.mailer.to(address)) - mails[1]
        work.append((tuple(dynamodb.names), sent))

    assert [answer.status for answer in answers] == [202] * 3
    assert len({(answer.text, str(answer.headers)) for answer in answers}) == 1
    assert len(set(work)) == 1
    assert work[0][1] == (2, 1)
    for address in addresses[1:]:
        assert "token" not in world.mailer.to(address)[-1].get_content()


def test_an_address_that_was_taken_meanwhile_is_not_moved_to(world: World, mover: Mover) -> None:
    token = mover.mailed()
    world.app.registration.register(mover.new, OTHER_PASSWORD, "Quicker")

    assert_invalid(mover.confirm(token))

    assert log_in(world, mover.new, OTHER_PASSWORD).status == 200
    assert log_in(world, mover.old).status == 200


def test_of_two_accounts_that_move_to_one_address_at_once_one_has_it(world: World) -> None:
    movers = [Mover(world) for _ in range(2)]
    for mover in movers:
        mover.new = movers[0].new
    pairs = iter([(mover, mover.mailed()) for mover in movers])

    def confirm() -> Answer:
        mover, token = next(pairs)
        return mover.confirm(token)

    answers = at_once(2, confirm)

    assert sorted(answer.status for answer in answers if isinstance(answer, Answer)) == [204, 400]
    assert sorted(log_in(world, mover.old).status for mover in movers) == [200, 401]
    assert log_in(world, movers[0].new).status == 200


def test_a_token_works_once_and_only_the_newest(world: World, mover: Mover) -> None:
    first, second = mover.mailed(), mover.mailed()

    assert_invalid(mover.confirm(first))
    assert mover.confirm(second).status == 204
    assert_invalid(mover.confirm(second))


def test_a_token_works_for_an_hour_and_not_longer(world: World, mover: Mover) -> None:
    token = mover.mailed()
    world.clock.advance(seconds=3600)
    (grant,) = world.sessions(mover.old, 1)
    mover.token = grant.access_token

    assert_invalid(mover.confirm(token))


def test_another_users_token_moves_nobody(world: World, mover: Mover) -> None:
    other = Mover(world)
    token = mover.mailed()

    assert_invalid(other.confirm(token))
    # Not even where nothing else would tell the two accounts apart.
    users = [world.app.users.by_email(address) for address in (mover.old, other.old)]
    assert users[0]
    assert users[1]
    world.tables.write(world.app.users.change(users[1], password_hash=users[0].password_hash))
    assert_invalid(other.confirm(token))

    assert mover.confirm(token).status == 204


def test_a_new_password_voids_what_was_asked_for_before(world: World, mover: Mover) -> None:
    token = mover.mailed()
    world.app.password_reset.request(mover.old)
    world.app.password_reset.confirm(world.mailer.token_for(mover.old), OTHER_PASSWORD)
    mover.token = world.log_in(mover.old, OTHER_PASSWORD).access_token

    assert_invalid(mover.confirm(token))


def test_who_prepared_an_account_for_anothers_address_cannot_move_it_away_later(world: World) -> None:
    victim, elsewhere = world.address(), world.address("elsewhere")
    world.app.registration.register(victim, Secret("the attackers own"), "Attacker")
    waiting = world.log_in(victim, Secret("the attackers own")).access_token
    assert world.call("POST", EMAIL, {"email": elsewhere}, token=waiting).status == 202
    token = world.mailer.token_for(elsewhere)
    world.app.registration.register(victim, PASSWORD, "Ann")
    world.app.registration.verify_email(world.mailer.token_for(victim))

    assert world.call("POST", CONFIRM, {"token": token}, token=waiting).status == 401
    anns = world.log_in(victim).access_token
    assert_invalid(world.call("POST", CONFIRM, {"token": token}, token=anns))

    assert world.call("GET", ME, token=anns).body["email"] == victim


def test_a_reset_that_was_asked_for_at_the_former_address_is_void(world: World, mover: Mover) -> None:
    world.app.password_reset.request(mover.old)
    reset = world.mailer.token_for(mover.old)
    mover.confirm(mover.mailed())

    body = {"token": reset, "new_password": OTHER_PASSWORD}
    assert_invalid(world.call("POST", "/v1/auth/password-reset/confirm", body))

    assert log_in(world, mover.new).status == 200


def test_events_hold_neither_address(
    world: World, mover: Mover, security_events: list[dict[str, object]]
) -> None:
    token = mover.mailed()
    mover.confirm(token)

    user_id = world.principal(mover.token).user_id
    assert [(line["event"], line.get("user_id")) for line in security_events] == [
        ("authn_token_created", user_id),
        ("user_updated", user_id),
    ]
    for secret in (mover.old, mover.new, token.get_secret_value()):
        assert secret not in repr(security_events)
