"""Each permission of each role is needed: without it, something that the function does fails.

The emulator asks a role's policies at each call that its function makes.
"""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field

import httpx
import pytest

from local.deploy.clients import client
from local.deploy.stage import Options, deployed
from stacks.functions import RELEASED, Target
from stacks.release import ALIAS
from tests.deploy.roles import PERMISSIONS, Roles, Taken
from tests.deploy.scenarios import SCENARIOS
from tests.deploy.visitors import Told, Trial, Visitor
from tests.infra.templates import Assembly
from tests.support.emulator import EXECUTABLE

pytestmark = pytest.mark.xdist_group("least privilege")

UNASKED: dict[Target | str, str] = {
    Target.BOOKING_STREAM: "the emulator reads the stream itself",
    Target.CANARIES: "this stage has none",
    "ses:SendRawEmail": "the emulator asks for ses:SendEmail alone",
    "dynamodb:LeadingKeys": "the emulator does not look at items' keys: it allows what is on this condition",
}
"""What a role is not asked for here, and in an account of AWS is: targets, actions, keys of conditions."""
ONLY_AFTER: dict[tuple[str, Target, str], Taken] = {
    (function, Target.LIMITS, "dynamodb:GetItem"): (Target.LIMITS, "dynamodb:UpdateItem")
    for function in ("bookings", "payments")
} | {("outbox", Target.BOOKINGS, "dynamodb:UpdateItem"): (Target.MAIL_DOMAIN, "ses:SendEmail")}
"""Permissions for what is done when something else failed, and what brings that about."""
REMEMBERING = {("catalog", Target.CATALOG), *(("health", target) for target in Target)}
"""What functions' processes keep once they have read it; so does any of a secret and a public key."""
READ_ONCE = {"secretsmanager:GetSecretValue", "kms:GetPublicKey"}


@dataclass
class Roled:
    """A deployment with its roles, and how each scenario goes when nothing is taken away."""

    trial: Trial
    roles: Roles
    _normal: dict[tuple[str, frozenset[Taken]], list[Told]] = field(default_factory=dict)
    _stacked: dict[str, str] = field(default_factory=dict)
    """By function, the version that the stack made, once another one is released."""

    def run(self, function: str) -> Iterator[Told]:
        """Run a function's scenario as a new visitor."""
        return SCENARIOS[function](Visitor(self.trial))

    def normal(self, function: str, lacking: frozenset[Taken]) -> list[Told]:
        """Return how its scenario goes with a role that lacks nothing else."""
        if (function, lacking) not in self._normal:
            with self.roles.without(function, lacking):
                self._normal[function, lacking] = list(self.run(function))
        return self._normal[function, lacking]

    def renew(self, function: str) -> None:
        """Release another version of the function, whose first call begins a process.

        The version of the stack is kept, for the smoke function tries it out; the one between goes.
        """
        lambda_ = client("lambda", self.roles.stacks.emulator_url)
        named = {"FunctionName": f"greenroom-{self.roles.stacks.stage}-{function}"}
        before = lambda_.get_alias(**named, Name=ALIAS)["FunctionVersion"]
        lambda_.update_function_configuration(**named, Description=secrets.token_hex(8))
        version = lambda_.publish_version(**named)["Version"]
        lambda_.update_alias(**named, Name=ALIAS, FunctionVersion=version)
        if before != self._stacked.setdefault(function, before):
            lambda_.delete_function(**named, Qualifier=before)

    def difference(self, function: str, taken: Taken, *, renewed: bool) -> tuple[Told, Told] | None:
        """Return the first thing that goes otherwise without a permission, and how it should have gone."""
        after = ONLY_AFTER.get((function, *taken))
        lacking = frozenset({after} if after else ())
        expected = self.normal(function, lacking)
        with self.roles.without(function, lacking | {taken}):
            if renewed:
                self.renew(function)
            for told, should in zip(self.run(function), expected, strict=True):
                if told != should:
                    return told, should
        return None


@pytest.fixture(scope="module")
def roled(assembly: Assembly, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Roled]:
    options = Options(
        synthesised=assembly.folder,
        folder=tmp_path_factory.mktemp("trial"),
        emulator=EXECUTABLE,
        # A busy machine is not ill.
        settings={"HEALTH_TABLE_SECONDS": "30", "HEALTH_EXTERNAL_SECONDS": "30"},
    )
    with deployed(options) as deployment:
        # What runs by itself would do a scenario's work before it does.
        lambda_, events = (client(name, deployment.emulator_url) for name in ("lambda", "events"))
        for source in lambda_.list_event_source_mappings()["EventSourceMappings"]:
            lambda_.update_event_source_mapping(UUID=source["UUID"], Enabled=False)
        for rule in events.list_rules()["Rules"]:
            events.disable_rule(Name=rule["Name"])
        # The emulator reads no metrics out of log lines, and of no figure none is asked for.
        client("cloudwatch", deployment.emulator_url).put_metric_data(
            Namespace=f"Greenroom/{options.stage}", MetricData=[{"MetricName": "Latency", "Value": 5.0}]
        )
        with httpx.Client(base_url=deployment.base_url, timeout=60, trust_env=False) as http:
            yield Roled(Trial(deployment, http), Roles(deployment.stacks))


@pytest.mark.parametrize("function", SCENARIOS)
def test_with_its_whole_role_all_goes_well(roled: Roled, function: str) -> None:
    went = roled.normal(function, frozenset())

    assert "degraded" not in str(went)
    statuses = [how[0] if isinstance(how, tuple) else how for _, how in went]
    assert not [each for each in statuses if each in ("failed", 403) or str(each)[0] == "5"], went
    ends = {
        "export": (200, 1),
        "in quarantine image/jpeg": 0,
        "in quarantine video/mp4": 0,
        "due": "expired",
        "forgotten": (True, True),
        "money": (["capture", "refund"], 0),
        "to come again": 0,
        "set apart": 1,
        "mails held": False,
        "tried": {"failed": [], "tried": sorted(plan.name for plan in RELEASED)},
    }
    assert dict(went) == dict(went) | {name: ends[name] for name in ends.keys() & dict(went).keys()}


@pytest.mark.parametrize(
    ("function", "target", "action"),
    [each for each in PERMISSIONS if not UNASKED.keys() & {each[1], each[2]}],
    ids=lambda value: value.name.lower() if isinstance(value, Target) else value,
)
def test_without_one_permission_something_fails(
    roled: Roled, function: str, target: Target, action: str
) -> None:
    renewed = action in READ_ONCE or (function, target) in REMEMBERING

    found = roled.difference(function, (target, action), renewed=renewed)

    assert found is not None, f"{function} does all it does without {action} on {target.name}"


def test_what_the_emulator_does_not_ask_for_it_still_does_not(roled: Roled) -> None:
    raw_mail, nobodys = (Target.MAIL_DOMAIN, "ses:SendRawEmail"), {"dynamodb:LeadingKeys": ["NOBODY#*"]}
    conditions = {Target.ERASURES: {"ForAllValues:StringLike": nobodys}}
    expected = roled.normal("auth", frozenset())

    with roled.roles.without("auth", [raw_mail], conditions=conditions):
        assert list(roled.run("auth")) == expected


def test_the_content_network_may_read_what_is_published_and_nothing_else(roled: Roled) -> None:
    stacks = roled.roles.stacks
    bucket = stacks.resource("data", "AWS::S3::Bucket", "Media")
    for key in ("media/portrait", "quarantine/portrait"):
        client("s3", stacks.emulator_url).put_object(Bucket=bucket, Key=key, Body=b"a face")

    published, uploaded = (
        roled.trial.http.get(f"/local/cdn/{key}") for key in ("media/portrait", "quarantine/portrait")
    )

    assert (published.status_code, published.content) == (200, b"a face")
    assert published.headers["content-security-policy"].startswith("default-src 'none'; sandbox")
    assert uploaded.status_code == 403
