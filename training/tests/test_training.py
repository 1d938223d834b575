"""The loop learns, resumes to the exact step, and its tables are the papers'."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import shapes
import torch
from glyffuse_training import golden
from glyffuse_training.config import Config
from glyffuse_training.diffusion import alphas_cumprod, pred_original_sample, q_sample, v_target
from glyffuse_training.loop import Run, denoiser, train
from glyffuse_training.onnx_export import averaged, export_denoiser

CONFIGS = Path(__file__).resolve().parents[1] / "configs"


def tiny(tmp_path: Path, total: int, name: str = "run") -> Run:
    config = Config.load(CONFIGS / "tiny.toml")
    config.train.total_drawings = total
    config.train.validate_every = total
    config.data.mirror_prob = 0.0
    shapes.write(tmp_path, config.data.side)
    return Run(config, tmp_path, tmp_path / name)


def test_overfits_one_batch(tmp_path):
    run = tiny(tmp_path, 4_800)
    before = run.validation_loss()
    train(run, progress=False)
    after = run.validation_loss()
    assert after < 0.5 * before, f"the loss went from {before:.3f} to {after:.3f} only"
    record = json.loads((run.folder / "metrics.jsonl").read_text().splitlines()[-1])
    assert record["drawings"] >= 4_800 and record["validation_loss"] == pytest.approx(after)


def test_resumes_to_the_exact_step(tmp_path):
    whole = tiny(tmp_path, 10**6)
    for _ in range(6):
        whole.step()
    half = tiny(tmp_path, 10**6, "half")
    for _ in range(3):
        half.step()
    half.save()
    rest = tiny(tmp_path, 10**6, "rest")
    rest.resume(half.folder / "checkpoint.pt")
    for _ in range(3):
        rest.step()
    assert rest.drawings == whole.drawings
    for kept, resumed in zip(whole.model.parameters(), rest.model.parameters(), strict=True):
        assert torch.equal(kept, resumed)
    for kept, resumed in zip(whole.ema.model.parameters(), rest.ema.model.parameters(), strict=True):
        assert torch.equal(kept, resumed)


def test_goes_on_from_released_weights(tmp_path):
    run = tiny(tmp_path, 10**6)
    for _ in range(3):
        run.step()
    run.save()
    state = torch.load(run.folder / "checkpoint.pt", weights_only=True)
    exported = averaged(denoiser(run.config), state)
    export_denoiser(exported, run.config.data.side, tmp_path / "denoiser.onnx", run.drawings)
    rest = tiny(tmp_path, 10**6, "rest")
    rest.resume(tmp_path / "denoiser.onnx")
    assert rest.drawings == run.drawings
    for kept, resumed in zip(run.ema.model.parameters(), rest.model.parameters(), strict=True):
        assert torch.allclose(kept, resumed, atol=1e-3)
    rest.step()


@pytest.mark.parametrize(("name", "least", "most"), [("small", 3e6, 7e6), ("base", 15e6, 35e6)])
def test_models_have_their_size(name, least, most):
    config = Config.load(CONFIGS / f"{name}.toml")
    model = denoiser(config)
    assert least < sum(weight.numel() for weight in model.parameters()) < most


def test_schedule_is_the_float64_reference():
    table = alphas_cumprod(1000, 0.5).numpy()
    reference = np.array([golden.alpha_bar(t) for t in range(1000)])
    assert np.abs(table - reference).max() < 1e-12


def test_v_gives_back_the_drawing():
    generator = torch.Generator().manual_seed(0)
    x_start, noise = torch.rand(3, 1, 4, 4, generator=generator) * 2 - 1, torch.randn(3, 1, 4, 4, generator=generator)
    alpha = torch.tensor([0.99, 0.5, 0.01])
    x_t, v = q_sample(x_start, noise, alpha), v_target(x_start, noise, alpha)
    assert torch.allclose(pred_original_sample(x_t, v, alpha), x_start, atol=1e-5)


def test_unknown_settings_are_refused(tmp_path):
    path = tmp_path / "wrong.toml"
    path.write_text("[train]\nbatch_sise = 3\n")
    with pytest.raises(ValueError, match="batch_sise"):
        Config.load(path)
