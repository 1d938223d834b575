"""Other programs on the same pictures at the same size: jp2a and chafa (Debian packages)."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image
from tqdm import tqdm

from .render import SIZES

#: Options for black ink on white paper, plain ASCII, so many columns and rows.
COMMANDS = {
    "jp2a": ["jp2a", "--width={0}", "--height={1}", "--background=light"],
    "chafa": [
        *("chafa", "--format=symbols", "--symbols=ascii", "--colors=none", "--invert"),
        *("--size={0}x{1}", "--stretch", "--animate=off"),
    ],
}
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def convert(name: str, maps: np.ndarray, size: str, progress: bool) -> list[list[str]] | None:
    """Ink maps (uint8 [n, side, side], 255 ink) to lines; None where the program is not installed."""
    if shutil.which(name) is None:
        return None
    command = [word.format(*SIZES[size]) for word in COMMANDS[name]]
    drawn = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ink.png"
        for ink in tqdm(maps, desc=name, disable=not progress):
            Image.fromarray(255 - ink).resize((288, 288), Image.Resampling.BICUBIC).convert("RGB").save(path)
            done = subprocess.run([*command, path], capture_output=True, text=True, check=True)
            drawn.append([ESCAPES.sub("", line) for line in done.stdout.splitlines()])
    return drawn
