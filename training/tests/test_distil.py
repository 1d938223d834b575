"""A student learns to land where its teacher does, stage after stage."""

from __future__ import annotations

import copy

import torch
from glyffuse_training.data.shards import Batch
from glyffuse_training.diffusion import pred_original_sample, q_sample, v_from_original, v_target
from glyffuse_training.distil import Teacher, distil, loss, prepare
from test_training import tiny
from torch import nn


class Oracle(nn.Module):
    """Knows the drawing; predicts v exactly at every timestep."""

    def __init__(self, x_start: torch.Tensor, alphas_cumprod: torch.Tensor) -> None:
        super().__init__()
        self.x_start, self.alphas_cumprod = x_start, alphas_cumprod

    def forward(self, x, t, text_embeds, kind):
        return v_from_original(x, self.x_start, self.alphas_cumprod[t].float())


def test_v_from_original_agrees_with_the_target():
    x_start, noise = torch.rand(3, 1, 4, 4) * 2 - 1, torch.randn(3, 1, 4, 4)
    alpha = torch.tensor([0.9, 0.5, 0.1])
    x_t = q_sample(x_start, noise, alpha)
    v = v_from_original(x_t, x_start, alpha)
    assert torch.allclose(v, v_target(x_start, noise, alpha), atol=1e-5)
    assert torch.allclose(pred_original_sample(x_t, v, alpha), x_start, atol=1e-5)


def test_the_lesson_of_a_teacher_that_knows_is_the_drawing(tmp_path):
    run = tiny(tmp_path, 10**6)
    n, side = 8, run.config.data.side
    x_start = torch.rand(n, 1, side, side) * 2 - 1
    teacher = Teacher(run, Oracle(x_start, run.alphas_cumprod), 4, 3.0)
    assert teacher.timesteps.tolist() == [999, 874, 749, 624, 499, 374, 249, 124]
    place = torch.arange(n) % 4
    x_t = q_sample(x_start, torch.randn(x_start.shape), teacher.alphas[2 * place])
    batch = Batch(x_start, torch.zeros(n, 384), torch.zeros(n, dtype=torch.int64))
    lesson = teacher.lesson(x_t, place, batch, torch.ones(n, dtype=torch.bool))
    # The first step starts from almost nothing but noise: bfloat16 costs most there.
    assert torch.allclose(lesson, x_start, atol=0.05)


def test_a_student_comes_closer_to_its_teacher(tmp_path):
    run = tiny(tmp_path, 10**6)
    for _ in range(60):
        run.step()
    teacher = Teacher(run, copy.deepcopy(run.ema.model), 2, 3.0)
    settings = run.config.distil
    settings.drawings, settings.learning_rate, settings.muon_learning_rate = 1_600, 2e-3, 0.02
    path = tmp_path / "02-steps.pt"
    prepare(run, path)
    before = distance(run, teacher)
    distil(run, teacher, path, progress=False)
    after = distance(run, teacher)
    assert after < 0.8 * before, f"the loss went from {before:.3f} to {after:.3f} only"
    stored = torch.load(path, weights_only=True)
    assert stored["drawings"] == 1_600
    prepare(run, path)
    assert run.drawings == 1_600, "a stage that was broken off goes on from its checkpoint"


@torch.no_grad()
def distance(run, teacher) -> float:
    run.generator.manual_seed(5)
    return sum(loss(run, teacher).item() for _ in range(8))
