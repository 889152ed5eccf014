"""Records the AWS calls that functions make, as the permissions they need: by function, what on what."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from greenroom.aws.client import Call, Document
from greenroom.storage.clients import client, gate_client, session
from greenroom.telemetry.invocations import current

Needed = tuple[str, str]
"""An action, and the kind of thing it is on: ``dynamodb:Query``, ``bookings/by_buyer``."""

_IN_A_TRANSACTION = {
    "Put": "PutItem",
    "Update": "UpdateItem",
    "Delete": "DeleteItem",
    "ConditionCheck": "ConditionCheckItem",
    "Get": "GetItem",
}
_SERVICES = {"sesv2": "ses", "monitoring": "cloudwatch"}
# Where the permission is not called like the operation.
_ACTIONS = {
    "lambda:Invoke": "lambda:InvokeFunction",
    "s3:CopyObject": "s3:PutObject",
    "s3:HeadObject": "s3:GetObject",
}


# A form is made out of the parameters of this one, which is never called.
_SIGNED_ALONE = "CreateBucket"


@dataclass(slots=True)
class Recorder:
    """Listens to the process's own clients, and to those of its session that are made after ``install``."""

    tables: Mapping[str, str]
    """The tables' short names by the names they go by."""
    needed: dict[str, set[Needed]] = field(default_factory=dict)

    def install(self) -> None:
        """Stand around our own clients' calls, and hook into the events of boto3's."""
        own: list[Any] = [client("dynamodb"), gate_client(), client("kms"), client("secretsmanager")]
        for each in own:
            each.middleware.append(self._around)
        session().events.register("provide-client-params.*.*", self._heard)

    def _around(self, call: Call, proceed: Callable[[], Document]) -> Document:
        self._record(call.service, call.operation, call.parameters)
        return proceed()

    def _heard(self, params: Mapping[str, Any], model: Any, **_: Any) -> None:
        self._record(model.service_model.service_name, model.name, params)

    def _record(self, service: str, operation: str, params: Mapping[str, Any]) -> None:
        invocation = current()
        if invocation is None or operation == _SIGNED_ALONE:
            return
        found = self._items(operation, params) if service == "dynamodb" else [(operation, _thing(params))]
        for name, thing in found:
            action = f"{_SERVICES.get(service, service)}:{name}"
            self.needed.setdefault(invocation.service, set()).add((_ACTIONS.get(action, action), thing))

    def _items(self, operation: str, params: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        """Yield what a call on tables needs: a transaction needs the permission of each of its items."""
        if "TransactItems" in params:
            for item in params["TransactItems"]:
                for kind, part in item.items():
                    called = _IN_A_TRANSACTION[kind]
                    yield called, self._by_keys(called, part) or self.tables[part["TableName"]]
        elif "RequestItems" in params:
            for table in params["RequestItems"]:
                yield operation, self.tables[table]
        else:
            index = f"/{params['IndexName']}" if "IndexName" in params else ""
            yield operation, self._by_keys(operation, params) or self.tables[params["TableName"]] + index

    @staticmethod
    def _by_keys(operation: str, part: Mapping[str, Any]) -> str:
        """Return the name of what may be written by partition keys, where it is not by the table."""
        if operation not in {"PutItem", "DeleteItem"}:
            return ""
        key = part.get("Item", part.get("Key", {})).get("pk", {}).get("S", "")
        return "erasures" if key.startswith("ERASURE#") else ""


def _thing(params: Mapping[str, Any]) -> str:
    if "KeyId" in params:
        return "token key"
    if "SecretId" in params:
        return f"secret {params['SecretId']}"
    if "FunctionName" in params:
        return "version"
    if "Bucket" in params:
        return f"files {params['Key'].partition('/')[0]}"
    if "deploymentId" in params:
        return "deployment"
    return ""
