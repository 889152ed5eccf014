"""Who may deploy: a job of one repository in one environment, and nothing but deploy."""

from pathlib import Path
from typing import Any

import pytest

from tests.infra.templates import Assembly

pytestmark = pytest.mark.xdist_group("infra")

ENVIRONMENTS = {"staging": "staging", "prod": "production"}
ISSUER = "token.actions.githubusercontent.com"


def _role(assembly: Assembly, stage: str) -> Any:
    return assembly.one(f"greenroom-delivery-{stage}", "IAM::Role")


@pytest.mark.parametrize("stage", ENVIRONMENTS)
def test_the_role_is_taken_by_a_job_of_the_repository_in_the_stages_environment_alone(
    assembly: Assembly, stage: str
) -> None:
    (trust,) = _role(assembly, stage)["AssumeRolePolicyDocument"]["Statement"]

    assert trust["Action"] == "sts:AssumeRoleWithWebIdentity"
    assert trust["Condition"] == {
        "StringEquals": {
            f"{ISSUER}:aud": "sts.amazonaws.com",
            f"{ISSUER}:sub": f"repo:owner.example/greenroom:environment:{ENVIRONMENTS[stage]}",
        }
    }
    provider = {"Fn::If": ["NoProvider", {"Fn::GetAtt": ["GitHub", "Arn"]}, {"Ref": "ExistingProvider"}]}
    assert trust["Principal"] == {"Federated": provider}


@pytest.mark.parametrize("stage", ENVIRONMENTS)
def test_it_may_take_the_roles_of_the_bootstrap_that_deploy_and_publish_and_nothing_else(
    assembly: Assembly, stage: str
) -> None:
    allowed = assembly.role_statements(f"greenroom-delivery-{stage}", "Deploy")

    role = (
        "arn:<AWS::Partition>:iam::<AWS::AccountId>:role/cdk-hnb659fds-{}-role-<AWS::AccountId>-<AWS::Region>"
    )
    assert allowed == {role.format(purpose): {"sts:AssumeRole"} for purpose in ("deploy", "file-publishing")}


@pytest.mark.parametrize("stage", ENVIRONMENTS)
def test_the_provider_of_an_account_is_made_once_and_outlives_the_stack(
    assembly: Assembly, stage: str
) -> None:
    (provider,) = assembly.resources(f"greenroom-delivery-{stage}", "IAM::OIDCProvider").values()

    assert provider["Condition"] == "NoProvider"
    assert provider["DeletionPolicy"] == "Retain"
    assert provider["Properties"]["Url"] == f"https://{ISSUER}"
    assert provider["Properties"]["ClientIdList"] == ["sts.amazonaws.com"]


def _delivery(folder: Path, repository: str) -> Any:
    import aws_cdk as cdk

    from stacks.delivery import DeliveryStack

    app = cdk.App(outdir=str(folder))
    stack = DeliveryStack(app, "made-up", stage="prod", repository=repository)
    return app, stack


def test_until_a_repository_is_chosen_the_stack_refuses_to_be_deployed(tmp_path: Path) -> None:
    import aws_cdk as cdk

    for repository, refused in (("owner.example/greenroom", True), ("acme/greenroom", False)):
        _, stack = _delivery(tmp_path / repository, repository)
        found = cdk.assertions.Annotations.from_stack(stack).find_error(
            "*", cdk.assertions.Match.string_like_regexp("repository")
        )
        assert bool(found) is refused


@pytest.mark.parametrize("repository", ["greenroom", "acme/*", "acme/greenroom:ref", "", "a/b/c"])
def test_a_repository_that_would_let_others_in_is_refused(tmp_path: Path, repository: str) -> None:
    from stacks.stages import InvalidStage

    with pytest.raises(InvalidStage, match="owner/name"):
        _delivery(tmp_path, repository)
