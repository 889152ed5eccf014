"""Dashboards: on the grid without overlaps, with the thresholds of the alarms, and previewed as they are."""

from html import escape
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from local.dashboards import main, page, read_dashboards
from tests.infra.observability.observed import alarms, composites, dashboards, graphs, stack
from tests.infra.templates import STAGES, Assembly

pytestmark = pytest.mark.xdist_group("infra")

TITLES = {
    "business": [
        *("Conversion of the last day", "Conversion: requested to confirmed", "Bookings by transition"),
        *("Revenue by currency", "Refunds by currency", "Payments by outcome"),
        *("Time to an agent's first answer", "Mails", "Age of mails and deadlines"),
    ],
    "operations": [
        *("Alarms", "Error budget: 99.9 % in 30 days", "Requests", "Error rate", "Health checks"),
        *("5xx by function", "4xx by function", "Gateway", "Latency of the API", "Latency by function"),
        *("Latency of the main journey by route, p95", "The ten slowest routes, p95", "Throttles"),
        *("Concurrent executions", "Duration, p95", "Cold starts", "CPU share", "Memory share"),
        *("Maximum memory", "Invocations that failed", "Unexpected errors"),
        *("Table latency, as DynamoDB measures it", "Table calls, as functions see them"),
        *("Table throttles", "Read units consumed", "Write units consumed", "Cache hit ratio"),
        *("Security events by severity", "Security events by name", "What accounts do", "Limiter"),
        *("Firewall", "Firewall: blocked by rule", "Age of events in the stream"),
        *("Events that were given up", "Payment provider", "Keys"),
    ],
}


def _titles(dashboard: Any) -> list[str]:
    return [widget["properties"]["title"] for widget in dashboard["widgets"] if widget["type"] != "text"]


@pytest.mark.parametrize("stage", STAGES)
def test_each_stage_has_a_dashboard_for_the_business_and_one_for_operations(
    assembly: Assembly, stage: str
) -> None:
    found = dashboards(assembly, stage)

    assert {name: _titles(dashboard) for name, dashboard in found.items()} == TITLES


@pytest.mark.parametrize("stage", STAGES)
def test_widgets_stand_on_the_grid_and_not_on_one_another(assembly: Assembly, stage: str) -> None:
    for dashboard in dashboards(assembly, stage).values():
        cells = [
            {
                (x, y)
                for x in range(widget["x"], widget["x"] + widget["width"])
                for y in range(widget["y"], widget["y"] + widget["height"])
            }
            for widget in dashboard["widgets"]
        ]
        assert all(0 <= x < 24 for each in cells for x, _ in each)
        assert not any(one & other for one, other in combinations(cells, 2))
        assert len(dashboard["widgets"]) <= 500


@pytest.mark.parametrize("stage", STAGES)
def test_every_graph_has_its_unit_and_a_label_for_each_line(assembly: Assembly, stage: str) -> None:
    for graph in graphs(assembly, stage):
        shown = [metric[-1] for metric in graph["metrics"] if metric[-1].get("visible", True)]
        assert all(line.get("label") or "SEARCH" in line["expression"] for line in shown), graph["title"]
        labels = [line["label"] for line in shown if "label" in line]
        assert len(set(labels)) == len(labels), graph["title"]
        if graph["view"] == "timeSeries":
            assert graph["yAxis"]["left"]["label"], graph["title"]
        if any(line.get("yAxis") == "right" for line in shown):
            assert graph["yAxis"]["right"]["label"], graph["title"]


@pytest.mark.parametrize("stage", STAGES)
def test_the_thresholds_that_are_drawn_are_those_of_the_alarms(assembly: Assembly, stage: str) -> None:
    thresholds = {name: alarm["Threshold"] for name, alarm in alarms(assembly, stage).items()}

    drawn = 0
    for graph in graphs(assembly, stage):
        for mark in graph.get("annotations", {}).get("horizontal", []):
            name = mark["label"].removeprefix("alarm ").partition(":")[0]
            meant = [key for key in thresholds if key == name or key.startswith(name.rstrip("*"))]
            assert meant, mark
            if name != "memory-*":  # the alarms are in MB of each function's setting
                assert mark["value"] in {thresholds[key] for key in meant}
            drawn += 1
    assert drawn > 15


@pytest.mark.parametrize("stage", STAGES)
def test_the_first_widget_shows_the_state_of_every_alarm_that_tells_somebody(
    assembly: Assembly, stage: str
) -> None:
    status = next(w for w in dashboards(assembly, stage)["operations"]["widgets"] if w["type"] == "alarm")
    telling = [
        name
        for kind in ("CloudWatch::Alarm", "CloudWatch::CompositeAlarm")
        for name, resource in assembly.resources(stack(stage), kind).items()
        if "AlarmActions" in resource["Properties"]
    ]

    shown = status["properties"]["alarms"]
    assert sorted(shown) == sorted(f"<{name}.Arn>" for name in telling)
    assert shown[0] == "<AlarmsUsersAreHurt.Arn>"
    assert len(composites(assembly, stage)) == (4 if stage == "prod" else 3)


def test_the_page_shows_every_widget_with_its_lines_units_and_thresholds(assembly: Assembly) -> None:
    read = read_dashboards(assembly.folder / f"{stack('prod')}.template.json")

    for name, dashboard in read.items():
        shown = page(name, dashboard)
        assert shown.count("<section") == len(dashboard["widgets"])
        assert shown.count("<h3>") == len(TITLES[name.removeprefix("greenroom-prod-")])
        for widget in dashboard["widgets"]:
            assert f"grid-area: {widget['y'] + 1} / {widget['x'] + 1} /" in shown
        for graph in (w["properties"] for w in dashboard["widgets"] if w["type"] == "metric"):
            marks = graph.get("annotations", {}).get("horizontal", [])
            axes = graph.get("yAxis", {}).values()
            lines = [metric[-1].get("label", "") for metric in graph["metrics"]]
            for text in (graph["title"], *lines, *(named["label"] for named in (*marks, *axes))):
                assert escape(text) in shown
            for *source, options in graph["metrics"]:
                assert escape(source[1] if source else options["expression"]) in shown


def test_the_command_writes_a_page_of_each_dashboard(
    assembly: Assembly, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    template = assembly.folder / f"{stack('dev')}.template.json"
    monkeypatch.setattr("sys.argv", ["dashboards", str(template), str(tmp_path / "pages")])

    main()

    pages = {path.name for path in (tmp_path / "pages").iterdir()}
    assert pages == {"greenroom-dev-business.html", "greenroom-dev-operations.html"}
    assert set(map(Path, capsys.readouterr().out.split())) == {tmp_path / "pages" / name for name in pages}
