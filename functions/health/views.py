"""The shapes of the health endpoints. The public ones tell a check's name, status and time, and no cause."""

from typing import Literal

from greenroom.shapes import View
from greenroom.telemetry.health import CheckResult, Group, Status


class Liveness(View):
    """The process runs."""

    status: Literal["ok"] = "ok"


class Summary(View):
    """The system at a glance."""

    status: Status
    version: str
    stage: str
    response_ms: float


class CheckView(View):
    """How one check went. `degraded`: it fails, and requests are still served."""

    name: str
    status: Status
    milliseconds: float


class Checked(View):
    """Some checks, and the worst of their statuses."""

    status: Status
    checks: list[CheckView]


class CacheChecked(Checked):
    """The catalogue's cache. What is not known is null."""

    hit_ratio: float | None
    """Of all reads of the stage in the last five minutes."""
    stored_version: int | None
    """Of the list of celebrities, in its table."""
    cached_version: int | None
    """Of the newest list that the cache has given back."""


class DetailedCheckView(CheckView):
    """How one check went, and what hangs on it."""

    group: Group
    critical: bool


class SandboxView(View):
    """The process that answers: one of many. Percentages are of what its memory setting allots."""

    cold_start: bool
    uptime_seconds: float
    memory_mb: float
    """The most that it ever held."""
    memory_setting_mb: int
    memory_percent: float
    cpu_seconds: float
    """All that it ever took."""
    cpu_percent: float | None
    """While it worked, when last looked at; null before that."""
    python: str


class CacheView(View):
    """What this process knows of the cache. What is not known is null."""

    hit_ratio: float | None
    backend: str | None
    entries: int | None
    hits: int | None
    misses: int | None
    stored_version: int | None
    cached_version: int | None


class ConfigurationView(View):
    """What the function was told, secrets and their names left out."""

    log_level: str
    log_sample_rate: float
    rate_limits: str
    cors_origins: list[str]
    tables: dict[str, str]
    mail_domain: str
    payment_host: str
    cdn_host: str | None
    metrics_keep_seconds: int


class Detailed(View):
    """Everything that is known of the system's health."""

    status: Status
    version: str
    stage: str
    response_ms: float
    checks: list[DetailedCheckView]
    sandbox: SandboxView
    cache: CacheView
    configuration: ConfigurationView


class SeriesView(View):
    """One metric for one set of dimensions: its statistics by window."""

    dimensions: dict[str, str]
    windows: dict[str, dict[str, float]]


class MetricView(View):
    """One metric of the catalogue; without a series nothing was measured in three hours."""

    name: str
    unit: str
    meaning: str
    series: list[SeriesView]


class MetricsView(View):
    """All metrics, as CloudWatch had them at one moment."""

    at: str
    """RFC 3339."""
    namespace: str
    window_seconds: dict[str, int]
    metrics: list[MetricView]


def check_view(result: CheckResult) -> CheckView:
    """Show a result to anybody."""
    return CheckView(name=result.name, status=result.status, milliseconds=result.milliseconds)


def detailed_check_view(result: CheckResult) -> DetailedCheckView:
    """Show a result to those who run the system."""
    return DetailedCheckView(
        name=result.name,
        status=result.status,
        milliseconds=result.milliseconds,
        group=result.group,
        critical=result.critical,
    )
