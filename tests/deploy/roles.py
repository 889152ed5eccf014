"""The roles of a deployed stage's functions: what each may do, and how it is without some of that."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from local.deploy.clients import client
from local.deploy.stacks import Stacks
from stacks.functions import PLANS, Target
from stacks.permissions import CONDITIONS

Taken = tuple[Target, str]
"""A permission: what may be called, and how (``dynamodb:GetItem``)."""

_RESOURCES = {
    Target.IDENTITY: r":table/[^/]+-TablesIdentity[^/]+",
    Target.CATALOG: r":table/[^/]+-TablesCatalog[^/]+",
    Target.BOOKINGS: r":table/[^/]+-TablesBookings[^/]+",
    Target.BY_BUYER: r"/index/by_buyer",
    Target.BY_AGENT: r"/index/by_agent",
    Target.BY_DUE: r"/index/by_due",
    # The same items' table: it is by its condition that a statement is about these alone.
    Target.ERASURES: r":table/[^/]+-TablesBookings[^/]+",
    Target.LIMITS: r":table/[^/]+-TablesLimits[^/]+",
    Target.BOOKING_STREAM: r"/stream/[^/]+",
    Target.UNDELIVERED: r"-UndeliveredEvents[^/]+",
    Target.TOKEN_KEYS: r":key/[^/]+",
    Target.CURSOR_SECRET: r"-CursorSecret[^/]+",
    Target.PAYMENT_SECRET: r"-PaymentSecret[^/]+",
    Target.MONITORING_SECRET: r"-MonitoringSecret[^/]+",
    Target.QUARANTINE: r"/quarantine/\*",
    Target.MEDIA: r"/media/\*",
    Target.MAIL_DOMAIN: r":identity/[^/]+",
    Target.VERSIONS: r":function:[^:]+:\d+",
    Target.FIGURES: r"^\*",
}
"""How the ARN ends by which a policy names the target."""

PERMISSIONS = [
    (plan.name, target, action)
    for plan in PLANS
    for target, actions in plan.calls.items()
    for action in actions
]
"""Every permission of every function."""


@dataclass(frozen=True, slots=True)
class Roles:
    """The roles of one deployment."""

    stacks: Stacks

    @contextmanager
    def without(
        self, function: str, taken: Iterable[Taken], *, conditions: Mapping[Target, Any] = CONDITIONS
    ) -> Iterator[None]:
        """Take permissions from a function's role while the context lasts, from its next call on.

        What is only allowed on a condition is then allowed on those of ``conditions``.
        """
        iam = client("iam", self.stacks.emulator_url)
        named = {"RoleName": self._role(function), "PolicyName": "calls"}
        whole = iam.get_role_policy(**named)["PolicyDocument"]
        rest = json.loads(json.dumps(whole))
        for permission in taken:
            _take(rest, *permission)
        for statement in rest["Statement"]:
            for target, condition in conditions.items():
                if _is_for(statement, target):
                    statement["Condition"] = condition
        iam.put_role_policy(**named, PolicyDocument=json.dumps(rest))
        try:
            yield
        finally:
            iam.put_role_policy(**named, PolicyDocument=json.dumps(whole))

    def _role(self, function: str) -> str:
        return self.stacks.resource("api", "AWS::IAM::Role", f"{function.capitalize()}Role")


def _take(document: dict[str, Any], target: Target, action: str) -> None:
    for statement in document["Statement"]:
        actions = _list(statement["Action"])
        mail = target is Target.MAIL_DOMAIN and "ses:SendEmail" in actions  # see local/deploy/templates.py
        if action in actions and (mail or _is_for(statement, target)):
            statement["Action"] = [each for each in actions if each != action]
            document["Statement"] = [each for each in document["Statement"] if each["Action"]]
            return
    raise AssertionError(f"no statement allows {action} on {target.name}")


def _is_for(statement: Mapping[str, Any], target: Target) -> bool:
    ends = re.compile(_RESOURCES[target] + "$")
    return ("Condition" in statement) is (target in CONDITIONS) and all(
        ends.search(resource) for resource in _list(statement["Resource"])
    )


def _list(value: Any) -> list[str]:
    return value if isinstance(value, list) else [value]
