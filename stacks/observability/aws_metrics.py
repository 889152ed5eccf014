"""The metrics of AWS that we look at: their names and dimensions as its documentation has them.

CloudWatch takes an alarm on any name. One that nobody emits is never in alarm and looks like a good night, so
alarms and widgets can name what stands here and in the catalogue of our own metrics, and nothing else.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AwsMetric:
    """One metric of a service of AWS, under the one set of dimensions by which we ask for it."""

    namespace: str
    name: str
    dimensions: frozenset[str]


def _all(namespace: str, dimensions: str, names: str) -> dict[str, AwsMetric]:
    wanted = frozenset(dimensions.split())
    return {f"{namespace}:{name}": AwsMetric(namespace, name, wanted) for name in names.split()}


KNOWN: dict[str, AwsMetric] = {
    # https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
    **_all(
        "AWS/Lambda",
        "FunctionName",
        "Invocations Errors Throttles Duration ConcurrentExecutions IteratorAge",
    ),
    # Only for calls by an alias, and documented for one that points to two versions.
    "AWS/Lambda:Errors by version": AwsMetric(
        "AWS/Lambda", "Errors", frozenset({"FunctionName", "Resource", "ExecutedVersion"})
    ),
    # https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-metrics-and-dimensions.html
    **_all("AWS/ApiGateway", "ApiName Stage", "Count 4XXError 5XXError Latency IntegrationLatency"),
    # https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/metrics-dimensions.html
    **_all("AWS/DynamoDB", "TableName Operation", "SuccessfulRequestLatency ThrottledRequests SystemErrors"),
    **_all("AWS/DynamoDB", "TableName", "ConsumedReadCapacityUnits ConsumedWriteCapacityUnits"),
    # https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
    **_all("AWS/SQS", "QueueName", "ApproximateNumberOfMessagesVisible"),
    # https://docs.aws.amazon.com/waf/latest/developerguide/waf-metrics.html
    **_all("AWS/WAFV2", "WebACL Region Rule", "AllowedRequests BlockedRequests CountedRequests"),
    # https://docs.aws.amazon.com/firehose/latest/dev/monitoring-with-cloudwatch-metrics.html
    **_all("AWS/Firehose", "DeliveryStreamName", "DeliveryToS3.DataFreshness"),
}
"""By ``namespace:name``."""
