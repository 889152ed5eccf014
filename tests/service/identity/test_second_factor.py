"""The authenticator app as a second factor, and whoever would come in without it."""

from functools import partial
from typing import Any

import pyotp
import pytest
from pydantic import Secret

from greenroom.identity.grants import Grant
from greenroom.identity.refusals import InvalidCredentials
from greenroom.refusals import Unauthenticated
from greenroom.storage import keys
from tests.service.identity.racing import at_once
from tests.service.identity.recording import Recording
from tests.service.identity.world import OTHER_PASSWORD, PASSWORD, Answer, World

TOTP, CONFIRM = "/v1/auth/mfa/totp", "/v1/auth/mfa/totp/confirm"


def log_in(world: World, address: str, code: str | None = None, password: Secret[str] = PASSWORD) -> Answer:
    body = {"email": address, "password": password} | ({"totp_code": code} if code is not None else {})
    return world.call("POST", "/v1/auth/login", body)


class Enrolled:
    """Somebody whose logins need a code."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.address = world.verified()
        self.token = world.log_in(self.address).access_token
        self.user_id = world.principal(self.token).user_id
        begun = world.call("POST", TOTP, token=self.token)
        assert begun.status == 200, begun.text
        self.begun = begun.body
        self.app = pyotp.TOTP(begun.body["secret"])
        self.first_code = self.code()
        confirmed = world.call("POST", CONFIRM, {"code": self.first_code}, token=self.token)
        assert confirmed.status == 200, confirmed.text
        self.recovery_codes: list[str] = confirmed.body["recovery_codes"]

    def code(self, steps: int = 0) -> str:
        """Return what the app shows now, or so many steps from now."""
        return self.app.at(self.world.clock(), counter_offset=steps)

    def next_code(self) -> str:
        """Return the code of a new step."""
        self.world.clock.advance(seconds=30)
        return self.code()

    def wrong_code(self) -> str:
        """Return six digits that are no code of around now."""
        near = {self.code(step) for step in range(-3, 4)}
        return next(
            code
            for code in ("000000", "111111", "222222", *map(str, range(10**5, 10**6)))
            if code not in near
        )


def test_what_begins_is_what_authenticator_apps_take(world: World) -> None:
    enrolled = Enrolled(world)

    parsed = pyotp.parse_uri(enrolled.begun["otpauth_uri"])

    assert parsed.secret == enrolled.begun["secret"]
    assert (parsed.issuer, parsed.name) == ("Greenroom", enrolled.address)
    assert len(parsed.byte_secret()) == 20
    assert isinstance(parsed, pyotp.TOTP)
    assert (parsed.interval, parsed.digits) == (30, 6)


def test_a_login_asks_for_a_code_after_the_right_password_only(world: World) -> None:
    enrolled = Enrolled(world)

    right = log_in(world, enrolled.address)
    wrong = log_in(world, enrolled.address, password=OTHER_PASSWORD)
    unknown = log_in(world, world.address())

    assert (right.status, right.code) == (401, "mfa_required")
    assert (wrong.status, wrong.code) == (401, "invalid_credentials")
    assert wrong.text == unknown.text


def test_the_right_code_opens_a_session(world: World) -> None:
    enrolled = Enrolled(world)

    answer = log_in(world, enrolled.address, enrolled.next_code())

    assert answer.status == 200
    assert world.principal(answer.body["access_token"]).user_id == enrolled.user_id


def test_a_wrong_code_answers_exactly_as_a_wrong_password_and_opens_nothing(world: World) -> None:
    enrolled = Enrolled(world)
    before = world.sessions_of(enrolled.user_id)

    wrong_code = log_in(world, enrolled.address, enrolled.wrong_code())
    wrong_password = log_in(world, enrolled.address, enrolled.next_code(), OTHER_PASSWORD)

    assert wrong_code.text == wrong_password.text
    assert (wrong_code.status, wrong_code.code) == (401, "invalid_credentials")
    assert world.sessions_of(enrolled.user_id) == before


@pytest.mark.parametrize(
    "code", ["", "12345", "1234567", "abcdef", "-12345", "0" * 40, "0" * 41, 123456, None]
)
def test_what_cannot_be_a_code_opens_nothing(world: World, code: Any) -> None:
    enrolled = Enrolled(world)

    answer = world.call(
        "POST", "/v1/auth/login", {"email": enrolled.address, "password": PASSWORD, "totp_code": code}
    )

    assert answer.status in {401, 422}
    assert answer.code in {"invalid_credentials", "invalid_request", "mfa_required"}


def test_the_right_code_in_other_digits_than_those_of_ascii_opens_nothing(world: World) -> None:
    enrolled = Enrolled(world)
    wide = "".join(chr(0xFF10 + int(digit)) for digit in enrolled.next_code())

    assert log_in(world, enrolled.address, wide).status == 401


@pytest.mark.parametrize(("steps", "status"), [(-2, 401), (-1, 200), (0, 200), (1, 200), (2, 401)])
def test_a_phones_clock_may_be_off_by_one_step(world: World, steps: int, status: int) -> None:
    enrolled = Enrolled(world)
    world.clock.advance(seconds=300)

    assert log_in(world, enrolled.address, enrolled.code(steps)).status == status


def test_a_code_works_once(world: World) -> None:
    enrolled = Enrolled(world)
    code = enrolled.next_code()

    answers = [log_in(world, enrolled.address, code) for _ in range(2)]

    assert [answer.status for answer in answers] == [200, 401]
    assert answers[1].code == "invalid_credentials"


def test_the_code_that_switched_it_on_is_used_by_that(world: World) -> None:
    enrolled = Enrolled(world)

    assert log_in(world, enrolled.address, enrolled.first_code).status == 401


def test_a_code_from_before_the_last_one_used_is_refused_though_it_was_never_used(world: World) -> None:
    enrolled = Enrolled(world)
    world.clock.advance(seconds=300)
    assert log_in(world, enrolled.address, enrolled.code()).status == 200

    assert log_in(world, enrolled.address, enrolled.code(-1)).status == 401


def test_of_many_uses_of_one_code_at_once_one_counts(world: World) -> None:
    enrolled = Enrolled(world)
    for code in (enrolled.next_code(), enrolled.recovery_codes[0]):
        before = len(world.sessions_of(enrolled.user_id))

        log_in_once = partial(world.app.login.log_in, enrolled.address, PASSWORD, Secret(code))
        outcomes = at_once(6, log_in_once)

        assert sorted(type(outcome).__name__ for outcome in outcomes) == [
            "Grant",
            *["InvalidCredentials"] * 5,
        ]
        assert len(world.sessions_of(enrolled.user_id)) == before + 1


def test_a_recovery_code_stands_in_for_a_code_once(world: World) -> None:
    enrolled = Enrolled(world)
    first, second, *_ = enrolled.recovery_codes

    answers = [
        log_in(world, enrolled.address, code) for code in (first, first, second.lower().replace("-", " "))
    ]

    assert [answer.status for answer in answers] == [200, 401, 200]
    assert len(enrolled.recovery_codes) == len(set(enrolled.recovery_codes)) == 10
    told = world.mailer.to(enrolled.address)[-1]
    assert told["Subject"] == "A recovery code of your account was used"
    assert "8 are left" in told.get_content()


def test_anothers_recovery_code_opens_nothing(world: World) -> None:
    mine, theirs = Enrolled(world), Enrolled(world)

    assert log_in(world, mine.address, theirs.recovery_codes[0]).status == 401
    assert log_in(world, mine.address, theirs.next_code()).status == 401


def test_recovery_codes_are_nowhere_stored_in_the_clear(world: World) -> None:
    enrolled = Enrolled(world)

    stored = repr(world.items(world.settings.identity_table) + world.items(world.settings.limits_table))

    for code in enrolled.recovery_codes:
        assert code not in stored
        assert code.replace("-", "") not in stored


def test_setting_up_changes_nothing_until_a_code_is_confirmed(world: World) -> None:
    address = world.verified()
    token = world.log_in(address).access_token
    secret = world.call("POST", TOTP, token=token).body["secret"]
    wrong = str((int(pyotp.TOTP(secret).at(world.clock())) + 1) % 10**6).zfill(6)

    answer = world.call("POST", CONFIRM, {"code": wrong}, token=token)

    assert (answer.status, answer.code) == (422, "invalid_code")
    assert log_in(world, address).status == 200


def test_a_secret_waits_ten_minutes_for_its_first_code_and_the_newest_counts(world: World) -> None:
    address = world.verified()
    token = world.log_in(address).access_token
    first, second = (pyotp.TOTP(world.call("POST", TOTP, token=token).body["secret"]) for _ in range(2))

    superseded = world.call("POST", CONFIRM, {"code": first.at(world.clock())}, token=token)
    world.clock.advance(seconds=600)
    later = world.log_in(address).access_token
    late = world.call("POST", CONFIRM, {"code": second.at(world.clock())}, token=later)
    never = world.call("POST", CONFIRM, {"code": "123456"}, token=world.log_in(world.verified()).access_token)

    assert (superseded.status, superseded.code) == (422, "invalid_code")
    assert (late.status, late.code) == (409, "totp_not_started")
    assert (never.status, never.code) == (409, "totp_not_started")


def test_an_authenticator_that_is_set_up_is_not_replaced_but_removed_first(world: World) -> None:
    enrolled = Enrolled(world)

    begun = world.call("POST", TOTP, token=enrolled.token)
    confirmed = world.call("POST", CONFIRM, {"code": enrolled.next_code()}, token=enrolled.token)

    assert [(answer.status, answer.code) for answer in (begun, confirmed)] == [(409, "totp_already_on")] * 2
    assert log_in(world, enrolled.address, enrolled.next_code()).status == 200


def test_of_many_confirmations_at_once_one_gives_recovery_codes(world: World) -> None:
    address = world.verified()
    token = world.log_in(address).access_token
    code = pyotp.TOTP(world.call("POST", TOTP, token=token).body["secret"]).at(world.clock())

    answers = at_once(5, lambda: world.call("POST", CONFIRM, {"code": code}, token=token))

    statuses = sorted(answer.status for answer in answers if isinstance(answer, Answer))
    assert statuses == [200, 409, 409, 409, 409]
    (won,) = (answer for answer in answers if isinstance(answer, Answer) and answer.status == 200)
    assert log_in(world, address, won.body["recovery_codes"][0]).status == 200


def test_changing_the_second_factor_takes_a_login_of_the_last_five_minutes(world: World) -> None:
    enrolled = Enrolled(world)
    other = world.log_in(world.verified()).access_token
    world.clock.advance(seconds=301)

    answers = [
        world.call("POST", TOTP, token=other),
        world.call("POST", CONFIRM, {"code": "123456"}, token=other),
        world.call("DELETE", TOTP, token=enrolled.token),
    ]

    assert [(answer.status, answer.code) for answer in answers] == [(403, "fresh_login_required")] * 3
    assert log_in(world, enrolled.address).code == "mfa_required"


def test_sessions_that_began_without_a_code_end_but_for_ones_own(world: World) -> None:
    address = world.verified()
    thief, own = world.log_in(address), world.log_in(address)
    secret = world.call("POST", TOTP, token=own.access_token).body["secret"]

    world.call("POST", CONFIRM, {"code": pyotp.TOTP(secret).at(world.clock())}, token=own.access_token)

    assert world.principal(own.access_token)
    assert world.app.refresh.refresh(own.refresh_token)
    with pytest.raises(Unauthenticated):
        world.principal(thief.access_token)
    with pytest.raises(Unauthenticated):
        world.app.refresh.refresh(thief.refresh_token)


def test_a_login_that_races_with_switching_it_on_is_asked_for_a_code(world: World) -> None:
    address = world.verified()
    own = world.log_in(address).access_token
    code = pyotp.TOTP(world.call("POST", TOTP, token=own).body["secret"]).at(world.clock())
    dynamodb = Recording(
        world.dynamodb, before_write=[lambda: world.call("POST", CONFIRM, {"code": code}, token=own)]
    )

    answer = log_in(world.over(dynamodb=dynamodb), address)

    assert (answer.status, answer.code) == (401, "mfa_required")


def test_once_removed_the_password_is_enough_and_the_recovery_codes_are_void(world: World) -> None:
    enrolled = Enrolled(world)

    answers = [world.call("DELETE", TOTP, token=enrolled.token) for _ in range(2)]

    assert [answer.status for answer in answers] == [204, 204]
    assert log_in(world, enrolled.address).status == 200
    assert world.tables.get(world.settings.identity_table, keys.second_factor(enrolled.user_id)) is None
    assert [mail["Subject"] for mail in world.mailer.to(enrolled.address)][1:] == [
        "An authenticator app was added to your account",
        "The authenticator app was removed from your account",
    ]


def test_removing_it_ends_every_session_but_the_one_that_does_it(world: World) -> None:
    enrolled = Enrolled(world)
    other = log_in(world, enrolled.address, enrolled.next_code()).body

    removed = world.call("DELETE", TOTP, token=enrolled.token)

    assert removed.status == 204
    assert world.principal(enrolled.token)
    with pytest.raises(Unauthenticated):
        world.principal(other["access_token"])
    with pytest.raises(Unauthenticated):
        world.app.refresh.refresh(Secret(other["refresh_token"]))


def test_resetting_the_password_goes_not_around_the_second_factor(world: World) -> None:
    enrolled = Enrolled(world)
    world.call("POST", "/v1/auth/password-reset", {"email": enrolled.address})
    token = world.mailer.token_for(enrolled.address)

    reset = world.call(
        "POST", "/v1/auth/password-reset/confirm", {"token": token, "new_password": OTHER_PASSWORD}
    )

    assert reset.status == 204
    assert log_in(world, enrolled.address, password=OTHER_PASSWORD).code == "mfa_required"
    with pytest.raises(Unauthenticated):
        world.principal(enrolled.token)
    assert log_in(world, enrolled.address, enrolled.next_code(), OTHER_PASSWORD).status == 200


def test_no_secret_and_no_code_is_in_any_line_that_is_logged(
    world: World, security_events: list[dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    enrolled = Enrolled(world)
    code = enrolled.next_code()
    log_in(world, enrolled.address, enrolled.wrong_code())
    log_in(world, enrolled.address, code)
    log_in(world, enrolled.address, enrolled.recovery_codes[0])

    lines = repr(security_events) + capsys.readouterr().out
    for secret in (enrolled.begun["secret"], code, *enrolled.recovery_codes, enrolled.address):
        assert secret not in lines
    told = [
        (line["event"], line["severity"], line.get("change") or line.get("reason"))
        for line in security_events
    ]
    assert ("user_updated", "INFO", "mfa_enabled") in told
    assert ("authn_login_fail", "WARN", "second_factor") in told
    assert ("user_updated", "WARN", "recovery_code_used") in told


def test_a_code_is_no_use_where_there_is_no_second_factor(world: World) -> None:
    assert log_in(world, world.verified(), "123456").status == 200


def test_a_disabled_account_is_not_asked_for_a_code(world: World) -> None:
    enrolled = Enrolled(world)
    user = world.app.users.by_id(enrolled.user_id)
    assert user
    world.tables.write(world.app.users.change(user, disabled=True))

    assert log_in(world, enrolled.address, enrolled.next_code()).code == "invalid_credentials"


def test_a_login_whose_mail_about_a_recovery_code_fails_stands(world: World) -> None:
    enrolled = Enrolled(world)
    world.mailer.broken = True

    grant = world.app.login.log_in(enrolled.address, PASSWORD, Secret(enrolled.recovery_codes[0]))

    assert isinstance(grant, Grant)
    with pytest.raises(InvalidCredentials):
        world.app.login.log_in(enrolled.address, PASSWORD, Secret(enrolled.recovery_codes[0]))
