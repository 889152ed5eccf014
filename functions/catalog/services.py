"""What the routes of the catalogue work with."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from greenroom.catalog.blocks import Blocks
from greenroom.catalog.free import FreeSearch
from greenroom.catalog.roster import Roster
from greenroom.catalog.store import CatalogStore
from greenroom.gateway.cursors import Cursors
from greenroom.storage.tables import Tables
from greenroom.uploads.bucket import Bucket
from greenroom.uploads.desk import Uploads


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogApp:
    """The function's services, over the tables."""

    store: CatalogStore
    tables: Tables
    bookings_table: str
    cursors: Cursors
    bucket: Bucket
    cdn_url: str | None = None
    """Where media may lie; None: nowhere."""
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)

    @property
    def roster(self) -> Roster:
        """Changes celebrities as their agents. Answers are kept where they expire by themselves."""
        return Roster(tables=self.tables, table=self.store.table, answers_table=self.bookings_table)

    @property
    def blocks(self) -> Blocks:
        """Blocks of time, which stand with the bookings' claims."""
        return Blocks(tables=self.tables, table=self.bookings_table, clock=self.clock)

    @property
    def free(self) -> FreeSearch:
        """Searches for who is free on a date."""
        return FreeSearch(store=self.store, bookings_table=self.bookings_table, clock=self.clock)

    @property
    def uploads(self) -> Uploads:
        """Takes files. What is noted of them expires by itself, as answers do."""
        return Uploads(
            tables=self.tables,
            table=self.bookings_table,
            bucket=self.bucket,
            cdn_url=self.cdn_url,
            clock=self.clock,
        )
