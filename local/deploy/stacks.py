"""A stage's stacks in the emulator: made by CloudFormation, and taken away again."""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from botocore.exceptions import ClientError

from local.deploy.assets import publish
from local.deploy.clients import client
from local.deploy.templates import adapt
from local.emulator import REGION
from local.failures import CannotRun

PARTS = ("data", "api", "observability")
"""In the order in which they are made; each uses only those before it."""
_BOOTSTRAP_VERSION = "/cdk-bootstrap/hnb659fds/version"
_STACK_SECONDS = 60.0


@dataclass(slots=True)
class Stacks:
    """The stacks of one stage."""

    emulator_url: str
    stage: str
    lacking: dict[str, int] = field(default_factory=dict)
    """How many resources the emulator could not make, by their type; known once the stacks are made."""

    @property
    def names(self) -> list[str]:
        """Return the stacks' names in the order of their making."""
        return [f"greenroom-{self.stage}-{part}" for part in PARTS]

    def bootstrap(self) -> None:
        """Make what ``cdk bootstrap`` makes that is of use here: the bucket of assets, and a note of it."""
        client("s3", self.emulator_url).create_bucket(Bucket=self._bucket())
        client("ssm", self.emulator_url).put_parameter(Name=_BOOTSTRAP_VERSION, Value="30", Type="String")

    def create(self, synthesised: Path, settings: Mapping[str, str]) -> None:
        """Make all stacks from the folder of a synthesis. Raises ``CannotRun`` with what CloudFormation says.

        ``settings`` are added to those of every function.
        """
        s3 = client("s3", self.emulator_url)
        account = self._account()
        places = {"AWS::AccountId": account, "AWS::Region": REGION, "AWS::Partition": "aws"}
        for name in self.names:
            template = f"{name}.template.json"
            adapted = adapt((synthesised / template).read_text("utf-8"), settings)
            for kind, number in adapted.lacking.items():
                self.lacking[kind] = self.lacking.get(kind, 0) + number
            changed = {template: json.dumps(adapted.template).encode()}
            placed = publish(s3, synthesised / f"{name}.assets.json", places, changed)
            self._create(name, f"{self.emulator_url}/{placed[template]}")

    def _create(self, name: str, template_url: str) -> None:
        """Make one stack through a change set, as the CDK's command line does."""
        cloudformation = client("cloudformation", self.emulator_url)
        change_set = {"StackName": name, "ChangeSetName": "deploy"}
        try:
            cloudformation.create_change_set(
                **change_set,
                TemplateURL=template_url,
                ChangeSetType="CREATE",
                Capabilities=["CAPABILITY_IAM"],
            )
        except ClientError as error:
            raise CannotRun(f"The stack {name} was not made: {error}") from error
        self._settled(lambda: cloudformation.describe_change_set(**change_set)["Status"], name)
        cloudformation.execute_change_set(**change_set)
        self._settled(lambda: self._status(name) or "", name)

    def _settled(self, ask: Callable[[], str], name: str) -> None:
        give_up, status = time.monotonic() + _STACK_SECONDS, ask()
        while not status.endswith("_COMPLETE") or "ROLLBACK" in status:
            if status.endswith("FAILED") or "ROLLBACK" in status or time.monotonic() > give_up:
                raise CannotRun(f"The stack {name} was not made ({status}): {self._reasons(name)}")
            time.sleep(0.02)
            status = ask()

    def _status(self, name: str) -> str | None:
        try:
            found = client("cloudformation", self.emulator_url).describe_stacks(StackName=name)["Stacks"]
        except ClientError:
            return None
        status: str = found[0]["StackStatus"]
        return status

    def _reasons(self, name: str) -> str:
        events = client("cloudformation", self.emulator_url).describe_stack_events(StackName=name)
        failed = [event for event in events["StackEvents"] if event["ResourceStatus"].endswith("FAILED")]
        return "; ".join(
            f"{event['LogicalResourceId']}: {event.get('ResourceStatusReason')}" for event in failed
        )

    def destroy(self) -> None:
        """Delete all stacks, the last first, and what ``bootstrap`` made. Raises ``CannotRun``."""
        cloudformation = client("cloudformation", self.emulator_url)
        began = 1000 * time.time()
        for name in reversed(self.names):
            cloudformation.delete_stack(StackName=name)
            self._gone(name)
        self._drop_logs(began)
        s3, bucket = client("s3", self.emulator_url), self._bucket()
        for item in s3.list_objects_v2(Bucket=bucket).get("Contents", []):
            s3.delete_object(Bucket=bucket, Key=item["Key"])
        s3.delete_bucket(Bucket=bucket)
        client("ssm", self.emulator_url).delete_parameter(Name=_BOOTSTRAP_VERSION)

    def _drop_logs(self, since: float) -> None:
        """Delete log groups made since an instant, in milliseconds.

        A call that was under way when its group was deleted makes it anew here; no role on AWS may.
        """
        logs = client("logs", self.emulator_url)
        for group in logs.describe_log_groups()["logGroups"]:
            if group["creationTime"] >= since:
                logs.delete_log_group(logGroupName=group["logGroupName"])

    def _gone(self, name: str) -> None:
        give_up = time.monotonic() + _STACK_SECONDS
        while (status := self._status(name)) not in {None, "DELETE_COMPLETE"}:
            if status == "DELETE_FAILED" or time.monotonic() > give_up:
                raise CannotRun(f"The stack {name} was not deleted ({status}): {self._reasons(name)}")
            time.sleep(0.02)

    def resource(self, part: str, kind: str, name: str) -> str:
        """Return the physical id of the one resource of that type whose logical id begins with ``name``."""
        resources = client("cloudformation", self.emulator_url).describe_stack_resources(
            StackName=f"greenroom-{self.stage}-{part}"
        )["StackResources"]
        (found,) = [
            each["PhysicalResourceId"]
            for each in resources
            if each["ResourceType"] == kind and each["LogicalResourceId"].startswith(name)
        ]
        return str(found)

    def setting(self, function: str, name: str) -> str:
        """Return a setting of a function, of its ``FunctionPlan.name``."""
        configuration = client("lambda", self.emulator_url).get_function_configuration(
            FunctionName=f"greenroom-{self.stage}-{function}"
        )
        return str(configuration["Environment"]["Variables"][name])

    def _account(self) -> str:
        account: str = client("sts", self.emulator_url).get_caller_identity()["Account"]
        return account

    def _bucket(self) -> str:
        return f"cdk-hnb659fds-assets-{self._account()}-{REGION}"
