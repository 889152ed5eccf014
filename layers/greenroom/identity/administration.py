"""What an admin does to other people's accounts. It bites at those people's next request.

Only accounts of buyers and agents: nobody becomes or ceases to be an admin over the API.
"""

from dataclasses import dataclass

from greenroom.actors import Role
from greenroom.refusals import NotFound

from .clock import Clock
from .disabling import commit_disabling, commit_enabling
from .principal import Principal
from .races import decided_anew
from .refusals import AddressUnproven, OperatorOnly
from .role_grants import commit_role
from .sessions import Sessions
from .users import User, Users

GRANTABLE = frozenset({Role.BUYER, Role.AGENT})


@dataclass(frozen=True, slots=True, kw_only=True)
class Administration:
    """Gives roles, disables and enables."""

    users: Users
    sessions: Sessions
    clock: Clock

    def set_role(self, admin: Principal, user_id: str, role: Role) -> None:
        """Make a user a buyer or an agent; raise ``NotFound``, ``OperatorOnly`` or ``AddressUnproven``."""
        if role not in GRANTABLE:
            raise OperatorOnly
        decided_anew(lambda: self._set_role(admin, user_id, role))

    def _set_role(self, admin: Principal, user_id: str, role: Role) -> None:
        user = self._user(user_id)
        if not user.verified:
            raise AddressUnproven
        if user.role is role:
            return
        commit_role(self.users, self.sessions, user, role, by=admin.user_id, now=self.clock())

    def disable(self, admin: Principal, user_id: str) -> None:
        """End a user's sessions and let them begin no other; raise ``NotFound`` or ``OperatorOnly``."""
        decided_anew(
            lambda: commit_disabling(
                self.users, self.sessions, self._user(user_id), by=admin.user_id, now=self.clock()
            )
        )

    def enable(self, admin: Principal, user_id: str) -> None:
        """Let a disabled user log in again; raise ``NotFound`` or ``OperatorOnly``."""
        decided_anew(lambda: commit_enabling(self.users, self._user(user_id), by=admin.user_id))

    def _user(self, user_id: str) -> User:
        user = self.users.by_id(user_id)
        if user is None:
            raise NotFound
        if user.role is Role.ADMIN:
            raise OperatorOnly
        return user
