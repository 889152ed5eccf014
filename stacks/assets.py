"""The code that is deployed: layers and functions as assets, bundled on this machine without Docker."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import aws_cdk as cdk
import jsii
from aws_cdk import aws_lambda as lambda_

from stacks import bundling
from stacks.reference_ui import ReferenceUnreachable, fetch_reference


@dataclass(frozen=True, slots=True)
class Shortcoming:
    """Why the bundled code should not be deployed."""

    code: str
    text: str
    works: bool
    """The code runs nevertheless, but more slowly."""


@jsii.implements(cdk.ILocalBundling)
class _LocalBundling:
    """Calls ``fill`` with an asset's folder. The CDK then does not run the image, which does not exist."""

    def __init__(self, fill: Callable[[Path], None]) -> None:
        self._fill = fill

    def try_bundle(self, output_dir: str, *, image: cdk.DockerImage, **options: object) -> bool:  # noqa: ARG002
        self._fill(Path(output_dir))
        return True


class Assets:
    """The code of one app, bundled once for all stages. The hash of an asset is that of its content."""

    def __init__(self, root: Path, *, with_dependencies: bool = True) -> None:
        """Build the layers under ``root``/build unless they are there; templates can be read without."""
        self._root = root
        self._interpreter = bundling.find_interpreter()
        self._lock = root / "layers" / "dependencies" / "requirements.txt"
        self._layers: Path | None = None
        self.shortcomings: list[Shortcoming] = []
        if self._interpreter is None:
            self._lacks("bytecode", f"no Python {bundling.RUNTIME} was found to make bytecode", works=True)
        try:
            fetch_reference()
        except ReferenceUnreachable as error:
            self._lacks("reference", f"the UI of /docs could not be fetched: {error}", works=True)
        if not with_dependencies:
            self._lacks("dependencies", "the dependencies were left out on request", works=False)
            return
        try:
            self._layers = bundling.cached_layers(self._lock, root / "build", self._interpreter)
        except bundling.DependenciesUnreachable as error:
            self._lacks("dependencies", f"the dependencies could not be fetched: {error}", works=False)

    def _lacks(self, code: str, text: str, *, works: bool) -> None:
        self.shortcomings.append(Shortcoming(code, text, works))

    def dependencies(self, layer: str) -> lambda_.Code:
        """Return one of the layers in ``stacks.layers``; without dependencies it holds only their lock."""
        return lambda_.Code.from_asset(str(self._layers / layer if self._layers else self._lock.parent))

    def shared(self) -> lambda_.Code:
        """Return the layer of the project's shared code."""
        return self._own("layers/greenroom", within="python", shown_as="/opt/python")

    def function(self, name: str) -> lambda_.Code:
        """Return one function's folder under its name: its handler is ``<name>.main.handler``."""
        return self._own(f"functions/{name}", shown_as="/var/task")

    def _own(self, source: str, *, within: str = "", shown_as: str) -> lambda_.Code:
        folder = self._root / source

        def fill(output: Path) -> None:
            target = output / within
            shutil.copytree(folder, target / folder.name, ignore=shutil.ignore_patterns("__pycache__"))
            if self._interpreter is not None:
                bundling.compile_folder(target, interpreter=self._interpreter, shown_as=shown_as)

        image = cdk.DockerImage.from_registry("no-image-is-used")
        return lambda_.Code.from_asset(
            str(folder),
            asset_hash_type=cdk.AssetHashType.OUTPUT,
            bundling=cdk.BundlingOptions(image=image, local=_LocalBundling(fill)),
        )
