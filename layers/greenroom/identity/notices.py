"""Telling an account's owner what has happened. It has happened: a mail that fails cannot undo it."""

from email.message import EmailMessage

from greenroom.mail import Mailer, MailUnavailable
from greenroom.telemetry.faults import report_fault


def tell(mailer: Mailer, notice: EmailMessage) -> None:
    """Send a notice; where that fails, log it and go on."""
    try:
        mailer.send(notice)
    except MailUnavailable as error:
        report_fault("a notice to the owner of an account was not sent", error)
