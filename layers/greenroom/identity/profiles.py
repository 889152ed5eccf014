"""What users may change of themselves without proving anything."""

from dataclasses import dataclass, replace

from greenroom.refusals import Unauthenticated
from greenroom.telemetry.logs import log_auth

from .races import decided_anew
from .users import User, Users


@dataclass(frozen=True, slots=True)
class Profiles:
    """One's own account."""

    users: Users

    def read(self, user_id: str) -> User:
        """Return the account; raise ``Unauthenticated`` when it is gone."""
        user = self.users.by_id(user_id)
        if user is None:
            raise Unauthenticated
        return user

    def rename(self, user_id: str, display_name: str) -> User:
        """Change how the user is called and return the account; raise ``Unauthenticated``."""
        return decided_anew(lambda: self._rename(user_id, display_name))

    def _rename(self, user_id: str, display_name: str) -> User:
        user = self.read(user_id)
        if display_name == user.display_name:
            return user
        self.users.tables.write(self.users.change(user, display_name=display_name))
        log_auth("user_updated", "INFO", user_id=user.id, change="display_name")
        return replace(user, display_name=display_name, version=user.version + 1)
