"""Search over the listing: filters, orders, and pages that together are the whole list."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from greenroom.catalog import ordered
from greenroom.catalog.search import Filters, Listing, Row, Sort, folded


def row(number: int, name: str, category: str, country: str, *prices: int, **more: Any) -> Row:
    amounts = {"EUR": tuple(sorted(prices))} if prices else {}
    return Row(
        celebrity_id=f"cel_{number}",
        name=folded(name),
        category=category,
        country=country,
        **{"prices": amounts, **more},
    )


ROWS = [
    row(1, "Zoë Núñez", "music", "ES", 50_000, 120_000, languages=("es", "pt-BR")),
    row(2, "anna Ström", "sport", "SE", 90_000, languages=("sv",)),
    row(3, "Łukasz Żak", "music", "PL", languages=("pl", "en-GB")),
    row(4, "Beyoncé", "music", "US", 5_000_000, languages=("en",)),
    row(5, "Anna Strom", "film", "SE", 50_000, languages=("sv", "en")),
    row(6, "Haruto", "sport", "JP", prices={"JPY": (60_000, 90_000), "EUR": (70_000,)}, languages=("ja",)),
]
EVERYTHING = Filters()


def find(filters: Filters = EVERYTHING, sort: Sort = Sort.NAME) -> list[str]:
    ids, following = Listing(1, ROWS).find(filters, sort, after=None, limit=100)
    assert following is None
    return [each.removeprefix("cel_") for each in ids]


@pytest.mark.parametrize(
    ("sort", "currency", "order"),
    [
        (Sort.NAME, None, "254631"),
        (Sort.NAME_DESCENDING, None, "136452"),
        (Sort.NEWEST, None, "654321"),
        (Sort.PRICE, "EUR", "15624"),
        (Sort.PRICE_DESCENDING, "EUR", "42615"),
        (Sort.PRICE, "JPY", "6"),
        (Sort.PRICE, "KWD", ""),
    ],
)
def test_each_order_is_total_and_one_by_price_has_who_has_such_a_price(
    sort: Sort, currency: str | None, order: str
) -> None:
    assert find(Filters(currency=currency), sort) == list(order)


@pytest.mark.parametrize(
    ("filters", "sort"),
    [
        (Filters(min_price=1), Sort.NAME),
        (Filters(max_price=1), Sort.NAME),
        (EVERYTHING, Sort.PRICE),
        (EVERYTHING, Sort.PRICE_DESCENDING),
    ],
)
def test_amounts_without_a_currency_are_not_compared(filters: Filters, sort: Sort) -> None:
    with pytest.raises(ValueError, match="currencies"):
        find(filters, sort)


@pytest.mark.parametrize(
    ("language", "found"),
    [("pt", "1"), ("pt-BR", "1"), ("p", ""), ("en", "543"), ("en-GB", "3"), ("sv", "25")],
)
def test_a_language_finds_its_longer_tags_too(language: str, found: str) -> None:
    assert find(Filters(language=language)) == list(found)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("beyonce", "4"),
        ("BEYONCÉ", "4"),
        ("nunez", "1"),
        ("zoe n", "1"),
        ("strom", "25"),
        ("lukasz zak", "3"),
        ("ł", "3"),
        ("nobody", ""),
    ],
)
def test_a_name_is_found_whatever_its_case_and_accents(text: str, found: str) -> None:
    assert find(Filters(q=text)) == list(found)


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("Søren Kierkegård", "soren kierkegard"),
        ("Đorđe", "dorde"),
        ("STRASSE", "straße"),
        ("ﬁnn", "finn"),
        ("İpek", "ipek"),
        ("Ægir Þór Œuvre", "aegir thor oeuvre"),
        ("℡", "tel"),
        ("Ω", "ω"),
    ],
)
def test_letters_that_are_typed_alike_fold_alike(written: str, plain: str) -> None:
    assert folded(written) == folded(plain) == folded(folded(written))


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        (Filters(category="music"), "431"),
        (Filters(country="SE"), "25"),
        (Filters(category="music", country="US", q="b"), "4"),
        (Filters(category="opera"), ""),
        (Filters(currency="EUR"), "25461"),
        (Filters(currency="EUR", min_price=0), "25461"),
        (Filters(currency="EUR", min_price=90_000), "241"),
        (Filters(currency="EUR", max_price=50_000), "51"),
        (Filters(currency="EUR", min_price=50_000, max_price=50_000), "51"),
        (Filters(currency="EUR", min_price=75_000, max_price=80_000), ""),
        (Filters(currency="EUR", min_price=100_000, max_price=130_000), "1"),
        (Filters(currency="EUR", min_price=2, max_price=1), ""),
        (Filters(currency="JPY", min_price=65_000, max_price=80_000), ""),
        (Filters(currency="JPY", min_price=60_000, max_price=60_000), "6"),
        (Filters(currency="KWD"), ""),
        (Filters(offering=True), "25461"),
    ],
)
def test_filters_combine_and_a_price_bound_matches_any_active_offering(filters: Filters, found: str) -> None:
    assert find(filters) == list(found)


def test_masks_that_are_remembered_and_those_that_were_forgotten_find_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ordered, "_REMEMBERED", 2)
    listing = Listing(1, ROWS)

    for _ in range(2):
        for category, found in (("music", "431"), ("sport", "26"), ("film", "5"), ("opera", "")):
            ids, _ = listing.find(Filters(category=category), Sort.NAME, after=None, limit=9)
            assert ids == [f"cel_{each}" for each in found]


ROW_LISTS = st.lists(
    st.tuples(
        st.sampled_from(["ann", "bob", "bo", "cy"]),
        st.lists(st.integers(0, 3), max_size=2),
        st.sampled_from([(), ("en",), ("en-GB", "fr")]),
    ),
    max_size=12,
).map(
    lambda entries: [
        row(10 + n, name, "music", "SE", *prices, languages=languages)
        for n, (name, prices, languages) in enumerate(entries)
    ]
)
FILTERS = st.sampled_from(
    [
        Filters(currency="EUR"),
        Filters(currency="EUR", q="b", language="en"),
        Filters(currency="EUR", min_price=1),
        Filters(currency="EUR", max_price=2, q="o"),
    ]
)


def _plainly(rows: list[Row], filters: Filters) -> set[str]:
    """Say by the definition, one row at a time, who matches."""
    return {
        each.celebrity_id
        for each in rows
        if (filters.q or "") in each.name
        and (filters.language is None or any(tag.split("-")[0] == filters.language for tag in each.languages))
        and any(
            (filters.min_price or 0) <= price <= (9 if filters.max_price is None else filters.max_price)
            for price in each.prices.get("EUR", ())
        )
    }


@given(ROW_LISTS, FILTERS)
def test_who_matches_is_found_and_nobody_else(rows: list[Row], filters: Filters) -> None:
    ids, _ = Listing(1, rows).find(filters, Sort.NEWEST, after=None, limit=100)

    assert set(ids) == _plainly(rows, filters)
    assert ids == sorted(ids, reverse=True)


@given(ROW_LISTS, FILTERS, st.sampled_from(Sort), st.integers(1, 5))
def test_all_pages_together_are_the_whole_list_once(
    rows: list[Row], filters: Filters, sort: Sort, limit: int
) -> None:
    listing = Listing(1, rows)
    whole, _ = listing.find(filters, sort, after=None, limit=100)

    pages: list[list[str]] = []
    after: str | None = None
    for _ in range(len(rows) + 1):
        # A listing is read anew for each page, by any process: the order must not depend on the object.
        page, after = Listing(1, rows[::-1]).find(filters, sort, after=after, limit=limit)
        pages.append(page)
        if after is None:
            break

    assert [each for page in pages for each in page] == whole
    assert len(set(whole)) == len(whole)
    assert all(len(page) == limit for page in pages[:-1])


@given(ROW_LISTS, FILTERS)
def test_a_descending_order_by_name_is_the_ascending_one_reversed(rows: list[Row], filters: Filters) -> None:
    listing = Listing(1, rows)

    up, down = (
        listing.find(filters, sort, after=None, limit=100)[0] for sort in (Sort.NAME, Sort.NAME_DESCENDING)
    )

    assert down == up[::-1]


def test_the_list_goes_on_after_someone_who_no_longer_matches() -> None:
    changed = [row(2, "anna strom", "sport", "SE") if each.celebrity_id == "cel_2" else each for each in ROWS]

    page, _ = Listing(2, changed).find(
        Filters(currency="EUR", min_price=1), Sort.NAME, after="cel_2", limit=2
    )

    assert page == ["cel_5", "cel_4"]


def test_after_someone_who_is_gone_the_list_ends() -> None:
    assert Listing(1, ROWS).find(EVERYTHING, Sort.NAME, after="cel_9", limit=5) == ([], None)
