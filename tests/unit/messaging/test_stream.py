from typing import Any

import pytest

from greenroom.mail import MailUnavailable
from greenroom.messaging.stream import deliver_records
from greenroom.storage.items import Item, encode_item
from tests.unit.messaging.scenes import event_item

OTHER = "bkg_00000000000000000000000009"


def record(number: int, item: Item, name: str = "INSERT") -> dict[str, Any]:
    return {
        "eventName": name,
        "dynamodb": {"SequenceNumber": str(number), "NewImage": encode_item(item)},
    }


class Delivery:
    """Keeps what it is given and fails where it is told to."""

    def __init__(self) -> None:
        self.versions: list[tuple[str, int]] = []
        self.failures: dict[tuple[str, int], Exception] = {}

    def __call__(self, item: Item) -> int:
        which = item["booking_id"], item["version"]
        if which in self.failures:
            raise self.failures[which]
        self.versions.append(which)
        return 1


@pytest.fixture
def delivery() -> Delivery:
    return Delivery()


@pytest.fixture
def apart() -> list[Any]:
    """What was set apart."""
    return []


def unheard(record: Any) -> None:
    """Set nothing apart: the queue does not answer, or is not to be asked."""
    raise ConnectionError(record)


ONE = event_item()["booking_id"]


def test_new_events_are_delivered_in_the_order_of_the_stream_and_unchanged(delivery: Delivery) -> None:
    item = event_item(version=3, changes={"terms": {"fee": 1, "rider": ""}, "deadline": None})
    given: list[Item] = []

    assert deliver_records([record(1, event_item(version=2)), record(2, item)], given.append, unheard) == []

    assert given == [event_item(version=2), item]


@pytest.mark.parametrize(
    "other",
    [
        record(1, event_item(), "MODIFY"),
        record(1, event_item() | {"kind": "booking"}),
        record(1, {name: value for name, value in event_item().items() if name != "kind"}),
        {"eventName": "REMOVE", "dynamodb": {"SequenceNumber": "1", "Keys": {}}},
    ],
    ids=["changed", "another kind", "no kind", "removed"],
)
def test_what_is_no_new_event_is_passed_over(delivery: Delivery, other: dict[str, Any]) -> None:
    assert deliver_records([other], delivery, unheard) == []
    assert delivery.versions == []


@pytest.mark.parametrize(
    "poison",
    [
        {"eventName": "INSERT", "dynamodb": {"SequenceNumber": "2"}},
        {
            "eventName": "INSERT",
            "dynamodb": {"SequenceNumber": "2", "NewImage": {"kind": {"S": "event"}, "n": {}}},
        },
        {"eventName": "INSERT", "dynamodb": {"SequenceNumber": "2", "NewImage": {"kind": {"S": "event"}}}},
        {"dynamodb": {"SequenceNumber": "2"}},
    ],
    ids=["no image", "an attribute of no type", "no key", "no name"],
)
def test_a_record_that_cannot_be_read_is_set_apart_and_stops_none_of_the_others(
    delivery: Delivery, apart: list[Any], poison: dict[str, Any]
) -> None:
    records = [record(1, event_item(version=1)), poison, record(3, event_item(version=2))]

    assert deliver_records(records, delivery, apart.append) == []
    assert apart == [poison]
    assert delivery.versions == [(ONE, 1), (ONE, 2)]


def test_an_event_that_can_never_be_delivered_stops_none_of_the_others_of_its_booking_either(
    delivery: Delivery, apart: list[Any]
) -> None:
    delivery.failures[ONE, 2] = LookupError()
    records = [record(n, event_item(version=n)) for n in (1, 2, 3)]

    assert deliver_records(records, delivery, apart.append) == []

    assert apart == [records[1]]
    assert delivery.versions == [(ONE, 1), (ONE, 3)]


def test_while_a_mail_cannot_go_out_the_later_ones_of_its_booking_wait_and_others_go_on(
    delivery: Delivery,
) -> None:
    delivery.failures[ONE, 1] = MailUnavailable()
    records = [
        record(11, event_item(version=1)),
        record(12, event_item(version=1, booking_id=OTHER)),
        record(13, event_item(version=2)),
        record(14, event_item(version=2, booking_id=OTHER)),
    ]

    assert deliver_records(records, delivery, unheard) == ["11", "13"]
    assert delivery.versions == [(OTHER, 1), (OTHER, 2)]


def test_a_record_without_a_number_makes_the_whole_batch_come_again(delivery: Delivery) -> None:
    records = [{"eventName": "INSERT", "dynamodb": {}}, record(2, event_item())]

    assert deliver_records(records, delivery, unheard) == [""]
    assert delivery.versions == [(ONE, 2)]


def test_what_cannot_even_be_set_apart_comes_again(delivery: Delivery) -> None:
    delivery.failures[ONE, 1] = LookupError()
    records = [record(n, event_item(version=n)) for n in (1, 2)]

    assert deliver_records(records, delivery, unheard) == ["1"]
    assert delivery.versions == [(ONE, 2)]


def test_what_passes_with_time_is_never_set_apart(delivery: Delivery, apart: list[Any]) -> None:
    delivery.failures[ONE, 1] = MailUnavailable()

    assert deliver_records([record(1, event_item(version=1))], delivery, apart.append) == ["1"]
    assert apart == []
