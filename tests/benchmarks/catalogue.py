"""A catalogue of any size, written straight into a table: what it costs to make is not what is measured."""

import random
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pydantic import Secret

from functions.catalog.routes import CatalogApp, routes
from greenroom.aws.client import DYNAMODB
from greenroom.catalog.model import Celebrity
from greenroom.catalog.records import celebrity_item, row_item, schedule_item
from greenroom.catalog.store import CatalogStore
from greenroom.gateway.cursors import Cursors
from greenroom.gateway.dispatch import Composition, Function
from greenroom.storage import keys
from greenroom.storage.items import Item, encode_item
from greenroom.storage.tables import Tables
from greenroom.uploads.bucket import Bucket
from local.emulator import Emulator
from local.resources import make_tables, own_client
from tests.support.celebrities import DEAR, HOURS, OFFERING, ZOE
from tests.support.emulator import EXECUTABLE

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
_CATEGORIES = ("music", "film", "sport", "comedy", "food", "fashion")
_COUNTRIES = ("ES", "FR", "DE", "JP", "US", "MX", "KW", "GB", "SE", "PL")
_CURRENCIES = ("EUR", "USD", "JPY", "GBP")
_FIRST = ("Ada", "Bo", "Cleo", "Dina", "Enzo", "Faye", "Gus", "Hana", "Igor", "June", "Kai", "Lena")
_LAST = ("Alba", "Brandt", "Costa", "Dahl", "Egede", "Fuchs", "Garcia", "Holm", "Ito", "Jansen", "Klein")
_BATCH = 25


def celebrities(count: int) -> Iterator[Celebrity]:
    """Yield celebrities of every sort, the same ones each time."""
    dice = random.Random(7)  # noqa: S311 - samples, not secrets
    for number in range(count):
        currency = dice.choice(_CURRENCIES)
        offerings = tuple(
            replace(each, id=f"{each.id}{number}", currency=currency, price=dice.randrange(10_000, 2_000_000))
            for each in (OFFERING, DEAR)
        )
        yield replace(
            ZOE,
            id=f"cel_{number:026d}",
            slug=f"slug-{number}",
            name=f"{dice.choice(_FIRST)} {dice.choice(_LAST)} {number}",
            category=dice.choice(_CATEGORIES),
            country=dice.choice(_COUNTRIES),
            languages=(dice.choice(("en", "es", "fr-CA", "ja")),),
            agent_id=f"usr_{number // 50}",
            offerings=offerings,
        )


def items(count: int) -> Iterator[Item]:
    """Yield the items of a catalogue of that size."""
    for celebrity in celebrities(count):
        yield celebrity_item(celebrity)
        yield row_item(celebrity)
        yield schedule_item(celebrity.id, HOURS, 1)
        versions = keys.celebrity_versions(celebrity.id)
        yield {**versions._asdict(), "profile": 1, "schedule": 1}
    yield {**keys.LISTING_VERSION._asdict(), "version": count}


def write(dynamodb: Any, table: str, items: Iterable[Item]) -> None:
    """Write items to the emulator's table, as they are."""
    pending = iter(items)
    while batch := list(islice(pending, _BATCH)):
        dynamodb.batch_write_item(
            RequestItems={table: [{"PutRequest": {"Item": encode_item(item)}} for item in batch]}
        )


def function(dynamodb: Any, catalog_table: str, bookings_table: str) -> Function[CatalogApp]:
    """Compose the catalogue's function over tables, without limits, at a moment that stands still."""
    tables = Tables(dynamodb)
    app = CatalogApp(
        store=CatalogStore(tables, catalog_table),
        tables=tables,
        bookings_table=bookings_table,
        bucket=Bucket(lambda: None, "none"),
        cursors=Cursors(lambda: Secret("secret")),
        clock=lambda: NOW,
    )
    return Function(routes, lambda: Composition(app=app, clock=lambda: NOW))


def get(asked: Function[CatalogApp], path: str, query: dict[str, str], **parameters: str) -> str:
    """Ask as the gateway does and return the body."""
    answer = asked(
        {
            "httpMethod": "GET",
            "resource": path,
            "path": path,
            "pathParameters": parameters or None,
            "multiValueHeaders": {},
            "multiValueQueryStringParameters": {name: [value] for name, value in query.items()},
            "requestContext": {},
            "body": None,
            "isBase64Encoded": False,
        }
    )
    assert answer["statusCode"] == 200, answer["body"]
    return str(answer["body"])


@contextmanager
def emulated(*prefixes: str) -> Iterator[tuple[Any, list[dict[str, str]]]]:
    """Yield a client of an emulator of one's own, and the names of a set of tables for each prefix."""
    with TemporaryDirectory() as folder:
        emulator = Emulator(EXECUTABLE, Path(folder), persist=False)
        emulator.start()
        try:
            names = [make_tables(emulator.url, prefix)[0] for prefix in prefixes]
            yield own_client(DYNAMODB, emulator.url), names
        finally:
            emulator.stop()
