"""`python -m glyffuse_training letters`: fetches the fonts, trains the letter denoiser, or goes on."""

from __future__ import annotations

import argparse
from pathlib import Path

from ..config import Config
from ..loop import Run, train
from .fonts import CHARACTERS, build, fonts
from .letters import Letters

CONFIG = Path(__file__).resolve().parents[2] / "configs" / "letters.toml"


class LetterRun(Run):
    """A training run on letters."""

    sheet_names = ("A", "B", "G", "R", "a", "b", "e", "g", "k", "s", "2", "5", "&", "?")
    sheet_kinds = (1, 8, 15, 20, 26, 34, 49)

    def data(self, work: Path) -> tuple[Letters, Letters]:
        """The letters that are trained on and those that validate."""
        return Letters(work, 0), Letters(work, 1)

    def conditions(self) -> dict[str, int]:
        """One place for every character, one kind for every font."""
        return {"embedding_size": len(CHARACTERS), "kinds": 1 + len(fonts())}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of this command."""
    parser.set_defaults(config=CONFIG)
    parser.add_argument("--minutes", type=float, help="stop after so many minutes")
    parser.add_argument("--resume", type=Path, help="checkpoint to go on from (default: the run's)")


def main(arguments: argparse.Namespace) -> None:
    """Trains; the run's own checkpoint is resumed where there is one."""
    config = Config.load(arguments.config)
    if not (arguments.work / "letters.npz").is_file():
        arguments.work.mkdir(parents=True, exist_ok=True)
        build(arguments.work)
    run = LetterRun(config, arguments.work, arguments.work / "runs" / config.name)
    checkpoint = arguments.resume or run.folder / "checkpoint.pt"
    if checkpoint.is_file():
        run.resume(checkpoint)
        print(f"resumed at {run.drawings} letters")
    train(run, arguments.minutes, not arguments.quiet)
