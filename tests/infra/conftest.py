"""The whole app, synthesised once a run."""

from pathlib import Path

import pytest

from stacks.node import use_locked_node
from tests.infra.once import made_once
from tests.infra.templates import Assembly

PERSONAL = "alice"


@pytest.fixture(scope="session", autouse=True)
def _node() -> None:
    use_locked_node()


def _synthesise(outdir: Path) -> None:
    from stacks.assembly import assemble
    from stacks.validations import synthesise

    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("GREENROOM_STAGE", raising=False)
        synthesise(assemble(outdir=outdir, context={"stage": PERSONAL, "dependencies": "omit"}))


@pytest.fixture(scope="session")
def assembly(tmp_path_factory: pytest.TempPathFactory) -> Assembly:
    """Return every stage and a personal one, as synthesised with the layer of dependencies left empty."""
    return Assembly(made_once(tmp_path_factory, "assembly", _synthesise))
