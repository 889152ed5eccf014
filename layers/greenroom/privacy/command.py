"""The operator's command for those who have left or cannot ask: ``python -m greenroom.privacy.command``.

It reads STAGE, IDENTITY_TABLE, LIMITS_TABLE, CATALOG_TABLE, BOOKINGS_TABLE, PUBLIC_URL and MAIL_FROM from the
environment, as the functions do. Whoever asks for an erasure has to have been identified first: see
docs/runbooks/account-recovery.md. All commands may be repeated.
"""

import argparse
import sys
from collections.abc import Sequence
from datetime import datetime

from greenroom.bookings.desk import BookingDesk
from greenroom.bookings.settings import BookingSettings
from greenroom.bookings.store import BookingStore
from greenroom.identity.clock import system_clock
from greenroom.identity.letters import Letters
from greenroom.identity.operator import OperatorError
from greenroom.identity.own_account import OwnAccount
from greenroom.identity.passkeys import Passkeys
from greenroom.identity.sessions import Sessions
from greenroom.identity.users import Users
from greenroom.mail import SesMailer
from greenroom.refusals import Refusal
from greenroom.settings import InvalidSettings
from greenroom.storage.clients import client
from greenroom.storage.tables import Tables

from .cleaning import Cleaner
from .departure import Departure
from .handover import Handover


class CommandSettings(BookingSettings):
    """Where everything is."""

    identity_table: str
    limits_table: str
    catalog_table: str
    public_url: str
    mail_from: str


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry out one command, print what was done and return 0, or print why not and return 1."""
    parser = argparse.ArgumentParser(
        prog="python -m greenroom.privacy.command",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")
    erase = commands.add_parser("erase", help="erase an account, as its owner could by DELETE /v1/me")
    finish = commands.add_parser("finish", help="go on now with what the sweeper does by itself")
    for command in (erase, finish):
        command.add_argument("--user-id", required=True, help="usr_…, as logs have it")
    over = commands.add_parser("hand-over", help="give everybody on an agent's roster to another agent")
    over.add_argument("--from", dest="giver", required=True, help="usr_…: the agent whose roster it is")
    over.add_argument("--to", dest="taker", required=True, help="usr_…: the agent who takes over")
    chosen = parser.parse_args(arguments)
    try:
        settings = CommandSettings.read()
        if chosen.command == "erase":
            _departure(settings).erase(chosen.user_id)
            sys.stdout.write("erased; the sweeper cleans the bookings\n")
        elif chosen.command == "hand-over":
            users = Users(Tables(client("dynamodb")), settings.identity_table)
            moved = Handover(users, settings.catalog_table).hand_over(chosen.giver, chosen.taker)
            sys.stdout.write(f"handed over: {moved}\n")
        else:
            done = _cleaner(settings, system_clock()).clean(chosen.user_id)
            sys.stdout.write("nothing is left\n" if done else "to be looked at again, or nothing to do\n")
    except (InvalidSettings, OperatorError, Refusal) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def _departure(settings: CommandSettings) -> Departure:
    tables = Tables(client("dynamodb"))
    users = Users(tables, settings.identity_table)
    # It opens none and continues none.
    sessions = Sessions(tables, settings.identity_table, settings.limits_table, seconds=0, idle_seconds=0)
    return Departure(
        account=OwnAccount(users, sessions),
        passkeys=Passkeys(tables, settings.identity_table),
        store=BookingStore(tables, settings.bookings_table),
        catalog_table=settings.catalog_table,
        letters=Letters(settings.public_url, settings.mail_from),
        mailer=SesMailer(),
        clock=system_clock,
    )


def _cleaner(settings: CommandSettings, now: datetime) -> Cleaner:
    store = BookingStore(Tables(client("dynamodb")), settings.bookings_table)
    return Cleaner(BookingDesk(store=store, policy=settings.policy(), clock=lambda: now), lambda: now)


if __name__ == "__main__":
    sys.exit(main())
