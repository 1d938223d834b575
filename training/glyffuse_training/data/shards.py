"""Loads a data set and deals out batches: balanced, augmented, with captions and kinds."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional as F

from ..config import DataConfig
from .curated import core_concepts


@dataclass
class Batch:
    """ink [batch, 1, side, side] in -1...1, text_embeds [batch, 384], kind int64 [batch]; low_res [batch,
    1, low, low] where a denoiser is told a low-resolution map.
    """

    ink: torch.Tensor
    text_embeds: torch.Tensor
    kind: torch.Tensor
    low_res: torch.Tensor | None = None

    def told(self) -> tuple[torch.Tensor, ...]:
        """What a denoiser is told besides text and kind."""
        return () if self.low_res is None else (self.low_res,)


class Drawings:
    """The drawings of one split in memory, dealt out by a generator that a checkpoint can keep."""

    def __init__(self, work: Path, split: int, config: DataConfig) -> None:
        with np.load(work / "drawings.npz") as stored, np.load(work / "captions.npz") as captions:
            chosen = np.flatnonzero(stored["split"] == split)
            self.ink = torch.from_numpy(stored["ink"][chosen])
            self.concept = torch.from_numpy(stored["concept"][chosen].astype(np.int64))
            self.kind = torch.from_numpy(stored["kind"][chosen].astype(np.int64))
            self.names: list[str] = json.loads(stored["names"].tobytes())
            self.vectors = torch.from_numpy(captions["vectors"].astype(np.float32))
            first = torch.from_numpy(captions["first"].astype(np.int64))
        self.config = config
        self.first, self.count = first[:-1], first[1:] - first[:-1]
        self.weights = self._weights()

    def __len__(self) -> int:
        return len(self.ink)

    def _weights(self) -> torch.Tensor:
        """Kinds as configured; within a kind every concept alike but for the root of its count, and
        those of curated/core.txt `core_weight` times as often; busy drawings not at all."""
        simple = busyness(self.ink) <= self.config.busiest
        wanted = core_concepts()
        core = torch.tensor([name in wanted for name in self.names])
        weights = torch.zeros(len(self))
        for kind, share in enumerate(self.config.kind_weights, start=1):
            of_kind = (self.kind == kind) & simple
            if of_kind.any():
                count = torch.bincount(self.concept[of_kind], minlength=len(self.names)).float()
                balanced = count[self.concept[of_kind]].rsqrt()
                balanced[core[self.concept[of_kind]]] *= self.config.core_weight
                weights[of_kind] = share * balanced / balanced.sum()
        return weights

    def batch(self, size: int, generator: torch.Generator) -> Batch:
        """A random batch, augmented."""
        rows = torch.multinomial(self.weights, size, replacement=True, generator=generator)
        return Batch(self.altered(rows, generator), *self.conditions(rows, generator))

    def altered(self, rows: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        """These drawings, augmented."""
        return augment(self._ink(rows), self.config.mirror_prob, generator)

    def conditions(
        self, rows: torch.Tensor, generator: torch.Generator
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Text vectors and kinds of these drawings, now and then another name or no kind."""
        return self.captions(self.concept[rows], generator), self._kinds(rows, generator)

    def ordered(self, start: int, size: int) -> Batch:
        """Drawings in their order, as they are, by their concept's name: for validation."""
        rows = torch.arange(start, min(start + size, len(self)))
        return Batch(self._ink(rows), self.vectors[self.first[self.concept[rows]]], self.kind[rows])

    def _ink(self, rows: torch.Tensor) -> torch.Tensor:
        return self.ink[rows].float().div(127.5).sub(1.0).unsqueeze(1)

    def captions(self, concept: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        """Text vectors of these concepts (rows of `names`), now and then another name."""
        other = torch.rand(len(concept), generator=generator)
        other = (other * self.count[concept]).long()
        named = torch.rand(len(concept), generator=generator) >= self.config.other_name_prob
        return self.vectors[self.first[concept] + torch.where(named, 0, other)]

    def _kinds(self, rows: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        hidden = torch.rand(len(rows), generator=generator) < 0.15
        return torch.where(hidden, 0, self.kind[rows])


def augment(ink: torch.Tensor, mirror_prob: float, generator: torch.Generator) -> torch.Tensor:
    """Small turns, scales, stretches and shifts; some drawings mirrored. Paper fills the rest."""
    n = len(ink)

    def uniform(reach: float) -> torch.Tensor:
        return (torch.rand(n, generator=generator) * 2 - 1) * reach

    angle, scale, stretch = uniform(0.07), 1.03 + uniform(0.05), 1 + uniform(0.05)
    mirror = torch.where(torch.rand(n, generator=generator) < mirror_prob, -1.0, 1.0)
    theta = torch.zeros(n, 2, 3)
    theta[:, 0, 0], theta[:, 0, 1] = angle.cos() * scale * stretch * mirror, -angle.sin() * scale
    theta[:, 1, 0], theta[:, 1, 1] = angle.sin() * scale * mirror, angle.cos() * scale / stretch
    theta[:, 0, 2], theta[:, 1, 2] = uniform(0.03), uniform(0.03)
    grid = F.affine_grid(theta, list(ink.shape), align_corners=False)
    return F.grid_sample(ink + 1, grid, mode="bilinear", align_corners=False) - 1


def altered(maps: np.ndarray, seed: int) -> np.ndarray:
    """Ink maps, uint8 [n, side, side], turned, scaled and moved a little."""
    generator = torch.Generator().manual_seed(100 + seed)
    ink = torch.from_numpy(maps).float().div(127.5).sub(1).unsqueeze(1)
    moved = augment(ink, 0.0, generator)[:, 0].clamp(-1, 1)
    return ((moved + 1) * 127.5).round().to(torch.uint8).numpy()


def busyness(ink: torch.Tensor) -> torch.Tensor:
    """How many neighbouring dots differ, [n], of uint8 ink maps [n, side, side]."""
    dark = ink > 127
    across = (dark[:, :, 1:] != dark[:, :, :-1]).sum((1, 2))
    return across + (dark[:, 1:] != dark[:, :-1]).sum((1, 2))
