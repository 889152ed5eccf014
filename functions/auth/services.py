"""The services of the identity routes, composed from settings and adapters."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from greenroom.bookings.store import BookingStore
from greenroom.gateway.cursors import Cursors
from greenroom.identity.administration import Administration
from greenroom.identity.clock import Clock
from greenroom.identity.email_change import EmailChange
from greenroom.identity.factor_letters import FactorLetters
from greenroom.identity.guesses import Guesses
from greenroom.identity.keys import TokenKeys
from greenroom.identity.leaving import Leaving
from greenroom.identity.login import Login
from greenroom.identity.one_time import OneTimeTokens
from greenroom.identity.opening import Opening
from greenroom.identity.own_account import OwnAccount
from greenroom.identity.password_change import PasswordChange
from greenroom.identity.password_reset import PasswordReset
from greenroom.identity.passwords import Passwords
from greenroom.identity.profiles import Profiles
from greenroom.identity.refresh import Refresh
from greenroom.identity.registration import Registration
from greenroom.identity.sessions import Sessions
from greenroom.identity.settings import IdentitySettings
from greenroom.identity.tokens import TokenSigner
from greenroom.identity.users import Users
from greenroom.limits.quotas import quotas
from greenroom.mail import Mailer
from greenroom.privacy.departure import Departure
from greenroom.storage.secrets import secret
from greenroom.storage.tables import Tables

from .factors import Factors, factors

if TYPE_CHECKING:
    from mypy_boto3_kms import KMSClient


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """What the routes call."""

    registration: Registration
    login: Login
    factors: Factors
    refresh: Refresh
    sessions: Sessions
    leaving: Leaving
    profiles: Profiles
    password_reset: PasswordReset
    password_change: PasswordChange
    email_change: EmailChange
    administration: Administration
    account: OwnAccount
    departure: Departure
    cursors: Cursors
    users: Users
    keys: TokenKeys
    clock: Clock


def services(
    settings: IdentitySettings,
    *,
    tables: Tables,
    gate: Tables,
    kms: "KMSClient",
    mailer: Mailer,
    clock: Clock,
) -> Services:
    """Compose the services. By ``gate``, which does not wait long, guesses are counted."""
    keys = TokenKeys(kms, settings.token_key_ids)
    users = Users(tables, settings.identity_table)
    sessions = Sessions(
        tables,
        settings.identity_table,
        settings.limits_table,
        seconds=settings.session_seconds,
        idle_seconds=settings.session_idle_seconds,
    )
    passwords = Passwords()
    guesses = Guesses(quotas(settings, gate))
    signer = TokenSigner(
        kms=kms,
        keys=keys,
        issuer=settings.token_issuer,
        audience=settings.token_audience,
        seconds=settings.access_token_seconds,
    )
    letters = FactorLetters(settings.public_url, settings.mail_from)
    opening = Opening(users=users, sessions=sessions, signer=signer, most=settings.most_sessions)
    ways_in = factors(
        settings,
        tables=tables,
        users=users,
        sessions=sessions,
        opening=opening,
        letters=letters,
        mailer=mailer,
        clock=clock,
    )

    account = OwnAccount(users, sessions)

    def mailed_tokens(purpose: str, seconds: int) -> OneTimeTokens:
        return OneTimeTokens(tables, settings.identity_table, purpose, seconds)

    return Services(
        registration=Registration(
            tables=tables,
            users=users,
            sessions=sessions,
            passwords=passwords,
            letters=letters,
            mailer=mailer,
            clock=clock,
            verify_seconds=settings.verify_email_seconds,
        ),
        login=Login(
            users=users,
            passwords=passwords,
            guesses=guesses,
            second_factors=ways_in.second_factors,
            opening=opening,
            letters=letters,
            mailer=mailer,
            clock=clock,
        ),
        factors=ways_in,
        refresh=Refresh(tables=tables, users=users, sessions=sessions, signer=signer, clock=clock),
        sessions=sessions,
        leaving=Leaving(users, sessions, clock),
        profiles=Profiles(users),
        password_reset=PasswordReset(
            tokens=mailed_tokens("RESET", settings.reset_seconds),
            users=users,
            sessions=sessions,
            passwords=passwords,
            guesses=guesses,
            letters=letters,
            mailer=mailer,
            clock=clock,
        ),
        password_change=PasswordChange(
            users=users,
            sessions=sessions,
            passwords=passwords,
            guesses=guesses,
            letters=letters,
            mailer=mailer,
            clock=clock,
        ),
        email_change=EmailChange(
            tokens=mailed_tokens("EMAIL_CHANGE", settings.change_email_seconds),
            account=account,
            users=users,
            sessions=sessions,
            letters=letters,
            mailer=mailer,
            clock=clock,
        ),
        administration=Administration(users=users, sessions=sessions, clock=clock),
        account=account,
        departure=Departure(
            account=account,
            passkeys=ways_in.passkeys,
            store=BookingStore(tables, settings.bookings_table),
            catalog_table=settings.catalog_table,
            letters=letters,
            mailer=mailer,
            clock=clock,
        ),
        cursors=Cursors(lambda: secret(settings.cursor_secret_id)),
        users=users,
        keys=keys,
        clock=clock,
    )
