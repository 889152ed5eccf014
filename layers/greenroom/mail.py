"""Sending one mail: a port, and its adapter on SES.

The caller composes the whole message: ``From``, exactly one ``deliverable_address`` in ``To``, ``Subject``,
``Message-ID`` and the body. Whatever the headers hold is what is sent; nothing is added or looked up here.
"""

from collections.abc import Callable
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from typing import TYPE_CHECKING, Protocol

import idna
from botocore.exceptions import BotoCoreError, ClientError

from greenroom.refusals import Unavailable
from greenroom.storage.clients import client, session
from greenroom.telemetry import lifecycle
from greenroom.telemetry.errors import provider_call

if TYPE_CHECKING:
    from mypy_boto3_sesv2 import SESV2Client


class MailUnavailable(Unavailable):
    """The provider did not accept the mail, or it is not known whether it did."""


class Mailer(Protocol):
    """Hands a finished message to a mail provider."""

    def send(self, message: EmailMessage) -> None:
        """Return once the provider has accepted the message; raise ``MailUnavailable`` otherwise."""
        ...


def _ses() -> "SESV2Client":
    return client("sesv2")


@dataclass(frozen=True, slots=True)
class SesMailer:
    """Sends through SES v2 as a raw message, attachments and headers untouched."""

    ses: "Callable[[], SESV2Client]" = _ses
    """Returns the client. On demand it is loaded for the first mail, else in init."""

    def __post_init__(self) -> None:
        if not lifecycle.is_on_demand():
            # This loads boto3 and makes no client: a client holds credentials, which a snapshot must not.
            session()

    def send(self, message: EmailMessage) -> None:
        """See ``Mailer.send``. The envelope is made of the bare addresses in ``From`` and ``To`` alone."""
        ses = self.ses()
        sender, recipient = (message[name].addresses[0].addr_spec for name in ("From", "To"))
        try:
            with provider_call("mail", "send"):
                ses.send_email(
                    FromEmailAddress=sender,
                    Destination={"ToAddresses": [recipient]},
                    Content={"Raw": {"Data": message.as_bytes(policy=SMTP)}},
                )
        except (ClientError, BotoCoreError) as error:
            raise MailUnavailable(retry_after=1) from error


def deliverable_address(address: str) -> str:
    """Return the address with a domain such as ``bücher.example`` as DNS has it: mail takes no other form."""
    if address.isascii():
        return address
    local_part, _, domain = address.rpartition("@")
    return f"{local_part}@{idna.encode(domain).decode('ascii')}"
