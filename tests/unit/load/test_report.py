"""What a load test concludes from what it measured."""

import json
import math
from pathlib import Path

import pytest
from PIL import Image

from tests.load.report import Report, by_second
from tests.load.sale import Sale, read_sale, write_sale
from tests.load.samples import Figures, Sample, figures, percentile, read_samples, write_samples
from tests.load.steps import SCENARIOS, SET_UP
from tests.load.thresholds import THRESHOLDS, Threshold, exceeded

WORST = Threshold(p95=100, error_share=0.1)


def measured(*milliseconds: float, errors: int = 0) -> list[Sample]:
    """Return samples a half second apart, the first of which failed."""
    return [
        Sample(1_000 + number / 2, "GET /x", each, "503" if number < errors else "")
        for number, each in enumerate(milliseconds)
    ]


@pytest.fixture
def _worst(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(THRESHOLDS, "browse", WORST)


def test_every_scenario_has_a_threshold() -> None:
    assert THRESHOLDS.keys() == {*SCENARIOS, "rush"}


@pytest.mark.parametrize(
    ("share", "expected"), [(0.5, 2), (0.75, 3), (0.76, 4), (0.95, 4), (1.0, 4), (0.01, 1)]
)
def test_a_percentile_is_a_time_that_was_measured(share: float, expected: float) -> None:
    assert percentile([4, 1, 3, 2], share) == expected


def test_of_nothing_there_is_no_percentile() -> None:
    assert math.isnan(percentile([], 0.5))


def test_figures_count_what_failed_among_the_times_too() -> None:
    found = figures(measured(10, 20, 30, 40, 50, errors=1))

    assert found == Figures(requests=5, errors=1, per_second=2.5, p50=30, p95=50, slowest=50)
    assert found.error_share == 0.2


@pytest.mark.usefixtures("_worst")
@pytest.mark.parametrize(
    ("samples", "said"),
    [
        (measured(*[100] * 20, 900), []),
        (measured(*[100] * 10, 900), ["browse: p95 is 900 ms, over 100 ms"]),
        (measured(*[50] * 10, errors=1), []),
        (measured(*[50] * 10, errors=2), ["browse: 20.0% of requests failed, over 10.0%"]),
        ([], ["browse: nothing was measured"]),
    ],
)
def test_only_what_is_over_a_threshold_is_said(samples: list[Sample], said: list[str]) -> None:
    assert exceeded("browse", figures(samples)) == said


def test_set_up_is_measured_and_does_not_count(tmp_path: Path) -> None:
    kept = Sample(1.5, "GET /x", 2.5, "no")
    write_samples(tmp_path / "x", [Sample(1, f"{SET_UP}login", 900), kept])

    assert read_samples(tmp_path / "x") == [kept]


def test_seconds_are_counted_from_the_first_answer() -> None:
    assert by_second(measured(1, 2, 3)) == [(0, [1, 2]), (1, [3])]
    assert by_second([]) == []


@pytest.mark.usefixtures("_worst")
def test_a_report_has_a_table_figures_and_a_picture(tmp_path: Path) -> None:
    report = Report(
        {"browse": measured(*[50] * 8, 400), "rush": measured(5, 6)}, "Here.", ["Found."], ["Wrong."]
    )

    report.write(tmp_path)

    text = (tmp_path / "report.md").read_text("utf-8")
    assert "| browse | 9 | 2.2 | 50 | 400 (100) | 400 | 0.0% (10.0%) |" in text
    assert "| browse | GET /x | 9 | 50 | 400 |" in text
    assert "- browse: p95 is 400 ms, over 100 ms" in text
    assert "- Wrong." in text
    assert "Found." in text
    summary = json.loads((tmp_path / "figures.json").read_text("utf-8"))
    assert summary["failures"] == ["browse: p95 is 400 ms, over 100 ms", "Wrong."]
    assert summary["figures"]["rush"]["requests"] == 2
    with Image.open(tmp_path / "load.png") as picture:
        picture.load()
        assert picture.width > picture.height
        assert len(picture.convert("RGB").getcolors(1 << 24) or []) > 10


def test_a_scenario_without_requests_is_reported_as_failed_and_not_as_a_number(tmp_path: Path) -> None:
    Report({"browse": [], "book": measured(5)}, "Here.").write(tmp_path)

    text = (tmp_path / "figures.json").read_text("utf-8")
    summary = json.loads(text, parse_constant=pytest.fail)
    assert summary["figures"]["browse"]["p95"] is None
    assert summary["failures"] == ["browse: nothing was measured"]
    assert (tmp_path / "load.png").exists()


def test_a_report_without_a_failure_says_so() -> None:
    report = Report({"browse": measured(5)}, "Here.")

    assert report.failures == []
    assert "All thresholds were kept." in report.text()


def test_errors_are_told_apart_and_counted() -> None:
    assert "- browse, 2 times: `GET /x: 503`" in Report({"browse": measured(5, 5, errors=2)}, "Here.").text()


@pytest.mark.parametrize(
    ("buyers", "sold", "wrong"), [(9, 3, []), (2, 2, []), (9, 2, ["rush: 2 slots were sold, and not 3"])]
)
def test_a_sale_is_wrong_where_a_slot_stays_while_somebody_wants_it(
    tmp_path: Path, buyers: int, sold: int, wrong: list[str]
) -> None:
    write_sale(tmp_path / "sale", ["a", "b", "c"], [{"id": str(number)} for number in range(sold)])

    assert read_sale(tmp_path / "sale", buyers).wrong == wrong
    assert (
        f"{buyers} buyers wanted the same 3 slots; {sold} were sold" in Sale(buyers, "abc", [{}] * sold).text
    )
