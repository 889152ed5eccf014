"""The operator's command: what no route of the API offers, with the rights of whoever may write the tables.

It reads STAGE, IDENTITY_TABLE and LIMITS_TABLE from the environment, as the functions do; remove-factors
also PUBLIC_URL and MAIL_FROM. The password of a new user comes from the terminal or, where there is none,
from standard input; never from an argument, which every process of the machine could read. Every command
writes a security event to standard output, then the user's id, and may be repeated. Who may ask for which:
docs/runbooks/account-recovery.md.
"""

import argparse
import getpass
import sys
from collections.abc import Callable, Sequence

from pydantic import Secret

from greenroom.actors import Role
from greenroom.mail import SesMailer
from greenroom.refusals import Refusal
from greenroom.settings import InvalidSettings, Settings
from greenroom.storage.clients import client
from greenroom.storage.tables import Tables

from .account_recovery import AccountRecovery, account_recovery
from .factor_letters import FactorLetters
from .operator import ROLES, Operator, OperatorError, operator


class CommandSettings(Settings):
    """Where the accounts are."""

    identity_table: str
    limits_table: str


class MailSettings(Settings):
    """What mails to owners need."""

    public_url: str
    mail_from: str


_ON_ACCOUNTS = {
    "disable": "end an account's sessions and let it begin no other; an admin's account too",
    "enable": "let a disabled account log in again",
    "end-sessions": "log an account out everywhere",
    "remove-factors": (
        "take the authenticator app, its recovery codes and all passkeys off an account whose owner has lost "
        "them; its sessions end, and the owner is told by mail"
    ),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry out one command, print the user's id and return 0, or print why not and return 1."""
    chosen = _parser().parse_args(arguments)
    try:
        user_id = _carry_out(chosen, CommandSettings.read())
    except (InvalidSettings, OperatorError, Refusal) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(f"{user_id}\n")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m greenroom.identity.command",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")
    create = commands.add_parser(
        "create-user", help="make a verified account of any role: the only way to become an admin"
    )
    create.add_argument("--display-name", required=True)
    grant = commands.add_parser("grant-role", help="give a verified account another role")
    for command in (create, grant):
        command.add_argument("--email", required=True)
        command.add_argument("--role", required=True, choices=[role.value for role in ROLES])
    for name, text in _ON_ACCOUNTS.items():
        account = commands.add_parser(name, help=text, description=text).add_mutually_exclusive_group(
            required=True
        )
        account.add_argument("--email", dest="who", help="the account's address")
        account.add_argument("--user-id", dest="who", help="the account's id, as logs have it: usr_…")
    return parser


def _carry_out(chosen: argparse.Namespace, settings: CommandSettings) -> str:
    tables, identity, limits = Tables(client("dynamodb")), settings.identity_table, settings.limits_table
    if chosen.command in _ON_ACCOUNTS:
        recovery = account_recovery(tables, identity_table=identity, limits_table=limits)
        return _on_account(chosen.command, recovery)(chosen.who)
    return _on_roles(chosen, operator(tables, identity_table=identity, limits_table=limits))


def _on_account(command: str, recovery: AccountRecovery) -> Callable[[str], str]:
    if command == "remove-factors":
        mail = MailSettings.read()
        letters = FactorLetters(mail.public_url, mail.mail_from)
        return lambda who: recovery.remove_factors(who, letters, SesMailer())
    simple: dict[str, Callable[[str], str]] = {
        "disable": recovery.disable,
        "enable": recovery.enable,
        "end-sessions": recovery.end_sessions,
    }
    return simple[command]


def _on_roles(chosen: argparse.Namespace, acting: Operator) -> str:
    role = Role(chosen.role)
    if chosen.command == "grant-role":
        return acting.grant_role(email=chosen.email, role=role)
    return acting.create_user(
        email=chosen.email, password=_password(), display_name=chosen.display_name, role=role
    )


def _password() -> Secret[str]:
    return Secret(getpass.getpass() if sys.stdin.isatty() else sys.stdin.readline().rstrip("\r\n"))


if __name__ == "__main__":
    sys.exit(main())
