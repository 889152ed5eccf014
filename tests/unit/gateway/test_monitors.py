"""The monitoring token is known by its digest, outlives its rotation by a day, and opens nothing else."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import Secret

from greenroom.gateway.admission import Admission
from greenroom.gateway.answers import NoContent
from greenroom.gateway.dispatch import Composition, Function
from greenroom.gateway.monitors import MONITOR_CLAIMS, MonitoringToken
from greenroom.gateway.routes import ADMIN, MONITORING, Limit, Routes
from greenroom.identity.principal import Claims, Principal
from greenroom.refusals import Unauthenticated, Unavailable
from greenroom.storage.secrets import SecretVersion
from greenroom.telemetry import logs
from tests.unit.gateway.sample import Answer, answered, event

NOW = datetime(2027, 3, 5, 12, tzinfo=UTC)
OLD, TOKEN, NEW = Secret("a" * 64), Secret("b" * 64), Secret("c" * 64)


@dataclass
class Store:
    """A secret's versions, and how often they were read."""

    versions: dict[str, SecretVersion] = field(
        default_factory=lambda: {"AWSCURRENT": SecretVersion(TOKEN, NOW - timedelta(days=30))}
    )
    down: bool = False
    reads: int = 0
    now: float = NOW.timestamp()

    def read(self, _secret_id: str, stage: str) -> SecretVersion | None:
        self.reads += 1
        if self.down:
            raise Unavailable
        return self.versions.get(stage)

    def rotate(self, text: Secret[str], *, ago: timedelta = timedelta()) -> None:
        self.versions["AWSPREVIOUS"] = self.versions["AWSCURRENT"]
        created = datetime.fromtimestamp(self.now, UTC) - ago
        self.versions["AWSCURRENT"] = SecretVersion(text, created)

    def token(self) -> MonitoringToken:
        return MonitoringToken("monitoring", read=self.read, clock=lambda: self.now)


def test_the_stages_token_is_known_and_no_other() -> None:
    known = Store().token()

    assert known.knows(TOKEN)
    assert not any(map(known.knows, map(Secret, ["", "b" * 63, "b" * 65, "B" * 64, "a" * 64, "é" * 64])))


def test_the_store_is_asked_once_in_minutes() -> None:
    store = Store()
    known = store.token()

    for _ in range(50):
        known.knows(TOKEN)
        store.now += 5
    first = store.reads
    store.now += 300
    known.knows(TOKEN)

    assert (first, store.reads) == (1, 2)


def test_tokens_that_nobody_knows_do_not_multiply_the_questions_to_the_store() -> None:
    store = Store()
    known = store.token()
    known.knows(TOKEN)

    for number in range(100):
        known.knows(Secret(f"{number:064}"))
        store.now += 0.09

    assert store.reads == 1


def test_what_looks_like_an_access_token_never_reaches_the_store() -> None:
    store = Store(down=True)

    assert not store.token().knows(Secret("eyJh.eyJz.c2ln"))
    assert store.reads == 0


def test_a_new_token_counts_within_seconds_and_the_one_before_it_for_a_day() -> None:
    store = Store()
    known = store.token()
    assert known.knows(TOKEN)

    store.now += 10
    store.rotate(NEW)
    after_ten_seconds = [known.knows(NEW), known.knows(TOKEN)]
    store.now += 24 * 3600 - 301
    nearly_a_day_later = [known.knows(NEW), known.knows(TOKEN)]
    store.now += 302
    a_day_later = [known.knows(NEW), known.knows(TOKEN)]

    assert (after_ten_seconds, nearly_a_day_later, a_day_later) == (
        [True, True],
        [True, True],
        [True, False],
    )


def test_two_rotations_end_a_token_at_once() -> None:
    store = Store()
    known = store.token()
    assert known.knows(TOKEN)

    store.rotate(OLD)
    store.rotate(NEW)
    store.now += 300

    assert [known.knows(NEW), known.knows(TOKEN)] == [True, False]


def test_while_the_store_is_down_the_known_token_counts_on() -> None:
    store = Store()
    known = store.token()
    assert known.knows(TOKEN)

    store.down = True
    store.now += 3600

    assert known.knows(TOKEN)
    assert not known.knows(OLD)


def test_if_the_store_was_down_from_the_beginning_nobody_can_tell() -> None:
    store = Store(down=True)
    known = store.token()

    with pytest.raises(Unavailable):
        known.knows(TOKEN)
    store.down = False

    assert known.knows(TOKEN)


def test_an_empty_or_missing_secret_lets_nobody_in() -> None:
    empty = Store({"AWSCURRENT": SecretVersion(Secret(""), NOW)})

    assert not empty.token().knows(Secret(""))
    with pytest.raises(Unavailable):
        Store({}).token().knows(TOKEN)


def test_the_token_stands_in_no_representation() -> None:
    assert TOKEN.get_secret_value() not in repr(SecretVersion(TOKEN, NOW))


routes = Routes("watched")


@routes.route("GET", "/watched", access=MONITORING, limit=Limit.NONE)
def show_watched(principal: Principal) -> NoContent:
    """Show something to whoever watches."""
    seen.append(principal)
    return NoContent()


@routes.route("GET", "/closed", access=ADMIN, limit=Limit.NONE)
def show_closed(principal: Principal) -> NoContent:
    """Show something to admins."""
    seen.append(principal)
    return NoContent()


seen: list[Principal] = []


def _no_token(_token: Secret[str], _now: datetime) -> Claims:
    raise Unauthenticated


def ask(path: str, token: Secret[str] | None) -> Answer:
    admission = Admission(verify=_no_token, monitoring=Store().token())
    function: Function[None] = Function(routes, lambda: Composition(app=None, admission=admission))
    headers = [("authorization", f"Bearer {token.get_secret_value()}")] if token is not None else []
    return answered(function(event("GET", path, headers=headers)))


def test_who_comes_by_it_is_the_monitor_also_in_the_log() -> None:
    lines: list[dict[str, Any]] = []
    logs.add_sink(lines.append)
    try:
        answer = ask("/watched", TOKEN)
    finally:
        logs.remove_sink(lines.append)

    assert answer.status == 204
    assert (seen[-1].user_id, seen[-1].role) == ("monitor", "monitor")
    assert [line["principal_id"] for line in lines] == ["monitor"]
    assert TOKEN.get_secret_value() not in str(lines)


@pytest.mark.parametrize("token", [None, "", "b", "a" * 64, "eyJh.eyJz.c2ln"])
def test_who_has_another_or_none_is_nobody(token: str | None) -> None:
    sent = None if token is None else Secret(token)

    assert ask("/watched", sent).told == (401, "unauthenticated")


def test_what_is_for_admins_is_not_for_the_monitor() -> None:
    assert ask("/closed", TOKEN).told == (403, "forbidden")


def test_claims_that_say_the_same_are_not_the_monitors() -> None:
    forged = Claims(MONITOR_CLAIMS.user_id, "", MONITOR_CLAIMS.role, 0, 0)

    with pytest.raises(Unauthenticated):
        Admission().admit(Limit.NONE, None, forged, NOW)  # type: ignore[arg-type]
