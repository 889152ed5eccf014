"""What a stage costs, counted from its templates: ``make costs`` writes it into docs/costs.md, ``make cost``
prints what it comes to.

Prices are list prices of us-east-1 as known on ``AS_OF``, without free tiers and discounts: to be checked
before anybody relies on them. What the templates do not say, how much is used, is an assumption with a name.
"""

import json
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

AS_OF = "November 2026"
STAGES = ("dev", "staging", "prod")
DOCUMENT = Path(__file__).resolve().parent.parent / "docs" / "costs.md"
_TABLES = re.compile(r"(<!-- counted: make costs -->\n).*(<!-- end -->)", re.DOTALL)
_HOURS = 730

# By month.
KEY, SECRET, DASHBOARD = 1.00, 0.40, 3.00
ALARM_METRIC, COMPOSITE, METRIC = 0.10, 0.50, 0.30
ACL, ACL_RULE = 5.00, 1.00
# By hour and size in GB.
CACHE = {"0.5": 0.020, "1.6": 0.038, "6.1": 0.200}
# By GB and second, on arm64: sandboxes that wait, and snapshots that sandboxes are restored from.
WARM, SNAPSHOT = 0.0000033334, 0.0000015046
# By million.
REQUEST, CALL, FIREWALLED, READ, WRITE, TRACE = 3.50, 0.20, 0.60, 0.125, 0.625, 5.00
SIGNATURE, MAIL = 15.00, 100.00
GB_SECOND, LOG_GB = 0.0000133334, 0.50

# Assumed: nothing of it was measured in an account.
SECONDS, GB, LINE_BYTES, ACCESS_BYTES, TRACED = 0.05, 1.0, 800, 350, 0.05
REQUESTS_A_BOOKING, LOGINS_A_BOOKING, MAILS_A_BOOKING = 10, 1, 3
REQUESTS_A_NEGOTIATION, LOGINS_A_NEGOTIATION, MAILS_A_NEGOTIATION = 12, 2, 4
# Counted by `make units`: the dearer of a page of the list and a week's availability; from the list to the
# mails of a booking; from asking to accepting, with the marks of the mails. A test holds them to be so.
READS_A_READ = 1
READS_A_BOOKING, WRITES_A_BOOKING = 8, 48
READS_A_NEGOTIATION, WRITES_A_NEGOTIATION = 4, 46


@dataclass(frozen=True)
class Cost:
    """One line: what, how many of it, and dollars altogether."""

    what: str
    count: float
    dollars: float


def _resources(assembly: Path, stage: str) -> dict[tuple[str, str], Mapping[str, Any]]:
    """Return a stage's resources by stack and name."""
    return {
        (path.name, name): resource
        for path in sorted(assembly.glob(f"greenroom-{stage}-*.template.json"))
        for name, resource in json.loads(path.read_text("utf-8"))["Resources"].items()
    }


def at_rest(assembly: Path, stage: str) -> Iterator[Cost]:
    """Yield what a stage costs a month before anybody calls it."""
    resources = _resources(assembly, stage)

    def of(kind: str) -> list[Mapping[str, Any]]:
        return [each.get("Properties", {}) for each in resources.values() if each["Type"] == f"AWS::{kind}"]

    alarmed = sum(
        len([query for query in alarm.get("Metrics", [{"MetricStat": {}}]) if "MetricStat" in query])
        for alarm in of("CloudWatch::Alarm")
    )
    rules = sum(len(acl["Rules"]) for acl in of("WAFv2::WebACL"))
    for what, count, price in (
        ("keys", len(of("KMS::Key")), KEY),
        ("secrets", len(of("SecretsManager::Secret")), SECRET),
        ("firewalls", len(of("WAFv2::WebACL")), ACL),
        ("rules of firewalls", rules, ACL_RULE),
        ("alarms, by metric", alarmed, ALARM_METRIC),
        ("alarms on alarms", len(of("CloudWatch::CompositeAlarm")), COMPOSITE),
        ("dashboards", len(of("CloudWatch::Dashboard")), DASHBOARD),
        ("metrics filtered from logs", len(of("Logs::MetricFilter")), METRIC),
    ):
        yield Cost(what, count, count * price)
    for what, gigabytes, price in (
        ("warm sandboxes, in GB", _warm_gigabytes(resources), WARM),
        ("snapshots of functions, in GB", _snapshot_gigabytes(resources), SNAPSHOT),
    ):
        yield Cost(what, round(gigabytes, 1), gigabytes * price * _HOURS * 3600)
    for size in [
        str(each["CacheClusterSize"]) for each in of("ApiGateway::Stage") if each.get("CacheClusterEnabled")
    ]:
        yield Cost("cache of the gateway, in GB", float(size), CACHE[size] * _HOURS)


def _gigabytes(function: Mapping[str, Any]) -> float:
    return float(function["Properties"].get("MemorySize", 128) / 1024)


def _warm_gigabytes(resources: Mapping[tuple[str, str], Mapping[str, Any]]) -> float:
    """Return the memory of the sandboxes that always wait; those that scaling adds cost by their hours."""
    total = 0.0
    for (stack, _), resource in resources.items():
        if resource["Type"] == "AWS::Lambda::Alias":
            alias = resource["Properties"]
            waiting = alias.get("ProvisionedConcurrencyConfig", {}).get("ProvisionedConcurrentExecutions", 0)
            total += waiting * _gigabytes(resources[stack, alias["FunctionName"]["Ref"]])
    return total


def _snapshot_gigabytes(resources: Mapping[tuple[str, str], Mapping[str, Any]]) -> float:
    """Return the memory that SnapStart keeps of one release: of each function that has it, one version."""
    return sum(
        _gigabytes(resource)
        for resource in resources.values()
        if resource["Type"] == "AWS::Lambda::Function"
        and resource["Properties"].get("SnapStart", {}).get("ApplyOn") == "PublishedVersions"
    )


def per_million_requests() -> Iterator[Cost]:
    """Yield what a million requests cost, whatever they ask for; what they read and write comes on top."""
    yield Cost("API Gateway", 1, REQUEST)
    yield Cost(
        f"Lambda, calls of {SECONDS * 1000:.0f} ms at {GB:.0f} GB", 1, CALL + SECONDS * GB * GB_SECOND * 1e6
    )
    yield Cost("firewall", 1, FIREWALLED)
    yield Cost("DynamoDB, one write unit that counts the request", 1, WRITE)
    gigabytes = (LINE_BYTES + ACCESS_BYTES) * 1e6 / 1e9
    yield Cost(
        f"logs, {LINE_BYTES} bytes of ours and {ACCESS_BYTES} of the gateway", gigabytes, gigabytes * LOG_GB
    )
    yield Cost("traces, of one request in twenty", TRACED, TRACED * TRACE)


def per_million_reads() -> Iterator[Cost]:
    """Yield what a million looks at the list or a week's availability cost, nothing of them cached."""
    yield Cost("requests", 1, sum(cost.dollars for cost in per_million_requests()))
    yield Cost(f"DynamoDB, {READS_A_READ} read unit", READS_A_READ, READS_A_READ * READ)


def per_million_bookings() -> Iterator[Cost]:
    """Yield what a million bookings cost, from looking around to the mails."""
    yield from _per_million_journeys(
        "a booking",
        requests=REQUESTS_A_BOOKING,
        writes=WRITES_A_BOOKING,
        reads=READS_A_BOOKING,
        logins=LOGINS_A_BOOKING,
        mails=MAILS_A_BOOKING,
    )


def per_million_negotiations() -> Iterator[Cost]:
    """Yield what a million negotiations cost: asked, offered, countered and accepted, without a deposit."""
    yield from _per_million_journeys(
        "a negotiation",
        requests=REQUESTS_A_NEGOTIATION,
        writes=WRITES_A_NEGOTIATION,
        reads=READS_A_NEGOTIATION,
        logins=LOGINS_A_NEGOTIATION,
        mails=MAILS_A_NEGOTIATION,
    )


def _per_million_journeys(
    name: str, *, requests: int, writes: int, reads: int, logins: int, mails: int
) -> Iterator[Cost]:
    each = sum(cost.dollars for cost in per_million_requests())
    yield Cost(f"{requests} requests {name}", requests, requests * each)
    units = f"DynamoDB, {writes} write and {reads} read units {name}"
    yield Cost(units, writes + reads, writes * WRITE + reads * READ)
    signed = "a signature of a login" if logins == 1 else f"signatures of {logins} logins"
    yield Cost(f"KMS, {signed}", logins, logins * SIGNATURE)
    yield Cost(f"mails, {mails} {name}", mails, mails * MAIL)


def _rows(costs: list[Cost]) -> Iterator[str]:
    yield from (f"| {cost.what} | ${cost.dollars:.2f} |" for cost in costs)
    yield f"| **altogether** | **${sum(cost.dollars for cost in costs):.2f}** |"


def tables(assembly: Path) -> str:
    """Return the tables as Markdown."""
    stages = {stage: {cost.what: cost for cost in at_rest(assembly, stage)} for stage in STAGES}
    names = dict.fromkeys(what for costs in stages.values() for what, cost in costs.items() if cost.count)
    lines = [f"At rest, a month ({AS_OF}):", "", f"| | {' | '.join(STAGES)} |", "| --- " * 4 + "|"]
    for what in names:
        found = [stages[stage].get(what, Cost(what, 0, 0)) for stage in STAGES]
        lines.append(
            f"| {what} | " + " | ".join(f"{cost.count:g}: ${cost.dollars:.2f}" for cost in found) + " |"
        )
    sums = [sum(cost.dollars for cost in stages[stage].values()) for stage in STAGES]
    lines.append("| **altogether** | " + " | ".join(f"**${total:.2f}**" for total in sums) + " |")
    for title, costs in (
        ("For a million requests:", list(per_million_requests())),
        ("For a million reads:", list(per_million_reads())),
        ("For a million bookings:", list(per_million_bookings())),
        ("For a million negotiations:", list(per_million_negotiations())),
    ):
        lines += ["", title, "", "| | |", "| --- | --- |", *_rows(costs)]
    return "\n".join(lines) + "\n"


def summary(assembly: Path) -> str:
    """Return what each stage at rest and a million of each thing come to, a line each."""
    found = {f"{stage} at rest, a month": at_rest(assembly, stage) for stage in STAGES}
    found |= {
        "a million requests": per_million_requests(),
        "a million reads": per_million_reads(),
        "a million bookings": per_million_bookings(),
        "a million negotiations": per_million_negotiations(),
    }
    sums = {name: sum(cost.dollars for cost in costs) for name, costs in found.items()}
    return "".join(f"{name:<24}{f'${dollars:.2f}':>10}\n" for name, dollars in sums.items())


def updated(text: str, assembly: Path) -> str:
    """Return the document with its tables made anew."""
    return _TABLES.sub(lambda found: f"{found[1]}{tables(assembly)}{found[2]}", text)


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    if sys.argv[2:] == ["--print"]:
        sys.stdout.write(summary(folder))
    else:
        DOCUMENT.write_text(updated(DOCUMENT.read_text("utf-8"), folder), "utf-8")
