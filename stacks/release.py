"""A function as it is called: a version that never changes, and the alias by which everybody calls it."""

from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from stacks.sizes import AWAITED, Provisioned
from stacks.stages import Stage

ALIAS = "live"


class Release(Construct):
    """The version of a function that this template publishes, and ``live``, which points to it.

    Whatever calls the function calls the alias. To move the alias is to release, and to move it back is to
    take the release back.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, name: str, stage: Stage, function: lambda_.Function
    ) -> None:
        super().__init__(scope, construct_id)
        self.version = function.current_version
        warm = stage.warm_start if name in AWAITED and isinstance(stage.warm_start, Provisioned) else None
        self.alias = lambda_.Alias(
            self,
            "Live",
            alias_name=ALIAS,
            version=self.version,
            # Scaling starts from what there is, and has nothing to start from without this.
            provisioned_concurrent_executions=warm.least if warm else None,
        )
        if warm:
            scaled = self.alias.add_auto_scaling(min_capacity=warm.least, max_capacity=warm.most)
            scaled.scale_on_utilization(utilization_target=warm.utilisation, policy_name="utilisation")
