"""``python -m local.dashboards``: the dashboards of a synthesised stage as pages for a browser.

A page has the grid of CloudWatch. Each widget shows its title, its unit, the names of its lines with their
metrics, and the thresholds of alarms. Values exist only in an account.
"""

import argparse
import json
from collections.abc import Iterable, Iterator, Mapping
from html import escape
from pathlib import Path
from typing import Any

REGION = "eu-central-1"

_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>{name}</title>
<style>
body {{ font: 13px system-ui, sans-serif; background: #f4f5f7; margin: 1rem }}
main {{ display: grid; grid-template-columns: repeat(24, 1fr); gap: 6px;
  grid-auto-rows: minmax(2.5rem, auto) }}
section {{ background: #fff; border: 1px solid #d5dbdb; padding: 8px; overflow-wrap: anywhere }}
section.text {{ background: none; border: 0 }} .alarm ul {{ columns: 3 }}
 h2, h3, ul {{ margin: 0 0 4px; padding: 0 }}
li {{ margin-left: 1rem }} code, small {{ color: #545b64 }} .threshold {{ color: #d13212 }}
</style>
<h1>{name}</h1>
<main>
{widgets}
</main>
</html>
"""


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
    """Resolve references: an alarm's ARN becomes its name, another stack's export its name there."""
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


def page(name: str, dashboard: Mapping[str, Any]) -> str:
    """Return a dashboard's document as HTML."""
    return _PAGE.format(name=escape(name), widgets="\n".join(map(_widget, dashboard["widgets"])))


def _widget(widget: Mapping[str, Any]) -> str:
    x, y, width, height = (widget[side] for side in ("x", "y", "width", "height"))
    place = f"grid-area: {y + 1} / {x + 1} / span {height} / span {width}"
    return f'<section class="{widget["type"]}" style="{place}">{"".join(_content(widget))}</section>'


def _content(widget: Mapping[str, Any]) -> Iterator[str]:
    properties = widget["properties"]
    if widget["type"] == "text":
        yield f"<h2>{escape(properties['markdown'].lstrip('# '))}</h2>"
        return
    yield f"<h3>{escape(properties['title'])}</h3>"
    if widget["type"] == "alarm":
        yield _items(properties["alarms"])
        return
    axes = [f"{side}: {axis['label']}" for side, axis in properties.get("yAxis", {}).items()]
    facts = ", ".join([*axes, properties["view"], f"{properties['period']} s"])
    yield f"<small>{escape(facts)}</small>"
    yield _items(map(_line, properties["metrics"]))
    for mark in properties.get("annotations", {}).get("horizontal", []):
        yield f'<div class="threshold">— {escape(mark["label"])}</div>'


def _line(metric: list[Any]) -> str:
    *source, options = metric
    asked = f"{' '.join(source)} ({options['stat']})" if source else options["expression"]
    hidden = "" if options.get("visible", True) else " (hidden)"
    return f"{options.get('label', '')}{hidden}: {asked}"


def _items(texts: Iterable[str]) -> str:
    return f"<ul>{''.join(f'<li>{escape(text)}</li>' for text in texts)}</ul>"


def main() -> None:
    """Write every dashboard of the template into a page of its name."""
    parser = argparse.ArgumentParser(prog="python -m local.dashboards", description=main.__doc__)
    parser.add_argument("template", type=Path, help="the template of an observability stack")
    parser.add_argument("folder", type=Path, help="where the pages go")
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    for name, dashboard in read_dashboards(given.template).items():
        target = given.folder / f"{name}.html"
        target.write_text(page(name, dashboard), encoding="utf-8")
        print(target)


if __name__ == "__main__":
    main()
