"""A stage whose tables were lost: restored ones serve in their place, and the stage's own stay."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.infra.conftest import RESTORED_SITE
from tests.infra.templates import Assembly

pytestmark = pytest.mark.xdist_group("infra")

RUNBOOK = Path(__file__).resolve().parents[2] / "docs" / "runbooks" / "restore.md"
STREAM = RESTORED_SITE["restored_stream"]
DATA, API = "greenroom-prod-data", "greenroom-prod-api"
RESTORED = "arn:<AWS::Partition>:dynamodb:<AWS::Region>:<AWS::AccountId>:table/bookings-again"


def _outputs(assembly: Assembly) -> Mapping[str, Any]:
    return {name: o for name, o in assembly.template(DATA)["Outputs"].items() if "Export" in o}


def test_functions_use_the_restored_table_and_no_more_than_before(
    restored: Assembly, assembly: Assembly
) -> None:
    functions = restored.resources(API, "Lambda::Function")
    told = functions["BookingsFunction"]["Properties"]["Environment"]["Variables"]

    assert told["BOOKINGS_TABLE"] == "bookings-again"
    for role in restored.resources(API, "IAM::Role"):
        expected = {
            resource.replace("<TablesBookings.StreamArn>", f"{RESTORED}/stream/{STREAM}").replace(
                "<TablesBookings.Arn>", RESTORED
            ): actions
            for resource, actions in assembly.role_statements(API, role).items()
        }
        assert restored.role_statements(API, role) == expected


def test_the_outbox_is_fed_from_the_restored_stream(restored: Assembly) -> None:
    source = restored.one(API, "Lambda::EventSourceMapping")["EventSourceArn"]

    assert restored.text(source) == f"{RESTORED}/stream/{STREAM}"


def test_the_restored_table_is_what_is_backed_up(restored: Assembly) -> None:
    selected = restored.one(DATA, "Backup::BackupSelection")["BackupSelection"]["Resources"]

    assert {restored.text(arn) for arn in selected} == {
        "<TablesIdentity.Arn>",
        "<TablesCatalog.Arn>",
        RESTORED,
    }


def test_the_stages_own_table_stays_as_it_was(restored: Assembly, assembly: Assembly) -> None:
    own = restored.resources(DATA, "DynamoDB::Table")

    assert own == assembly.resources(DATA, "DynamoDB::Table")
    assert set(own) == {"TablesIdentity", "TablesCatalog", "TablesBookings", "TablesLimits"}


def test_nothing_that_deployed_stacks_import_goes_away(restored: Assembly, assembly: Assembly) -> None:
    # Or the deployment would stop half-way: the functions' stack is changed after this one.
    assert _outputs(assembly).keys() <= _outputs(restored).keys()


def test_the_runbook_closes_and_opens_the_stage_by_names_and_limits_that_it_has(assembly: Assembly) -> None:
    text = RUNBOOK.read_text("utf-8")
    functions = assembly.resources(API, "Lambda::Function").values()
    (limits,) = assembly.one(API, "ApiGateway::Stage")["MethodSettings"]

    assert f"throttle {limits['ThrottlingRateLimit']} {limits['ThrottlingBurstLimit']}\n" in text
    assert f"?name=='{assembly.one(API, 'ApiGateway::RestApi')['Name']}'" in text
    named = set(re.findall(r"--function-name (greenroom-prod-\w+)", text))
    assert named <= {function["Properties"]["FunctionName"] for function in functions}
    # A version that may not run cannot be asked whether it works, and the release that serves would fail.
    assert "put-function-concurrency" not in text
