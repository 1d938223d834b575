"""`python -m glyffuse_training distil`: a trained model learns to draw in few steps, without guidance.

Progressive distillation (Salimans & Ho 2022): a student step lands where two DDIM steps of the teacher
do. The first teacher is the trained model with its guidance (as in Meng et al. 2023), so that the
student needs no second pass; each student teaches the next, which takes half as many steps.
"""

from __future__ import annotations

import argparse
import copy
import time
from pathlib import Path

import torch
from torch import nn
from tqdm import tqdm

from . import optimiser
from .config import Config
from .data.shards import Batch
from .diffusion import pred_original_sample, q_sample, v_from_original
from .loop import Run
from .low_res import told
from .sampling import timesteps


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of this command."""
    parser.add_argument("--checkpoint", type=Path, help="the teacher (default: WORK/runs/NAME/checkpoint.pt)")
    parser.add_argument("--run", type=Path, help="folder of the run (default: WORK/runs/NAME-distilled)")


def main(arguments: argparse.Namespace) -> None:
    """Distils stage after stage; a stage that was broken off goes on from its checkpoint."""
    config = Config.load(arguments.config)
    folder = arguments.run or arguments.work / "runs" / f"{config.name}-distilled"
    run = Run(config, arguments.work, folder)
    cascade = config.model.low_res
    guidance = config.low_res.second_guidance_scale if cascade else config.sampling.guidance_scale
    run.resume(arguments.checkpoint or arguments.work / "runs" / config.name / "checkpoint.pt")
    for stage, steps in enumerate(config.distil.steps):
        path = folder / f"{steps:02d}-steps.pt"
        if path.is_file() and _finished(path, config):
            run.resume(path)
            continue
        teacher = Teacher(run, copy.deepcopy(run.ema.model), steps, guidance if stage == 0 else 1.0)
        prepare(run, path)
        distil(run, teacher, path, not arguments.quiet)


def _finished(path: Path, config: Config) -> bool:
    return torch.load(path, map_location="cpu", weights_only=True)["drawings"] >= config.distil.drawings


def prepare(run: Run, path: Path) -> None:
    """The student begins as its teacher, with fresh optimisers, or goes on from its checkpoint."""
    settings = run.config.distil.training(run.config.train)
    run.config.train, run.drawings = settings, 0
    run.model.load_state_dict(run.ema.model.state_dict())
    run.ema.updates, run.ema.ema_decay = 0, settings.ema_decay
    run.optimisers = optimiser.build(run.model, settings)
    if path.is_file():
        run.resume(path)


class Teacher:
    """Two deterministic steps of a trained model for each of the student's `steps`."""

    def __init__(self, run: Run, model: nn.Module, steps: int, guidance_scale: float) -> None:
        self.model, self.guidance_scale = model.eval().requires_grad_(False), guidance_scale
        self.alphas_cumprod = run.alphas_cumprod
        # The student's timesteps are every other one of these; the last step ends at the drawing.
        places = timesteps(len(run.alphas_cumprod), 2 * steps)
        alphas = [*run.alphas_cumprod[places].tolist(), 1.0]
        self.timesteps = torch.tensor(places, device=run.device)
        self.alphas = torch.tensor(alphas, device=run.device)

    @torch.no_grad()
    def lesson(
        self, x_t: torch.Tensor, place: torch.Tensor, batch: Batch, guided: torch.Tensor
    ) -> torch.Tensor:
        """x̂_0 [batch, 1, side, side] that takes x_t in one step where two of the teacher's lead;
        `place` [batch] is the student's step, `guided` [batch] where there is a text to be guided by.
        """
        first, x = 2 * place, x_t
        for index in (first, first + 1):
            x_start = self.estimate(x, index, batch, guided)
            x = ddim(x, x_start, self.alphas[index], self.alphas[index + 1])
        now, then = self.alphas[first, None, None, None], self.alphas[first + 2, None, None, None]
        kept = ((1 - then) / (1 - now)).sqrt()
        return ((x - kept * x_t) / (then.sqrt() - kept * now.sqrt())).clamp(-1, 1)

    def estimate(
        self, x: torch.Tensor, index: torch.Tensor, batch: Batch, guided: torch.Tensor
    ) -> torch.Tensor:
        """The teacher's x̂_0, clamped to -1...1, with guidance (Ho & Salimans 2022)."""
        t, texts, more = self.timesteps[index], batch.text_embeds, (batch.kind, *batch.told())
        v = self._predict(x, t, texts, *more)
        if self.guidance_scale != 1.0:
            without = self._predict(x, t, torch.zeros_like(texts), *more)
            scale = torch.where(guided, self.guidance_scale, 1.0)[:, None, None, None]
            v = without + scale * (v - without)
        return pred_original_sample(x, v, self.alphas[index]).clamp(-1, 1)

    def _predict(self, x: torch.Tensor, t: torch.Tensor, *conditions: torch.Tensor) -> torch.Tensor:
        with torch.autocast(x.device.type, torch.bfloat16):
            return self.model(x, t, *conditions).float()


def ddim(
    x: torch.Tensor, x_start: torch.Tensor, alpha: torch.Tensor, following: torch.Tensor
) -> torch.Tensor:
    """One deterministic step (Song et al. 2021, equation 12); ᾱ now and then, [batch]."""
    a, b = alpha[:, None, None, None], following[:, None, None, None]
    noise = (x - a.sqrt() * x_start) / (1 - a).sqrt()
    return b.sqrt() * x_start + (1 - b).sqrt() * noise


def loss(run: Run, teacher: Teacher) -> torch.Tensor:
    """Mean squared error of v against the teacher's lesson, over a batch."""
    train, generator = run.config.train, run.generator
    batch = run.on_device(run.training.batch(train.batch_size, generator))
    n = len(batch.ink)
    guided = (torch.rand(n, generator=generator) >= train.cond_drop_prob).to(run.device)
    batch.text_embeds = batch.text_embeds * guided[:, None]
    batch.low_res = told(run.model, batch.ink, generator)
    place = torch.randint(len(teacher.timesteps) // 2, (n,), generator=generator).to(run.device)
    alpha = teacher.alphas[2 * place]
    noise = torch.randn(batch.ink.shape, generator=generator).to(run.device)
    x_t = q_sample(batch.ink, noise, alpha)
    x_start = teacher.lesson(x_t, place, batch, guided)
    target = v_from_original(x_t, x_start, alpha)
    with torch.autocast(run.device.type, torch.bfloat16):
        t = teacher.timesteps[2 * place]
        v = run.forward(x_t, t, batch.text_embeds, batch.kind, *batch.told())
    return (v.float() - target).square().mean()


def distil(run: Run, teacher: Teacher, path: Path, progress: bool) -> None:
    """One stage; ends in a checkpoint at `path`."""
    settings = run.config.train
    saved = time.monotonic()
    bar = tqdm(total=settings.total_drawings, initial=run.drawings, unit="drawing", disable=not progress)
    recent = []
    while run.drawings < settings.total_drawings:
        value = loss(run, teacher)
        recent.append(value.item())
        run.learn(value)
        bar.update(settings.batch_size)
        if len(recent) == 100:
            print(f"{path.stem}: {run.drawings} drawings, loss {sum(recent) / 100:.5f}", flush=True)
            recent.clear()
        if time.monotonic() - saved > 60 * settings.checkpoint_minutes:
            run.save(path)
            saved = time.monotonic()
    bar.close()
    run.save(path)
