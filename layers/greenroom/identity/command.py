"""The operator's command: ``python -m greenroom.identity.command create-user --email … --role admin``.

It reads ``STAGE``, ``IDENTITY_TABLE`` and ``LIMITS_TABLE`` from the environment, as the functions do, and
the password from the terminal or, where there is none, from standard input; never from an argument,
which every process of the machine could read.
"""

import argparse
import getpass
import sys
from collections.abc import Sequence

from greenroom.actors import Role
from greenroom.refusals import Refusal
from greenroom.settings import InvalidSettings, Settings
from greenroom.storage.clients import client
from greenroom.storage.tables import Tables

from .operator import ROLES, Operator, OperatorError, operator


class CommandSettings(Settings):
    """Where the accounts are."""

    identity_table: str
    limits_table: str


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry out one command, print the user's id and return 0, or print why not and return 1."""
    chosen = _parser().parse_args(arguments)
    try:
        settings = CommandSettings.read()
        acting = operator(
            Tables(client("dynamodb")),
            identity_table=settings.identity_table,
            limits_table=settings.limits_table,
        )
        user_id = _carry_out(chosen, acting)
    except (InvalidSettings, OperatorError, Refusal) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(f"{user_id}\n")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m greenroom.identity.command", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    create = commands.add_parser("create-user", help="make a verified account of any role")
    create.add_argument("--display-name", required=True)
    grant = commands.add_parser("grant-role", help="give a verified account another role")
    for command in (create, grant):
        command.add_argument("--email", required=True)
        command.add_argument("--role", required=True, choices=[role.value for role in ROLES])
    return parser


def _carry_out(chosen: argparse.Namespace, acting: Operator) -> str:
    role = Role(chosen.role)
    if chosen.command == "grant-role":
        return acting.grant_role(email=chosen.email, role=role)
    return acting.create_user(
        email=chosen.email, password=_password(), display_name=chosen.display_name, role=role
    )


def _password() -> str:
    return getpass.getpass() if sys.stdin.isatty() else sys.stdin.readline().rstrip("\r\n")


if __name__ == "__main__":
    sys.exit(main())
