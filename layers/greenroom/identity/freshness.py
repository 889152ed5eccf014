"""What changes who can get into an account needs more than a session that was left open: a fresh login."""

from datetime import datetime

from .clock import epoch
from .principal import Principal
from .refusals import FreshLoginRequired

FRESH_SECONDS = 5 * 60


def require_fresh(principal: Principal, now: datetime) -> None:
    """Raise ``FreshLoginRequired`` unless the session's login was in the last five minutes."""
    if epoch(now) - principal.authenticated_at > FRESH_SECONDS:
        raise FreshLoginRequired
