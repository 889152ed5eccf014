"""API1:2023 Broken object level authorization; ASVS V8.2.2.

What is another's answers as what does not exist: in status, body, headers, table calls and time. No other
spelling of an id or of a path gets around that.
"""

import statistics
import time
from collections.abc import Callable
from urllib.parse import quote

import httpx
import pytest

from tests.security.cast import ROLES, Cast, but_for_its_ids, claims_of, missing_things
from tests.security.surface import CLOSED, Operation
from tests.security.wire import check_refusal, exchange
from tests.support.ownership import SIDES

FOREIGN = [
    (operation, who)
    for operation in CLOSED
    if operation.targeted
    for who in ROLES
    if ROLES[who] in operation.access and not all(who in SIDES[name] for name in operation.parameters)
]


def table_calls(cast: Cast, answer: httpx.Response) -> int:
    """Return how often a request asked a table."""
    lines = cast.client.system.lines(answer.headers["X-Request-Id"])
    (line,) = [line for line in lines if line["category"] == "request"]
    return int(line["table_calls"])


@pytest.mark.parametrize(
    ("operation", "who"), FOREIGN, ids=[f"{operation} by {who}" for operation, who in FOREIGN]
)
def test_what_is_anothers_looks_and_costs_like_what_does_not_exist(
    operation: Operation, who: str, cast: Cast
) -> None:
    foreign = cast.ask(operation, who)
    missing = cast.ask(operation, who, missing_things(operation))

    assert missing.status_code == 404
    assert but_for_its_ids(foreign) == but_for_its_ids(missing)
    assert table_calls(cast, foreign) == table_calls(cast, missing)


@pytest.mark.parametrize("template", ["/v1/bookings/{booking_id}", "/v1/auth/passkeys/{passkey_id}"])
def test_what_is_anothers_takes_no_longer_than_what_does_not_exist(template: str, cast: Cast) -> None:
    operation = next(each for each in CLOSED if each.template == template)
    things, nothing = cast.things(operation), missing_things(operation)

    def seconds(about: dict[str, str]) -> float:
        started = time.perf_counter()
        assert cast.ask(operation, "other buyer", about).status_code == 404
        return time.perf_counter() - started

    # Interleaved, so that whatever else the machine does weighs on both alike.
    pairs = [(seconds(things), seconds(nothing)) for _ in range(20)]

    foreign, missing = (statistics.median(each) for each in zip(*pairs, strict=True))
    # A whole round trip to a table more would be seen; the equal table calls above show the rest exactly.
    assert abs(foreign - missing) < max(0.010, 0.5 * min(foreign, missing))


SPELLINGS: dict[str, Callable[[str], str]] = {
    "lower case": str.lower,
    "upper case": str.upper,
    "percent-encoded": lambda id_: "".join(f"%{ord(character):02X}" for character in id_),
    "its first character encoded": lambda id_: f"%{ord(id_[0]):02x}{id_[1:]}",
    "encoded twice": lambda id_: f"%25{ord(id_[0]):02x}{id_[1:]}",
    "an encoded slash before": lambda id_: f"%2F{id_}",
    "an encoded slash behind": lambda id_: f"{id_}%2F",
    "an encoded way up": lambda id_: f"x%2f..%2f{id_}",
    "a NUL behind": lambda id_: f"{id_}%00",
    "a line end behind": lambda id_: f"{id_}%0a",
    "a space behind": lambda id_: f"{id_}%20",
    "a dot behind": lambda id_: f"{id_}.",
    "an extension": lambda id_: f"{id_}.json",
    "a matrix parameter": lambda id_: f"{id_};user=admin",
    "a way up for servlets": lambda id_: f"x/..;/{id_}",
    "a way up": lambda id_: f"x/../{id_}",
    "a way up, its dots encoded": lambda id_: f"x/%2e%2e/{id_}",
    "a dot segment": lambda id_: f"./{id_}",
    "an empty segment": lambda id_: f"/{id_}",
    "a backslash": lambda id_: f"x%5c..%5c{id_}",
    "a trailing slash": lambda id_: f"{id_}/",
    "a full-width letter": lambda id_: quote(f"{chr(0xFF42)}{id_[1:]}"),
    "a wildcard": lambda id_: f"{id_[:8]}*",
    "two ids": lambda id_: f"{id_},{id_}",
    "a list": lambda id_: f"{id_}[]",
    "itself": lambda id_: id_,
}


@pytest.mark.parametrize("spell", SPELLINGS.values(), ids=SPELLINGS.keys())
def test_no_spelling_of_an_id_shows_anothers_booking(spell: Callable[[str], str], cast: Cast) -> None:
    target = f"/v1/bookings/{spell(cast.lasting['booking_id'])}"
    headers = cast.bearer("other buyer").items()

    reply = exchange(cast.client.system.base_url, "GET", target, headers)

    assert reply.status == 404
    assert b'"not_found"' in reply.body
    assert b"Ours alone" not in reply.body
    check_refusal(reply)


@pytest.mark.parametrize("spell", SPELLINGS.values(), ids=SPELLINGS.keys())
def test_a_spelling_shows_its_owner_the_booking_or_nothing(spell: Callable[[str], str], cast: Cast) -> None:
    target = f"/v1/bookings/{spell(cast.lasting['booking_id'])}"

    reply = exchange(cast.client.system.base_url, "GET", target, cast.bearer("buyer").items())

    assert reply.status in {200, 404}
    assert (reply.status == 200) == (target.rstrip("/").endswith(f"bookings/{cast.lasting['booking_id']}"))


TRICKS = [
    "/v1/me/../users/{user_id}/disable",
    "/v1/me/%2e%2e/users/{user_id}/disable",
    "/v1/me/..;/users/{user_id}/disable",
    "/v1/me/..%2fusers/{user_id}/disable",
    "/v1//users/{user_id}/disable",
    "/v1/users/{user_id}//disable",
    "/v1/./users/{user_id}/disable",
    "/v1/users;role=admin/{user_id}/disable",
    "/V1/users/{user_id}/disable",
    "/v1/Users/{user_id}/disable",
    "/v1/users/{user_id}/disable;x",
    "/v1/users/{user_id}/disable%00",
    "/v1/users/{user_id}/disable.json",
    "/v1/users%2f{user_id}/disable",
    "/%76%31/users/{user_id}/disable",
]


@pytest.mark.parametrize("trick", TRICKS)
@pytest.mark.parametrize("who", ["buyer", "admin"])
def test_no_spelling_of_a_path_reaches_a_route_that_it_does_not_name(
    trick: str, who: str, cast: Cast
) -> None:
    _, user_id = cast.new_person()

    reply = exchange(
        cast.client.system.base_url, "POST", trick.format(user_id=user_id), cast.bearer(who).items()
    )

    assert reply.status == 404
    check_refusal(reply)


@pytest.mark.parametrize("target", ["/v1/users/{user_id}/disable/", "//v1/users/{user_id}/disable"])
def test_a_slash_too_many_names_the_same_route_with_the_same_access(target: str, cast: Cast) -> None:
    _, user_id = cast.new_person()

    reply = exchange(
        cast.client.system.base_url, "POST", target.format(user_id=user_id), cast.bearer("buyer").items()
    )

    assert reply.status == 403


@pytest.mark.parametrize("kind", ["celebrity_id", "user_id"])
def test_an_id_of_another_kind_is_no_id(kind: str, cast: Cast) -> None:
    for operation in CLOSED:
        if operation.targeted:
            others = {
                name: cast.lasting[kind if name != kind else "booking_id"] for name in operation.parameters
            }
            if ROLES["admin"] in operation.access:
                assert cast.ask(operation, "admin", others).status_code == 404, str(operation)


def test_no_list_holds_what_is_anothers(cast: Cast) -> None:
    own = cast.lasting["booking_id"]

    listed = {
        (who, role): [
            item["id"]
            for item in cast.client.http.get(
                "/v1/bookings",
                headers=cast.bearer(who),
                params={"limit": 100, **({"role": role} if role else {})},
            ).json()["items"]
        ]
        for who in ROLES
        for role in (None, "buyer", "agent")
    }

    assert {key for key, ids in listed.items() if own in ids} == {
        *(("buyer", role) for role in (None, "buyer")),
        *(("agent", role) for role in (None, "agent")),
    }


def test_a_cursor_opens_nobody_elses_list(cast: Cast) -> None:
    for _ in range(2):
        cast.book()
    mine = cast.client.http.get("/v1/bookings", headers=cast.bearer("buyer"), params={"limit": 1})
    cursor = mine.json()["next_cursor"]

    for who in set(ROLES) - {"buyer"}:
        stolen = cast.client.http.get(
            "/v1/bookings", headers=cast.bearer(who), params={"limit": 1, "cursor": cursor}
        )
        assert (stolen.status_code, stolen.json()["code"]) == (400, "invalid_cursor")
    for changed in (cursor[:-2], cursor + "AA", cursor.swapcase(), "A" * len(cursor)):
        forged = cast.client.http.get(
            "/v1/bookings", headers=cast.bearer("buyer"), params={"limit": 1, "cursor": changed}
        )
        assert (forged.status_code, forged.json()["code"]) == (400, "invalid_cursor")


def test_a_session_of_another_user_cannot_be_ended(cast: Cast) -> None:
    email, _ = cast.new_person()
    victim = cast.open_session(email)["access_token"]
    session_id = claims_of(victim)["sid"]

    for who in set(ROLES):
        answer = cast.client.http.delete(f"/v1/auth/sessions/{session_id}", headers=cast.bearer(who))
        assert answer.status_code == 404

    bearer = {"Authorization": f"Bearer {victim}"}
    assert cast.client.http.get("/v1/me", headers=bearer).status_code == 200
