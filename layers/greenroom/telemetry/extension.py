"""Registration as an internal extension by Lambda's Extensions API, whose one effect is to get SIGTERM.

https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html
"""

import http.client
import json
import threading
from contextlib import suppress

_NAME = "greenroom"
_VERSION = "/2020-01-01/extension"
_REGISTER_SECONDS = 1.0


class NotRegistered(Exception):
    """The runtime did not take the registration."""


def register(address: str) -> None:
    """Register for no events at ``address`` (host and port). Raises ``NotRegistered`` or ``OSError``.

    Init ends only when every extension has asked for its next event, so a thread asks. As there are no
    events, the answer never comes.
    """
    connection = http.client.HTTPConnection(address, timeout=_REGISTER_SECONDS)
    try:
        body = json.dumps({"events": []})
        connection.request("POST", f"{_VERSION}/register", body, {"Lambda-Extension-Name": _NAME})
        answer = connection.getresponse()
        answer.read()
        identifier = answer.getheader("Lambda-Extension-Identifier")
    finally:
        connection.close()
    if answer.status != http.client.OK or not identifier:
        raise NotRegistered(f"the runtime answered {answer.status}")
    waiting = threading.Thread(target=_wait, args=(address, identifier), name="extension", daemon=True)
    waiting.start()


def _wait(address: str, identifier: str) -> None:
    with suppress(OSError, http.client.HTTPException):
        connection = http.client.HTTPConnection(address)
        connection.request(
            "GET", f"{_VERSION}/event/next", headers={"Lambda-Extension-Identifier": identifier}
        )
        connection.getresponse().read()
