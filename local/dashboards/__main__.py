"""``python -m local.dashboards``: draw the dashboards of a synthesised stage into PNGs."""

import argparse
from pathlib import Path

from local.dashboards.drawing import draw
from local.dashboards.template import read_dashboards


def main() -> None:
    """Draw every dashboard of the template, each into a file of its name."""
    parser = argparse.ArgumentParser(prog="python -m local.dashboards", description=main.__doc__)
    parser.add_argument("template", type=Path, help="an observability stack's template, as synthesised")
    parser.add_argument("folder", type=Path, help="where the pictures go")
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    for name, dashboard in read_dashboards(given.template).items():
        target = given.folder / f"{name}.png"
        draw(dashboard, target, title=name)
        print(target)


if __name__ == "__main__":
    main()
