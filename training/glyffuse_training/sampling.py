"""DDIM and ancestral sampling during training, for sample sheets (Song et al. 2021, with its η); the program
has its own.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

from .diffusion import pred_original_sample


def timesteps(total: int, steps: int) -> list[int]:
    """Evenly spaced from total - 1 downwards, trailing (Lin et al. 2024), as in the program."""
    return [round(total - i * total / steps) - 1 for i in range(steps)]


@torch.no_grad()
def sample(
    model: nn.Module,
    alphas_cumprod: torch.Tensor,
    text_embeds: torch.Tensor,
    kind: torch.Tensor,
    side: int,
    steps: int = 20,
    guidance_scale: float = 2.0,
    seed: int = 0,
    eta: float = 0.0,
    low_res: torch.Tensor | None = None,
) -> torch.Tensor:
    """Ink maps [batch, 1, side, side] in -1...1 for text vectors [batch, 384]."""
    device = text_embeds.device
    n, total = len(text_embeds), len(alphas_cumprod)
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(n, 1, side, side, generator=generator).to(device)
    places = timesteps(total, steps)
    passes = 1 if guidance_scale == 1.0 else 2
    texts = torch.cat([text_embeds, torch.zeros_like(text_embeds)])[: passes * n]
    kinds = kind.repeat(passes)
    told = () if low_res is None else (low_res.repeat(passes, 1, 1, 1),)
    for index, t in enumerate(places):
        now = torch.full((passes * n,), t, device=device)
        v = model(x.repeat(passes, 1, 1, 1), now, texts, kinds, *told).float()
        if passes == 2:
            with_text, without = v.chunk(2)
            v = without + guidance_scale * (with_text - without)
        a = alphas_cumprod[t].float().to(device).expand(n)
        x_start = pred_original_sample(x, v, a).clamp(-1, 1)
        if index + 1 == steps:
            return x_start
        a, following = a[:, None, None, None], alphas_cumprod[places[index + 1]].float()
        noise = (x - a.sqrt() * x_start) / (1 - a).sqrt()
        fresh = eta * ((1 - following) / (1 - a) * (1 - a / following)).sqrt()
        x = following.sqrt() * x_start + (1 - following - fresh**2).clamp(min=0).sqrt() * noise
        if eta:
            x = x + fresh * torch.randn(x.shape, generator=generator).to(device)
    return x


def sheet(ink: torch.Tensor, columns: int) -> np.ndarray:
    """Ink maps [n, 1, side, side] side by side on white, uint8 [h, w]."""
    maps = np.uint8((1 - ink[:, 0].clamp(-1, 1).numpy()) * 127.5)
    maps = np.pad(maps, ((0, -len(maps) % columns), (2, 2), (2, 2)), constant_values=255)
    rows = maps.reshape(-1, columns, *maps.shape[1:])
    return np.concatenate([np.concatenate(list(row), axis=1) for row in rows])
