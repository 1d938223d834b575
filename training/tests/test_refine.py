"""The first stage learns from drawings of its own that were chosen."""

from __future__ import annotations

import torch
from glyffuse_training import cascade, refine
from glyffuse_training.diffusion import alphas_cumprod
from glyffuse_training.sampling import sample
from test_training import tiny


def test_it_learns_what_was_chosen(tmp_path):
    run = tiny(tmp_path, 10**6)
    model = cascade.network(run.config)
    # Ink above, paper below: no drawing of the data set is like that. Half of a batch stays real.
    ink = torch.zeros(4, 24, 24, dtype=torch.uint8)
    ink[:, :12] = 255
    owners = torch.arange(4) % len(run.training.names)
    refined = refine.learn(run.config, model, run.training, ink, owners, 40_000)
    alphas = alphas_cumprod(run.config.diffusion.num_train_timesteps, run.config.low_res.signal_scale)
    texts = run.training.vectors[run.training.first[owners]]
    kind = torch.ones(4, dtype=torch.int64)
    drawn = sample(refined.eval(), alphas, texts, kind, model.side, steps=20, guidance_scale=1.0)
    above, below = drawn[:, :, 0].mean().item(), drawn[:, :, 2].mean().item()
    assert above > below + 0.5, f"ink above {above:.2f}, below {below:.2f}"


def test_concepts_that_people_ask_for_first_weigh_more(tmp_path):
    training = tiny(tmp_path, 10**6).training
    training.names[0] = "cat"
    assert refine._weights(training, torch.tensor([0, 1])).tolist() == [training.config.core_weight, 1.0]


def test_one_pass_draws_what_two_draw_without_guidance(tmp_path):
    run = tiny(tmp_path, 10**6)
    texts, kind = run.training.vectors[run.training.first[:2]], torch.ones(2, dtype=torch.int64)
    each = [
        sample(run.model, run.alphas_cumprod, texts, kind, 24, steps=3, guidance_scale=scale)
        for scale in (1.0, 1.0 + 1e-7)
    ]
    assert torch.allclose(each[0], each[1], atol=1e-4)
