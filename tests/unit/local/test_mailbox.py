"""The mailbox: every mail that is sent, with its text and its files, in this run and in the next."""

import base64
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import boto3.session
import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders

from local.mailbox import Mailbox

CALENDAR = "BEGIN:VCALENDAR\r\nSUMMARY:Grüße\r\nEND:VCALENDAR\r\n"


def raw(message: EmailMessage, **destination: list[str]) -> dict[str, Any]:
    return {"Content": {"Raw": {"Data": message.as_bytes()}}, "Destination": destination}


def message(to: str = "ada@example.com", text: str = "Hello Ada") -> EmailMessage:
    made = EmailMessage()
    made["To"] = to
    made["From"] = "Greenroom <bookings@greenroom.test>"
    made["Subject"] = "Bestätigt: Mina Sol"
    made.set_content(text)
    return made


@pytest.fixture
def mailbox(tmp_path: Path) -> Mailbox:
    return Mailbox(tmp_path / "mailbox.jsonl")


def test_a_mail_is_shown_by_recipient_subject_and_text(mailbox: Mailbox) -> None:
    mailbox.keep(raw(message(text="Hello Ada\nsee you"), ToAddresses=["ada@example.com"]))

    (mail,) = mailbox.mails("ADA@example.com")

    assert mail.public() == {
        "to": "ada@example.com",
        "subject": "Bestätigt: Mina Sol",
        "text": "Hello Ada\nsee you\n",
        "attachments": (),
    }
    assert mailbox.mails("bob@example.com") == []


def test_files_come_as_text_where_they_are_text_and_in_base64_where_not(mailbox: Mailbox) -> None:
    sent = message()
    sent.add_attachment(CALENDAR.encode(), maintype="text", subtype="calendar", filename="booking.ics")
    sent.add_attachment(b"%PDF\x00", maintype="application", subtype="pdf", filename="rider.pdf")

    mailbox.keep(raw(sent, ToAddresses=["ada@example.com"]))

    calendar, rider = mailbox.mails()[0].attachments
    assert (calendar.filename, calendar.content_type, calendar.content) == (
        "booking.ics",
        "text/calendar",
        CALENDAR,
    )
    assert (rider.filename, rider.content_type) == ("rider.pdf", "application/pdf")
    assert base64.b64decode(rider.content) == b"%PDF\x00"


def test_an_html_form_of_the_text_is_no_file_but_an_unnamed_calendar_is(mailbox: Mailbox) -> None:
    sent = message()
    sent.add_alternative("<p>Hello Ada</p>", subtype="html")
    sent.add_alternative(CALENDAR, subtype="calendar", params={"method": "REQUEST"})

    mailbox.keep(raw(sent, ToAddresses=["ada@example.com"]))

    (mail,) = mailbox.mails()
    assert mail.text == "Hello Ada\n"
    assert [file.content_type for file in mail.attachments] == ["text/calendar"]


def test_an_invitation_that_is_a_form_of_the_letter_and_a_file_is_one_file(mailbox: Mailbox) -> None:
    sent = message()
    sent.add_alternative(CALENDAR.encode(), maintype="text", subtype="calendar")
    sent.add_attachment(CALENDAR.encode(), maintype="application", subtype="ics", filename="booking.ics")

    mailbox.keep(raw(sent, ToAddresses=["ada@example.com"]))

    (file,) = mailbox.mails()[0].attachments
    assert (file.filename, file.content_type, file.content) == ("booking.ics", "text/calendar", CALENDAR)


def test_a_plain_mail_of_the_service_is_kept_too(mailbox: Mailbox) -> None:
    simple = {
        "Subject": {"Data": "Hi"},
        "Body": {"Text": {"Data": "Text"}},
        "Attachments": [{"FileName": "a.csv", "ContentType": "text/csv", "RawContent": b"1,2"}],
    }
    mailbox.keep({"Content": {"Simple": simple}, "Destination": {"ToAddresses": ["ada@example.com"]}})

    (mail,) = mailbox.mails()
    assert (mail.subject, mail.text) == ("Hi", "Text\n")
    assert [(file.filename, file.content) for file in mail.attachments] == [("a.csv", "1,2")]


def test_every_recipient_has_the_mail(mailbox: Mailbox) -> None:
    mailbox.keep(raw(message(), ToAddresses=["ada@example.com"], BccAddresses=["bob@example.com"]))
    mailbox.keep(raw(message(to="Eve <eve@example.com>")))

    assert [mail.to for mail in mailbox.mails()] == ["eve@example.com", "bob@example.com", "ada@example.com"]


def test_the_newest_comes_first_and_all_are_there_in_the_next_run(tmp_path: Path) -> None:
    path = tmp_path / "mailbox.jsonl"
    first = Mailbox(path)
    sent = message()
    sent.add_attachment(b"x", maintype="application", subtype="pdf", filename="a.pdf")
    for text in ("one", "two"):
        first.keep(raw(message(text=text), ToAddresses=["ada@example.com"]))
    first.keep(raw(sent, ToAddresses=["ada@example.com"]))

    second = Mailbox(path)

    assert [mail.text for mail in first.mails()] == ["Hello Ada\n", "two\n", "one\n"]
    assert second.mails() == first.mails()


def test_a_mail_whose_writing_was_cut_short_does_not_hurt_the_others(tmp_path: Path) -> None:
    path = tmp_path / "mailbox.jsonl"
    Mailbox(path).keep(raw(message(text="one"), ToAddresses=["ada@example.com"]))
    with path.open("a") as file:
        file.write('{"at": "2027')

    second = Mailbox(path)
    second.keep(raw(message(text="two"), ToAddresses=["ada@example.com"]))

    assert [mail.text for mail in Mailbox(path).mails()] == ["two\n", "one\n"]


@pytest.mark.parametrize(("status", "kept"), [(200, 1), (400, 0)])
def test_what_a_client_sends_is_kept_once_the_service_took_it(
    mailbox: Mailbox, status: int, kept: int
) -> None:
    session = boto3.session.Session(aws_access_key_id="x", aws_secret_access_key="x", region_name="us-east-1")
    mailbox.install(session.events)
    client = session.client("sesv2", endpoint_url="http://127.0.0.1:1")
    sent: list[Any] = []

    class Body:
        def stream(self, *_: Any, **__: Any) -> Any:
            yield b'{"MessageId": "m"}' if status == 200 else b'{"message": "no"}'

    def answer(request: Any, **_: Any) -> Any:
        sent.append(request)
        return AWSResponse("http://127.0.0.1:1", status, HTTPHeaders(), Body())

    client.meta.events.register("before-send.sesv2.SendEmail", answer)
    request = raw(message(), ToAddresses=["ada@example.com"])

    if status == 200:
        client.send_email(**request)
    else:
        with pytest.raises(client.exceptions.ClientError):
            client.send_email(**request)

    assert len(sent) == 1
    assert len(mailbox.mails()) == kept
