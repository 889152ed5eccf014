"""One process's shared cache before a real server, its pause under the test's clock."""

import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from greenroom.cache.pause import Pause
from greenroom.cache.port import Entry
from greenroom.cache.shared import SharedCache, connect
from tests.unit.cache.kinds import TEXTS, Clock

if TYPE_CHECKING:
    from redis import Redis

ENTRY = Entry("a", 1)


@dataclass
class Process:
    """A cache, and the errors it told of with their milliseconds."""

    url: str
    seconds: float = 20
    """Its time limit: the real one where time is the subject, else longer than any machine is busy."""
    prefix: str = field(default_factory=lambda: uuid.uuid4().hex)
    clock: Clock = field(default_factory=Clock)
    errors: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.client: Redis = connect(self.url, seconds=self.seconds)
        self.cache = SharedCache(
            self.client, prefix=self.prefix, on_operation=self._told, pause=Pause(5, self.clock)
        )

    def _told(self, namespace: str, outcome: str, milliseconds: float) -> None:
        assert (namespace, outcome) in {("texts", "error"), ("probe", "error")}
        self.errors.append(milliseconds)

    def key(self, entry: Entry = ENTRY) -> str:
        """Return where a text stands on the server."""
        return f"{self.prefix}:texts:{entry.key}:{entry.version}"

    def put(self, value: str = "Zoë", entry: Entry = ENTRY, seconds: int = 60) -> None:
        self.cache.put(TEXTS, {entry: value}, seconds)

    def got(self, entry: Entry = ENTRY) -> str | None:
        return self.cache.get(TEXTS, [entry]).get(entry)
