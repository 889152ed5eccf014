"""A letter and its calendar file as one message, the same each time it is made for an event and a side.

No header holds what a user typed but the subject, and no line can be smuggled in through that.
"""

from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from greenroom.actors import Role

from .announcements import Announcement
from .calendar_files import FILE_NAME, Invitation
from .letters import Letter

EVENT_HEADER = "X-Greenroom-Event"


def message_id(event_id: str, side: Role, domain: str) -> str:
    """Return the ``Message-ID`` of an event's mail to one side; it never varies."""
    return f"<{event_id}.{side}@{domain}>"


def envelope(
    letter: Letter,
    invitation: Invitation | None,
    announced: Announcement,
    side: Role,
    *,
    sender: Address,
    recipient: str,
) -> EmailMessage:
    """Return the message to ``recipient``, a bare address."""
    message = EmailMessage(policy=SMTP)
    message["From"] = sender
    message["To"] = Address(addr_spec=recipient)
    # The mail package decodes what looks like an encoded word, line ends within included, and on Python
    # before 3.12.5 writes them out as they are. So a subject holds nothing that looks like one.
    message["Subject"] = letter.subject.replace("=?", "= ?")
    message["Date"] = format_datetime(announced.event.at)
    message["Message-ID"] = message_id(announced.event_id, side, sender.domain)
    message["Auto-Submitted"] = "auto-generated"
    message[EVENT_HEADER] = announced.event_id
    message.set_content(letter.text)
    message.add_alternative(letter.html, subtype="html")
    if invitation is not None:
        # Mail clients act on a calendar that is a form of the letter itself; where they know of no such
        # thing there is the file. Its type differs, or some would take one invitation for two.
        parameters = {"charset": "utf-8", "method": invitation.method.value}
        # As bytes, so that no transport touches their line ends.
        message.add_alternative(invitation.content, maintype="text", subtype="calendar", params=parameters)
        message.add_attachment(
            invitation.content, maintype="application", subtype="ics", filename=FILE_NAME, params=parameters
        )
    return message
