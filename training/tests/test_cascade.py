"""The first stage learns low-resolution maps; the second is told them."""

from __future__ import annotations

import numpy as np
import onnxruntime
import pytest
import torch
from glyffuse_training import cascade
from glyffuse_training.low_res import UNTOLD, lowered, told
from glyffuse_training.onnx_export import export_low_res, quantise, read_weights
from test_training import tiny


def test_a_map_is_averaged():
    ink = torch.ones(2, 1, 24, 24)
    ink[:, :, :, 12:] = -1
    low = lowered(ink, 3)
    assert low.shape == (2, 1, 3, 3)
    assert low[0, 0, 0].tolist() == [1.0, 0.0, -1.0]


def test_the_second_stage_is_told_the_map_most_of_the_time(tmp_path):
    run = tiny(tmp_path, 10**6)
    ink = torch.rand(400, 1, 24, 24) * 2 - 1
    low = told(run.model, ink, torch.Generator().manual_seed(0))
    silent = (low == 0).all(dim=(1, 2, 3)).float().mean().item()
    assert abs(silent - UNTOLD) < 0.05
    noise = (low - lowered(ink, 3))[(low != 0).any(dim=(1, 2, 3))]
    assert 0.05 < noise.std() < 0.25
    run.model.low_res_to_stem = None
    assert told(run.model, ink, torch.Generator()) is None


def test_being_told_the_map_changes_what_is_drawn(tmp_path):
    run = tiny(tmp_path, 10**6)
    for _ in range(20):
        run.step()
    sample, t = torch.randn(1, 1, 24, 24), torch.tensor([900])
    rest = (torch.zeros(1, 384), torch.tensor([0]))
    with torch.no_grad():
        untold = run.model(sample, t, *rest)
        silent = run.model(sample, t, *rest, torch.zeros(1, 1, 3, 3))
        inked = run.model(sample, t, *rest, torch.ones(1, 1, 3, 3))
    assert torch.allclose(untold, silent, atol=1e-5), "zeros tell nothing"
    assert (inked - untold).abs().max() > 1e-3


def test_the_first_stage_learns_and_is_exported(tmp_path):
    run = tiny(tmp_path, 10**6)
    config = run.config
    config.low_res.total_drawings, config.low_res.copies, config.low_res.batch_size = 30_000, 4, 64
    model = cascade.network(config)
    alphas = run.alphas_cumprod
    before = cascade.validation_loss(model, run.validation, alphas)
    model = cascade.train(config, model, run.training, run.validation, None, False)
    after = cascade.validation_loss(model, run.validation, alphas)
    assert after < 0.5 * before, f"the loss went from {before:.3f} to {after:.3f} only"
    path = tmp_path / "low_res.onnx"
    export_low_res(model, path)
    weights, _ = read_weights(path)
    for name, value in model.state_dict().items():
        assert torch.allclose(weights[name], value), name
    inputs = {
        "sample": torch.randn(2, 1, 3, 3),
        "timestep": torch.tensor([10, 900]),
        "text_embeds": run.training.vectors[:2],
        "kind": torch.tensor([0, 1]),
    }
    with torch.no_grad():
        wanted = model(*inputs.values()).numpy()
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    found = session.run(["out_sample"], {name: part.numpy() for name, part in inputs.items()})[0]
    assert np.abs(found - wanted).max() <= 1e-4
    quantise(path)
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    coarse = session.run(["out_sample"], {name: part.numpy() for name, part in inputs.items()})[0]
    assert 0 < np.square(coarse - wanted).mean() < 0.01 * np.square(wanted).mean()
    weights, _ = read_weights(path)
    for name, value in model.state_dict().items():
        assert torch.allclose(weights[name], value, atol=value.abs().max().item() / 100), name


def test_another_networks_weights_are_refused(tmp_path):
    run = tiny(tmp_path, 10**6)
    path = tmp_path / "low_res.onnx"
    export_low_res(cascade.network(run.config), path)
    with pytest.raises((ValueError, RuntimeError)):
        run.resume(path)
