"""The services of second factors and passkeys, composed from settings and adapters."""

from dataclasses import dataclass

from greenroom.identity.challenges import Challenges
from greenroom.identity.clock import Clock
from greenroom.identity.factor_letters import FactorLetters
from greenroom.identity.opening import Opening
from greenroom.identity.own_account import OwnAccount
from greenroom.identity.passkey_login import PasskeyLogin
from greenroom.identity.passkey_registration import PasskeyRegistration
from greenroom.identity.passkeys import Passkeys
from greenroom.identity.relying_party import RelyingParty
from greenroom.identity.second_factors import SecondFactors
from greenroom.identity.sessions import Sessions
from greenroom.identity.settings import IdentitySettings
from greenroom.identity.totp_enrolment import TotpEnrolment
from greenroom.identity.users import Users
from greenroom.mail import Mailer
from greenroom.storage.tables import Tables


@dataclass(frozen=True, slots=True, kw_only=True)
class Factors:
    """What the routes of second factors and passkeys call."""

    second_factors: SecondFactors
    totp: TotpEnrolment
    party: RelyingParty
    passkeys: Passkeys
    passkey_registration: PasskeyRegistration
    passkey_login: PasskeyLogin


def factors(
    settings: IdentitySettings,
    *,
    tables: Tables,
    users: Users,
    sessions: Sessions,
    opening: Opening,
    letters: FactorLetters,
    mailer: Mailer,
    clock: Clock,
) -> Factors:
    """Compose them."""
    party = settings.relying_party
    account = OwnAccount(users, sessions)
    second_factors = SecondFactors(tables, settings.identity_table)
    passkeys = Passkeys(tables, settings.identity_table)
    challenges = Challenges(tables, settings.identity_table)
    return Factors(
        second_factors=second_factors,
        totp=TotpEnrolment(
            tables=tables,
            account=account,
            second_factors=second_factors,
            letters=letters,
            mailer=mailer,
            clock=clock,
        ),
        party=party,
        passkeys=passkeys,
        passkey_registration=PasskeyRegistration(
            tables=tables,
            account=account,
            passkeys=passkeys,
            challenges=challenges,
            party=party,
            letters=letters,
            mailer=mailer,
            clock=clock,
        ),
        passkey_login=PasskeyLogin(
            users=users,
            passkeys=passkeys,
            challenges=challenges,
            party=party,
            opening=opening,
            clock=clock,
        ),
    )
