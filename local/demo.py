"""Demo data: five accounts and a roster of invented celebrities, made once and kept with the rest.

Beside the accounts stands the token of what watches the system.
"""

import json
import os
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pydantic import Secret

from greenroom.actors import Role
from greenroom.calendar.schedules import Schedule
from greenroom.calendar.timing import OfferingTiming
from greenroom.cancellation import Tier, cancellation_policy
from greenroom.catalog.model import Celebrity, Mode, Offering
from greenroom.catalog.store import CatalogStore
from greenroom.identifiers import new_id, owned_id
from greenroom.identity.operator import Operator, OperatorError, operator
from greenroom.storage.clients import client
from greenroom.storage.contention import CalendarBusy
from greenroom.storage.tables import Tables

ROSTER = Path(__file__).parent / "roster.json"

_ROLES = {
    "buyer": Role.BUYER,
    "buyer2": Role.BUYER,
    "agent": Role.AGENT,
    "agent2": Role.AGENT,
    "admin": Role.ADMIN,
}
_NAMES = {
    "buyer": "Bea Buyer",
    "buyer2": "Ben Buyer",
    "agent": "Ada Agent",
    "agent2": "Abe Agent",
    "admin": "Ari Admin",
}
_POLICY = cancellation_policy([Tier(30, 10_000), Tier(7, 5_000), Tier(1, 2_000)])
_HOURS = Schedule.from_plain(
    {
        "weekly": [
            *({"weekday": day, "start": "09:00", "end": "18:00"} for day in range(5)),
            *({"weekday": day, "start": "10:00", "end": "24:00"} for day in (5, 6)),
            # Saturday night goes on past midnight.
            {"weekday": 6, "start": "00:00", "end": "02:00"},
        ],
        "overrides": [],
    }
)


def seed(
    demo_file: Path,
    base_url: str,
    monitoring_token: str,
    *,
    tables: Tables | None = None,
    names: Mapping[str, str] = os.environ,
) -> None:
    """Make the demo data unless it is there, and write where the system is and who can log in.

    The passwords are kept before anything is made with them, so that a start that was cut short goes on.
    ``names`` are the tables' names by the setting that tells a function.
    """
    ours = {"base_url": base_url, "monitoring_token": monitoring_token}
    if demo_file.exists():
        demo = json.loads(demo_file.read_text())
        if demo != demo | ours:
            _write(demo_file, demo | ours)
        return
    begun = demo_file.with_suffix(".begun")
    if not begun.exists():
        _write(begun, _new_accounts())
    accounts = json.loads(begun.read_text())
    tables = tables or Tables(client("dynamodb"))
    people = operator(tables, identity_table=names["IDENTITY_TABLE"], limits_table=names["LIMITS_TABLE"])
    agents = {key: _user_id(people, key, account) for key, account in accounts.items()}
    store = CatalogStore(tables, names["CATALOG_TABLE"])
    now = datetime.now(UTC)
    for number, entry in enumerate(json.loads(ROSTER.read_text())):
        celebrity = _celebrity(entry, agents[entry["agent"]], now + number * timedelta(milliseconds=1))
        try:
            store.add(celebrity, _HOURS)
        except CalendarBusy:
            continue  # the slug is taken: an earlier start came as far as this one
    _write(demo_file, {**ours, "accounts": accounts})
    begun.unlink()


def _new_accounts() -> dict[str, dict[str, str]]:
    return {
        key: {"email": f"{key}@greenroom.test", "password": f"demo-{secrets.token_urlsafe(9)}"}
        for key in _ROLES
    }


def _user_id(people: Operator, key: str, account: dict[str, str]) -> str:
    try:
        return people.create_user(
            email=account["email"],
            password=Secret(account["password"]),
            display_name=_NAMES[key],
            role=_ROLES[key],
        )
    except OperatorError:
        user = people.users.by_email(account["email"])
        if user is None:
            raise
        return user.id


def _celebrity(entry: dict[str, Any], agent_id: str, now: datetime) -> Celebrity:
    celebrity_id = new_id("cel", now)
    return Celebrity(
        id=celebrity_id,
        slug=entry["slug"],
        name=entry["name"],
        category=entry["category"],
        country=entry["country"],
        time_zone=entry["time_zone"],
        languages=tuple(entry["languages"]),
        bio=entry["bio"],
        media=(),
        agent_id=agent_id,
        offerings=tuple(
            _offering(celebrity_id, number, row) for number, row in enumerate(entry["offerings"], start=1)
        ),
        created_at=now,
    )


def _offering(celebrity_id: str, number: int, row: list[Any]) -> Offering:
    title, kind, mode, duration, before, after, notice, slot, price, currency, deposit = row
    return Offering(
        id=owned_id("off", celebrity_id, f"{number:02d}"),
        title=title,
        kind=kind,
        mode=Mode(mode),
        timing=OfferingTiming.from_minutes(
            duration=duration, slot=slot, buffer_before=before, buffer_after=after, minimum_notice=notice
        ),
        price=price,
        currency=currency,
        deposit_share=deposit,
        cancellation_policy=_POLICY,
    )


def _write(path: Path, content: dict[str, Any]) -> None:
    """Write whole or not at all; it holds passwords, so it is the owner's alone to read."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(f"{path.suffix}.tmp")
    temporary.touch(mode=0o600)
    temporary.write_text(json.dumps(content, indent=1) + "\n")
    temporary.replace(path)
