"""What is deployed as code: the layers and the functions, put together here without Docker."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import aws_cdk as cdk
import jsii
from aws_cdk import aws_lambda as lambda_

from stacks.bytecode import RUNTIME, compile_folder, this_machines_interpreter
from stacks.dependencies import DependenciesUnreachable, kept_dependencies
from stacks.reference_ui import ReferenceUnreachable, fetch_reference

_NOT_CODE = shutil.ignore_patterns("__pycache__", "*.pyc")


@dataclass(frozen=True, slots=True)
class Shortcoming:
    """Why the code as it was put together should not be deployed."""

    code: str
    text: str
    works: bool
    """It would run, only worse."""


@jsii.implements(cdk.ILocalBundling)
class _Bundling:
    """Lets the CDK call back to fill an asset's folder."""

    def __init__(self, fill: Callable[[Path], None]) -> None:
        self._fill = fill

    def try_bundle(self, output_dir: str, *, image: cdk.DockerImage, **options: object) -> bool:  # noqa: ARG002
        """Fill the folder and say so: the image, which does not exist, is never asked for."""
        self._fill(Path(output_dir))
        return True


class Assets:
    """The code of one app: made once, however many stages use it. An asset's hash is that of its content."""

    def __init__(self, root: Path, *, with_dependencies: bool = True) -> None:
        """Fetch and compile the dependencies under ``root``/build unless they are there from before.

        ``with_dependencies=False`` leaves their layers empty: for looking at templates, not for deploying.
        """
        self._root = root
        self._interpreter = this_machines_interpreter()
        self._options: dict[str, cdk.BundlingOptions] = {}
        self.shortcomings: list[Shortcoming] = []
        if self._interpreter is None:
            self._lacks("bytecode", f"there is no bytecode: no Python {RUNTIME} was found", works=True)
        self._dependencies = self._kept() if with_dependencies else None
        try:
            fetch_reference()
        except ReferenceUnreachable as error:
            self._lacks("reference", f"the UI of /docs could not be fetched: {error}", works=True)
        if not with_dependencies:
            self._lacks("dependencies", "the dependencies were left out on request", works=False)

    def _lacks(self, code: str, text: str, *, works: bool) -> None:
        self.shortcomings.append(Shortcoming(code, text, works))

    def _kept(self) -> Path | None:
        lock = self._root / "layers" / "dependencies" / "requirements.txt"
        try:
            return kept_dependencies(
                lock, self._root / "build", root=self._root, interpreter=self._interpreter
            )
        except DependenciesUnreachable as error:
            self._lacks("dependencies", f"the dependencies could not be fetched: {error}", works=False)
            return None

    def dependencies(self, layer: str) -> lambda_.Code:
        """Return one layer of third-party code, of those in ``stacks.layers``."""

        def fill(target: Path) -> None:
            if self._dependencies is None:
                (target / "python").mkdir()
                (target / "python" / "MISSING").write_text(f"The dependencies were not fetched: {layer}.\n")
            else:
                shutil.copytree(self._dependencies / layer, target / "python")

        return self._code("layers/dependencies", fill, part=layer)

    def shared(self) -> lambda_.Code:
        """Return the layer of the project's shared code."""

        def fill(target: Path) -> None:
            self._copy("layers/greenroom", target / "python", shown_as="/opt/python")

        return self._code("layers/greenroom", fill)

    def function(self, name: str) -> lambda_.Code:
        """Return one function's folder under its own name: its handler is ``<name>.main.handler``."""

        def fill(target: Path) -> None:
            self._copy(f"functions/{name}", target, shown_as="/var/task")

        return self._code(f"functions/{name}", fill)

    def _code(self, source: str, fill: Callable[[Path], None], part: str = "") -> lambda_.Code:
        key = f"{source} {part}"
        if key not in self._options:
            self._options[key] = cdk.BundlingOptions(
                image=cdk.DockerImage.from_registry("no-image-is-used"),
                # Never run. By it the CDK tells the parts of one source from each other.
                command=[part],
                local=_Bundling(fill),
            )
        return lambda_.Code.from_asset(
            str(self._root / source),
            bundling=self._options[key],
            asset_hash_type=cdk.AssetHashType.OUTPUT,
        )

    def _copy(self, source: str, target: Path, *, shown_as: str) -> None:
        folder = self._root / source
        shutil.copytree(folder, target / folder.name, ignore=_NOT_CODE)
        if self._interpreter is not None:
            compile_folder(target, interpreter=self._interpreter, shown_as=shown_as)
