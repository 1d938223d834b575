"""`python -m glyffuse_training train`: starts or resumes a run."""

from __future__ import annotations

import argparse
from pathlib import Path

from .config import Config
from .loop import Run, train


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of this command."""
    parser.add_argument("--run", type=Path, help="folder of the run (default: WORK/runs/NAME)")
    parser.add_argument("--minutes", type=float, help="stop after so many minutes")
    parser.add_argument("--resume", type=Path, help="checkpoint to go on from (default: the run's)")


def main(arguments: argparse.Namespace) -> None:
    """Trains; the run's own checkpoint is resumed where there is one."""
    config = Config.load(arguments.config)
    folder = arguments.run or arguments.work / "runs" / config.name
    run = Run(config, arguments.work, folder)
    checkpoint = arguments.resume or folder / "checkpoint.pt"
    if checkpoint.is_file():
        run.resume(checkpoint)
        print(f"resumed at {run.drawings} drawings")
    train(run, arguments.minutes, not arguments.quiet)
