"""The letter denoiser as ONNX, and its section of a model's manifest."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import torch

from ..config import Config
from ..loop import denoiser
from ..onnx_export import averaged, export_denoiser
from .command import CONFIG
from .fonts import CHARACTERS, SIDE, fonts

#: The file in a model folder.
FILE = "letters.onnx"
#: The styles that a request gets when it names none: those that read best.
USUAL_STYLES = ("print", "bold", "round")
#: How letters are sampled.
SAMPLER, STEPS = "dpm++", 8
#: Short texts less similar than this to every concept are lettered.
BELOW = 0.35


def export_letters(work: Path, path: Path) -> None:
    """Writes the averaged weights of the run on letters.

    Raises FileNotFoundError where there is no such run.
    """
    config = Config.load(CONFIG)
    checkpoint = work / "runs" / config.name / "checkpoint.pt"
    if not checkpoint.is_file():
        raise FileNotFoundError(f"{checkpoint} is missing: run `python -m glyffuse_training letters` first")
    state = torch.load(checkpoint, map_location="cpu", weights_only=True)
    shape = {"embedding_size": len(CHARACTERS), "kinds": 1 + len(fonts())}
    model = averaged(denoiser(config, **shape), state)
    export_denoiser(model, SIDE, path, state["drawings"])


def section(characters: str, hands: Sequence[str], steps: int = STEPS) -> str:
    """The manifest's section about letters, as TOML; `hands` are the styles of the kinds from 1."""
    return f"""[letters]
file = "{FILE}"
map_size = {SIDE}
characters = {json.dumps(characters)}
hands = {json.dumps(list(hands))}
usual_styles = {json.dumps([style for style in USUAL_STYLES if style in hands])}
sampler = "{SAMPLER}"
steps = {steps}
below = {BELOW}

"""
