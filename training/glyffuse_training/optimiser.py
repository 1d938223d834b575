"""The optimisers: Muon for the convolutions' matrices, AdamW for everything else, or AdamW alone.

Muon (Jordan et al. 2024) makes each update of a matrix orthogonal; a convolution counts as the
matrix [outer, inner·kernel]. It learns about twice as much from a drawing as AdamW here.
"""

from __future__ import annotations

import torch
from torch import nn

from .config import TrainConfig


class Muon(torch.optim.Optimizer):
    """Momentum, then orthogonalisation by the quintic Newton-Schulz iteration."""

    def __init__(self, parameters, lr: float, momentum: float = 0.95, weight_decay: float = 0.0):
        super().__init__(parameters, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure=None):
        for group in self.param_groups:
            for weight in group["params"]:
                if weight.grad is None:
                    continue
                state = self.state[weight]
                velocity = state.setdefault("velocity", torch.zeros_like(weight))
                velocity.lerp_(weight.grad, 1 - group["momentum"])
                update = weight.grad.lerp(velocity, group["momentum"])
                matrix = update.reshape(len(update), -1)
                update = orthogonal(matrix).reshape(weight.shape)
                weight.mul_(1 - group["lr"] * group["weight_decay"])
                fan = max(1.0, matrix.shape[0] / matrix.shape[1]) ** 0.5
                weight.add_(update, alpha=-group["lr"] * fan)


def orthogonal(matrix: torch.Tensor, steps: int = 5) -> torch.Tensor:
    """The nearest (semi-)orthogonal matrix, roughly; in bfloat16."""
    a, b, c = 3.4445, -4.7750, 2.0315
    x = matrix.bfloat16()
    tall = x.shape[0] > x.shape[1]
    x = x.T if tall else x
    x = x / (x.norm() + 1e-7)
    for _ in range(steps):
        gram = x @ x.T
        x = a * x + (b * gram + c * gram @ gram) @ x
    return (x.T if tall else x).to(matrix.dtype)


def build(model: nn.Module, config: TrainConfig) -> list[torch.optim.Optimizer]:
    """The optimisers of a run; each remembers its full learning rate as `peak_lr`."""
    adam, muon = [], []
    for name, weight in model.named_parameters():
        matrix = weight.ndim == 4 and not name.startswith(("stem", "head", "layout", "low_res"))
        (muon if matrix and config.optimiser == "muon" else adam).append(weight)
    decay = config.weight_decay
    built: list[torch.optim.Optimizer] = [
        torch.optim.AdamW(adam, config.learning_rate, betas=(0.9, 0.98), weight_decay=decay)
    ]
    if muon:
        built.append(Muon(muon, config.muon_learning_rate, weight_decay=decay))
    for optimiser in built:
        for group in optimiser.param_groups:
            group["peak_lr"] = group["lr"]
    return built


def pace(drawings: int, config: TrainConfig) -> float:
    """Share of the full learning rate: warm-up, plateau, linear decay to zero at the end."""
    warm = min(1.0, (drawings + 1) / max(1, config.warmup_drawings))
    left = (config.total_drawings - drawings) / max(1, config.decay_drawings)
    return max(0.0, min(warm, left, 1.0))
