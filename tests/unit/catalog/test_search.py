"""Search over the listing: filters, orders, and pages that together are the whole list."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from greenroom.catalog.search import Filters, Listing, Row, Sort, folded

ROWS = [
    Row("cel_1", folded("Zoë Núñez"), "music", "ES", (50_000, 120_000)),
    Row("cel_2", folded("anna Ström"), "sport", "SE", (90_000,)),
    Row("cel_3", folded("Łukasz Żak"), "music", "PL", ()),
    Row("cel_4", folded("Beyoncé"), "music", "US", (5_000_000,)),
    Row("cel_5", folded("Anna Strom"), "film", "SE", (50_000,)),
]
EVERYTHING = Filters()


def find(filters: Filters = EVERYTHING, sort: Sort = Sort.NAME) -> list[str]:
    ids, following = Listing(1, ROWS).find(filters, sort, after=None, limit=100)
    assert following is None
    return [each.removeprefix("cel_") for each in ids]


@pytest.mark.parametrize(
    ("sort", "order"),
    [
        (Sort.NAME, "25431"),
        (Sort.NAME_DESCENDING, "13452"),
        (Sort.PRICE, "15243"),
        (Sort.PRICE_DESCENDING, "42153"),
        (Sort.NEWEST, "54321"),
    ],
)
def test_each_order_is_total_and_who_has_no_price_comes_last(sort: Sort, order: str) -> None:
    assert find(sort=sort) == list(order)


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
        (Filters(min_price=0), "2541"),
        (Filters(min_price=90_000), "241"),
        (Filters(max_price=50_000), "51"),
        (Filters(min_price=50_000, max_price=50_000), "51"),
        (Filters(min_price=60_000, max_price=80_000), ""),
        (Filters(min_price=100_000, max_price=130_000), "1"),
        (Filters(min_price=2, max_price=1), ""),
    ],
)
def test_filters_combine_and_a_price_bound_matches_any_active_offering(filters: Filters, found: str) -> None:
    assert find(filters) == list(found)


ROW_LISTS = st.lists(
    st.tuples(st.sampled_from(["ann", "bob", "bo", "cy"]), st.lists(st.integers(0, 3), max_size=2)),
    max_size=12,
).map(
    lambda entries: [
        Row(f"cel_{n:02d}", name, "music", "SE", tuple(sorted(prices)))
        for n, (name, prices) in enumerate(entries)
    ]
)
FILTERS = st.sampled_from([EVERYTHING, Filters(q="b"), Filters(min_price=1), Filters(max_price=2, q="o")])


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
    changed = [
        Row("cel_2", "anna strom", "sport", "SE", ()) if row.celebrity_id == "cel_2" else row for row in ROWS
    ]

    page, _ = Listing(2, changed).find(Filters(min_price=1), Sort.NAME, after="cel_2", limit=2)

    assert page == ["cel_5", "cel_4"]


def test_after_someone_who_is_gone_the_list_ends() -> None:
    assert Listing(1, ROWS).find(EVERYTHING, Sort.NAME, after="cel_9", limit=5) == ([], None)
