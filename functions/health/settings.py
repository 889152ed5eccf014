"""The settings of the health function."""

from typing import Annotated

from pydantic import Field

from greenroom.cache.settings import CacheSettings
from greenroom.identity.settings import TokenSettings
from greenroom.settings import Seconds

Address = Annotated[str, Field(pattern=r"^https?://[^/?#@\s]+(/[^?#\s]*)?$")]
"""A base address without credentials or query."""


class HealthSettings(TokenSettings, CacheSettings):
    """What is probed, and who may see all of it."""

    identity_table: str
    catalog_table: str
    bookings_table: str
    mail_from: Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+$")]
    monitoring_secret_id: str
    payment_api_url: Address = "https://api.stripe.com"
    cdn_url: Address | None = None
    """Where files are served from; None while nothing is."""
    health_table_seconds: Seconds = 1
    """How long a table may take to answer."""
    health_external_seconds: Seconds = 2
    """How long a service of others may take to answer."""
    metrics_keep_seconds: Seconds = 60
    """How old the figures of CloudWatch may be that are shown."""

    @property
    def tables(self) -> dict[str, str]:
        """Every table by what it holds."""
        return {
            "identity": self.identity_table,
            "catalog": self.catalog_table,
            "bookings": self.bookings_table,
            "limits": self.limits_table,
        }

    @property
    def mail_domain(self) -> str:
        """The domain that mails come from."""
        return self.mail_from.rpartition("@")[2]
