"""What makes the functions run that no request reaches: the bookings' stream and the clock."""

import json

import aws_cdk as cdk
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from stacks.sizes import FEED

# Only new events: the stream also carries bookings, day documents and marks of what was sent.
EVENT_FILTER = {"eventName": ["INSERT"], "dynamodb": {"NewImage": {"kind": {"S": ["event"]}}}}


def feed_outbox(
    scope: Construct, construct_id: str, *, function: lambda_.IFunction, stream_arn: str, queue_arn: str
) -> None:
    """Feed the bookings' events to the outbox, each booking's in order.

    One event whose mail cannot go out is set apart and tried again, fifty times or for six hours, and then
    noted in the queue; those behind it go on. One that never can be announced the function notes itself.
    """
    lambda_.CfnEventSourceMapping(
        scope,
        construct_id,
        function_name=function.function_arn,
        event_source_arn=stream_arn,
        # The events of the time before the first deployment finished must not be lost.
        starting_position="TRIM_HORIZON",
        batch_size=FEED.batch,
        maximum_batching_window_in_seconds=0,
        parallelization_factor=FEED.parallel,
        bisect_batch_on_function_error=True,
        function_response_types=["ReportBatchItemFailures"],
        # More than a failing mail provider, or the lease of a worker that died, could outlast in seconds.
        maximum_retry_attempts=50,
        maximum_record_age_in_seconds=6 * 60 * 60,
        destination_config=lambda_.CfnEventSourceMapping.DestinationConfigProperty(
            on_failure=lambda_.CfnEventSourceMapping.OnFailureProperty(destination=queue_arn)
        ),
        filter_criteria=lambda_.CfnEventSourceMapping.FilterCriteriaProperty(
            filters=[lambda_.CfnEventSourceMapping.FilterProperty(pattern=json.dumps(EVENT_FILTER))]
        ),
    )


def run_each_minute(scope: Construct, construct_id: str, *, function: lambda_.Alias) -> None:
    """Run the function each minute. A run that fails is not repeated: the next one does the same work."""
    events.Rule(
        scope,
        construct_id,
        schedule=events.Schedule.rate(cdk.Duration.minutes(1)),
        targets=[targets.LambdaFunction(function, retry_attempts=0, max_event_age=cdk.Duration.minutes(1))],
    )
    retries = lambda_.CfnEventInvokeConfig(
        scope,
        f"{construct_id}Retries",
        function_name=function.version.lambda_.function_name,
        qualifier=function.alias_name,
        maximum_retry_attempts=0,
        maximum_event_age_in_seconds=60,
    )
    # It names the alias, which must be there before it.
    retries.node.add_dependency(function)
