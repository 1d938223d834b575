"""`python -m glyffuse_training low-res`: trains the first stage of the cascade, see `low_res`.

Its maps are so small that every altered copy of every drawing is made once and kept in memory.
"""

from __future__ import annotations

import argparse
import os
import time
from pathlib import Path

import torch
from PIL import Image
from torch.nn import functional as F
from tqdm import tqdm

from . import optimiser
from .config import Config, TrainConfig
from .data.shards import Batch, Drawings
from .diffusion import alphas_cumprod
from .ema import Ema
from .loop import SHEET_NAMES
from .loss import v_loss
from .low_res import LowRes, lowered
from .onnx_export import read_weights
from .sampling import sample, sheet


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of this command."""
    parser.add_argument("--minutes", type=float, help="stop after so many minutes")
    parser.add_argument("--resume", type=Path, help="low_res.onnx to go on from (default: the last run's)")


def main(arguments: argparse.Namespace) -> None:
    """Trains, from the weights of the last time where there are some; ends in low_res.pt and a sheet."""
    config = Config.load(arguments.config)
    kept = weights(arguments.work, config)
    folder = kept.parent
    folder.mkdir(parents=True, exist_ok=True)
    torch.set_flush_denormal(True)
    if "GLYFFUSE_THREADS" in os.environ:
        torch.set_num_threads(int(os.environ["GLYFFUSE_THREADS"]))
    training, validation = (Drawings(arguments.work, split, config.data) for split in (0, 1))
    model = network(config)
    if arguments.resume:
        known, _ = read_weights(arguments.resume)
        model.load_state_dict({name: known[name] for name in model.state_dict()})
    elif kept.is_file():
        model.load_state_dict(torch.load(kept, weights_only=True))
        print(f"goes on from {kept}")
    model = train(config, model, training, validation, arguments.minutes, not arguments.quiet)
    torch.save(model.state_dict(), kept)
    write_sheet(model, config, training, folder / "sheet.png")


def weights(work: Path, config: Config) -> Path:
    """Where the averaged weights are kept."""
    return work / "runs" / f"{config.name}-low-res" / "low_res.pt"


def network(config: Config, **conditions: int) -> LowRes:
    """The network that a configuration describes."""
    settings = config.low_res
    return LowRes(side(config), settings.width, settings.depth, settings.condition, **conditions)


def side(config: Config) -> int:
    """Dots along a side of the low-resolution maps: those of the denoiser's last level."""
    return config.data.side // (4 * 2 ** (len(config.model.widths) - 1))


class Pool:
    """Low-resolution maps of altered drawings, dealt out as `data.shards.Drawings` deals its own."""

    def __init__(self, drawings: Drawings, low: int, copies: int) -> None:
        generator = torch.Generator().manual_seed(0)
        self.drawings, self.side = drawings, low
        self.maps = torch.stack([self._copy(generator) for _ in range(copies)])

    def _copy(self, generator: torch.Generator) -> torch.Tensor:
        """Every drawing altered anew, int8 [n, 1, side, side]."""
        parts = torch.arange(len(self.drawings)).split(512)
        low = [lowered(self.drawings.altered(rows, generator), self.side) for rows in parts]
        return (torch.cat(low) * 127).round().to(torch.int8)

    def batch(self, size: int, generator: torch.Generator) -> Batch:
        """A random batch."""
        rows = torch.multinomial(self.drawings.weights, size, replacement=True, generator=generator)
        copy = torch.randint(len(self.maps), (size,), generator=generator)
        texts, kinds = self.drawings.conditions(rows, generator)
        return Batch(self.maps[copy, rows].float() / 127, texts, kinds)


def train(
    config: Config,
    model: LowRes,
    training: Drawings,
    validation: Drawings,
    minutes: float | None,
    progress: bool,
) -> LowRes:
    """The averaged network after the configured drawings, or after `minutes`."""
    settings = config.low_res
    torch.manual_seed(config.train.seed)
    generator = torch.Generator().manual_seed(config.train.seed)
    pool = Pool(training, side(config), settings.copies)
    ema = Ema(model, settings.ema_decay)
    total = settings.total_drawings
    pace = TrainConfig(
        total_drawings=total, decay_drawings=total // 2, warmup_drawings=20_000,
        learning_rate=settings.learning_rate, optimiser="adamw",
    )  # fmt: skip
    optimisers = optimiser.build(model, pace)
    alphas, started, recent = alphas_cumprod(config.diffusion.num_train_timesteps, settings.signal_scale), time.monotonic(), []
    steps = range(0, total, settings.batch_size)
    for drawn in tqdm(steps, desc="low-res", disable=not progress):
        share = drawn / total
        if minutes is not None:
            share = max(share, (time.monotonic() - started) / (60 * minutes))
            if share >= 1:
                break
        batch = pool.batch(settings.batch_size, generator)
        loss = v_loss(model, batch, alphas, generator, settings.cond_drop_prob).mean()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for each in optimisers:
            for group in each.param_groups:
                group["lr"] = group["peak_lr"] * optimiser.pace(int(share * total), pace)
            each.step()
            each.zero_grad(set_to_none=True)
        ema.update(model)
        recent.append(loss.item())
        if len(recent) == 500:
            held = validation_loss(ema.model, validation, alphas)
            print(f"{drawn} drawings, loss {sum(recent) / 500:.4f}, validation {held:.4f}", flush=True)
            recent.clear()
    return ema.model


@torch.no_grad()
def validation_loss(model: LowRes, validation: Drawings, alphas: torch.Tensor, limit: int = 384) -> float:
    """Loss on held-out drawings, always with the same noise."""
    generator = torch.Generator().manual_seed(1)
    batch = validation.ordered(0, limit)
    batch.ink = lowered(batch.ink, model.side)
    return v_loss(model, batch, alphas, generator, 0.0).mean().item()


def write_sheet(model: LowRes, config: Config, drawings: Drawings, path: Path) -> None:
    """Draws some names in every kind, enlarged."""
    names = [name for name in SHEET_NAMES if name in drawings.names]
    vectors = drawings.vectors[drawings.first[[drawings.names.index(name) for name in names]]]
    alphas = alphas_cumprod(config.diffusion.num_train_timesteps, config.low_res.signal_scale)
    rows = []
    for kind in (1, 1, 2, 2, 3):
        kinds = torch.full((len(names),), kind)
        rows.append(sample(model, alphas, vectors, kinds, model.side, steps=50, seed=len(rows), eta=1.0))
    maps = F.interpolate(torch.cat(rows), scale_factor=6.0, mode="bicubic")
    Image.fromarray(sheet(maps, len(names))).save(path)
