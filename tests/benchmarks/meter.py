"""What is asked of the tables: counted around the calls of a client."""

from collections.abc import Callable

from greenroom.aws.client import Call, Client, Document

_WRITES = frozenset({"PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems", "BatchWriteItem"})


class Meter:
    """Counts calls and units, those of indexes included, since it was last set back."""

    def __init__(self, client: Client) -> None:
        self.reset()
        client.middleware.insert(0, self._around)

    def reset(self) -> None:
        """Begin at nothing."""
        self.calls, self.read, self.write = 0, 0.0, 0.0
        self.items = 0  # of batches, of which the emulator tells no units

    def _around(self, call: Call, proceed: Callable[[], Document]) -> Document:
        call.parameters["ReturnConsumedCapacity"] = "INDEXES"
        answer = proceed()
        consumed = answer.get("ConsumedCapacity") or []
        entries = consumed if isinstance(consumed, list) else [consumed]
        units = sum(float(entry.get("CapacityUnits", 0)) for entry in entries)
        self.calls += 1
        self.items += sum(map(len, answer.get("Responses", {}).values()))
        if call.operation in _WRITES:
            self.write += units
        else:
            self.read += units
        return answer
