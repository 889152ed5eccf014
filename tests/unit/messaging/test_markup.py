"""The HTML form of letters: the same words, no markup that somebody typed, nothing loaded from anywhere."""

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from greenroom.actors import Role
from greenroom.bookings.model import Booking, EventType
from greenroom.messaging.announcements import announcement
from greenroom.messaging.letters import Letter, write_letter
from greenroom.messaging.wordings import WORDINGS
from greenroom.storage.items import Item
from tests.unit.messaging.scenes import BOOKING_ID, PUBLIC_URL, event_item, some_booking, written_terms

HARMLESS = {"doctype", "html", "head", "meta", "title", "body", "p", "table", "tr", "th", "td", "a"}
ATTRIBUTES = {"lang", "charset", "name", "content", "style", "href", "scope"}


class Reader(HTMLParser):
    """What a mail client makes of a page: elements, attributes, and the text between them."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, tuple[tuple[str, str | None], ...]]] = []
        self.texts: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, tuple(attrs)))

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def letter(item: Item, booking: Booking | None = None, name: str = "Ada", side: Role = Role.BUYER) -> Letter:
    announced = announcement(item)
    return write_letter(announced, booking or some_booking(), side, name=name, public_url=PUBLIC_URL)


@pytest.mark.parametrize("side", [Role.BUYER, Role.AGENT])
@pytest.mark.parametrize("kind", [kind for kind in EventType if kind in WORDINGS])
def test_both_forms_say_the_same(kind: EventType, side: Role) -> None:
    written = letter(
        event_item(kind, reason="a & b <c>", changes={"terms": written_terms(rider="tea > coffee")}),
        side=side,
    )
    page = Reader(written.html)

    said = " ".join("".join(page.texts).split())
    for line in written.text.splitlines():
        if not line.startswith("Booking: "):
            assert all(part in said for part in line.partition(": ")[::2])
    assert ("a", (("href", f"{PUBLIC_URL}/v1/bookings/{BOOKING_ID}"),)) in page.tags


def test_nothing_is_loaded_and_nothing_runs() -> None:
    page = letter(event_item("offered", changes={"terms": written_terms()})).html

    read = Reader(page)
    assert {tag for tag, _ in read.tags} <= HARMLESS
    assert {name for _, attributes in read.tags for name, _ in attributes} <= ATTRIBUTES
    assert re.findall(r"https?://[^\s\"<]+", page) == [f"{PUBLIC_URL}/v1/bookings/{BOOKING_ID}"]
    assert "url(" not in page


TYPED = st.text(max_size=80) | st.sampled_from(
    [
        "<img src=x onerror=alert(1)>",
        "</td></tr></table><script src=//evil.test></script>",
        "<a href='https://evil.test'>Open the booking</a>",
        '" onmouseover="alert(1)',
        "</title><style>@import url(//evil.test)</style>",
        "<!--",
        "<![CDATA[",
        "&lt;b&gt; &amp;#x3c;script&amp;#x3e;",
        "{rows} {0.__class__} {link}",
    ]
)


@settings(max_examples=80, deadline=None)
@given(celebrity=TYPED, title=TYPED, venue=TYPED, reason=TYPED, rider=TYPED, name=TYPED)
@example(*["<img src=x onerror=alert(1)>"] * 6)
def test_no_text_that_people_typed_becomes_markup(
    celebrity: str, title: str, venue: str, reason: str, rider: str, name: str
) -> None:
    plain = letter(event_item("offered", reason="x", changes={"terms": written_terms(rider="x")}))
    booking = replace(
        some_booking(), celebrity_name=celebrity, offering_title=title, venue=f"at {venue}", brief=venue
    )
    item = event_item("offered", reason=f"so {reason}", changes={"terms": written_terms(rider=f"a {rider}")})

    written = letter(item, booking, name=name)

    assert Reader(written.html).tags == Reader(plain.html).tags
    shown = " ".join("".join(Reader(written.html).texts).split())
    for line in written.text.splitlines():
        assert " ".join(line.partition(": ")[2].split()) in shown or line.startswith("Booking: ")
