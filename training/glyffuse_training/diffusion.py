"""The forward process: noise schedule, q_sample and the v target.

DDPM (Ho et al. 2020): q(x_t | x_0) = N(√ᾱ_t x_0, (1−ᾱ_t) I). Cosine schedule (Nichol & Dhariwal
2021), shifted to more noise (Hoogeboom et al. 2023, "simple diffusion"), since neighbouring dots of
a drawing agree and averaging over them would otherwise undo the noise.
"""

from __future__ import annotations

import math

import torch


def alphas_cumprod(num_train_timesteps: int, signal_scale: float) -> torch.Tensor:
    """ᾱ [num_train_timesteps], float64: SNR of the cosine schedule times signal_scale²."""
    u = (torch.arange(num_train_timesteps, dtype=torch.float64) + 0.5) / num_train_timesteps
    signal = signal_scale**2 * torch.cos(u * math.pi / 2) ** 2
    return signal / (signal + torch.sin(u * math.pi / 2) ** 2)


def q_sample(x_start: torch.Tensor, noise: torch.Tensor, alpha_cumprod: torch.Tensor) -> torch.Tensor:
    """x_t = √ᾱ_t x_0 + √(1−ᾱ_t) ε; `alpha_cumprod` [batch]."""
    a = alpha_cumprod[:, None, None, None]
    return a.sqrt() * x_start + (1 - a).sqrt() * noise


def v_target(x_start: torch.Tensor, noise: torch.Tensor, alpha_cumprod: torch.Tensor) -> torch.Tensor:
    """v = √ᾱ_t ε − √(1−ᾱ_t) x_0 (Salimans & Ho 2022, appendix D)."""
    a = alpha_cumprod[:, None, None, None]
    return a.sqrt() * noise - (1 - a).sqrt() * x_start


def pred_original_sample(
    x_t: torch.Tensor, v: torch.Tensor, alpha_cumprod: torch.Tensor
) -> torch.Tensor:
    """x̂_0 = √ᾱ_t x_t − √(1−ᾱ_t) v."""
    a = alpha_cumprod[:, None, None, None]
    return a.sqrt() * x_t - (1 - a).sqrt() * v


def v_from_original(
    x_t: torch.Tensor, x_start: torch.Tensor, alpha_cumprod: torch.Tensor
) -> torch.Tensor:
    """The v that means x_0 at x_t: v = (√ᾱ_t x_t − x_0) / √(1−ᾱ_t)."""
    a = alpha_cumprod[:, None, None, None]
    return (a.sqrt() * x_t - x_start) / (1 - a).sqrt()
