"""The command that tries a system out from outside, as far as it needs no system."""

import pytest

from local.smoke.__main__ import run
from local.smoke.account import Account


@pytest.mark.parametrize("arguments", [[], ["api.example"], ["ftp://api.example"], ["https://a.example?b"]])
def test_without_an_address_it_says_how_it_is_used(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(arguments, {}) == 2
    assert "usage:" in capsys.readouterr().err


def test_an_account_does_not_show_itself() -> None:
    assert repr(Account("a@example.com", "a password")) == "Account()"
