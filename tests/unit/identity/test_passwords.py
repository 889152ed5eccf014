"""Which passwords are taken, and how they are kept."""

from typing import Literal

import pytest
from argon2 import PasswordHasher, extract_parameters
from argon2.low_level import Type
from pydantic import Secret

from greenroom.identity.emails import parse_email
from greenroom.identity.passwords import Passwords, check_acceptable
from greenroom.identity.refusals import WeakPassword

EMAIL = parse_email("Ann.Example@example.com")
NAME = "Ann Marie Núñez"
PASSWORD = Secret("Zeitgeist über 7 Äpfel 🍎")

passwords = Passwords()


class CountingHasher(PasswordHasher):
    """Counts how often a hash was made and checked."""

    hashes = checks = 0

    def hash(self, password: str | bytes, *, salt: bytes | None = None) -> str:
        self.hashes += 1
        return super().hash(password, salt=salt)

    def verify(self, hash: str | bytes, password: str | bytes) -> Literal[True]:  # noqa: A002 - argon2's
        self.checks += 1
        return super().verify(hash, password)


def test_a_password_verifies_against_its_own_hash_alone() -> None:
    stored = passwords.hash(PASSWORD)

    assert passwords.verify(stored, PASSWORD)
    assert not passwords.verify(stored, Secret(PASSWORD.get_secret_value() + " "))
    assert not passwords.verify(stored, Secret(PASSWORD.get_secret_value().lower()))
    assert not passwords.verify(passwords.hash(Secret("another password")), PASSWORD)


def test_a_hash_is_argon2id_with_19_mebibytes_two_passes_and_one_lane() -> None:
    found = extract_parameters(passwords.hash(PASSWORD).get_secret_value())

    assert (found.type, found.memory_cost, found.time_cost, found.parallelism) == (Type.ID, 19456, 2, 1)
    assert (found.salt_len, found.hash_len) == (16, 32)


def test_two_hashes_of_one_password_differ() -> None:
    assert passwords.hash(PASSWORD) != passwords.hash(PASSWORD)


def test_no_part_of_a_long_password_is_ignored() -> None:
    longest = "🍎" * 127

    stored = passwords.hash(Secret(longest + "a"))

    assert not passwords.verify(stored, Secret(longest + "b"))
    assert not passwords.verify(stored, Secret(longest))


def test_a_letter_typed_in_two_parts_is_the_same_letter() -> None:
    stored = passwords.hash(Secret("caf\u00e9 au lait"))

    assert passwords.verify(stored, Secret("cafe\u0301 au lait"))


def test_an_unknown_account_costs_one_check_under_the_same_parameters_and_is_refused() -> None:
    hasher = CountingHasher(time_cost=2, memory_cost=19456, parallelism=1)
    counted = Passwords(_hasher=hasher)

    assert not counted.verify(None, PASSWORD)

    assert (hasher.hashes, hasher.checks) == (0, 1)
    assert extract_parameters(counted._nobodys.get_secret_value()) == extract_parameters(
        passwords.hash(PASSWORD).get_secret_value()
    )


def test_a_hash_under_other_parameters_still_verifies_and_needs_a_new_one() -> None:
    hasher = PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1)
    older = Secret(hasher.hash(PASSWORD.get_secret_value()))

    assert passwords.verify(older, PASSWORD)
    assert passwords.needs_rehash(older)
    assert not passwords.needs_rehash(passwords.hash(PASSWORD))


@pytest.mark.parametrize(
    "password",
    ["ab7 xyz!", "x" * 127 + "y", "пароль-это-слово", "合言葉は山と川です", "        y", "🍎🍐🍊🍋🍌🍉🍇🍓"],
)
def test_any_text_of_8_to_128_characters_is_taken(password: str) -> None:
    check_acceptable(Secret(password), EMAIL, NAME)


@pytest.mark.parametrize(
    "password",
    [
        "",
        "ab7 xyz",
        "x" * 128 + "y",
        "password1",
        "PassWord1",
        "qwertyuiop",
        "aaaaaaaaaaaa",
        "ann.example@example.com",
        "Ann.Example@Example.com",
        "ANN.EXAMPLE",
        "e\u0301" * 7,
    ],
)
def test_a_short_long_common_or_obvious_password_is_refused_and_the_field_named(password: str) -> None:
    with pytest.raises(WeakPassword) as refused:
        check_acceptable(Secret(password), EMAIL, NAME)

    assert (refused.value.status, refused.value.code, refused.value.field) == (
        422,
        "weak_password",
        "password",
    )
    assert not password or password not in refused.value.detail


@pytest.mark.parametrize(
    "password",
    [
        "Greenroom!",
        "green room 2026",
        "booking-agent-1",
        "GREENROOMgreenroom",
        "administrator#1",
        "ann.example!!",
        "annmarie1999",
        "Núñez-Núñez-7",
        "marie@example",
        "example.com1",
        "AnnGreenroom_1",
    ],
)
def test_a_password_of_names_and_words_of_the_service_is_refused_whatever_stands_around_them(
    password: str,
) -> None:
    with pytest.raises(WeakPassword, match="made of your name"):
        check_acceptable(Secret(password), EMAIL, NAME)


@pytest.mark.parametrize(
    "password",
    [
        "a green room of my own",
        "annuities-and-marinades",
        "Ann 8427 1937 5520",
        "Bob.Other-99",
        "greenroomers",
        "no-examples!",
    ],
)
def test_a_password_that_says_more_than_names_is_taken(password: str) -> None:
    check_acceptable(Secret(password), EMAIL, NAME)


def test_names_that_overlap_in_every_way_cost_no_time() -> None:
    name = " ".join("a" * length for length in range(3, 14))

    check_acceptable(Secret("a" * 127 + "b"), EMAIL, name)
