"""The console's files: they load without a build step, text stays text, and colours can be read."""

import itertools
import re
from pathlib import Path

import pytest

from local import console_page

FOLDER = Path(console_page.__file__).parent / "console"
SCRIPTS = sorted(FOLDER.glob("*.js"))
_MARKUP = re.compile(
    r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|createContextualFragment|setHTML"
    r"|\beval\(|new Function|\.style\b|srcdoc|javascript:"
)
TEXT_COLOURS = ["ink", "faint", "accent", "good", "warn", "bad"]
GROUNDS = ["ground", "panel", "code"]


def palettes() -> list[dict[str, str]]:
    """The colours by name, light and then dark."""
    text = (FOLDER / "base.css").read_text("utf-8")
    blocks = re.findall(r":root \{(.*?)\n *\}", text, re.DOTALL)
    return [dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", block)) for block in blocks]


def luminance(colour: str) -> float:
    """The relative luminance that WCAG 2 defines, of a colour as ``#rrggbb``."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted([luminance(one), luminance(other)])
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_every_text_has_a_contrast_of_at_least_four_and_a_half(scheme: int) -> None:
    palette = palettes()[scheme]

    pairs = [*itertools.product(TEXT_COLOURS, GROUNDS), ("accent-ink", "accent"), ("ink", "line")]
    assert {
        (text, ground) for text, ground in pairs if contrast(palette[text], palette[ground]) < 4.5
    } == set()


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_edges_and_charts_have_a_contrast_of_at_least_three(scheme: int) -> None:
    palette = palettes()[scheme]

    drawn = ["edge", *(f"s{number}" for number in range(8))]
    assert [name for name in drawn if contrast(palette[name], palette["panel"]) < 3] == []


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_no_script_makes_markup_or_style_of_text(script: Path) -> None:
    assert _MARKUP.findall(script.read_text("utf-8")) == []


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_every_module_imports_what_is_there_and_is_used(script: Path) -> None:
    text = script.read_text("utf-8")

    for names, module in re.findall(r'^import \{ (.+?) \} from "\./([\w.]+)";$', text, re.MULTILINE):
        exported = (FOLDER / module).read_text("utf-8")
        for name in names.split(", "):
            assert re.search(rf"^export (async )?(const|function|class) {name}\b", exported, re.MULTILINE), (
                name
            )
            assert len(re.findall(rf"\b{name}\b", text)) > 1, name
    assert text.count("import ") == len(re.findall(r"^import \{", text, re.MULTILINE))


def test_the_page_holds_nothing_inline_and_names_parts_that_are_there() -> None:
    page = (FOLDER / "index.html").read_text("utf-8")

    assert not re.search(r"<style|style=|\son\w+=|<script(?![^>]*src=)", page)
    parts = re.findall(r'(?:src|href)="(/local/[^"]+)"', page)
    assert parts
    assert all(console_page.page_part(part) for part in parts)
    # Named at once, or the browser would find them one import after the other.
    assert {f"/local/console/{script.name}" for script in SCRIPTS} <= set(parts)


def test_every_tab_has_its_panel_and_every_control_a_label() -> None:
    page = (FOLDER / "index.html").read_text("utf-8")

    tabs = re.findall(r'role="tab" id="tab-(\w+)" aria-controls="panel-(\w+)"', page)
    assert [tab for tab, _ in tabs] == [panel for _, panel in tabs]
    panels = re.findall(r'role="tabpanel" id="panel-(\w+)" aria-labelledby="tab-(\w+)"', page)
    assert panels == tabs
    labelled = re.findall(r"<label.*?</label>", page, re.DOTALL)
    controls = re.findall(r"<(?:select|input) ", page)
    assert len(controls) == len([label for label in labelled if re.search("<(?:select|input) ", label)])
