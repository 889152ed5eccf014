"""The list of refused passwords: what it holds, that it is current, and what asking it costs."""

import os
import subprocess
import sys
from typing import Any

import pytest
from pydantic import Secret

from greenroom.identity import common_passwords
from greenroom.identity.common_passwords import ASSET, BYTES, contains, fingerprints, is_common, pack
from greenroom.identity.emails import parse_email
from greenroom.identity.passwords import check_acceptable
from greenroom.identity.refusals import WeakPassword
from local.common_passwords import passwords

EMAIL = parse_email("ann@example.com")
NAME = "Ann"


class CountedBytes(bytes):
    """Counts how often it is looked into."""

    looks = 0

    def __getitem__(self, where: Any) -> Any:
        CountedBytes.looks += 1
        return super().__getitem__(where)


def test_the_asset_is_what_the_generator_makes() -> None:
    assert ASSET.read_bytes() == pack(passwords())


def test_every_listed_password_is_found_and_the_list_is_small() -> None:
    listed = set(passwords())

    assert all(map(is_common, listed))
    assert 20_000 < len(listed) < 40_000
    assert ASSET.stat().st_size <= 150_000


def test_of_passwords_in_no_list_hardly_any_is_refused() -> None:
    refused = sum(is_common(f"no list has {number}") for number in range(20_000))

    assert refused <= 3, "one in 140,000 shares its fingerprint with a listed one"


def test_a_look_up_takes_few_comparisons() -> None:
    counted = CountedBytes(fingerprints())

    for word in ("password1", "no list has this", "\U0010ffff" * 8):
        CountedBytes.looks = 0
        contains(counted, word)
        assert CountedBytes.looks <= 17


def test_the_ends_of_the_list_are_found_too_and_an_empty_one_holds_nothing() -> None:
    packed = pack(["one", "two", "three", "one"])

    assert len(packed) == 3 * BYTES
    assert all(contains(packed, word) for word in ("one", "two", "three"))
    assert not contains(packed, "four")
    assert not contains(b"", "one")


def test_nothing_is_read_at_import() -> None:
    program = (
        "import greenroom.identity.passwords; from greenroom.identity.common_passwords import fingerprints; "
        "print(fingerprints.cache_info().currsize)"
    )

    told = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", program],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )

    assert told.stdout.strip() == "0"


@pytest.mark.parametrize(
    "password",
    [
        "sunshine",
        "SunShine",
        "ILOVEYOU1",
        "p@ssw0rd",
        "international",
        "christopher",
        "Greenroom",
        "greenroom2026!",
        "!!BOOKING!!",
    ],
)
def test_what_guessing_starts_with_is_refused_in_any_case(password: str) -> None:
    with pytest.raises(WeakPassword):
        check_acceptable(Secret(password), EMAIL, NAME)


def test_the_composed_form_is_what_is_looked_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(common_passwords, "fingerprints", lambda: pack(["caf\u00e9caf\u00e9"]))

    with pytest.raises(WeakPassword):
        check_acceptable(Secret("Cafe\u0301Cafe\u0301"), EMAIL, NAME)
