"""Questions over HTTP, to whatever serves the API: a deployed stage, or the local system."""

import urllib.error
import urllib.request
from dataclasses import dataclass
from urllib.parse import quote, urlencode, urlsplit

from greenroom.smoke.asking import Answer, Ask, Unexpected

_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Site:
    """An API by its base address, which may have a path: that of a stage of the gateway."""

    base_url: str

    def __post_init__(self) -> None:
        address = urlsplit(self.base_url)
        if address.scheme not in {"http", "https"} or not address.hostname or address.query:
            raise ValueError(f"{self.base_url} is not the address of an API")

    def ask(self, ask: Ask) -> Answer:
        """Ask; raise ``Unexpected`` where nobody answers. Redirections, of which the API has none, fail."""
        path = ask.resource.format_map({name: quote(value) for name, value in ask.parameters.items()})
        query = f"?{urlencode(ask.query)}" if ask.query else ""
        request = urllib.request.Request(  # noqa: S310 - its scheme was checked
            f"{self.base_url.rstrip('/')}{path}{query}",
            method=ask.method,
            headers={"User-Agent": "greenroom-smoke", **ask.headers},
            data=ask.body or None,
        )
        try:
            with urllib.request.urlopen(request, timeout=_SECONDS) as response:  # noqa: S310 - as above
                return _answer(response.status, response.headers.items(), response.read())
        except urllib.error.HTTPError as refused:
            with refused:
                return _answer(refused.code, refused.headers.items(), refused.read())
        except OSError as error:
            raise Unexpected(f"{ask}: no answer ({type(error).__name__})") from None


def _answer(status: int, headers: list[tuple[str, str]], body: bytes) -> Answer:
    return Answer(status, {name.lower(): value for name, value in headers}, body)
