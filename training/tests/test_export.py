"""What is exported computes what was trained."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from glyffuse_training.config import Config
from glyffuse_training.lexicon import normalise
from glyffuse_training.model import Denoiser, decompose_norms
from glyffuse_training.onnx_export import SMALLEST_HALVED, export_denoiser

CONFIGS = Path(__file__).resolve().parents[1] / "configs"


def test_pytorch_and_onnx_agree(tmp_path):
    torch.manual_seed(0)
    size = Config.load(CONFIGS / "tiny.toml").model
    model = Denoiser(size.widths, size.blocks, size.condition, size.heads, side=24).eval()
    with torch.no_grad():
        for weight in model.parameters():
            weight.normal_(0, 0.1)
            if weight.numel() >= SMALLEST_HALVED:
                weight.copy_(weight.half().float())
    inputs = (
        torch.randn(3, 1, 24, 24),
        torch.tensor([0, 500, 999]),
        torch.nn.functional.normalize(torch.randn(3, 384), dim=1),
        torch.tensor([0, 1, 3]),
    )
    with torch.no_grad():
        plain = model(*inputs)
        wanted = decompose_norms(model)(*inputs)
    assert torch.allclose(plain, wanted, atol=1e-4), "decomposed GroupNorm differs"
    path = tmp_path / "denoiser.onnx"
    export_denoiser(model, 24, path)
    graph = onnx.load(path)
    assert [opset.version for opset in graph.opset_import] == [17]
    assert not {"GroupNormalization", "InstanceNormalization"} & {n.op_type for n in graph.graph.node}
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    names = ["sample", "timestep", "text_embeds", "kind"]
    for rows in (slice(0, 3), slice(1, 2)):
        feed = {name: part[rows].numpy() for name, part in zip(names, inputs, strict=True)}
        found = session.run(["out_sample"], feed)[0]
        assert np.abs(found - wanted[rows].numpy()).max() <= 1e-4


def test_phrases_have_the_form_of_the_program():
    assert normalise("  A Big RED, car!! ") == "a big red car"
    assert normalise("“Birthday—Cake”") == "birthday—cake"
    assert normalise("❤️") == "❤"
    assert normalise("ｃａｔ") == "cat"
