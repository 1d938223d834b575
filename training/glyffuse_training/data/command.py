"""`python -m glyffuse_training data`: fetches the icon sets and builds the data set."""

from __future__ import annotations

import argparse

from ..config import Config
from . import build, vectors


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of this command."""
    parser.add_argument("--without-texts", action="store_true", help="leave the text vectors out")


def main(arguments: argparse.Namespace) -> None:
    """Builds drawings.npz, held_out.npz, captions.npz and the text encoder in the work folder."""
    config = Config.load(arguments.config)
    arguments.work.mkdir(parents=True, exist_ok=True)
    build.build(arguments.work, config.data.side, config.data.margin, not arguments.quiet)
    if not arguments.without_texts:
        vectors.build(arguments.work, not arguments.quiet)
