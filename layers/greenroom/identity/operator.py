"""What the operator may do and no route offers: make a user of any role, give a user another role."""

from dataclasses import dataclass

from pydantic import Secret

from greenroom.actors import Role
from greenroom.identifiers import new_id
from greenroom.storage.tables import ConditionFailed, Tables
from greenroom.telemetry.logs import log_auth

from .clock import Clock, instant, system_clock
from .emails import parse_email
from .passwords import Passwords, check_acceptable
from .races import decided_anew
from .role_grants import commit_role
from .sessions import Sessions
from .users import User, Users

ROLES = (Role.BUYER, Role.AGENT, Role.ADMIN)


class OperatorError(Exception):
    """The command cannot be carried out; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Operator:
    """Acts with the rights of whoever may write the tables."""

    tables: Tables
    users: Users
    sessions: Sessions
    passwords: Passwords
    clock: Clock = system_clock

    def create_user(self, *, email: str, password: Secret[str], display_name: str, role: Role) -> str:
        """Create a verified account and return its id.

        Raises ``OperatorError`` for a taken address, ``InvalidEmail`` and ``WeakPassword`` as usual.
        """
        address = parse_email(email)
        check_acceptable(password, address, display_name)
        now = self.clock()
        user = User(
            id=new_id("usr", now),
            email=address.display,
            folded_email=address.folded,
            display_name=display_name,
            role=_of_a_person(role),
            verified=True,
            password_hash=self.passwords.hash(password),
            created_at=instant(now),
        )
        try:
            self.tables.write(*self.users.creation(user))
        except ConditionFailed:
            raise OperatorError("the address has an account already") from None
        log_auth("user_created", "WARN", user_id=user.id, role=role.value, by="operator")
        return user.id

    def grant_role(self, *, email: str, role: Role) -> str:
        """Give the account of an address another role, its live sessions included; return its id.

        Raises ``OperatorError`` where there is no account, or none whose address is verified: anybody
        could have registered it.
        """
        _of_a_person(role)
        return decided_anew(lambda: self._grant_role(parse_email(email).folded, role))

    def _grant_role(self, folded_email: str, role: Role) -> str:
        user = self.users.by_email(folded_email)
        if user is None:
            raise OperatorError("the address has no account")
        if not user.verified:
            raise OperatorError("the address of the account is not verified")
        commit_role(self.users, self.sessions, user, role, by="operator", now=self.clock())
        return user.id


def operator(
    tables: Tables, *, identity_table: str, limits_table: str, clock: Clock = system_clock
) -> Operator:
    """Compose an operator over the two tables."""
    return Operator(
        tables=tables,
        users=Users(tables, identity_table),
        # It opens none and continues none.
        sessions=Sessions(tables, identity_table, limits_table, seconds=0, idle_seconds=0),
        passwords=Passwords(),
        clock=clock,
    )


def _of_a_person(role: Role) -> Role:
    if role not in ROLES:
        raise OperatorError(f"{role.value} is no role of a person")
    return role
