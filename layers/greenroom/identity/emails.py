"""E-mail addresses: what is taken, and when two of them are the same account's."""

from dataclasses import dataclass

from email_validator import EmailNotValidError, validate_email

from .refusals import InvalidEmail


@dataclass(frozen=True, slots=True)
class Email:
    """A checked address."""

    display: str
    """As its owner wrote it, the domain in its normal form."""
    folded: str
    """The account's identity: local part in one case, domain in ASCII form."""

    @property
    def local_part(self) -> str:
        """What stands before the at sign, folded."""
        return self.folded.rpartition("@")[0]


def parse_email(text: str) -> Email:
    """Return the address in ``text`` or raise ``InvalidEmail``. Nothing is looked up on the network."""
    try:
        found = validate_email(
            text,
            check_deliverability=False,
            allow_smtputf8=False,
            strict=True,
            # Names under .test are reserved for trials of systems like this one and harm nobody.
            test_environment=True,
        )
    except EmailNotValidError:
        raise InvalidEmail from None
    return Email(
        display=found.normalized,
        folded=f"{found.local_part.casefold()}@{found.ascii_domain}",
    )
