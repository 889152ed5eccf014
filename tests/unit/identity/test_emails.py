"""Which addresses are taken, and which are one account's."""

import pytest

from greenroom.identity.emails import parse_email
from greenroom.identity.refusals import InvalidEmail


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ann@example.com", "ANN@EXAMPLE.COM"),
        ("Ann.B+fan@example.com", "ann.b+FAN@Example.Com"),
        ("ann@bücher.example.com", "ann@xn--bcher-kva.example.com"),
        ("ann@BÜCHER.example.com", "Ann@bücher.example.com"),
        ("ann@b\u00fccher.example.com", "ann@bu\u0308cher.example.com"),
        ("ann@\uff45xample.com", "ann@example.com"),
    ],
)
def test_spellings_of_one_address_fold_to_the_same(one: str, other: str) -> None:
    assert parse_email(one).folded == parse_email(other).folded


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ann@example.com", "ann+fan@example.com"),
        ("ann.b@example.com", "annb@example.com"),
        ("ann@example.com", "ann@example.org"),
        ("ann@bucher.example.com", "ann@bücher.example.com"),
    ],
)
def test_different_addresses_stay_different(one: str, other: str) -> None:
    assert parse_email(one).folded != parse_email(other).folded


def test_what_the_owner_wrote_is_kept_beside_the_accounts_identity() -> None:
    email = parse_email("Ann.B@Bücher.example.com")

    assert email.display == "Ann.B@bücher.example.com"
    assert email.folded == "ann.b@xn--bcher-kva.example.com"
    assert email.local_part == "ann.b"


def test_an_address_for_trials_is_taken() -> None:
    assert parse_email("ann@greenroom.test").display == "ann@greenroom.test"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ann",
        "ann@",
        "@example.com",
        "ann@example",
        "ann@@example.com",
        "ann@example.com\r\nBcc: bob@example.com",
        "Ann <ann@example.com>",
        "ann@example.com, bob@example.com",
        "ann @example.com",
        " ann@example.com",
        '"ann"@example.com',
        "ann@[127.0.0.1]",
        "ann@127.0.0.1",
        "änn@example.com",
        "ann@localhost",
        "ann@exa_mple.com",
        f"{'a' * 65}@example.com",
        f"ann@{'a.' * 125}com",
        "ann@example.com\x00",
        "\u202eann@example.com",
    ],
)
def test_what_is_no_plain_address_is_refused_and_the_field_named(text: str) -> None:
    with pytest.raises(InvalidEmail) as refused:
        parse_email(text)

    assert (refused.value.status, refused.value.code, refused.value.field) == (
        422,
        "invalid_request",
        "email",
    )
