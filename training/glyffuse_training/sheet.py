"""`python -m glyffuse_training sheet`: a run's drawings as a picture and, where the program is built,
as characters.
"""

from __future__ import annotations

import argparse
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from .config import Config
from .export import ROOT
from .loop import SHEET_NAMES, Run
from .sampling import sample, sheet


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of this command."""
    parser.add_argument("names", nargs="*", help="concepts to draw (default: sixteen common ones)")
    parser.add_argument("--run", type=Path, help="folder of the run (default: WORK/runs/NAME)")
    parser.add_argument("--kind", type=int, default=1, choices=range(4), help="any, stroke, solid, emoji")
    parser.add_argument("--guidance", type=float, default=2.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--output", type=Path, help="picture (default: RUN/sheets/sheet.png)")
    parser.add_argument("--binary", type=Path, default=ROOT / "target" / "release" / "glyffuse")


def main(arguments: argparse.Namespace) -> None:
    """Draws the names with the run's averaged weights."""
    config = Config.load(arguments.config)
    folder = arguments.run or arguments.work / "runs" / config.name
    run = Run(config, arguments.work, folder)
    run.resume(folder / "checkpoint.pt")
    known = run.training.names
    unknown = [name for name in arguments.names if name not in known]
    if unknown:
        raise ValueError(f"no such concept: {', '.join(unknown)}; see curated/concepts.txt")
    names = arguments.names or [name for name in SHEET_NAMES if name in known]
    rows = [known.index(name) for name in names]
    drawn = sample(
        run.ema.model,
        run.alphas_cumprod,
        run.training.vectors[run.training.first[rows]].to(run.device),
        torch.full((len(rows),), arguments.kind, device=run.device),
        config.data.side,
        guidance_scale=arguments.guidance,
        seed=arguments.seed,
    ).cpu()
    output = arguments.output or folder / "sheets" / "sheet.png"
    Image.fromarray(sheet(drawn, min(8, len(names)))).save(output)
    print(f"{output}: {', '.join(names)} after {run.drawings} drawings")
    if arguments.binary.is_file():
        for name, text in zip(names, characters(arguments.binary, drawn), strict=True):
            print(f"\n{name}\n{text}")


def characters(binary: Path, drawn: torch.Tensor) -> list[str]:
    """Ink maps [n, 1, side, side] through the program's own decoder."""
    texts = []
    with tempfile.TemporaryDirectory() as folder:
        for ink in drawn[:, 0].clamp(-1, 1).numpy():
            path = Path(folder) / "ink.png"
            Image.fromarray(np.uint8(np.round((1 - ink) * 127.5))).save(path)
            done = subprocess.run([binary, "trace", path], capture_output=True, text=True, check=True)
            texts.append(done.stdout.rstrip("\n"))
    return texts
