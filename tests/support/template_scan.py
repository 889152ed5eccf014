"""Holds synthesised templates against cfn-lint and checkov, offline: ``make scan``.

A finding either is mended or has a line in .ci/scan-skips.toml, with its reason; a line that meets no finding
is a fault too.
"""

import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
SKIPS = ROOT / ".ci" / "scan-skips.toml"
TOOLS = ROOT / ".venv" / "checks" / "bin"
_SUFFIX = re.compile(r"[0-9A-F]{8}$")


@dataclass(frozen=True, order=True)
class Finding:
    """What a scanner says about one resource, ``<stack> <type> <name>``."""

    rule: str
    place: str
    text: str


@dataclass(frozen=True)
class Skip:
    """Findings that may stay, and why."""

    rule: str
    places: re.Pattern[str]
    reason: str

    def covers(self, finding: Finding) -> bool:
        """Tell whether this is about the finding."""
        return finding.rule == self.rule and self.places.fullmatch(finding.place) is not None


def templates(assembly: Path) -> list[Path]:
    """Return the templates that the assembly's manifest names: others are of a former run."""
    manifest = json.loads((assembly / "manifest.json").read_text("utf-8"))
    return sorted(
        assembly / artifact["properties"]["templateFile"]
        for artifact in manifest["artifacts"].values()
        if artifact["type"] == "aws:cloudformation:stack"
    )


def read_skips(path: Path = SKIPS) -> list[Skip]:
    """Return the lines; raise ``KeyError`` for one without a rule, a place or a reason."""
    found = tomllib.loads(path.read_text("utf-8"))["skip"]
    return [Skip(entry["rule"], re.compile(entry["places"]), entry["reason"]) for entry in found]


def _run(tool: str, *arguments: str | Path) -> Any:
    done = subprocess.run([TOOLS / tool, *arguments], capture_output=True, text=True, check=False, cwd=ROOT)
    try:
        return json.loads(done.stdout)
    except json.JSONDecodeError:
        raise SystemExit(f"{tool} did not finish: {done.stderr.strip() or done.stdout.strip()}") from None


def _place(template: Path, kind: str, name: str) -> str:
    stack = template.name.removesuffix(".template.json")
    return f"{stack} {kind.removeprefix('AWS::')} {_SUFFIX.sub('', name)}"


def cfn_lint(paths: Sequence[Path]) -> Iterator[Finding]:
    """Yield what cfn-lint finds: its errors, warnings and remarks."""
    for found in _run("cfn-lint", "--format", "json", "--", *paths):
        path, keys = Path(found["Filename"]), found["Location"]["Path"] or []
        kind, name = "", "the template"
        if keys[:1] == ["Resources"] and len(keys) > 1:
            name = keys[1]
            kind = json.loads(path.read_text("utf-8"))["Resources"][name]["Type"]
        yield Finding(found["Rule"]["Id"], _place(path, kind, name), found["Message"])


def checkov(paths: Sequence[Path]) -> Iterator[Finding]:
    """Yield what checkov finds. That it could not read a template ends the scan."""
    options = ("--framework", "cloudformation", "--skip-download", "--quiet", "--compact", "--output", "json")
    report = _run("checkov", *options, "--file", *paths)
    summary = report["summary"]
    if summary["parsing_errors"] or not summary["resource_count"]:
        raise SystemExit(f"checkov could not read the templates: {summary}")
    for found in report["results"]["failed_checks"]:
        kind, _, name = found["resource"].rpartition(".")
        yield Finding(found["check_id"], _place(Path(found["file_path"]), kind, name), found["check_name"])


def faults(findings: Iterable[Finding], skips: Sequence[Skip]) -> list[str]:
    """Return a line for each finding that no skip covers, and for each skip that covers none."""
    unused, lines = set(skips), []
    for finding in sorted(set(findings)):
        covering = [skip for skip in skips if skip.covers(finding)]
        unused.difference_update(covering)
        if not covering:
            lines.append(f"{finding.rule} {finding.place}: {finding.text}")
    lines += [
        f"{skip.rule} {skip.places.pattern}: meets no finding: take it out of {SKIPS.name}"
        for skip in skips
        if skip in unused
    ]
    return lines


def main(assembly: Path) -> int:
    """Report what is wrong with an assembly's templates; return the exit status."""
    paths = templates(assembly)
    found = [*cfn_lint(paths), *checkov(paths)]
    lines = faults(found, read_skips())
    for line in lines:
        sys.stderr.write(f"{line}\n")
    if not lines:
        print(f"  {len(paths)} templates, {len(set(found))} findings, all of them accepted with a reason")
    return bool(lines)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
