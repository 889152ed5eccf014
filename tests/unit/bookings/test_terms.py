"""Terms: their parts agree with one another, sum to the whole, and keep their form in every document."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from greenroom.bookings.documents import terms_document, terms_from
from greenroom.bookings.terms import LARGEST_AMOUNT, Exclusivity, InvalidTerms
from greenroom.money import UnknownCurrency
from tests.unit.bookings.samples import START, terms

AMOUNTS = st.integers(0, LARGEST_AMOUNT)


@given(AMOUNTS, st.data())
def test_parts_sum_to_the_whole(fee: int, data: st.DataObject) -> None:
    travel = data.draw(st.integers(0, LARGEST_AMOUNT - fee))
    deposit = data.draw(st.integers(0, fee + travel))

    agreed = terms(fee=fee, travel=travel, deposit=deposit, commission=0)

    assert agreed.total == fee + travel
    assert agreed.deposit + agreed.balance == agreed.total


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"fee": -1}, "fee"),
        ({"fee": LARGEST_AMOUNT + 1}, "fee"),
        ({"travel": -1}, "travel"),
        ({"fee": LARGEST_AMOUNT, "travel": 1}, "travel"),
        ({"deposit": -1}, "deposit"),
        ({"deposit": 125_001}, "deposit"),
        ({"commission": 120_001}, "commission"),
        ({"end": START}, "start"),
    ],
)
def test_terms_whose_parts_contradict_one_another_are_refused(wrong: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidTerms) as refused:
        terms(**wrong)

    assert refused.value.field == field


def test_terms_are_in_a_currency_that_is_taken() -> None:
    with pytest.raises(UnknownCurrency):
        terms(currency="XTS")


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"cancellation_policy": ()},
        {"exclusivity": Exclusivity(50, 30), "rider": "water", "usage_rights": "none"},
        {"expires_at": START - timedelta(days=1), "deposit": 0, "travel": 0},
    ],
)
def test_a_document_of_terms_gives_the_same_terms_again(changes: dict[str, Any]) -> None:
    agreed = terms(**changes)

    assert terms_from(terms_document(agreed)) == agreed


def test_a_document_of_terms_is_plain_and_whole() -> None:
    assert terms_document(terms()) == {
        "version": 1,
        "fee": 120_000,
        "travel": 5_000,
        "total": 125_000,
        "deposit": 25_000,
        "commission": 12_000,
        "currency": "EUR",
        "rider": "",
        "exclusivity": None,
        "usage_rights": "",
        "cancellation_policy": [
            {"days_before": 30, "refund_share": 10_000},
            {"days_before": 7, "refund_share": 5_000},
        ],
        "start": "2026-12-01T18:00:00Z",
        "end": "2026-12-01T20:00:00Z",
        "expires_at": None,
    }
