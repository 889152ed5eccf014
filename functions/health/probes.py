"""Round trips to what the system needs from outside. Each raises when it fails, for whatever reason."""

import urllib3
from botocore.exceptions import ClientError

from greenroom.storage.clients import client
from greenroom.storage.keys import Key
from greenroom.storage.tables import Tables

_NOTHING = Key("HEALTH", "PROBE")
_THROTTLED = frozenset({"Throttling", "ThrottlingException", "TooManyRequestsException"})


class NotVerified(Exception):
    """The mail service knows the domain and lets nothing be sent from it."""


class Unwell(Exception):
    """The service answers with a fault of its own."""


def read_table(tables: Tables, table: str) -> None:
    """Read an item that need not exist."""
    tables.get(table, _NOTHING)


def ask_mail(domain: str) -> None:
    """Ask the mail service whether mails from the domain may go out.

    Of all its questions this is the one that a role can be allowed for one domain alone.
    """
    try:
        identity = client("sesv2").get_email_identity(EmailIdentity=domain)
    except ClientError as error:
        # It takes one question a second in all; a refusal for that reason is an answer.
        if error.response["Error"]["Code"] in _THROTTLED:
            return
        raise
    if not identity.get("VerifiedForSendingStatus"):
        raise NotVerified


def reach(url: str, seconds: float) -> None:
    """Send a GET without credentials; any answer but a fault of the service's own shows that it is there.

    ``seconds`` bounds each of connecting and waiting. Redirections are not followed, the body is not read.
    """
    with urllib3.PoolManager(retries=False, timeout=seconds) as pool:
        answer = pool.request(
            "GET",
            url,
            headers={"User-Agent": "greenroom-health", "Connection": "close"},
            redirect=False,
            preload_content=False,
        )
        answer.close()
    if answer.status >= 500:
        raise Unwell
