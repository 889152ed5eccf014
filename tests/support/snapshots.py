"""What every stage's templates say, as committed text: ``make snapshots`` writes it, a test compares.

One file a stack, under tests/infra/snapshots: prod's whole, of the other stages what is not as in prod. A
line is what a reviewer wants to see change: references and joins are written ``${Resource.Attribute}``,
and what changes with each commit of the code (hashes of assets, the version) is left out.
"""

import difflib
import hashlib
import json
import re
import sys
import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from tests.support.template_scan import templates

FOLDER = Path(__file__).resolve().parent.parent / "infra" / "snapshots"
_LONG = 400
_STACK = re.compile(r"greenroom-(?:account|delivery-\w+|(?P<stage>dev|staging|prod)-(?P<part>\w+))")
_LINES = frozenset({"AWS::ApiGateway::Method", "AWS::ApiGateway::Resource"})
_TAGGED = frozenset({"project", "stage"})
_HASH = re.compile(r"\b[0-9a-f]{64}\b")
# A deployment of the gateway and a version of a function have another name for each content.
_DEPLOYMENT = re.compile(r"((?:Deployment|CurrentVersion)[0-9A-F]{8})[0-9a-f]{32}")


def _written(function: str, argument: Any) -> str | None:
    """Return a reference as text, None for a function that is none."""
    match function, argument:
        case "Ref", str():
            return f"${{{argument}}}"
        case "Fn::GetAtt", [str() as name, str() as attribute]:
            return f"${{{name}.{attribute}}}"
        case "Fn::ImportValue", str():
            return f"${{import {argument}}}"
        case "Fn::Sub", str():
            return str(argument)
        case "Fn::Join", [str() as separator, list() as parts]:
            texts = [_normal(part) for part in parts]
            return separator.join(texts) if all(isinstance(text, str) for text in texts) else None
    return None


def _normal(value: Any) -> Any:
    """Return the value with its references written out and without what changes with the code alone."""
    if isinstance(value, dict):
        if len(value) == 1:
            ((function, argument),) = value.items()
            text = _written(function, argument)
            if text is not None:
                return _normal(text)
        return {_DEPLOYMENT.sub(r"\1…", key): _normal(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_normal(part) for part in value]
    if isinstance(value, str):
        text = _DEPLOYMENT.sub(r"\1…", _HASH.sub("<asset>", value))
        # A dashboard's document has tests of its own; here it is enough to see that it is another one.
        return text if len(text) <= _LONG else f"sha256:{hashlib.sha256(text.encode()).hexdigest()[:16]}"
    return value


def _resource(resource: Mapping[str, Any]) -> Mapping[str, Any]:
    shown = {key: value for key, value in resource.items() if key not in {"Metadata", "DependsOn"}}
    variables = shown.get("Properties", {}).get("Environment", {}).get("Variables", {})
    normal: dict[str, Any] = _normal(shown)
    tags = normal.get("Properties", {}).get("Tags", [])
    if isinstance(tags, list) and {tag["Key"] for tag in tags} == _TAGGED:
        del normal["Properties"]["Tags"]
    if "SERVICE_VERSION" in variables:
        normal["Properties"]["Environment"]["Variables"]["SERVICE_VERSION"] = "<version>"
    return normal


def blocks(template: Mapping[str, Any], stage: str) -> dict[str, str]:
    """Return the text of each resource, and of the outputs, by name; the stage's name is ``<stage>``."""
    shown: dict[str, Any] = {
        _DEPLOYMENT.sub(r"\1…", name): _resource(resource) for name, resource in template["Resources"].items()
    }
    if outputs := template.get("Outputs"):
        shown["Outputs"] = _normal(outputs)
    return {name: _block(name, shown[name], stage) for name in sorted(shown)}


def _block(name: str, shown: Any, stage: str) -> str:
    # A route's methods and resources, of which there are hundreds, are a line each.
    short = shown.get("Type") in _LINES
    options: dict[str, Any] = {
        "width": 10_000 if short else 200,
        "default_flow_style": True if short else None,
    }
    body = yaml.safe_dump(shown, allow_unicode=True, **options)
    text = f"{name}: {body}" if short else f"{name}:\n{textwrap.indent(body, '  ')}"
    return re.sub(rf"\b{stage}\b", "<stage>", text) if stage else text


def rendered(assembly: Path) -> dict[str, str]:
    """Return the text of every shared stage's stacks, by stack."""
    found = {path.name.removesuffix(".template.json"): path for path in templates(assembly)}
    texts = {}
    for name, path in found.items():
        if not (named := _STACK.fullmatch(name)):
            continue
        stage, model = named["stage"] or "", found.get(f"greenroom-prod-{named['part']}")
        own = blocks(json.loads(path.read_text("utf-8")), stage)
        if stage in {"", "prod"} or model is None:
            texts[name] = "".join(own.values())
            continue
        prods = blocks(json.loads(model.read_text("utf-8")), "prod")
        lacking = [f"# not here: {name}\n" for name in prods if name not in own]
        texts[name] = "".join([*lacking, *(text for name, text in own.items() if prods.get(name) != text)])
    return texts


def differences(found: Mapping[str, str], folder: Path = FOLDER) -> Iterator[str]:
    """Yield a unified diff for each stack that is not as committed."""
    committed = {path.stem: path.read_text("utf-8") for path in folder.glob("*.yaml")}
    for stack in sorted({*found, *committed}):
        diff = difflib.unified_diff(
            committed.get(stack, "").splitlines(keepends=True),
            found.get(stack, "").splitlines(keepends=True),
            f"{stack}, committed",
            f"{stack}, synthesised",
            n=2,
        )
        if text := "".join(diff):
            yield text


def write(found: Mapping[str, str], folder: Path = FOLDER) -> None:
    """Make the committed files those of the synthesised stacks."""
    folder.mkdir(exist_ok=True)
    for path in folder.glob("*.yaml"):
        path.unlink()
    for stack, text in found.items():
        (folder / f"{stack}.yaml").write_text(text, "utf-8")


def main(assembly: Path, command: str) -> int:
    """``compare`` or ``write`` the snapshots; return the exit status."""
    found = rendered(assembly)
    if command == "write":
        for text in differences(found):
            print(text)
        write(found)
        return 0
    texts = list(differences(found))
    if texts:
        sys.stderr.write("\n".join(texts))
        sys.stderr.write("\nThe templates changed. If they should, `make snapshots` and commit.\n")
    return bool(texts)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2]))
