"""The training loss: mean squared error of v, with the condition dropped now and then."""

from __future__ import annotations

import torch
from torch import nn

from .data.shards import Batch
from .diffusion import q_sample, v_target
from .low_res import told


def v_loss(
    model: nn.Module,
    batch: Batch,
    alphas_cumprod: torch.Tensor,
    generator: torch.Generator,
    cond_drop_prob: float,
) -> torch.Tensor:
    """Loss of each drawing, [batch]; timesteps are spread evenly over the batch."""
    n, device = len(batch.ink), batch.ink.device
    total = len(alphas_cumprod)
    offsets = (torch.arange(n) + torch.rand(n, generator=generator)) / n
    t = (offsets * total).long().clamp(max=total - 1)
    noise = torch.randn(batch.ink.shape, generator=generator).to(device)
    dropped = torch.rand(n, generator=generator) < cond_drop_prob
    texts = batch.text_embeds.masked_fill(dropped[:, None].to(device), 0.0)
    a = alphas_cumprod[t].float().to(device)
    x_t = q_sample(batch.ink, noise, a)
    batch.low_res = told(model, batch.ink, generator)
    with torch.autocast(device.type, torch.bfloat16):
        v = model(x_t, t.to(device), texts, batch.kind, *batch.told())
    return (v.float() - v_target(batch.ink, noise, a)).square().mean((1, 2, 3))
