"""The first stage of the cascade: a diffusion model of low-resolution ink maps, 9×9 dots of 72×72.

Ho et al. 2022, "Cascaded Diffusion Models": a small network draws where the ink is, at low resolution,
from the text; the denoiser (`model`) then draws the ink itself and is told that map. What a thing looks
like as a whole is decided here, on 81 numbers, where a step costs next to nothing and many can be taken.
"""

from __future__ import annotations

import math

import torch
from torch import nn
from torch.nn import functional as F

#: Share of drawings in training whose low-resolution map is not told to the denoiser.
UNTOLD = 0.1
#: Noise on the map that the denoiser is told, up to so much: conditioning augmentation, so that it
#: forgives what the first stage gets wrong.
AUGMENTATION = 0.25


class Block(nn.Module):
    """Two layers on a normalised vector that the condition scales and shifts, residual."""

    def __init__(self, width: int, condition: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width, elementwise_affine=False)
        self.film = nn.Linear(condition, 2 * width)
        self.first, self.second = nn.Linear(width, width), nn.Linear(width, width)
        nn.init.zeros_(self.second.weight)
        nn.init.zeros_(self.second.bias)

    def forward(self, x: torch.Tensor, condition: torch.Tensor) -> torch.Tensor:
        scale, shift = self.film(condition).chunk(2, dim=1)
        return x + self.second(F.silu(self.first(self.norm(x) * (1 + scale) + shift)))


class LowRes(nn.Module):
    """Predicts v from noisy low-resolution maps; inputs as `model.Denoiser`, sample [batch, 1, side,
    side].
    """

    def __init__(
        self, side: int, width: int, depth: int, condition: int, embedding_size: int = 384, kinds: int = 4
    ) -> None:
        super().__init__()
        self.side, self.embedding_size = side, embedding_size
        self.time = nn.Sequential(nn.Linear(128, condition), nn.SiLU(), nn.Linear(condition, condition))
        self.text = nn.Sequential(
            nn.Linear(embedding_size, condition), nn.SiLU(), nn.Linear(condition, condition)
        )
        self.kind = nn.Embedding(kinds, condition)
        nn.init.normal_(self.kind.weight, std=0.02)
        self.stem = nn.Linear(side * side, width)
        self.blocks = nn.ModuleList(Block(width, condition) for _ in range(depth))
        self.head_norm, self.head = nn.LayerNorm(width), nn.Linear(width, side * side)
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)

    def forward(
        self,
        sample: torch.Tensor,
        timestep: torch.Tensor,
        text_embeds: torch.Tensor,
        kind: torch.Tensor,
    ) -> torch.Tensor:
        half = torch.arange(64, device=timestep.device, dtype=torch.float32)
        angles = timestep.float()[:, None] * torch.exp(half * (-math.log(10_000.0) / 64))
        time = self.time(torch.cat([angles.cos(), angles.sin()], dim=1))
        meaning = self.text(text_embeds * math.sqrt(self.embedding_size)) + self.kind(kind)
        condition = F.silu(time + meaning)
        x = self.stem(sample.flatten(1))
        for block in self.blocks:
            x = block(x, condition)
        return self.head(self.head_norm(x)).reshape(sample.shape)


def lowered(ink: torch.Tensor, side: int) -> torch.Tensor:
    """Ink maps averaged to [batch, 1, side, side]."""
    return F.adaptive_avg_pool2d(ink, side)


def told(model: nn.Module, ink: torch.Tensor, generator: torch.Generator) -> torch.Tensor | None:
    """What a denoiser is told of the drawings that it learns from; None for one that is told nothing."""
    if getattr(model, "low_res_to_stem", None) is None:
        return None
    low_res, n = lowered(ink, model.coarse), len(ink)
    strength = torch.rand(n, 1, 1, 1, generator=generator) * AUGMENTATION
    noise = strength * torch.randn(low_res.shape, generator=generator)
    kept = torch.rand(n, 1, 1, 1, generator=generator) >= UNTOLD
    return (low_res + noise.to(ink.device)) * kept.to(ink.device)
