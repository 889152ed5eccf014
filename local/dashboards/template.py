"""The dashboards of a synthesised template, with references written out."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

REGION = "eu-central-1"


def read_dashboards(template: Path) -> Mapping[str, Mapping[str, Any]]:
    """Return the documents of a template's dashboards by their names."""
    resources = json.loads(template.read_text(encoding="utf-8"))["Resources"]
    return {
        resource["Properties"]["DashboardName"]: json.loads(
            _text(resource["Properties"]["DashboardBody"], resources)
        )
        for resource in resources.values()
        if resource["Type"] == "AWS::CloudWatch::Dashboard"
    }


def _text(value: Any, resources: Mapping[str, Any]) -> str:
    """Write a value out: an alarm's ARN becomes its name, another stack's export what it is called there."""
    if isinstance(value, str):
        return value
    ((function, argument),) = value.items()
    if function == "Fn::Join":
        separator, parts = argument
        return str(separator).join(_text(part, resources) for part in parts)
    if function == "Ref" and argument == "AWS::Region":
        return REGION
    if function == "Fn::GetAtt" and "AlarmName" in resources[argument[0]]["Properties"]:
        return str(resources[argument[0]]["Properties"]["AlarmName"])
    if function == "Fn::ImportValue":
        return str(argument).partition(":")[2].removeprefix("ExportsOutput")
    raise ValueError(f"a reference that a dashboard should not have: {value}")
