"""Alarms as resources: each tells the topic of its severity, when it is raised and when it is over."""

from collections.abc import Iterable, Mapping
from typing import Any

from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from stacks.observability.alarms.alarm import Alarm, AnyAlarm, Composite, Severity, description
from stacks.observability.sources import Term
from stacks.stages import Stage


class Alarms(Construct):
    """The alarms of a stage, named ``greenroom-<stage>-<name>``."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        stage: Stage,
        alarms: Iterable[AnyAlarm],
        topics: Mapping[Severity, str],
    ) -> None:
        super().__init__(scope, construct_id)
        self._stage = stage
        self._topics = topics
        self.arns: dict[str, str] = {}
        """By name, in the order of the table."""
        composites: list[Composite] = []
        made: dict[str, cloudwatch.CfnAlarm] = {}
        for alarm in alarms:
            if isinstance(alarm, Composite):
                composites.append(alarm)
            else:
                made[alarm.name] = self._single(alarm)
        for composite in composites:
            resource = self._composite(composite)
            for part in composite.parts:
                # The rule names its parts, which must be there before it; those of another stack are.
                if part in made:
                    resource.add_resource_dependency(made[part])
            self.arns[composite.name] = resource.attr_arn
        self.arns |= {name: resource.attr_arn for name, resource in made.items()}

    def _single(self, alarm: Alarm) -> cloudwatch.CfnAlarm:
        bad, seen = alarm.points
        told = self._told(alarm)
        first = next(iter(alarm.terms.values()))
        asked = _expression(alarm) if alarm.expression else _statistic(first, alarm.period)
        return cloudwatch.CfnAlarm(
            self,
            _construct_id(alarm.name),
            alarm_name=self._name(alarm.name),
            alarm_description=description(alarm, self._stage.site.runbooks_url),
            comparison_operator=alarm.comparison,
            threshold=alarm.threshold,
            evaluation_periods=seen,
            datapoints_to_alarm=bad,
            treat_missing_data=alarm.missing.value,
            alarm_actions=told,
            ok_actions=told,
            **asked,
        )

    def _composite(self, alarm: Composite) -> cloudwatch.CfnCompositeAlarm:
        told = self._told(alarm)
        rule = f" {alarm.joined} ".join(f'ALARM("{self._name(part)}")' for part in alarm.parts)
        return cloudwatch.CfnCompositeAlarm(
            self,
            _construct_id(alarm.name),
            alarm_name=self._name(alarm.name),
            alarm_description=description(alarm, self._stage.site.runbooks_url),
            alarm_rule=rule,
            alarm_actions=told,
            ok_actions=told,
        )

    def _name(self, name: str) -> str:
        return f"greenroom-{self._stage.name}-{name}"

    def _told(self, alarm: AnyAlarm) -> list[str] | None:
        topic = self._topics.get(alarm.severity)
        return [topic] if topic else None


def _construct_id(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("-"))


def _dimensions(term: Term) -> list[cloudwatch.CfnAlarm.DimensionProperty]:
    return [
        cloudwatch.CfnAlarm.DimensionProperty(name=name, value=value)
        for name, value in term.source.dimensions.items()
    ]


def _statistic(term: Term, period: int) -> dict[str, Any]:
    percentile = term.statistic.startswith("p")
    return {
        "namespace": term.source.namespace,
        "metric_name": term.source.name,
        "dimensions": _dimensions(term),
        "period": period,
        ("extended_statistic" if percentile else "statistic"): term.statistic,
        # Of a handful of requests the slowest is always a high percentile: too few are not judged.
        "evaluate_low_sample_count_percentile": "ignore" if percentile else None,
    }


def _expression(alarm: Alarm) -> dict[str, Any]:
    query = cloudwatch.CfnAlarm.MetricDataQueryProperty
    return {
        "metrics": [
            query(id="result", expression=alarm.expression, label=alarm.name, return_data=True),
            *(
                query(
                    id=identity,
                    return_data=False,
                    metric_stat=cloudwatch.CfnAlarm.MetricStatProperty(
                        metric=cloudwatch.CfnAlarm.MetricProperty(
                            namespace=term.source.namespace,
                            metric_name=term.source.name,
                            dimensions=_dimensions(term),
                        ),
                        stat=term.statistic,
                        period=alarm.period,
                    ),
                )
                for identity, term in alarm.terms.items()
            ),
        ]
    }
