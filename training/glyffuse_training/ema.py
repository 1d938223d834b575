"""Exponential moving average of the weights: what is sampled from and exported."""

from __future__ import annotations

import copy

import torch
from torch import nn


class Ema:
    """Keeps a slow copy of a model; early updates follow the model more closely."""

    def __init__(self, model: nn.Module, ema_decay: float) -> None:
        self.model = copy.deepcopy(model).eval().requires_grad_(False)
        self.ema_decay, self.updates = ema_decay, 0

    @torch.no_grad()
    def update(self, model: nn.Module) -> None:
        """Moves the copy a little towards `model`."""
        self.updates += 1
        decay = min(self.ema_decay, (1 + self.updates) / (10 + self.updates))
        ours, theirs = list(self.model.parameters()), list(model.parameters())
        torch._foreach_mul_(ours, decay)
        torch._foreach_add_(ours, theirs, alpha=1 - decay)
