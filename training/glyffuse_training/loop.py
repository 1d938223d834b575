"""The training loop: one program one can read in a sitting.

Resumes to the exact step: weights, EMA, optimisers and generators live in the checkpoint.
"""

from __future__ import annotations

import json
import os
import time
from dataclasses import asdict
from pathlib import Path

import torch
from PIL import Image
from tqdm import tqdm

from . import optimiser
from .config import Config
from .data.shards import Batch, Drawings
from .diffusion import alphas_cumprod
from .ema import Ema
from .loss import v_loss
from .model import Denoiser
from .onnx_export import read_weights
from .sampling import sample, sheet

#: What every sample sheet shows.
SHEET_NAMES = (
    *("cat", "elephant", "rocket", "guitar", "birthday cake", "house", "fish", "tree"),
    *("car", "umbrella", "dog", "bird", "sun", "crown", "bicycle", "key"),
)


class Run:
    """One training run in a folder: checkpoint.pt, metrics.jsonl and sheets/."""

    sheet_names: tuple[str, ...] = SHEET_NAMES
    sheet_kinds: tuple[int, ...] = (1, 2, 3)

    def __init__(self, config: Config, work: Path, folder: Path) -> None:
        self.config, self.folder = config, folder
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        torch.set_flush_denormal(True)
        if "GLYFFUSE_THREADS" in os.environ:
            torch.set_num_threads(int(os.environ["GLYFFUSE_THREADS"]))
        torch.manual_seed(config.train.seed)
        (folder / "sheets").mkdir(parents=True, exist_ok=True)
        self.training, self.validation = self.data(work)
        self.model = denoiser(config, **self.conditions())
        self.model = self.model.to(self.device, memory_format=torch.channels_last)
        self.ema = Ema(self.model, config.train.ema_decay)
        self.optimisers = optimiser.build(self.model, config.train)
        self.alphas_cumprod = alphas_cumprod(
            config.diffusion.num_train_timesteps, config.diffusion.signal_scale
        )
        self.generator = torch.Generator().manual_seed(config.train.seed)
        self.drawings = 0
        self.forward = torch.compile(self.model) if self.device.type == "cuda" else self.model

    def data(self, work: Path) -> tuple[Drawings, Drawings]:
        """What is trained on and what validates."""
        return Drawings(work, 0, self.config.data), Drawings(work, 1, self.config.data)

    def conditions(self) -> dict[str, int]:
        """Length of the text vectors and number of kinds, where they are not the pictures'."""
        return {}

    def step(self) -> float:
        """Learns from one batch; returns its loss."""
        train = self.config.train
        batch = self.on_device(self.training.batch(train.batch_size, self.generator))
        loss = v_loss(
            self.forward, batch, self.alphas_cumprod, self.generator, train.cond_drop_prob
        ).mean()
        self.learn(loss)
        return loss.item()

    def learn(self, loss: torch.Tensor) -> None:
        """One step of the optimisers against a batch's loss."""
        train = self.config.train
        pace = optimiser.pace(self.drawings, train)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        for each in self.optimisers:
            for group in each.param_groups:
                group["lr"] = group["peak_lr"] * pace
            each.step()
            each.zero_grad(set_to_none=True)
        self.ema.update(self.model)
        self.drawings += train.batch_size

    @torch.no_grad()
    def validation_loss(self, limit: int = 384) -> float:
        """Loss of the averaged model on held-out drawings, always with the same noise."""
        generator = torch.Generator().manual_seed(1)
        losses = []
        for start in range(0, min(limit, len(self.validation)), 48):
            batch = self.on_device(self.validation.ordered(start, 48))
            losses.append(v_loss(self.ema.model, batch, self.alphas_cumprod, generator, 0.0))
        return torch.cat(losses).mean().item()

    def write_sheet(self) -> None:
        """Draws `sheet_names`, one row of each kind, into sheets/."""
        names = [name for name in self.sheet_names if name in self.training.names]
        names = names or self.training.names[:4]
        rows = [self.training.names.index(name) for name in names]
        vectors = self.training.vectors[self.training.first[rows]].to(self.device)
        drawn = [
            sample(
                self.ema.model,
                self.alphas_cumprod,
                vectors,
                torch.full((len(rows),), kind, device=self.device),
                self.config.data.side,
                seed=kind,
            )
            for kind in self.sheet_kinds
        ]
        picture = Image.fromarray(sheet(torch.cat(drawn).cpu(), len(names)))
        picture.save(self.folder / "sheets" / f"{self.drawings:09d}.png")

    def save(self, path: Path | None = None) -> None:
        """Writes the checkpoint (checkpoint.pt of the run), whole or not at all."""
        path = path or self.folder / "checkpoint.pt"
        state = {
            "config": asdict(self.config),
            "model": self.model.state_dict(),
            "ema": self.ema.model.state_dict(),
            "ema_updates": self.ema.updates,
            "optimisers": [each.state_dict() for each in self.optimisers],
            "generator": self.generator.get_state(),
            "drawings": self.drawings,
        }
        fresh = path.with_suffix(".new")
        torch.save(state, fresh)
        fresh.replace(path)

    def resume(self, path: Path) -> None:
        """Continues from a checkpoint: to the exact step from a run's own, with fresh optimisers from
        the weights of a network that `export` wrote.
        """
        if path.suffix == ".onnx":
            self._resume_weights(path)
            return
        state = torch.load(path, map_location=self.device, weights_only=True)
        self.model.load_state_dict(state["model"])
        self.ema.model.load_state_dict(state["ema"])
        self.ema.updates = state["ema_updates"]
        for each, stored in zip(self.optimisers, state["optimisers"], strict=True):
            each.load_state_dict(stored)
        self.generator.set_state(state["generator"].cpu())
        self.drawings = state["drawings"]

    def _resume_weights(self, path: Path) -> None:
        weights, self.drawings = read_weights(path)
        for model in (self.model, self.ema.model):
            known = {name: value for name, value in weights.items() if name in model.state_dict()}
            missing, _ = model.load_state_dict(known, strict=False)
            # A network that is told a low-resolution map can go on from one that was not.
            if any(not name.startswith("low_res_") for name in missing):
                raise ValueError(f"{path} holds the weights of another network")

    def on_device(self, batch: Batch) -> Batch:
        """The batch where the model is."""
        layout = {"device": self.device, "non_blocking": True}
        parts = (batch.ink, batch.text_embeds, batch.kind, *batch.told())
        return Batch(*(part.to(**layout) for part in parts))


def denoiser(config: Config, **conditions: int) -> Denoiser:
    """The network that a configuration describes."""
    size = config.model
    shape = (size.widths, size.blocks, size.condition, size.heads)
    return Denoiser(*shape, config.data.side, size.layout, low_res=size.low_res, **conditions)


def train(run: Run, minutes: float | None = None, progress: bool = True) -> None:
    """Trains until the run's total is drawn or `minutes` have passed; always ends in a checkpoint."""
    train_config = run.config.train
    started = saved = time.monotonic()
    bar = tqdm(
        total=train_config.total_drawings,
        initial=run.drawings,
        unit="drawing",
        disable=not progress,
        mininterval=10,
    )
    recent: list[float] = []
    with (run.folder / "metrics.jsonl").open("a", encoding="utf-8") as metrics:
        while run.drawings < train_config.total_drawings:
            before = run.drawings
            recent.append(run.step())
            bar.update(run.drawings - before)
            crossed = [
                run.drawings // every > before // every
                for every in (train_config.validate_every, train_config.sheet_every)
            ]
            if crossed[0]:
                record = {
                    "drawings": run.drawings,
                    "loss": sum(recent) / len(recent),
                    "validation_loss": run.validation_loss(),
                    "seconds": round(time.monotonic() - started, 1),
                }
                metrics.write(json.dumps(record) + "\n")
                metrics.flush()
                bar.set_postfix({k: f"{record[k]:.4f}" for k in ("loss", "validation_loss")})
                recent = []
            if crossed[1]:
                run.write_sheet()
            now = time.monotonic()
            if now - saved > 60 * train_config.checkpoint_minutes:
                run.save()
                saved = now
            if minutes is not None and now - started > 60 * minutes:
                break
    bar.close()
    run.save()
