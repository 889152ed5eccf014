"""HTTP as it is written: targets and headers go out byte by byte, which a polite client would mend."""

import http.client
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from tests.support.documented import document


@dataclass(frozen=True)
class Reply:
    """What came back; header names in lower case, of a repeated one all values."""

    status: int
    headers: dict[str, str]
    body: bytes


def exchange(
    base_url: str,
    method: str,
    target: str,
    headers: Iterable[tuple[str, str]] = (),
    body: bytes | Iterable[bytes] = b"",
) -> Reply:
    """Send one request. A body in pieces goes out in chunks, without a length."""
    address = urlsplit(base_url)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=30)
    try:
        sent = list(headers)
        has_host = any(name.lower() == "host" for name, _ in sent)
        connection.putrequest(method, target, skip_host=has_host, skip_accept_encoding=True)
        for name, value in sent:
            connection.putheader(name, value.encode("latin-1"))
        if isinstance(body, bytes):
            if body:
                connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body or None)
        else:
            connection.putheader("Transfer-Encoding", "chunked")
            connection.endheaders(body, encode_chunked=True)
        answer = connection.getresponse()
        content = answer.read()
    finally:
        connection.close()
    found: dict[str, str] = {}
    for name, value in answer.getheaders():
        found[name.lower()] = f"{found[name.lower()]}, {value}" if name.lower() in found else value
    return Reply(answer.status, found, content)


def check_refusal(reply: Reply) -> None:
    """Assert that a refusal is a problem document under every header of the table."""
    for name, value in document()["x-greenroom-headers"].items():
        assert reply.headers[name.lower()] == value, name
    assert reply.headers["content-type"] == "application/problem+json"
    assert reply.headers["cache-control"] == "no-store"
