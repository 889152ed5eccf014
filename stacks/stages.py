"""The stages and in what they differ: policy is settled here, an operator's own facts come from cdk.json."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal
from urllib.parse import urlsplit

from stacks.site_checks import troubles
from stacks.sizes import AWAITED, MEMORY, RESERVED, Provisioned, SnapStart, WarmStart

LogLevel = Literal["DEBUG", "INFO"]
"""Nothing quieter: a request's line is at INFO and carries its metrics."""
LogDays = Literal[7, 30, 365]
ManagedRules = Literal["count", "block"]

_PERSONAL = re.compile(r"[a-z][a-z0-9]{1,11}")
_KEY_NAME = re.compile(r"[a-z0-9]{1,12}")
_DSN = re.compile(r"https://[0-9A-Za-z]{1,64}@[a-z0-9.-]+(:[0-9]{1,5})?/[0-9]{1,20}")
_CACHE_URL = re.compile(r"rediss?://[a-z0-9.-]+(:[0-9]{1,5})?(/[0-9]{1,3})?")
_LISTS, _FLAGS = (
    ("origins", "token_keys", "alarm_emails", "restored_tables", "partners"),
    ("archive_logs", "lock_backups", "cache_for_partners"),
)
_SHARES = ("sentry_profiles_sample_rate",)
_TAKEN = frozenset({"dev", "staging", "prod", "local", "account"})


class InvalidStage(Exception):
    """A stage's name or an operator's settings for it cannot be used; the message says which and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """What only the operator of a stage knows."""

    mail_domain: str = "greenroom.example"
    """The verified SES domain that mails come from. ``.example`` says that none was chosen yet."""
    public_url: str | None = None
    """Where people reach the API, without a slash at the end; None for its domain's or the gateway's."""
    origins: tuple[str, ...] = ()
    """The exact origins of pages that may call the API."""
    webauthn_rp_id: str | None = None
    """The domain that passkeys are made for, one that the pages of ``origins`` are of; None for that of the
    API's own address. To change it voids every passkey."""
    sentry_dsn: str | None = None
    """Where error reports go; None for nowhere. Whoever has it may send reports and read none."""
    sentry_profiles_sample_rate: float | None = None
    """Which part of the processes profiles its traced requests, from 0 to 1; None for the stage's default."""
    payment_api_url: str | None = None
    """Another base address of the payment provider's API; None for the provider's own."""
    domain: str | None = None
    """The API's own domain, with ``certificate_arn``; None for the gateway's own address."""
    certificate_arn: str | None = None
    """The certificate of ``domain`` in ACM, in the stage's own region."""
    cdn_url: str | None = None
    """Another address that published files are served from; None for the stage's own distribution's."""
    cdn_domain: str | None = None
    """The distribution's own domain, with ``cdn_certificate_arn``; None for the one it is given."""
    cdn_certificate_arn: str | None = None
    """The certificate of ``cdn_domain`` in ACM, in us-east-1: the distribution looks nowhere else."""
    partners: tuple[str, ...] = ()
    """Who reads the catalogue by a key of his own, at an API for partners; none: there is no such API."""
    cache_for_partners: bool = False
    """Whether that API answers from a cache of the gateway's, for some $14 a month."""
    restored_tables: tuple[str, ...] = ()
    """Tables that serve in place of the stage's own, ``identity=<name>``: see docs/runbooks/restore.md."""
    restored_stream: str | None = None
    """The label of the stream of a restored bookings table, the last part of its ARN."""
    lock_backups: bool = False
    """Whether nobody, AWS included, can delete a backup before its time. After three days there is no way
    back from it."""
    cache_url: str | None = None
    """A Redis or Valkey server that the functions can reach, ``rediss://host:port``; None for none. Its
    network is the operator's matter: see docs/decisions/0015-cache.md."""
    token_keys: tuple[str, ...] = ("1",)
    """Names of the keys whose access tokens are accepted; the first one signs. A name once used is a key
    once made: see docs/runbooks/key-rotation.md."""
    alarm_emails: tuple[str, ...] = ()
    """Who is told of alarms. Each address is asked to confirm once."""
    archive_logs: bool = False
    """Whether logs are also kept in a bucket, for longer than their groups keep them; prod always does."""
    runbooks_url: str = "docs/runbooks"
    """Where alarms say that their runbooks are: a folder of this repository, or the address that shows it."""

    @property
    def restored(self) -> Mapping[str, str]:
        """The names of the tables that serve in place of the stage's own."""
        return dict(text.split("=", 1) for text in self.restored_tables)

    @property
    def own_url(self) -> str | None:
        """The address that the settings name, None where it is the gateway's own."""
        return self.public_url or (f"https://{self.domain}" if self.domain else None)

    @property
    def webauthn_origins(self) -> tuple[str, ...]:
        """Those of the origins that are of the passkeys' domain, or below it."""
        domain = self.webauthn_rp_id
        hosts = {origin: urlsplit(origin).hostname or "" for origin in self.origins if domain}
        return tuple(origin for origin, host in hosts.items() if f".{host}".endswith(f".{domain}"))

    @property
    def chosen(self) -> bool:
        """Tell whether mails can be delivered at all."""
        return not self.mail_domain.endswith(".example")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One deployment of the whole system."""

    name: str
    site: Site
    keeps_data: bool = False
    """Tables, keys and secrets outlive their stack and refuse deletion."""
    own_keys: bool = False
    """Tables are encrypted under keys of ours, a dollar a month each, and not under DynamoDB's."""
    strict: bool = False
    """What is only a warning elsewhere (no bytecode, no mail domain) forbids deploying this stage."""
    log_level: LogLevel = "DEBUG"
    log_sample_rate: float = 0.0
    """The share of invocations that log at DEBUG although ``log_level`` does not."""
    log_days: LogDays = 7
    tracing: bool = False
    """Whether the gateway and the functions send traces to X-Ray."""
    recovery_days: int = 7
    """How far back tables can be restored to any second: 1 to 35 days."""
    requests_per_second: int = 50
    burst: int = 100
    partner_requests_per_second: int = 10
    partner_requests_per_day: int = 200_000
    partner_cache_seconds: int = 10
    """How old an answer to a partner may be, where there is a cache."""
    flood_per_minute: int = 600
    """How often one address may call in a minute, many people behind one office's address included."""
    traces_sample_rate: float = 0.0
    """Which part of the requests is traced, where error reports go anywhere."""
    profiles_sample_rate: float = 0.0
    """Which part of the processes profiles its traced requests, unless the site has its own figure."""
    managed_rules: ManagedRules = "count"
    """What becomes of a request that one of AWS's rule groups matches. A new stage counts first."""
    memory: Mapping[str, int] = field(default_factory=lambda: MEMORY)
    reserved: Mapping[str, int] = field(default_factory=dict)
    """Most sandboxes at once by function. Empty for a stage that may not take any from the account: a new
    account has ten in all, and Lambda refuses to reserve any of the last hundred."""
    warm_start: WarmStart = None
    canary: bool = False
    """Whether a new version gets a tenth of the traffic first, and is taken back if it fails."""

    def __post_init__(self) -> None:
        if isinstance(self.warm_start, Provisioned):
            # While two versions share the traffic, both have theirs waiting.
            least = 2 * self.warm_start.most
            short = sorted(name for name, most in self.reserved.items() if name in AWAITED and most < least)
            if short:
                raise InvalidStage(f"{self.name}: {', '.join(short)} may have fewer sandboxes than {least}")

    @property
    def profiles_rate(self) -> float:
        """Which part of the processes profiles its traced requests."""
        own = self.site.sentry_profiles_sample_rate
        return self.profiles_sample_rate if own is None else own

    @property
    def archive_days(self) -> int:
        """How long logs stay in the archive: three years of production's, 0 for a stage that keeps none."""
        if self.keeps_data:
            return 3 * 365
        return 120 if self.site.archive_logs else 0


def _site(name: str, sites: Mapping[str, Any]) -> Site:
    known = Site.__dataclass_fields__
    given = dict(sites.get(name, {}))
    unknown = sorted(set(given) - set(known))
    if unknown:
        raise InvalidStage(f"sites.{name} has unknown settings: {', '.join(unknown)}")
    lists: dict[str, Any] = {setting: given.pop(setting) for setting in _LISTS if setting in given}
    for setting, values in lists.items():
        if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
            raise InvalidStage(f"sites.{name}.{setting} must be a list of texts")
        lists[setting] = tuple(values)
    flags: dict[str, Any] = {setting: given.pop(setting) for setting in _FLAGS if setting in given}
    for setting, value in flags.items():
        if not isinstance(value, bool):
            raise InvalidStage(f"sites.{name}.{setting} must be true or false")
    shares: dict[str, Any] = {setting: given.pop(setting) for setting in _SHARES if setting in given}
    for setting, value in shares.items():
        if isinstance(value, bool) or not (isinstance(value, int | float) and 0 <= value <= 1):
            raise InvalidStage(f"sites.{name}.{setting} must be a number from 0 to 1")
    for setting, value in given.items():
        if not (isinstance(value, str) and value):
            raise InvalidStage(f"sites.{name}.{setting} must be text")
    site = Site(**lists, **flags, **shares, **given)
    _check_site(name, site)
    return site


def _check_site(name: str, site: Site) -> None:
    """Refuse settings that could not work together or would give something away."""
    if site.webauthn_rp_id and not site.webauthn_origins:
        raise InvalidStage(f"sites.{name}.webauthn_rp_id is the domain of none of its origins")
    if site.sentry_dsn and not _DSN.fullmatch(site.sentry_dsn):
        raise InvalidStage(f"sites.{name}.sentry_dsn is not of the form https://key@host/project")
    if site.cache_url and not _CACHE_URL.fullmatch(site.cache_url):
        # No credentials either: they would stand in templates and in the functions' environment.
        raise InvalidStage(f"sites.{name}.cache_url must be redis:// or rediss:// and host:port, and no more")
    for trouble in troubles(site):
        raise InvalidStage(f"sites.{name}.{trouble}")
    names = frozenset(filter(_KEY_NAME.fullmatch, site.token_keys))
    if not 1 <= len(names) == len(site.token_keys) <= 2:
        raise InvalidStage(f"sites.{name}.token_keys must be one or two names of a-z and 0-9")


def _personal(name: str, sites: Mapping[str, Any]) -> Stage:
    if name in _TAKEN or not _PERSONAL.fullmatch(name):
        raise InvalidStage(
            f"a personal stage cannot be called {name!r}: 2 to 12 of a-z and 0-9, a letter first, "
            f"and none of {', '.join(sorted(_TAKEN))}"
        )
    return Stage(name=name, site=_site(name if name in sites else "dev", sites))


def all_stages(sites: Mapping[str, Any], personal: str | None = None) -> tuple[Stage, ...]:
    """Return every stage, the developer's own last when ``personal`` names one.

    ``sites`` maps a stage's name to the fields of its ``Site``; a personal stage falls back on dev's.
    Raises ``InvalidStage``.
    """
    dev = Stage(name="dev", site=_site("dev", sites))
    staging = Stage(
        name="staging",
        site=_site("staging", sites),
        log_level="INFO",
        log_sample_rate=0.01,
        log_days=30,
        tracing=True,
        traces_sample_rate=1.0,
        profiles_sample_rate=1.0,
        recovery_days=35,
        own_keys=True,
        requests_per_second=500,
        burst=1000,
        managed_rules="block",
        reserved=RESERVED,
        warm_start=SnapStart(),
    )
    prod = replace(
        staging,
        name="prod",
        site=_site("prod", sites),
        keeps_data=True,
        strict=True,
        log_days=365,
        traces_sample_rate=0.1,
        profiles_sample_rate=0.0,
        warm_start=Provisioned(least=3, most=10),
        canary=True,
    )
    stages = (dev, staging, prod)
    return (*stages, _personal(personal, sites)) if personal else stages
