"""The CDK app: ``python app.py`` synthesises every stage into cdk.out/, offline and without credentials."""

import os
import sys
from pathlib import Path

from stacks.node import use_locked_node

use_locked_node()
# The stacks read one module of the shared code, the catalogue of metrics, wherever this is started from.
sys.path.append(str(Path(__file__).resolve().parent / "layers"))

from stacks.assembly import ROOT, assemble  # noqa: E402 - importing the CDK starts Node
from stacks.validations import synthesise  # noqa: E402

if __name__ == "__main__":
    # The CDK's CLI says where it looks for the result; without it, it is where the CLI would look.
    synthesise(assemble(outdir=Path(os.environ.get("CDK_OUTDIR", ROOT / "cdk.out"))))
