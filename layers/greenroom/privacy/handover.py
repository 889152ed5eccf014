"""Handing a roster over: what an agent has to have done, by the operator, before leaving.

Bookings stay with the agent with whom they were agreed, to their end; new ones go to whom the celebrity is
with by then.
"""

from dataclasses import dataclass
from functools import partial

from greenroom.actors import Role
from greenroom.catalog import changes
from greenroom.catalog.records import roster_from
from greenroom.identity.operator import OperatorError
from greenroom.identity.users import Users
from greenroom.storage import keys
from greenroom.storage.contention import attempt
from greenroom.storage.writes import Check
from greenroom.telemetry.logs import log_auth


@dataclass(frozen=True, slots=True)
class Handover:
    """Moves celebrities from one agent's roster to another's, with the rights of who may write the tables."""

    users: Users
    catalog_table: str

    def hand_over(self, giver: str, taker: str) -> int:
        """Give everybody on one agent's roster to another agent, and return how many they were.

        Each goes in a transaction of its own, so that what is cut short can be repeated. Raises
        ``OperatorError``, ``LimitReached`` for a roster that is full by then, and ``CalendarBusy``.
        """
        self._accepting(giver, taker)
        stored = self.users.tables.get(self.catalog_table, keys.roster(giver))
        roster = roster_from(stored)
        for celebrity_id in roster:
            attempt(partial(self._once, celebrity_id, giver, taker))
            log_auth(
                "privilege_permissions_changed",
                "WARN",
                user_id=taker,
                celebrity_id=celebrity_id,
                from_agent=giver,
                by="operator",
            )
        return len(roster)

    def _once(self, celebrity_id: str, giver: str, taker: str) -> None:
        changes.hand_over_once(
            self.users.tables, self.catalog_table, celebrity_id, giver, taker, self._accepting(giver, taker)
        )

    def _accepting(self, giver: str, taker: str) -> Check:
        """Return the demand that who takes over stays an agent who can act; raise ``OperatorError``."""
        user = self.users.by_id(taker)
        if taker == giver or user is None or user.role is not Role.AGENT or user.disabled:
            raise OperatorError("a roster goes to another account: an agent's, and enabled")
        return self.users.unchanged(user)
