"""The one route table of the function, and what its routes work with."""

from dataclasses import dataclass

from greenroom.gateway.routes import Routes
from greenroom.telemetry.health import HealthChecks

from .board import Board
from .cache_check import CacheCheck
from .views import ConfigurationView

routes = Routes("health")


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthApp:
    """What the routes work with."""

    checks: HealthChecks
    cache: CacheCheck
    board: Board
    configuration: ConfigurationView
    stage: str
    version: str
