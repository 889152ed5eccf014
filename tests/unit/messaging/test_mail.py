from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

import boto3.session
import pytest
from botocore.exceptions import EndpointConnectionError
from botocore.stub import ANY, Stubber

from greenroom.mail import MailUnavailable, SesMailer
from greenroom.refusals import Unavailable


@pytest.fixture
def ses() -> Any:
    session = boto3.session.Session(aws_access_key_id="x", aws_secret_access_key="x", region_name="eu-west-1")
    return session.client("sesv2")


def message() -> EmailMessage:
    made = EmailMessage()
    made["From"] = "Greenroom <bookings@greenroom.test>"
    made["To"] = "Ada Lovelace <ada@buyers.test>"
    made["Subject"] = "Zoë"
    made.set_content("Hello\n")
    made.add_attachment(b"BEGIN:VCALENDAR\r\n", maintype="text", subtype="calendar", filename="b.ics")
    return made


def test_a_message_is_handed_over_whole_with_its_bare_addresses_as_the_envelope(ses: Any) -> None:
    sent: dict[str, Any] = {}
    ses.meta.events.register(
        "before-parameter-build.sesv2.SendEmail", lambda params, **_: sent.update(params)
    )
    with Stubber(ses) as stub:
        stub.add_response("send_email", {"MessageId": "1"}, ANY_REQUEST)
        SesMailer(lambda: ses).send(message())
        stub.assert_no_pending_responses()

    raw = sent["Content"]["Raw"]["Data"]
    received = message_from_bytes(raw, policy=default)
    assert sent["FromEmailAddress"] == "bookings@greenroom.test"
    assert sent["Destination"] == {"ToAddresses": ["ada@buyers.test"]}
    assert received["Subject"] == "Zoë"
    assert [part.get_payload(decode=True) for part in received.iter_attachments()] == [b"BEGIN:VCALENDAR\r\n"]
    assert raw.count(b"\n") == raw.count(b"\r\n")


ANY_REQUEST = {"FromEmailAddress": ANY, "Destination": ANY, "Content": ANY}


@pytest.mark.parametrize("code", ["TooManyRequestsException", "MessageRejected", "SendingPausedException"])
def test_a_refusal_by_the_provider_is_mail_that_is_unavailable(ses: Any, code: str) -> None:
    with Stubber(ses) as stub:
        stub.add_client_error("send_email", code)

        with pytest.raises(MailUnavailable) as refused:
            SesMailer(lambda: ses).send(message())

    assert isinstance(refused.value, Unavailable)
    assert "ada@buyers.test" not in str(refused.value)


def test_no_answer_from_the_provider_is_mail_that_is_unavailable(ses: Any) -> None:
    def fail(**_: Any) -> None:
        raise EndpointConnectionError(endpoint_url="https://ses.test")

    ses.meta.events.register("before-send.sesv2.SendEmail", fail)

    with pytest.raises(MailUnavailable):
        SesMailer(lambda: ses).send(message())
