"""The archive: every log line of a stage in a bucket, for longer and cheaper than its log group has it."""

from collections.abc import Mapping

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kinesisfirehose as firehose
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from constructs import Construct

_Parameter = firehose.CfnDeliveryStream.ProcessorParameterProperty
_Processor = firehose.CfnDeliveryStream.ProcessorProperty


class Archive(Construct):
    """A subscription and a delivery stream for each log, into ``<log>/<year>/<month>/<day>/`` of the bucket.

    One stream for all would have to read in each record whose it is, which costs more than streams do: those
    are paid by what goes through them.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, name: str, bucket: s3.IBucket, groups: Mapping[str, str]
    ) -> None:
        super().__init__(scope, construct_id)
        self._name = name
        self._bucket = bucket
        self._groups = groups
        self.streams: Mapping[str, str] = {log: f"{name}-{log}" for log in groups}
        """The streams' names by log."""
        deliver, send = self._deliverer(), self._sender()
        for log, group in groups.items():
            self._subscribe(log, group, self._stream(log, deliver), send)

    def _stream(self, log: str, role: iam.Role) -> firehose.CfnDeliveryStream:
        date = "!{timestamp:yyyy/MM/dd}/"
        return firehose.CfnDeliveryStream(
            self,
            f"{log.capitalize()}Stream",
            delivery_stream_name=self.streams[log],
            delivery_stream_type="DirectPut",
            delivery_stream_encryption_configuration_input=(
                firehose.CfnDeliveryStream.DeliveryStreamEncryptionConfigurationInputProperty(
                    key_type="AWS_OWNED_CMK"
                )
            ),
            extended_s3_destination_configuration=(
                firehose.CfnDeliveryStream.ExtendedS3DestinationConfigurationProperty(
                    bucket_arn=self._bucket.bucket_arn,
                    role_arn=role.role_arn,
                    prefix=f"{log}/{date}",
                    error_output_prefix=f"errors/{log}/!{{firehose:error-output-type}}/{date}",
                    compression_format="GZIP",
                    # Large objects: each one is paid for when it moves to a colder tier.
                    buffering_hints=firehose.CfnDeliveryStream.BufferingHintsProperty(
                        interval_in_seconds=900, size_in_m_bs=64
                    ),
                    processing_configuration=firehose.CfnDeliveryStream.ProcessingConfigurationProperty(
                        enabled=True, processors=_unwrapped()
                    ),
                )
            ),
        )

    def _subscribe(self, log: str, group: str, stream: firehose.CfnDeliveryStream, role: iam.Role) -> None:
        subscription = logs.CfnSubscriptionFilter(
            self,
            f"{log.capitalize()}Subscription",
            log_group_name=group,
            filter_name=self.streams[log],
            filter_pattern="",
            destination_arn=stream.attr_arn,
            role_arn=role.role_arn,
        )
        # It is tried at once with a message, for which the role must hold its permissions.
        subscription.node.add_dependency(role)

    def _deliverer(self) -> iam.Role:
        """Return the role of the streams: it writes to the bucket and does nothing else."""
        source = self._arn("firehose", "deliverystream", f"{self._name}-*")
        return iam.Role(
            self,
            "Deliver",
            assumed_by=iam.ServicePrincipal(
                "firehose.amazonaws.com",
                conditions={
                    "StringEquals": {"aws:SourceAccount": cdk.Aws.ACCOUNT_ID},
                    "ArnLike": {"aws:SourceArn": source},
                },
            ),
            inline_policies={
                "calls": iam.PolicyDocument(
                    statements=[
                        iam.PolicyStatement(
                            actions=["s3:PutObject", "s3:AbortMultipartUpload"],
                            resources=[self._bucket.arn_for_objects("*")],
                        ),
                        iam.PolicyStatement(
                            actions=[
                                "s3:GetBucketLocation",
                                "s3:ListBucket",
                                "s3:ListBucketMultipartUploads",
                            ],
                            resources=[self._bucket.bucket_arn],
                        ),
                    ]
                )
            },
        )

    def _sender(self) -> iam.Role:
        """Return the role of the subscriptions: it puts records into the streams and does nothing else."""
        streams = [self._arn("firehose", "deliverystream", stream) for stream in self.streams.values()]
        return iam.Role(
            self,
            "Send",
            assumed_by=iam.ServicePrincipal(
                "logs.amazonaws.com",
                conditions={
                    "StringEquals": {"aws:SourceAccount": cdk.Aws.ACCOUNT_ID},
                    "ArnLike": {
                        "aws:SourceArn": [
                            f"{self._arn('logs', 'log-group', group, colon=True)}:*"
                            for group in self._groups.values()
                        ]
                    },
                },
            ),
            inline_policies={
                "calls": iam.PolicyDocument(
                    statements=[
                        iam.PolicyStatement(
                            actions=["firehose:PutRecord", "firehose:PutRecordBatch"], resources=streams
                        )
                    ]
                )
            },
        )

    def _arn(self, service: str, resource: str, name: str, *, colon: bool = False) -> str:
        formats = cdk.ArnFormat
        return cdk.Stack.of(self).format_arn(
            service=service,
            resource=resource,
            resource_name=name,
            arn_format=formats.COLON_RESOURCE_NAME if colon else formats.SLASH_RESOURCE_NAME,
        )


def _unwrapped() -> list[firehose.CfnDeliveryStream.ProcessorProperty]:
    """Return what makes lines, as they were written, of the compressed envelopes that subscriptions send.

    Without it the objects would be compressed twice, and hold each line as text within another document.
    """
    return [
        _Processor(
            type="Decompression",
            parameters=[_Parameter(parameter_name="CompressionFormat", parameter_value="GZIP")],
        ),
        _Processor(
            type="CloudWatchLogProcessing",
            parameters=[_Parameter(parameter_name="DataMessageExtraction", parameter_value="true")],
        ),
        _Processor(
            type="AppendDelimiterToRecord",
            parameters=[_Parameter(parameter_name="Delimiter", parameter_value="\\n")],
        ),
    ]
