"""What the outbox needs to know of its stage, as a function and as an operator's command."""

from email.headerregistry import Address
from email.message import EmailMessage
from typing import Annotated

from pydantic import AfterValidator, Field

from greenroom.settings import Settings

_DEFAULT_NAME = "Greenroom"


def _address(text: str) -> Address:
    header = EmailMessage()
    header["From"] = text
    addresses = header["From"].addresses
    if len(addresses) != 1 or header["From"].defects or not addresses[0].domain or not text.isascii():
        raise ValueError("not an e-mail address")
    return Address(addresses[0].display_name or _DEFAULT_NAME, addr_spec=addresses[0].addr_spec)


def _one_sender(text: str) -> str:
    _address(text)
    return text


class OutboxSettings(Settings):
    """Where bookings and addresses are, and how mails are signed."""

    bookings_table: str
    identity_table: str
    mail_from: Annotated[str, AfterValidator(_one_sender)]
    """An address whose domain may send, with or without a name: ``Greenroom <mail@greenroom.example>``."""
    public_url: Annotated[str, Field(pattern=r"^https?://\S*[^\s/]$")]
    """Where links in mails lead, without a trailing slash."""
    undelivered_queue_url: str
    """Where it is noted which events did not go out."""

    @property
    def sender(self) -> Address:
        """Return ``mail_from`` in its parts."""
        return _address(self.mail_from)
