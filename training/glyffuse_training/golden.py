"""`python -m glyffuse_training golden`: golden vectors for the program's tests.

An independent float64 reference in NumPy, written from the papers' own formulas; it shares no code
with the training loop and none with the program. Where the program computes step weights, this
computes noise estimates and posteriors outright.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
STEPS, SIDE = 5, 2


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of this command."""
    parser.add_argument("--output", type=Path, default=ROOT / "tests" / "golden")


def main(arguments: argparse.Namespace) -> None:
    """Writes noise_schedule.json and schedulers.json."""
    arguments.output.mkdir(parents=True, exist_ok=True)
    for name, content in (("noise_schedule", noise_schedule()), ("schedulers", schedulers())):
        text = json.dumps(content, indent=1) + "\n"
        (arguments.output / f"{name}.json").write_text(text, "utf-8")


def signal_to_noise(t: float, total: int, scale: float) -> float:
    """SNR of the cosine schedule times scale²: "simple diffusion", equation 6."""
    return (scale / np.tan(0.5 * np.pi * (t + 0.5) / total)) ** 2


def alpha_bar(t: float | None, total: int = 1000, scale: float = 0.5) -> float:
    """ᾱ = SNR / (1 + SNR); 1 for the finished drawing."""
    if t is None:
        return 1.0
    snr = signal_to_noise(t, total, scale)
    return snr / (1 + snr)


def noise_schedule() -> list[dict]:
    """ᾱ and β at some timesteps of some schedules."""
    rows = []
    for total, scale in ((1000, 0.5), (1000, 1.0), (50, 0.25)):
        for t in sorted({0, 1, total // 3, total // 2, total - 2, total - 1}):
            before = alpha_bar(t - 1 if t else None, total, scale)
            now = alpha_bar(t, total, scale)
            rows.append(
                {
                    "num_train_timesteps": total,
                    "signal_scale": scale,
                    "timestep": t,
                    "alpha_cumprod": now,
                    "beta": 1 - now / before,
                }
            )
    return rows


def network(x: np.ndarray, t: int) -> np.ndarray:
    """Any smooth function serves as the network's v."""
    return 0.6 * np.sin(2 * x + t / 300) - 0.3 * x


def schedulers() -> list[dict]:
    """Every step of three whole trajectories."""
    rng = np.random.default_rng(7)
    timesteps = [round(1000 - i * 1000 / STEPS) - 1 for i in range(STEPS)]
    rows = []
    for sampler in ("ddpm", "ddim", "dpm++"):
        x = rng.standard_normal((SIDE, SIDE))
        last_t, last_original = None, None
        for index, t in enumerate(timesteps):
            prev = timesteps[index + 1] if index + 1 < STEPS else None
            v = network(x, t)
            a = alpha_bar(t)
            original = np.clip(np.sqrt(a) * x - np.sqrt(1 - a) * v, -1, 1)
            noise = rng.standard_normal(x.shape) if sampler == "ddpm" and prev is not None else None
            step = {"ddpm": ddpm, "ddim": ddim, "dpm++": dpm_solver}[sampler]
            following = step(x, original, t, prev, noise, last_t, last_original)
            rows.append(
                {
                    "sampler": sampler,
                    "timestep": t,
                    "prev_timestep": prev,
                    "last_timestep": last_t,
                    "sample": x.ravel().tolist(),
                    "v": v.ravel().tolist(),
                    "pred_original_sample": original.ravel().tolist(),
                    "last_original_sample": None if last_original is None else last_original.ravel().tolist(),
                    "noise": None if noise is None else noise.ravel().tolist(),
                    "prev_sample": following.ravel().tolist(),
                }
            )
            x, last_t, last_original = following, t, original
    return rows


def ddpm(x, original, t, prev, noise, last_t, last_original) -> np.ndarray:
    """q(x_prev | x_t, x_0) by Bayes' rule: the product of two Gaussians (DDPM, equations 6 and 7)."""
    a, a_prev = alpha_bar(t), alpha_bar(prev)
    if prev is None:
        return original
    ratio = a / a_prev
    # Precisions of the prior N(√ᾱ_prev x_0, 1−ᾱ_prev) and of the likelihood of x_t.
    prior, likelihood = 1 / (1 - a_prev), ratio / (1 - ratio)
    variance = 1 / (prior + likelihood)
    mean = variance * (prior * np.sqrt(a_prev) * original + likelihood * x / np.sqrt(ratio))
    return mean + np.sqrt(variance) * noise


def ddim(x, original, t, prev, noise, last_t, last_original) -> np.ndarray:
    """Equation 12 of DDIM with σ = 0, by way of the noise estimate."""
    a, a_prev = alpha_bar(t), alpha_bar(prev)
    estimate = (x - np.sqrt(a) * original) / np.sqrt(1 - a)
    return np.sqrt(a_prev) * original + np.sqrt(1 - a_prev) * estimate


def dpm_solver(x, original, t, prev, noise, last_t, last_original) -> np.ndarray:
    """Algorithm 2 of DPM-Solver++, in λ."""
    if prev is None:
        return original
    sigma = [np.sqrt(1 - alpha_bar(s)) for s in (t, prev)]
    logs = [0.5 * np.log(alpha_bar(s) / (1 - alpha_bar(s))) for s in (t, prev)]
    h = logs[1] - logs[0]
    direction = original
    if last_t is not None:
        last_log = 0.5 * np.log(alpha_bar(last_t) / (1 - alpha_bar(last_t)))
        r = (logs[0] - last_log) / h
        direction = (1 + 1 / (2 * r)) * original - 1 / (2 * r) * last_original
    return sigma[1] / sigma[0] * x - np.sqrt(alpha_bar(prev)) * np.expm1(-h) * direction
