"""Runs the release binary: what is judged is what people get."""

from __future__ import annotations

import json
import subprocess
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image
from tqdm import tqdm

#: Files or prompts that one call of the program takes.
CHUNK = 64


def draw(
    binary: Path, model: Path, prompts: list[str], variations: int, options: list[str], progress: bool
) -> list[dict]:
    """One record a drawing (text, lines, recipe), prompt by prompt, `variations` of each."""
    records: list[dict] = []
    command = [binary, "--model", model, "draw", "--each-line", "--format", "json", "--quiet"]
    command += ["--count", str(variations), *options]
    for start in tqdm(range(0, len(prompts), CHUNK), desc="draw", disable=not progress):
        lines = "".join(f"{prompt}\n" for prompt in prompts[start : start + CHUNK])
        records += _records(command, lines)
    return records


def trace(
    binary: Path, maps: np.ndarray, progress: bool, options: tuple[str, ...] = ()
) -> list[list[str]]:
    """Real ink maps (uint8 [n, side, side], 255 ink) through the program's decoder: lines of each."""
    drawn = []
    for start in tqdm(range(0, len(maps), CHUNK), desc="trace", disable=not progress):
        with tempfile.TemporaryDirectory() as folder:
            paths = []
            for index, ink in enumerate(maps[start : start + CHUNK]):
                paths.append(Path(folder) / f"{index:03d}.png")
                Image.fromarray(255 - ink).save(paths[-1])
            records = _records([binary, "trace", "--format", "json", *options, *paths], None)
        drawn += [record["lines"] for record in records]
    return drawn


def _records(command: list, lines: str | None) -> list[dict]:
    done = subprocess.run(command, input=lines, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"the program failed: {done.stderr.strip()}")
    return [json.loads(line) for line in done.stdout.splitlines()]
