"""The denoiser: a text-conditional U-Net on ink maps.

Ho et al. 2020 (DDPM) with the residual blocks of Dhariwal & Nichol 2021: GroupNorm, SiLU, and the
condition (timestep, text vector, kind of drawing) as a scale and shift in every block. Text and kind
also give a coarse layout, a small map that is added before the first blocks: scales and shifts are
the same everywhere, so without it the network learns slowly where things are. A network with `low_res`
is the second stage of a cascade (Ho et al. 2022, "Cascaded Diffusion Models"): it is told a low-resolution
map of the drawing, which `low_res.LowRes` draws, and adds it at the same places. Dots are gathered by
pixel-unshuffle in the stem, so that the costly layers work on 18×18 and 9×9.
"""

from __future__ import annotations

import math

import torch
from torch import nn
from torch.nn import functional as F

GROUPS = 8


class GroupNorm(nn.Module):
    """GroupNorm (Wu & He 2018); `decomposed` spells it out in plain operations for the export."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))
        self.decomposed = False

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if not self.decomposed:
            return F.group_norm(x, GROUPS, self.weight, self.bias, 1e-5)
        shape = x.shape
        grouped = x.reshape(shape[0], GROUPS, -1)
        centred = grouped - grouped.mean(-1, keepdim=True)
        variance = (centred * centred).mean(-1, keepdim=True)
        normal = (centred / torch.sqrt(variance + 1e-5)).reshape(shape)
        return normal * self.weight[:, None, None] + self.bias[:, None, None]


class ResidualBlock(nn.Module):
    """Two convolutions whose second normalisation is scaled and shifted by the condition."""

    def __init__(self, inner: int, outer: int, condition: int) -> None:
        super().__init__()
        self.norm_in = GroupNorm(inner)
        self.conv_in = nn.Conv2d(inner, outer, 3, padding=1)
        self.film = nn.Linear(condition, 2 * outer)
        self.norm_out = GroupNorm(outer)
        self.conv_out = nn.Conv2d(outer, outer, 3, padding=1)
        self.skip = nn.Conv2d(inner, outer, 1) if inner != outer else nn.Identity()
        nn.init.zeros_(self.conv_out.weight)
        nn.init.zeros_(self.conv_out.bias)

    def forward(self, x: torch.Tensor, condition: torch.Tensor) -> torch.Tensor:
        h = self.conv_in(F.silu(self.norm_in(x)))
        scale, shift = self.film(condition)[:, :, None, None].chunk(2, dim=1)
        h = self.conv_out(F.silu(self.norm_out(h) * (1 + scale) + shift))
        return self.skip(x) + h


class SelfAttention(nn.Module):
    """Self-attention over all places of the map (Vaswani et al. 2017), residual."""

    def __init__(self, channels: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm = GroupNorm(channels)
        self.qkv = nn.Conv2d(channels, 3 * channels, 1)
        self.out = nn.Conv2d(channels, channels, 1)
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.out.bias)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        batch, channels, height, width = x.shape
        qkv = self.qkv(self.norm(x)).reshape(batch, 3, self.heads, -1, height * width)
        q, k, v = (part.transpose(-1, -2) for part in qkv.unbind(1))
        weights = torch.softmax(q @ k.transpose(-1, -2) / math.sqrt(q.shape[-1]), dim=-1)
        mixed = (weights @ v).transpose(-1, -2).reshape(batch, channels, height, width)
        return x + self.out(mixed)


class Denoiser(nn.Module):
    """Predicts v from noisy ink maps.

    sample [batch, 1, side, side], timestep int64 [batch], text_embeds [batch, embedding_size] (all
    zeros: no text), kind int64 [batch], and with `low_res` the low-resolution map [batch, 1, coarse,
    coarse] in -1...1 (all zeros: not told); the result has the shape of `sample`. `widths` are the
    channels of each level, `blocks` the residual blocks of each level; attention on the last. `layout`
    is the number of channels of the coarse layout, a map of the last level's size.
    """

    def __init__(
        self,
        widths: list[int],
        blocks: list[int],
        condition: int,
        heads: int,
        side: int = 72,
        layout: int = 24,
        unshuffle: int = 4,
        embedding_size: int = 384,
        kinds: int = 4,
        low_res: bool = False,
    ) -> None:
        super().__init__()
        self.unshuffle, self.embedding_size = unshuffle, embedding_size
        self.time = nn.Sequential(nn.Linear(128, condition), nn.SiLU(), nn.Linear(condition, condition))
        self.text = nn.Sequential(
            nn.Linear(embedding_size, condition), nn.SiLU(), nn.Linear(condition, condition)
        )
        self.kind = nn.Embedding(kinds, condition)
        nn.init.normal_(self.kind.weight, std=0.02)
        self.stem = nn.Conv2d(unshuffle**2, widths[0], 3, padding=1)
        self.down, self.up = nn.ModuleList(), nn.ModuleList()
        skips = [widths[0]]
        channels = widths[0]
        for level, (width, count) in enumerate(zip(widths, blocks, strict=True)):
            last = level == len(widths) - 1
            stage = nn.ModuleList()
            for _ in range(count):
                stage.append(ResidualBlock(channels, width, condition))
                stage.append(SelfAttention(width, heads) if last else nn.Identity())
                channels = width
                skips.append(channels)
            if not last:
                stage.append(nn.Conv2d(channels, channels, 3, stride=2, padding=1))
                skips.append(channels)
            self.down.append(stage)
        self.middle = ResidualBlock(channels, channels, condition)
        for level in reversed(range(len(widths))):
            last = level == len(widths) - 1
            stage = nn.ModuleList()
            for _ in range(blocks[level] + 1):
                stage.append(ResidualBlock(channels + skips.pop(), widths[level], condition))
                stage.append(SelfAttention(widths[level], heads) if last else nn.Identity())
                channels = widths[level]
            if level:
                stage.append(nn.Conv2d(channels, widths[level - 1], 3, padding=1))
                channels = widths[level - 1]
            self.up.append(stage)
        self.head_norm = GroupNorm(channels)
        self.head = nn.Conv2d(channels, unshuffle**2, 3, padding=1)
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)
        self.coarse = side // (unshuffle * 2 ** (len(widths) - 1))
        self.layout = nn.Linear(condition, layout * self.coarse**2)
        self.layout_to_stem = nn.Conv2d(layout, widths[0], 1)
        self.layout_to_last = nn.Conv2d(layout, widths[-2], 1)
        convs = [self.layout_to_stem, self.layout_to_last]
        self.low_res_to_stem = self.low_res_to_last = None
        if low_res:
            self.low_res_to_stem = nn.Conv2d(1, widths[0], 3, padding=1, bias=False)
            self.low_res_to_last = nn.Conv2d(1, widths[-2], 3, padding=1, bias=False)
            convs += [self.low_res_to_stem, self.low_res_to_last]
        for conv in convs:
            nn.init.zeros_(conv.weight)
            if conv.bias is not None:
                nn.init.zeros_(conv.bias)

    def meaning(self, text_embeds: torch.Tensor, kind: torch.Tensor) -> torch.Tensor:
        """What is to be drawn, [batch, condition]."""
        return self.text(text_embeds * math.sqrt(self.embedding_size)) + self.kind(kind)

    def condition(self, timestep: torch.Tensor, meaning: torch.Tensor) -> torch.Tensor:
        """The condition vector [batch, condition] of every block."""
        half = torch.arange(64, device=timestep.device, dtype=torch.float32)
        angles = timestep.float()[:, None] * torch.exp(half * (-math.log(10_000.0) / 64))
        time = self.time(torch.cat([angles.cos(), angles.sin()], dim=1))
        return F.silu(time + meaning)

    def forward(
        self,
        sample: torch.Tensor,
        timestep: torch.Tensor,
        text_embeds: torch.Tensor,
        kind: torch.Tensor,
        low_res: torch.Tensor | None = None,
    ) -> torch.Tensor:
        meaning = self.meaning(text_embeds, kind)
        condition = self.condition(timestep, meaning)
        layout = self.layout(F.silu(meaning)).unflatten(1, (-1, self.coarse, self.coarse))
        x = self.stem(F.pixel_unshuffle(sample, self.unshuffle))
        coarse, last = self.layout_to_stem(layout), self.layout_to_last(layout)
        if self.low_res_to_stem is not None and low_res is not None:
            coarse = coarse + self.low_res_to_stem(low_res)
            last = last + self.low_res_to_last(low_res)
        x = x + F.interpolate(coarse, scale_factor=float(x.shape[-1] // self.coarse), mode="nearest")
        skips = [x]
        for level, stage in enumerate(self.down):
            for block, attention in _pairs(stage):
                x = attention(block(x, condition))
                skips.append(x)
            if len(stage) % 2:
                x = stage[-1](x)
                if level == len(self.down) - 2:
                    x = x + last
                skips.append(x)
        x = self.middle(x, condition)
        for stage in self.up:
            for block, attention in _pairs(stage):
                x = attention(block(torch.cat([x, skips.pop()], dim=1), condition))
            if len(stage) % 2:
                x = stage[-1](F.interpolate(x, scale_factor=2.0, mode="nearest"))
        x = self.head(F.silu(self.head_norm(x)))
        return F.pixel_shuffle(x, self.unshuffle)


def _pairs(stage: nn.ModuleList) -> list[tuple[nn.Module, nn.Module]]:
    return [(stage[i], stage[i + 1]) for i in range(0, len(stage) - 1, 2)]


def decompose_norms(model: nn.Module) -> nn.Module:
    """Switches every GroupNorm to plain operations, for engines without that operator."""
    for module in model.modules():
        if isinstance(module, GroupNorm):
            module.decomposed = True
    return model
