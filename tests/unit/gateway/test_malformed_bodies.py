"""What is not exactly one plain JSON object is refused before anything else looks at the request."""

import base64
import gzip
from typing import Any

import pytest

from greenroom.gateway.requests import LARGEST_BODY
from tests.unit.gateway.sample import Answer, App, answered, call, event, function

PADDING = len(b'{"name":""}')


def nested(levels: int) -> bytes:
    """Return an object that is ``levels`` deep, itself counted."""
    return b'{"name":' + b"[" * (levels - 1) + b"]" * (levels - 1) + b"}"


def sized(length: int) -> bytes:
    """Return a JSON object of exactly that many bytes."""
    return b'{"name":"' + b"x" * (length - PADDING) + b'"}'


MALFORMED = {
    "an empty body": b"",
    "white space": b" \n",
    "cut short": b'{"name": "a"',
    "two values": b'{"name":"a"} {}',
    "a comment": b'{"name":"a"} // b',
    "a trailing comma": b'{"name":"a",}',
    "single quotes": b"{'name':'a'}",
    "a bare line break in a string": b'{"name":"a\nb"}',
    "an unknown escape": b'{"name":"\\x41"}',
    "a list": b'[{"name":"a"}]',
    "a string": b'"name"',
    "a number": b"1",
    "null": b"null",
    "NaN": b'{"name":"a","ratio":NaN}',
    "Infinity": b'{"name":"a","ratio":Infinity}',
    "-Infinity": b'{"name":"a","ratio":-Infinity}',
    "a number out of range": b'{"name":"a","ratio":1e400}',
    "a negative number out of range": b'{"name":"a","ratio":-1E400}',
    "an integer of 20 digits": b'{"name":"a","count":10000000000000000000}',
    "a negative integer of 20 digits": b'{"name":"a","count":-10000000000000000000}',
    "an integer of 5,000 digits": b'{"name":"a","count":' + b"1" * 5000 + b"}",
    "a key twice": b'{"name":"a","name":"b"}',
    "a key twice, once escaped": b'{"name":"a","n\\u0061me":"b"}',
    "a key twice in an inner object": b'{"name":"a","price":{"amount":1,"amount":1,"currency":"EUR"}}',
    "a key twice in a list": b'{"name":"a","tags":[{"a":1,"a":2}]}',
    "33 levels": nested(33),
    "levels without end": b"[" * 100_000,
    "objects without end": b'{"a":' * 50_000,
    "bad UTF-8": b'{"name":"\xff"}',
    "UTF-8 of a surrogate": b'{"name":"\xed\xa0\x80"}',
    "an overlong encoding": b'{"name":"\xc0\xaf"}',
    "a byte order mark": b"\xef\xbb\xbf" + b'{"name":"a"}',
    "UTF-16": '{"name":"a"}'.encode("utf-16"),
    "UTF-16 without a mark": '{"name":"a"}'.encode("utf-16-le"),
    "UTF-32": '{"name":"a"}'.encode("utf-32"),
    "a NUL byte": b'{"name":"a\x00"}',
    "a form": b"name=a&count=1",
}


@pytest.mark.parametrize("raw", MALFORMED.values(), ids=MALFORMED.keys())
def test_a_malformed_body_is_a_400_and_reaches_no_handler(raw: bytes) -> None:
    app = App()

    answer = call("POST", "/public", app=app, raw=raw, Content_Type="application/json")

    assert answer.told == (400, "malformed_body")
    assert app.seen == []


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (b'\r\n\t {"name":"a"} \n', 204),
        ('{"name":"Zoë 🎤"}'.encode(), 204),
        (b'{"name":"\\ud83c\\udfa4"}', 204),
        (b'{"name":"a","count":9999999999999999999}', 422),  # 19 digits: JSON we take, a count we do not
        (nested(32), 422),
        (b'{"name":"a","ratio":1e-400}', 204),
    ],
)
def test_unusual_but_plain_json_is_decoded(raw: bytes, status: int) -> None:
    assert call("POST", "/public", raw=raw).status == status


FORBIDDEN = {
    "NUL": "\\u0000",
    "half of a pair": "\\ud800",
    "the other half": "\\udfff",
    "halves in the wrong order": "\\udc00\\ud800",
    "right-to-left override": "\\u202e",
    "right-to-left override, raw": "\u202e",
    "left-to-right isolate": "\\u2066",
    "pop isolate": "\\u2069",
    "right-to-left mark": "\\u200f",
    "Arabic letter mark": "\\u061c",
}


@pytest.mark.parametrize("text", FORBIDDEN.values(), ids=FORBIDDEN.keys())
def test_characters_that_hide_or_reorder_text_are_a_422_that_names_the_field(text: str) -> None:
    top, inner, key = (
        call("POST", "/public", raw=body.encode())
        for body in (
            f'{{"name":"a{text}b"}}',
            f'{{"name":"a","tags":["ok",{{"deep":"{text}"}}]}}',
            f'{{"name":"a","price":{{"x{text}":1}}}}',
        )
    )

    assert [answer.told for answer in (top, inner, key)] == [(422, "invalid_request")] * 3
    assert (top.fields, inner.fields, key.fields) == (["name"], ["tags.1.deep"], ["price"])


def test_a_forbidden_character_in_a_key_of_the_body_itself_names_the_body() -> None:
    assert call("POST", "/public", raw=b'{"na\\u202eme":"a"}').fields == ["body"]


@pytest.mark.parametrize(
    ("length", "status"), [(LARGEST_BODY - 1, 422), (LARGEST_BODY, 422), (LARGEST_BODY + 1, 413)]
)
@pytest.mark.parametrize("encoded", [True, False])
def test_a_body_may_have_256_kib_and_not_a_byte_more(length: int, status: int, encoded: bool) -> None:
    sent = _event(sized(length).decode(), encoded=encoded)

    answer = answered(function()(sent))

    assert answer.status == status
    assert (answer.body["code"] == "body_too_large") == (status == 413)


def test_the_bound_counts_bytes_and_not_characters() -> None:
    text = '{"name":"' + "é" * (LARGEST_BODY // 2) + '"}'

    assert answered(function()(_event(text, encoded=False))).told == (413, "body_too_large")


def test_a_body_far_over_the_bound_is_refused_before_it_is_decoded() -> None:
    sent = _event("x", encoded=True) | {"body": "!" * (10 * LARGEST_BODY)}

    assert answered(function()(sent)).told == (413, "body_too_large")


@pytest.mark.parametrize("text", ["!!!!", "e30", "e30=\n", "é", "\ud800"])
def test_a_body_that_is_not_the_base64_it_says_it_is_is_malformed(text: str) -> None:
    sent = _event("{}", encoded=True) | {"body": text}

    assert answered(function()(sent)).told == (400, "malformed_body")


def test_text_that_has_no_utf_8_is_malformed() -> None:
    assert answered(function()(_event('{"name":"\ud800"}', encoded=False))).told == (400, "malformed_body")


@pytest.mark.parametrize(
    "content_type",
    [
        None,
        "",
        "text/plain",
        "text/json",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/merge-patch+json",
        "application/json5",
        "application/json; charset=utf-16",
        "application/json; charset=iso-8859-1",
        "application/json; charset=utf-8; charset=utf-16",
        "application/json, text/plain",
        'application/json; charset="utf-8',
    ],
)
def test_another_content_type_is_a_415(content_type: str | None) -> None:
    headers = [] if content_type is None else [("content-type", content_type)]
    sent = event("POST", "/public", headers=headers, body=b'{"name":"a"}')

    assert answered(function()(sent)).told == (415, "unsupported_media_type")


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "Application/JSON",
        "application/json;charset=UTF-8",
        'application/json; charset="utf-8"',
        "application/json ; charset=utf-8 ",
    ],
)
def test_json_in_utf_8_is_taken_however_it_is_spelt(content_type: str) -> None:
    assert call("POST", "/public", body={"name": "a"}, Content_Type=content_type).status == 204


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json; charset=utf-8; charset=utf-8",
        "application/json; charset=utf-7",
        "application/json; version=2",
        "application/json;",
        "application/json\r\nX-Evil: 1",
        "application/json\x00",
        "application/vnd.greenroom+json",
        "application/jsonx",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "text/json",
        "application/xml",
    ],
)
def test_an_odd_content_type_is_a_415(content_type: str) -> None:
    answer = call("POST", "/public", body={"name": "a"}, Content_Type=content_type)

    assert answer.told == (415, "unsupported_media_type")


def test_of_two_content_types_the_last_stands_as_of_any_header() -> None:
    for types, status in (
        (["text/plain", "application/json"], 204),
        (["application/json", "text/plain"], 415),
    ):
        headers = [("content-type", each) for each in types]

        assert (
            answered(function()(event("POST", "/public", headers=headers, body=b'{"name":"a"}'))).status
            == status
        )


@pytest.mark.parametrize(
    "encoding", ["gzip", "GZIP", "x-gzip", "deflate", "br", "zstd", "identity, gzip", "aes"]
)
@pytest.mark.parametrize("raw", [gzip.compress(b'{"name":"a"}'), b'{"name":"a"}'], ids=["packed", "plain"])
def test_a_compressed_body_is_refused_and_not_unpacked(encoding: str, raw: bytes) -> None:
    app = App()

    answer = call("POST", "/public", app=app, raw=raw, Content_Encoding=encoding)

    assert answer.told == (415, "unsupported_media_type")
    assert app.seen == []


@pytest.mark.parametrize("encoding", ["identity", "Identity ", ""])
def test_a_body_that_says_it_is_not_compressed_is_taken(encoding: str) -> None:
    assert call("POST", "/public", body={"name": "a"}, Content_Encoding=encoding).status == 204


def test_a_raw_route_gets_the_bytes_as_they_came_within_the_same_bound() -> None:
    app = App()

    taken = call("POST", "/raw", app=app, raw=b'{"a":1,"a":NaN}\xff', Content_Type="text/plain")
    refused = call("POST", "/raw", app=app, raw=b"x" * (LARGEST_BODY + 1))

    assert taken.status == 204
    assert app.seen == [b'{"a":1,"a":NaN}\xff']
    assert refused.told == (413, "body_too_large")


def _event(text: str, *, encoded: bool) -> dict[str, Any]:
    sent = event("POST", "/public", headers=[("content-type", "application/json")], body=b"{}")
    body = base64.b64encode(text.encode()).decode() if encoded else text
    return sent | {"body": body, "isBase64Encoded": encoded}


def test_the_refusal_of_a_body_carries_no_part_of_it() -> None:
    answers: list[Answer] = [
        call("POST", "/public", raw=raw, Content_Type="application/json")
        for raw in (
            b'{"hunter2":"hunter2"',
            b'{"hunter2":1,"hunter2":1}',
            b'{"a":"hunter2\xff"}',
            b'"hunter2"',
        )
    ]

    assert [answer.status for answer in answers] == [400] * 4
    assert not any("hunter2" in answer.text for answer in answers)
