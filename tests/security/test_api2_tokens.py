"""API2:2023 Broken authentication: forged and malformed access tokens; ASVS V9.

Whatever is wrong with a token, one answer: 401, without a reason, without a table asked, without a fetch.
"""

import httpx
import pytest

from tests.security import forging
from tests.security.backstage import Backstage
from tests.security.canary import Canary
from tests.security.cast import Cast, missing_things
from tests.security.forging import Forge, Forger
from tests.security.surface import CLOSED, Operation, one_of_each_function
from tests.security.wire import exchange

PLACES = one_of_each_function(tuple(sorted(CLOSED, key=lambda place: place.method != "GET")))
"""A closed route of each function that takes tokens."""

CORPUS: dict[str, Forge] = {
    f"{kind}: {name}": forge
    for kind, forgeries in {
        "form": forging.FORM,
        "algorithm": forging.ALGORITHM,
        "header": forging.HEADER,
        "signature": forging.SIGNATURE,
        "claims": forging.CLAIMS,
    }.items()
    for name, forge in forgeries.items()
}
# Rightly signed and well-formed: only the look-up of the session tells that they are nobody's.
NAMES_A_SESSION = {"claims: an unknown session", "claims: sub of another user"}


@pytest.fixture(scope="module")
def forger(cast: Cast, backstage: Backstage, canary: Canary) -> Forger:
    return Forger(backstage, cast.token("buyer"), canary.url)


def ask(cast: Cast, operation: Operation, *authorization: str | bytes) -> httpx.Response:
    """Ask a closed route with Authorization headers as given."""
    values = [value if isinstance(value, bytes) else value.encode("latin-1") for value in authorization]
    headers = [(b"Authorization", value) for value in values]
    headers += [(b"Idempotency-Key", b"k"), (b"If-Match", b"*")]
    if operation.body is not None:
        headers.append((b"Content-Type", b"application/json"))
    path = operation.template.format_map(missing_things(operation))
    content = b"{}" if operation.body is not None else None
    return cast.client.http.request(operation.method, path, headers=headers, content=content)


def check_refused(answer: httpx.Response) -> None:
    """Assert that it is the one refusal."""
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
    assert answer.json()["detail"] == "A valid access token is required"
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def check_cost(cast: Cast, answer: httpx.Response, tables: int) -> None:
    """Assert how many tables were asked, and that nothing broke on the way."""
    lines = cast.client.system.lines(answer.headers["X-Request-Id"])
    assert [line["table_calls"] for line in lines if line["category"] == "request"] == [tables]
    assert [line for line in lines if line["category"] == "error"] == []


def test_there_are_places_to_try_and_the_corpus_is_large() -> None:
    assert {place.function for place in PLACES} == {place.function for place in CLOSED}
    assert len(PLACES) >= 3
    assert len(CORPUS) >= 100


@pytest.mark.parametrize("name", CORPUS)
def test_a_forged_token_is_refused_everywhere_without_a_word_on_why(
    name: str, cast: Cast, forger: Forger, canary: Canary
) -> None:
    token = CORPUS[name](forger)

    for place in PLACES:
        answer = ask(cast, place, f"Bearer {token}")

        check_refused(answer)
        assert answer.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'
    check_cost(cast, answer, tables=1 if name in NAMES_A_SESSION else 0)
    assert canary.visits == []


def test_what_all_forgeries_start_from_is_accepted(cast: Cast, forger: Forger) -> None:
    for token in (forger.genuine, forger.token()):
        answer = cast.client.http.get("/v1/me", headers={"Authorization": f"Bearer {token}"})

        assert answer.status_code == 200


@pytest.mark.parametrize("value", ["", "Bearer", "Basic YTpi", "Digest x", "ApiKey {t}", "{t}"])
def test_only_a_bearer_token_is_a_credential(value: str, cast: Cast, forger: Forger) -> None:
    for place in PLACES:
        check_refused(ask(cast, place, value.format(t=forger.genuine)))


@pytest.mark.parametrize(
    "value",
    [b"Bearer \xff\xfe", b"Bearer \xc3\x28.a.b", b"\xffearer {t}", b"Bearer \xa0{t}", b"Bearer {t}\x85"],
)
def test_bytes_that_are_no_text_are_refused(value: bytes, cast: Cast, forger: Forger) -> None:
    for place in PLACES:
        check_refused(ask(cast, place, value.replace(b"{t}", forger.genuine.encode())))


def test_two_authorization_headers_are_no_authorization(cast: Cast, forger: Forger) -> None:
    genuine = f"Bearer {forger.genuine}"

    # Whoever stands before us, a firewall or a proxy, may have looked at the other one.
    for pair in ((genuine, "Bearer forged"), ("Bearer forged", genuine), (genuine, genuine), ("", genuine)):
        for place in PLACES:
            check_refused(ask(cast, place, *pair))


@pytest.mark.parametrize("place", ["?access_token={t}", "?token={t}", "?bearer_token={t}"])
def test_a_token_in_the_address_is_none(place: str, cast: Cast, forger: Forger) -> None:
    answer = cast.client.http.get(f"/v1/me{place.format(t=forger.genuine)}")

    assert answer.status_code == 401
    assert forger.genuine not in str(cast.client.system.lines(answer.headers["X-Request-Id"]))


@pytest.mark.parametrize("header", ["Cookie", "X-Access-Token", "X-Auth-Token", "Proxy-Authorization"])
def test_a_token_in_another_header_is_none(header: str, cast: Cast, forger: Forger) -> None:
    for value in (f"Bearer {forger.genuine}", f"token={forger.genuine}", forger.genuine):
        assert cast.client.http.get("/v1/me", headers={header: value}).status_code == 401


def test_a_line_end_never_gets_as_far_as_a_function(cast: Cast, forger: Forger) -> None:
    class Sneaking(str):
        """Text that the client does not look into."""

        def encode(self, *_: object) -> bytes:
            return bytes(self, "latin-1")

    value = Sneaking(f"Bearer {forger.genuine[:40]}\r\n {forger.genuine[40:]}")

    reply = exchange(cast.client.system.base_url, "GET", "/v1/me", [("Authorization", value)])

    assert reply.status in {400, 401}
    assert b"id" not in reply.body or b"unauthenticated" in reply.body


def test_the_scheme_is_known_in_any_case_as_http_has_it(cast: Cast, forger: Forger) -> None:
    for scheme in ("bearer", "BEARER", "Bearer"):
        answer = cast.client.http.get("/v1/me", headers={"Authorization": f"{scheme} {forger.genuine}"})

        assert answer.status_code == 200


def test_the_published_keys_hold_nothing_private(cast: Cast) -> None:
    (key,) = cast.client.http.get("/.well-known/jwks.json").json()["keys"]

    assert key.keys() == {"kty", "crv", "x", "y", "kid", "use", "alg"}
