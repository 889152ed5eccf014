"""The services of the identity routes, composed from settings and adapters."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from greenroom.identity.clock import Clock
from greenroom.identity.keys import TokenKeys
from greenroom.identity.letters import Letters
from greenroom.identity.login import Login
from greenroom.identity.passwords import Passwords
from greenroom.identity.refresh import Refresh
from greenroom.identity.registration import Registration
from greenroom.identity.sessions import Sessions
from greenroom.identity.settings import IdentitySettings
from greenroom.identity.tokens import TokenSigner
from greenroom.identity.users import Users
from greenroom.mail import Mailer
from greenroom.storage.tables import Tables

if TYPE_CHECKING:
    from mypy_boto3_kms import KMSClient


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """What the routes call."""

    registration: Registration
    login: Login
    refresh: Refresh
    sessions: Sessions
    users: Users
    keys: TokenKeys


def services(
    settings: IdentitySettings, *, tables: Tables, kms: "KMSClient", mailer: Mailer, clock: Clock
) -> Services:
    """Compose the services."""
    keys = TokenKeys(kms, settings.token_key_ids)
    users = Users(tables, settings.identity_table)
    sessions = Sessions(tables, settings.identity_table, settings.limits_table, settings.session_seconds)
    passwords = Passwords()
    signer = TokenSigner(
        kms=kms,
        keys=keys,
        issuer=settings.token_issuer,
        audience=settings.token_audience,
        seconds=settings.access_token_seconds,
    )
    return Services(
        registration=Registration(
            tables=tables,
            users=users,
            sessions=sessions,
            passwords=passwords,
            letters=Letters(settings.public_url, settings.mail_from),
            mailer=mailer,
            clock=clock,
            verify_seconds=settings.verify_email_seconds,
        ),
        login=Login(
            tables=tables, users=users, sessions=sessions, passwords=passwords, signer=signer, clock=clock
        ),
        refresh=Refresh(tables=tables, users=users, sessions=sessions, signer=signer, clock=clock),
        sessions=sessions,
        users=users,
        keys=keys,
    )
