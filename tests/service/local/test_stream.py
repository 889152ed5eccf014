"""The poller over a real stream of the emulator's."""

from typing import Any

from local.resources import client
from local.runtime import Function
from local.streams import StreamPoller
from tests.support.emulator import RunningEmulator


def test_changes_arrive_once_in_order_and_in_lambdas_shape(emulator: RunningEmulator) -> None:
    tables = emulator.fresh_tables()
    dynamodb = client("dynamodb", emulator.url)
    seen: list[dict[str, Any]] = []

    def take(event: Any, _context: Any) -> dict[str, Any]:
        seen.extend(event["Records"])
        return {"batchItemFailures": []}

    streams = client("dynamodbstreams", emulator.url)
    poller = StreamPoller(
        streams, tables.stream_arn, Function("outbox", take), lambda _: None, lambda _: None
    )
    for number in range(5):
        item = {"pk": {"S": "B"}, "sk": {"S": f"{number}"}, "b": {"B": b"\x00\xff"}, "n": {"N": "1.5"}}
        dynamodb.put_item(TableName=tables.names["bookings"], Item=item)
    poller.poll()
    dynamodb.delete_item(TableName=tables.names["bookings"], Key={"pk": {"S": "B"}, "sk": {"S": "0"}})
    poller.poll()
    poller.poll()

    assert [record["eventName"] for record in seen] == ["INSERT"] * 5 + ["REMOVE"]
    assert [record["dynamodb"]["Keys"]["sk"]["S"] for record in seen] == ["0", "1", "2", "3", "4", "0"]
    first = seen[0]
    assert first["eventSource"] == "aws:dynamodb"
    assert first["eventSourceARN"] == tables.stream_arn
    assert first["dynamodb"]["NewImage"]["b"] == {"B": "AP8="}
    assert first["dynamodb"]["StreamViewType"] == "NEW_IMAGE"
    assert isinstance(first["dynamodb"]["ApproximateCreationDateTime"], float)
    assert poller.drained is not None
