"""The identity routes as a client sees them, through the function's handler."""

from typing import Any

import jwt
import pytest

from greenroom.identity.bearer_secrets import new_secret
from greenroom.storage import keys
from greenroom.storage.writes import Delete
from tests.service.identity.recording import Recording
from tests.service.identity.world import OTHER_PASSWORD, PASSWORD, World

REGISTER, VERIFY, LOGIN = "/v1/auth/register", "/v1/auth/verify-email", "/v1/auth/login"
REFRESH, LOGOUT, ME, JWKS = "/v1/auth/refresh", "/v1/auth/logout", "/v1/me", "/.well-known/jwks.json"


def registration(address: str, **changes: Any) -> dict[str, Any]:
    return {"email": address, "password": PASSWORD, "display_name": "Ann", **changes}


def test_the_whole_way_from_registering_to_logging_out(world: World) -> None:
    address = world.address()

    assert world.call("POST", REGISTER, registration(address)).status == 202
    assert world.call("POST", VERIFY, {"token": world.mailer.token_for(address)}).status == 204
    login = world.call("POST", LOGIN, {"email": address, "password": PASSWORD})
    refreshed = world.call("POST", REFRESH, {"refresh_token": login.body["refresh_token"]})
    token = refreshed.body["access_token"]
    me = world.call("GET", ME, token=token)
    logout = world.call("POST", LOGOUT, token=token)
    after = world.call("GET", ME, token=token)

    for answer in (login, refreshed):
        assert answer.status == 200
        assert answer.body.keys() == {"access_token", "refresh_token", "token_type", "expires_in"}
        assert (answer.body["token_type"], answer.body["expires_in"]) == ("Bearer", 600)
        assert answer.headers["Cache-Control"] == "no-store"
    assert me.status == 200
    assert me.body == {
        "id": me.body["id"],
        "email": address,
        "display_name": "Ann",
        "role": "buyer",
        "email_verified": True,
        "created_at": "2046-12-01T10:00:00Z",
    }
    assert (logout.status, logout.text) == (204, "")
    assert (after.status, after.code) == (401, "unauthenticated")
    assert after.headers["WWW-Authenticate"].startswith("Bearer")


def test_registering_answers_the_same_for_new_known_and_verified_addresses_and_does_the_same_work(
    world: World,
) -> None:
    addresses = [world.address(), world.registered(), world.verified()]
    answers, work = [], []

    for address in addresses:
        mails = len(world.mailer.sent)
        dynamodb = Recording(world.dynamodb)
        answers.append(world.over(dynamodb=dynamodb).call("POST", REGISTER, registration(address)))
        work.append((dynamodb.names, len(world.mailer.sent) - mails))

    assert [answer.status for answer in answers] == [202] * 3
    assert len({(answer.text, str(answer.headers)) for answer in answers}) == 1
    assert work == [(["get_item", "get_item", "transact_write_items"], 1)] * 3


def test_a_failed_mail_answers_the_same_for_every_address(world: World) -> None:
    addresses = [world.address(), world.registered(), world.verified()]
    world.mailer.broken = True

    answers = [world.call("POST", REGISTER, registration(address)) for address in addresses]

    assert [(answer.status, answer.code) for answer in answers] == [(503, "unavailable")] * 3
    assert len({answer.text for answer in answers}) == 1
    assert {answer.headers["Retry-After"] for answer in answers} == {"1"}


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"password": "short"}, "weak_password", "password"),
        ({"password": "x" * 129}, "weak_password", "password"),
        ({"password": "x" * 1025}, "invalid_request", "password"),
        ({"password": 12345678}, "invalid_request", "password"),
        ({"email": "ann"}, "invalid_request", "email"),
        ({"email": "a" * 255}, "invalid_request", "email"),
        ({"display_name": ""}, "invalid_request", "display_name"),
        ({"display_name": "   "}, "invalid_request", "display_name"),
        ({"display_name": "x" * 101}, "invalid_request", "display_name"),
        ({"display_name": "Ann\r\nBcc: bob@example.com"}, "invalid_request", "display_name"),
        ({"role": "admin"}, "invalid_request", "role"),
    ],
)
def test_a_bad_registration_names_its_field_and_leaves_nothing(
    world: World, change: dict[str, Any], code: str, field: str
) -> None:
    address = world.address()

    answer = world.call("POST", REGISTER, registration(address, **change))

    assert (answer.status, answer.code) == (422, code)
    assert [error["field"] for error in answer.body["errors"]] == [field]
    assert world.app.users.by_email(address) is None


@pytest.mark.parametrize("path", [REGISTER, VERIFY, LOGIN, REFRESH])
def test_a_missing_field_is_named(world: World, path: str) -> None:
    answer = world.call("POST", path, {})

    assert (answer.status, answer.code) == (422, "invalid_request")
    assert answer.body["errors"]


def test_a_bad_token_of_a_mail_is_400(world: World) -> None:
    for token in ("x", new_secret()):
        answer = world.call("POST", VERIFY, {"token": token})

        assert (answer.status, answer.code) == (400, "invalid_token")


def test_a_used_refresh_token_is_401(world: World) -> None:
    token = world.log_in(world.verified()).refresh_token
    assert world.call("POST", REFRESH, {"refresh_token": token}).status == 200

    again = world.call("POST", REFRESH, {"refresh_token": token})

    assert (again.status, again.code) == (401, "unauthenticated")


@pytest.mark.parametrize(("method", "path"), [("GET", ME), ("POST", LOGOUT)])
@pytest.mark.parametrize("token", [None, "", "x", "a.b.c"])
def test_without_a_valid_token_there_is_nothing_to_see(
    world: World, method: str, path: str, token: str | None
) -> None:
    answer = world.call(method, path, token=token)

    assert (answer.status, answer.code) == (401, "unauthenticated")


def test_the_account_says_that_its_address_is_not_verified(world: World) -> None:
    grant = world.log_in(world.registered())

    assert world.call("GET", ME, token=grant.access_token).body["email_verified"] is False


def test_logging_in_does_not_mind_the_case_of_the_address(world: World) -> None:
    address = world.verified()

    assert world.call("POST", LOGIN, {"email": address.upper(), "password": PASSWORD}).status == 200
    assert world.call("POST", LOGIN, {"email": address, "password": OTHER_PASSWORD}).status == 401


def test_the_published_keys_verify_the_tokens_and_may_be_cached(world: World) -> None:
    token = world.log_in(world.verified()).access_token.get_secret_value()

    answer = world.call("GET", JWKS)

    assert answer.status == 200
    assert answer.headers["Cache-Control"] == "public, max-age=300"
    published = {key["kid"]: jwt.PyJWK(key) for key in answer.body["keys"]}
    claims = jwt.decode(
        token,
        published[jwt.get_unverified_header(token)["kid"]],
        algorithms=["ES256"],
        audience="greenroom-api",
        options={"verify_exp": False, "verify_iat": False},
    )
    assert claims["iss"] == "https://greenroom.test"


def test_a_session_whose_account_is_gone_sees_nothing(world: World) -> None:
    grant = world.log_in(world.verified())
    user_id = world.principal(grant.access_token).user_id
    world.tables.write(Delete(world.settings.identity_table, keys.user(user_id)))

    assert world.call("GET", ME, token=grant.access_token).status == 401
