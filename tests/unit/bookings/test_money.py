"""Money: whole minor units, the currency's own decimals, shares that leave no cent behind."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from greenroom.money import (
    CURRENCIES,
    WHOLE,
    UnknownCurrency,
    check_payable,
    exponent,
    format_amount,
    payable_unit,
    share,
)
from greenroom.refusals import InvalidInput


@pytest.mark.parametrize(
    ("currency", "decimals"),
    [("JPY", 0), ("KRW", 0), ("ISK", 0), ("EUR", 2), ("USD", 2), ("HUF", 2), ("KWD", 3), ("TND", 3)],
)
def test_a_currency_has_the_decimals_of_its_standard(currency: str, decimals: int) -> None:
    assert exponent(currency) == decimals


@pytest.mark.parametrize("currency", ["XXX", "eur", "EU", ""])
def test_a_currency_that_is_not_taken_is_refused_by_field(currency: str) -> None:
    with pytest.raises(UnknownCurrency) as refused:
        exponent(currency)

    assert (refused.value.status, refused.value.field) == (422, "currency")


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        (125_000, "EUR", "1,250.00 EUR"),
        (5, "EUR", "0.05 EUR"),
        (0, "EUR", "0.00 EUR"),
        (-125_050, "EUR", "-1,250.50 EUR"),
        (125_000, "JPY", "125,000 JPY"),
        (-7, "JPY", "-7 JPY"),
        (1_250, "KWD", "1.250 KWD"),
        (1_000_001, "KWD", "1,000.001 KWD"),
    ],
)
def test_an_amount_is_written_with_its_currency_s_decimals(amount: int, currency: str, text: str) -> None:
    assert format_amount(amount, currency) == text


@given(st.integers(0, 10**12), st.sampled_from(sorted(CURRENCIES)))
def test_what_is_written_reads_back_as_the_same_amount(amount: int, currency: str) -> None:
    number, code = format_amount(amount, currency).split(" ")

    assert code == currency
    assert int(number.replace(",", "").replace(".", "")) == amount


@given(st.integers(0, 10**12), st.integers(0, WHOLE))
def test_a_share_is_within_half_a_unit_and_leaves_the_rest(amount: int, basis_points: int) -> None:
    part = share(amount, basis_points)

    assert abs(part * WHOLE - amount * basis_points) * 2 <= WHOLE
    assert 0 <= part <= amount


@given(st.integers(0, 10**11), st.integers(0, WHOLE), st.sampled_from(["JPY", "EUR", "KWD"]))
def test_a_share_of_what_can_be_paid_can_be_paid_and_so_can_the_rest(
    units: int, basis_points: int, currency: str
) -> None:
    unit = payable_unit(currency)
    amount = units * unit
    part = share(amount, basis_points, unit)

    check_payable(part, currency, field="deposit")
    check_payable(amount - part, currency, field="balance")
    assert abs(part * WHOLE - amount * basis_points) * 2 <= WHOLE * unit
    assert 0 <= part <= amount


@pytest.mark.parametrize(("amount", "currency"), [(1, "JPY"), (1, "EUR"), (10, "KWD"), (0, "TND")])
def test_an_amount_that_cards_can_pay_is_taken(amount: int, currency: str) -> None:
    check_payable(amount, currency, field="fee")


@pytest.mark.parametrize(("amount", "currency"), [(1, "KWD"), (1_005, "BHD"), (19, "TND")])
def test_thousandths_are_refused_by_field(amount: int, currency: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        check_payable(amount, currency, field="fee")

    assert refused.value.field == "fee"


@pytest.mark.parametrize("currency", ["IQD", "LYD", "UYI"])
def test_what_the_provider_takes_no_payments_in_is_no_currency_of_ours(currency: str) -> None:
    assert currency not in CURRENCIES


@pytest.mark.parametrize(
    ("amount", "points", "part"), [(1, 5_000, 1), (3, 5_000, 2), (999, 0, 0), (7, WHOLE, 7)]
)
def test_a_half_is_rounded_up(amount: int, points: int, part: int) -> None:
    assert share(amount, points) == part
