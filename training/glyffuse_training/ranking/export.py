"""The ranker as ONNX, for the program."""

from __future__ import annotations

from pathlib import Path

import onnx
import torch
from torch import nn

from ..evaluation.render import COLUMNS, ROWS
from ..onnx_export import halve_weights
from .network import Ranker


def load(checkpoint: Path) -> Ranker:
    """The ranker that `python -m glyffuse_training ranker` kept."""
    state = torch.load(checkpoint, map_location="cpu", weights_only=True)
    ranker = Ranker(torch.zeros_like(state["concepts"]))
    ranker.load_state_dict(state)
    return ranker.eval()


def export_ranker(ranker: nn.Module, path: Path, embedding_size: int) -> None:
    """Writes the ranker: characters int64 [n, ROWS, COLUMNS] and a text vector [1, embedding_size] to
    scores [n]; weights kept as float16.
    """
    example = (torch.zeros(2, ROWS, COLUMNS, dtype=torch.int64), torch.zeros(1, embedding_size))
    torch.onnx.export(
        ranker,
        example,
        path,
        input_names=["characters", "text_embeds"],
        output_names=["score"],
        dynamic_axes={"characters": {0: "drawings"}, "score": {0: "drawings"}},
        opset_version=17,
        dynamo=False,
    )
    onnx.save(halve_weights(onnx.load(path)), path)
