"""The files of a synthesised stack, put where its template says, as ``cdk deploy`` does first."""

import io
import json
import sysconfig
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_DEPENDENCIES = "Dependencies/Code"
"""How the names of all layers of third-party code end."""
# The emulator treats such a folder of a layer as a site directory, whose .pth files are obeyed.
_LINK = "python/lib/python3/site-packages/dependencies.pth"


def publish(
    s3: Any, manifest: Path, names: Mapping[str, str], changed: Mapping[str, bytes]
) -> dict[str, str]:
    """Upload what ``<stack>.assets.json`` lists; return the ``bucket/key`` of each file by its path.

    ``names`` are the values of ``${AWS::AccountId}`` and the like; ``changed`` has other contents for files.
    """
    placed = {}
    for asset in json.loads(manifest.read_text("utf-8"))["files"].values():
        source = manifest.parent / asset["source"]["path"]
        for destination in asset["destinations"].values():
            bucket, key = (_filled(destination[part], names) for part in ("bucketName", "objectKey"))
            if asset["displayName"].endswith(_DEPENDENCIES):
                body = linked_dependencies()
            elif asset["source"]["packaging"] == "zip":
                body = zipped(source)
            else:
                body = changed.get(source.name) or source.read_bytes()
            s3.put_object(Bucket=bucket, Key=key, Body=body)
            placed[source.name] = f"{bucket}/{key}"
    return placed


def _filled(text: str, names: Mapping[str, str]) -> str:
    for name, value in names.items():
        text = text.replace(f"${{{name}}}", value)
    return text


def zipped(folder: Path) -> bytes:
    """Return a folder as a ZIP."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_STORED) as archive:
        for file in sorted(folder.rglob("*")):
            if file.is_file():
                archive.write(file, file.relative_to(folder))
    return written.getvalue()


def linked_dependencies() -> bytes:
    """Return a layer of dependencies as it is here: a link to this interpreter's packages, all of them.

    The real layers are built for another processor and another Python. The packages come before those that
    the emulator brings, which are older.
    """
    packages = sysconfig.get_paths()["purelib"]
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        archive.writestr(_LINK, f"import sys; sys.path.insert(0, {packages!r})\n")
    return written.getvalue()
