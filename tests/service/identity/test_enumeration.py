"""Whoever asks about an address learns nothing from the work that it makes: known or not, it is the same.

The clock is looked at as well: ``test_equal_times.py``. What is counted here is what takes the time.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from argon2 import PasswordHasher

from tests.service.identity.recording import Recording
from tests.service.identity.strangers import ask_for_reset, log_in, register
from tests.service.identity.world import Answer, World


@dataclass
class Work:
    """What one request made the service do."""

    answer: tuple[int, Any, dict[str, str]]
    tables: list[str]
    signatures: list[str]
    hashes: list[str]
    letters: int


@dataclass
class Hashing:
    """Every call of the hasher, with the parameters that its duration follows from."""

    calls: list[str] = field(default_factory=list)


@pytest.fixture
def hashing(monkeypatch: pytest.MonkeyPatch) -> Hashing:
    seen = Hashing()
    verify, make = PasswordHasher.verify, PasswordHasher.hash

    def verifying(self: PasswordHasher, stored: str, given: str) -> bool:
        seen.calls.append(f"verify {stored.rsplit('$', 2)[0]}")
        return verify(self, stored, given)

    def hashed(self: PasswordHasher, password: str, *, salt: bytes | None = None) -> str:
        seen.calls.append(f"hash m={self.memory_cost} t={self.time_cost} p={self.parallelism}")
        return make(self, password, salt=salt)

    monkeypatch.setattr(PasswordHasher, "verify", verifying)
    monkeypatch.setattr(PasswordHasher, "hash", hashed)
    return seen


def _unknown(world: World) -> str:
    return world.address()


def _verified(world: World) -> str:
    return world.verified()


def _unverified(world: World) -> str:
    return world.registered()


def _disabled(world: World) -> str:
    address = world.verified()
    user = world.app.users.by_email(address)
    assert user
    world.tables.write(world.app.users.change(user, disabled=True))
    return address


def _logged_in(world: World) -> str:
    address = world.verified()
    world.sessions(address, 2)
    return address


def _work(world: World, hashing: Hashing, ask: Callable[[World, str], Answer], address: str) -> Work:
    dynamodb, kms = Recording(world.dynamodb), Recording(world.kms)
    hashing.calls.clear()
    before = len(world.mailer.sent)
    answer = ask(world.over(dynamodb=dynamodb, kms=kms), address)
    return Work(
        (answer.status, answer.body, answer.headers),
        dynamodb.names,
        kms.names,
        list(hashing.calls),
        len(world.mailer.sent) - before,
    )


@pytest.mark.parametrize("ask", [log_in, register, ask_for_reset])
@pytest.mark.parametrize("known", [_verified, _unverified, _disabled, _logged_in])
def test_a_known_address_makes_the_same_work_and_gets_the_same_answer_as_an_unknown_one(
    world: World,
    hashing: Hashing,
    ask: Callable[[World, str], Answer],
    known: Callable[[World], str],
) -> None:
    there, nowhere = known(world), _unknown(world)

    assert _work(world, hashing, ask, there) == _work(world, hashing, ask, nowhere)


def test_the_work_that_is_compared_is_work(world: World, hashing: Hashing) -> None:
    login, registration, reset = (
        _work(world, hashing, ask, world.verified()) for ask in (log_in, register, ask_for_reset)
    )

    assert login.hashes == ["verify $argon2id$v=19$m=19456,t=2,p=1"]
    assert registration.hashes == ["hash m=19456 t=2 p=1"]
    assert (login.letters, registration.letters, reset.letters) == (0, 1, 1)
    assert all("transact_write_items" in work.tables for work in (registration, reset))
