"""Every mail that functions send: taken at the AWS client as it goes out, kept, and shown.

The emulator forgets the attachments of raw mail, so the mail is read here, from the request that sends it.
It is kept once the service has taken it; sending goes on as always.
"""

import base64
import json
import threading
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage, Message
from pathlib import Path
from typing import Any

_KEPT_IN_CONTEXT = "greenroom_mail"


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file of a mail; ``content`` is text for ``text/*`` and base64 for all else."""

    filename: str
    content_type: str
    content: str


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail to one recipient. ``at`` is RFC 3339."""

    at: str
    to: str
    subject: str
    text: str
    attachments: tuple[Attachment, ...]

    def public(self) -> dict[str, Any]:
        """Return what the mailbox endpoint shows."""
        shown = asdict(self)
        del shown["at"]
        return shown


class Mailbox:
    """All mail, also that of earlier runs. Safe to use from many threads."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._mails: list[Mail] = []
        if path.exists():
            *lines, cut_short = path.read_text("utf-8").split("\n")
            self._mails = [_restored(json.loads(line)) for line in lines]
            if cut_short:  # a run was killed while it wrote
                path.write_text("".join(f"{line}\n" for line in lines), "utf-8")

    def install(self, events: Any) -> None:
        """Hook into a boto3 session's events; clients made from the session after this are heard."""
        events.register("before-parameter-build.sesv2.SendEmail", self._sending)
        events.register("after-call.sesv2.SendEmail", self._sent)

    @staticmethod
    def _sending(params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
        context[_KEPT_IN_CONTEXT] = params

    def _sent(self, http_response: Any, context: dict[str, Any], **_: Any) -> None:
        if http_response.status_code < 300:
            self.keep(context[_KEPT_IN_CONTEXT])

    def keep(self, request: dict[str, Any]) -> None:
        """Keep the mail of a ``SendEmail`` request, once for each recipient."""
        with self._lock:
            added = list(_mails(request, datetime.now(UTC)))
            self._mails += added
            with self._path.open("a", encoding="utf-8") as file:
                file.writelines(json.dumps(asdict(mail)) + "\n" for mail in added)

    def mails(self, to: str | None = None) -> list[Mail]:
        """Return the mail to one address, whatever its case, or all of it; newest first."""
        with self._lock:
            kept = list(reversed(self._mails))
        return [mail for mail in kept if to is None or mail.to.casefold() == to.casefold()]


def _restored(line: dict[str, Any]) -> Mail:
    attachments = tuple(Attachment(**attachment) for attachment in line.pop("attachments"))
    return Mail(attachments=attachments, **line)


def _mails(request: dict[str, Any], now: datetime) -> Iterator[Mail]:
    content = request["Content"]
    message = _raw(content["Raw"]) if "Raw" in content else _simple(content["Simple"])
    destination = request.get("Destination", {})
    named = [address for field in ("To", "Cc", "Bcc") for address in destination.get(f"{field}Addresses", [])]
    for to in named or [address.addr_spec for address in message["To"].addresses]:
        yield Mail(
            at=now.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            to=to,
            subject=str(message["Subject"] or ""),
            text=_text(message),
            attachments=tuple(_attachments(message)),
        )


def _raw(content: dict[str, Any]) -> EmailMessage:
    data = content["Data"]
    return message_from_bytes(data.encode() if isinstance(data, str) else data, policy=policy.default)


def _simple(content: dict[str, Any]) -> EmailMessage:
    message = EmailMessage()
    message["Subject"] = content["Subject"]["Data"]
    message.set_content(content["Body"].get("Text", {}).get("Data", ""))
    for attachment in content.get("Attachments", []):
        main, _, sub = attachment.get("ContentType", "application/octet-stream").partition("/")
        data = attachment["RawContent"]
        message.add_attachment(data, maintype=main, subtype=sub, filename=attachment["FileName"])
    return message


def _text(message: EmailMessage) -> str:
    body = message.get_body(preferencelist=("plain",))
    return str(body.get_content()).replace("\r\n", "\n") if body else ""


def _attachments(message: EmailMessage) -> Iterable[Attachment]:
    """Return every leaf that is neither the text nor its HTML form, named or not, by its content once.

    An invitation is in a mail twice: unnamed as a form of the letter, and as a file.
    """
    bodies = [message.get_body(preferencelist=(kind,)) for kind in ("plain", "html")]
    found: dict[bytes, Attachment] = {}
    for part in message.walk():
        if part.is_multipart() or any(part is body for body in bodies):
            continue
        payload = part.get_payload(decode=True)
        data = payload if isinstance(payload, bytes) else b""
        name = part.get_filename() or ""
        found[data] = (
            replace(found[data], filename=found[data].filename or name)
            if data in found
            else _attachment(part, name, data)
        )
    return found.values()


def _attachment(part: Message, name: str, data: bytes) -> Attachment:
    content_type = part.get_content_type()
    return Attachment(
        filename=name,
        content_type=content_type,
        content=(
            data.decode(part.get_content_charset("utf-8"), "replace")
            if content_type.startswith("text/")
            else base64.b64encode(data).decode("ascii")
        ),
    )
