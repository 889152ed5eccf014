"""API5:2023 Broken function level authorization; ASVS V8.2.1, V8.3.1.

Every route by everybody, over HTTP, expected from the document's ``x-greenroom`` alone: a new route is
attacked as soon as it is documented.
"""

import pytest

from tests.security.cast import EVERYBODY, ROLES, Cast
from tests.security.surface import CLOSED, OPERATIONS, Operation
from tests.support.ownership import PREFIXES, SIDES


def expected(operation: Operation, who: str) -> tuple[int, str] | None:
    """Return the refusal that the document demands, None where the route must serve."""
    if operation.public:
        return None
    if who == "monitor" and who in operation.access:
        return None
    if who not in ROLES:
        return 401, "unauthenticated"
    if ROLES[who] not in operation.access:
        return 403, "forbidden"
    if not all(who in SIDES[name] for name in operation.parameters):
        return 404, "not_found"
    return None


@pytest.mark.parametrize("who", EVERYBODY)
@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
def test_a_route_serves_whom_the_document_names_and_nobody_else(
    operation: Operation, who: str, cast: Cast
) -> None:
    answer = cast.ask(operation, who)

    told = (answer.status_code, answer.json()["code"]) if answer.status_code >= 400 else None
    refusal = expected(operation, who)
    if refusal is not None:
        assert told == refusal
        return
    assert told is None or told[1] not in {"unauthenticated", "forbidden", "not_found"}
    assert answer.status_code < 500


def test_every_closed_route_names_who_may_call_and_every_path_names_what_somebody_owns() -> None:
    for operation in OPERATIONS:
        assert operation.access, str(operation)
        assert operation.public or operation.access <= {"buyer", "agent", "admin", "monitor"}, str(operation)
        # What watches only reads, and nothing of anybody's.
        assert "monitor" not in operation.access or (operation.method == "GET" and not operation.parameters)
        if operation.targeted:
            assert set(operation.parameters) <= SIDES.keys() & PREFIXES.keys(), str(operation)


def test_a_role_in_the_token_the_body_or_a_header_is_not_believed(cast: Cast) -> None:
    claims = ["X-Role", "X-User-Role", "X-Forwarded-User", "X-Original-URL", "X-Rewrite-URL", "X-Admin"]
    escalation = {name: "/v1/users" if name.endswith("URL") else "admin" for name in claims}
    (disable,) = [each for each in CLOSED if str(each) == "POST /v1/users/{user_id}/disable"]

    answer = cast.ask(disable, "buyer", headers=escalation)

    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


@pytest.mark.parametrize("name", ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"])
def test_a_header_does_not_make_one_method_another(name: str, cast: Cast) -> None:
    sessions = cast.client.http.get("/v1/auth/sessions", headers={**cast.bearer("buyer"), name: "DELETE"})

    assert sessions.status_code == 200
    assert cast.client.http.get("/v1/me", headers=cast.bearer("buyer")).status_code == 200
