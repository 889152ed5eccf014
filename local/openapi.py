"""Writes the OpenAPI document from the routes of every function: ``python -m local.openapi``."""

import json
import tomllib
from pathlib import Path
from typing import Any

from functions.auth.routes import routes as auth
from functions.bookings.routes import routes as bookings
from functions.catalog.routes import routes as catalog
from functions.health.routes import routes as health
from functions.payments.routes import routes as payments
from greenroom.gateway import openapi
from greenroom.gateway.routes import Routes

ROOT = Path(__file__).parent.parent
DOCUMENT = ROOT / "functions" / "health" / "site" / "openapi.json"

TABLES: tuple[Routes, ...] = (auth, catalog, bookings, payments, health)
"""The route table of every function behind the gateway."""

_TAGS = {
    "auth": "Accounts, sessions and the keys of access tokens.",
    "catalog": "Celebrities, what they offer, and when they are free.",
    "bookings": "Taking bookings, and showing them to their two sides.",
    "payments": "Deposits and balances, and the provider's messages.",
    "health": "Whether the system can serve, and this documentation.",
}


def document() -> dict[str, Any]:
    """Return the document as the code has it now."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return openapi.build(TABLES, version=project["version"], tags=_TAGS)


def text() -> str:
    """Return the document as the file has it."""
    return json.dumps(document(), indent=1, sort_keys=False, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    DOCUMENT.parent.mkdir(parents=True, exist_ok=True)
    DOCUMENT.write_text(text())
    print(f"wrote {DOCUMENT.relative_to(ROOT)}")
