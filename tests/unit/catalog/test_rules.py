"""What celebrities and offerings may be, where a route's shape does not already say it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from greenroom.catalog.countries import countries
from greenroom.catalog.rules import checked, own_offering, slugs, without_offering
from greenroom.identifiers import new_owned_id, owner_of
from greenroom.refusals import NotFound
from tests.support.celebrities import DEAR, FORMER, OFFERING, ZOE

MEDIA = "https://media.greenroom.test"


def test_the_countries_are_those_of_iso_3166() -> None:
    assert len(countries()) == 249
    assert {"DE", "XK", "ZZ", "UK", "GB"} & countries() == {"DE", "GB"}


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Zoë Núñez", "zoe-nunez"),
        ("  D'Arcy & Sons, Ltd. ", "d-arcy-sons-ltd"),
        ("Łukasz Żak 2", "lukasz-zak-2"),
        ("山田", "celebrity"),
        ("...", "celebrity"),
        ("x" * 99, "x" * 60),
        (f"{'x' * 59} y", "x" * 59),
        ("cel_00000000000000000000000001", "cel-00000000000000000000000001"),
    ],
)
def test_a_slug_is_made_from_the_name_and_never_looks_like_an_id(name: str, slug: str) -> None:
    first, *others, last = slugs(name, ZOE.id)

    assert first == slug
    assert others[:2] == [f"{slug}-2", f"{slug}-3"]
    assert last == f"{slug}-{ZOE.id[-10:].lower()}"


def test_media_lie_below_the_media_server_whatever_its_base() -> None:
    one = replace(ZOE, media=(f"{MEDIA}/files/a.jpg",))

    for base in (MEDIA, f"{MEDIA}/", f"{MEDIA}/files"):
        assert checked(one, base) is one
    for other in (None, f"{MEDIA}/fi", f"{MEDIA}/files/a.jpg", "https://media.greenroom.tes"):
        with pytest.raises(Exception, match="media server"):
            checked(one, other)


def test_an_offering_is_found_and_taken_away_whether_active_or_not() -> None:
    assert own_offering(ZOE, FORMER.id) is FORMER
    assert without_offering(ZOE, FORMER.id).offerings == (DEAR, OFFERING)
    with pytest.raises(NotFound):
        without_offering(ZOE, "off_104")


def test_a_new_id_names_its_owner_and_sorts_by_time() -> None:
    now = ZOE.created_at
    ids = [new_owned_id("off", ZOE.id, now + n * timedelta(milliseconds=1)) for n in range(50)]

    assert ids == sorted(ids)
    assert {owner_of(each, "off", "cel") for each in ids} == {ZOE.id}
    assert len({new_owned_id("off", ZOE.id, now) for _ in range(20)}) > 15
