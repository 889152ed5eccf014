"""Which cache a function reads through, by its settings."""

from .counting import CountedCache, Counters
from .layered import LayeredCache
from .memory import MemoryCache
from .port import KEEP_SECONDS, OnOperation
from .settings import CacheSettings


def chosen_cache(
    settings: CacheSettings, *, scope: str, on_operation: OnOperation | None = None
) -> CountedCache:
    """Return the process's cache, before the shared one if the settings name a server.

    ``scope`` names what the values are read from and the shapes they have: two deployments that differ in it,
    or in their stage, do not see each other's.
    """
    counters = Counters() if on_operation is None else Counters(on_operation)
    near = MemoryCache()
    if settings.cache_url is None:
        return CountedCache(near, counters)
    from .shared import SharedCache, connect  # noqa: PLC0415 - saves 100 modules where no server is set

    far = SharedCache(
        connect(settings.cache_url.get_secret_value()),
        prefix=f"greenroom:{settings.stage}:{scope}",
        on_operation=counters.record,
    )
    return CountedCache(LayeredCache(near=near, far=far, near_seconds=KEEP_SECONDS), counters)
