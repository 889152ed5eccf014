"""A stage whose tables were lost: restored ones serve in their place, and the stage's own stay."""

from collections.abc import Mapping
from typing import Any

import pytest

from tests.infra.conftest import RESTORED_SITE
from tests.infra.templates import Assembly

pytestmark = pytest.mark.xdist_group("infra")

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
