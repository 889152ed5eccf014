"""Files are what their bytes say; photos are published without what they tell beside the picture."""

import pytest

from greenroom.uploads.images import Malformed, clean_jpeg, clean_png, clean_webp
from greenroom.uploads.inspection import check_head, inspected, read_whole
from greenroom.uploads.purposes import KINDS
from greenroom.uploads.refusals import NotAsDeclared
from tests.support.files import FILES, SECRET, jpeg, mp4, pdf, png, webp

CLEANERS = {"jpeg": (clean_jpeg, jpeg), "png": (clean_png, png), "webp": (clean_webp, webp)}
WHOLE = [content_type for content_type in FILES if read_whole(content_type)]
HTML = b"<!doctype html><script>alert(1)</script>"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


def test_there_is_a_good_file_of_every_type_that_is_taken() -> None:
    assert {content_type for kind in KINDS.values() for content_type in kind.endings} == FILES.keys()


def test_nothing_that_a_browser_runs_is_taken_for_any_purpose() -> None:
    for kind in KINDS.values():
        assert not {"image/svg+xml", "text/html", "application/xhtml+xml", "text/xml"} & kind.endings.keys()


@pytest.mark.parametrize("name", CLEANERS)
def test_a_photo_without_metadata_stays_as_it_is(name: str) -> None:
    clean, make = CLEANERS[name]

    assert clean(make()) == make()


@pytest.mark.parametrize("name", CLEANERS)
def test_what_a_photo_tells_beside_the_picture_is_gone(name: str) -> None:
    clean, make = CLEANERS[name]
    told = make(secret=SECRET)

    assert SECRET in told
    assert clean(told) == make()


@pytest.mark.parametrize("name", CLEANERS)
def test_what_follows_the_end_of_a_photo_is_gone(name: str) -> None:
    clean, make = CLEANERS[name]

    assert clean(make(after=HTML)) == make()


@pytest.mark.parametrize("orientation", range(1, 9))
def test_which_way_is_up_stays(orientation: int) -> None:
    cleaned = clean_jpeg(jpeg(orientation=orientation, secret=SECRET))

    assert SECRET not in cleaned
    assert cleaned == clean_jpeg(cleaned)
    assert (b"Exif" in cleaned) == (orientation != 1)
    assert orientation == 1 or b"\x01\x12\x00\x03\x00\x00\x00\x01" + bytes((0, orientation)) in cleaned


@pytest.mark.parametrize("exif", [b"", b"II*\0", b"II*\0\xff\xff\xff\xff", b"MM\0*\0\0\0\x08\xff\xff"])
def test_broken_exif_is_no_reason_to_refuse_a_photo(exif: bytes) -> None:
    segment = b"\xff\xe1" + (len(exif) + 8).to_bytes(2) + b"Exif\0\0" + exif
    photo = jpeg()

    assert clean_jpeg(photo[:2] + segment + photo[2:]) == photo


@pytest.mark.parametrize("name", CLEANERS)
def test_a_photo_cut_off_anywhere_is_none(name: str) -> None:
    clean, make = CLEANERS[name]
    whole = make(secret=SECRET)

    for length in range(len(whole)):
        with pytest.raises(Malformed):
            clean(whole[:length])


def test_a_png_with_a_wrong_check_sum_is_none() -> None:
    broken = bytearray(png())
    broken[20] ^= 1

    with pytest.raises(Malformed):
        clean_png(bytes(broken))


@pytest.mark.parametrize(
    "data",
    [
        b"\xff\xd8\xff\xd9",
        b"\xff\xd8\xff\xe0\x00\x01\xff\xd9",
        b"\xff\xd8\xff\xfe\x00\x06<a>!\xff\xd9",
    ],
    ids=["nothing", "a segment shorter than its length", "a comment alone"],
)
def test_a_jpeg_without_a_picture_is_none(data: bytes) -> None:
    with pytest.raises(Malformed):
        clean_jpeg(data)


@pytest.mark.parametrize("content_type", WHOLE)
def test_a_good_file_passes(content_type: str) -> None:
    assert inspected(content_type, FILES[content_type])


@pytest.mark.parametrize("content_type", WHOLE)
@pytest.mark.parametrize("other", [*FILES, HTML, SVG, b"MZ\x90\0", b"PK\3\4", b"GIF89a", b"\0"])
def test_no_file_passes_for_one_of_another_type(content_type: str, other: str | bytes) -> None:
    if other == content_type:
        return
    with pytest.raises(NotAsDeclared):
        inspected(content_type, other if isinstance(other, bytes) else FILES[other])


def test_a_document_has_an_end() -> None:
    with pytest.raises(NotAsDeclared):
        inspected("application/pdf", pdf().replace(b"%%EOF", b"%%E"))


@pytest.mark.parametrize("brand", [b"isom", b"mp42", b"M4V ", b"avc1"])
def test_a_film_begins_with_its_brand(brand: bytes) -> None:
    check_head(mp4(brand=brand)[:4096])


@pytest.mark.parametrize(
    "head",
    [b"", b"\0\0\0\x18", mp4(brand=b"heic"), mp4(brand=b"qt  "), HTML, mp4()[4:], b"\xff" * 4 + mp4()[4:]],
)
def test_what_begins_otherwise_is_no_film(head: bytes) -> None:
    with pytest.raises(NotAsDeclared):
        check_head(head)
