"""The ranker's network: characters and a text vector to a score."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional as F

from ..evaluation.render import COLUMNS, ROWS
from .examples import CHARACTERS

#: Length of the vectors in which pictures and texts are compared.
SHARED = 256


class Ranker(nn.Module):
    """Two towers: a convolutional one reads the characters, a linear one the text vector. Their cosine
    is compared with those of all concepts' names, as in contrastive language-image training
    (Radford et al. 2021).
    """

    def __init__(self, text_embeds: torch.Tensor) -> None:
        """`text_embeds` [concepts, size] of all names that the ranker tells apart."""
        super().__init__()
        self.register_buffer("concepts", text_embeds.clone())
        self.glyphs = nn.Embedding(CHARACTERS, 24)
        self.features = nn.Sequential(
            *_layer(24, 64), *_layer(64, 96), nn.MaxPool2d(2),
            *_layer(96, 128), *_layer(128, 128), nn.MaxPool2d(2),
            *_layer(128, 192), nn.Conv2d(192, 64, 1), nn.ReLU(),
        )  # fmt: skip
        self.picture = nn.Sequential(
            nn.Flatten(), nn.Dropout(0.4), nn.Linear(64 * (ROWS // 4) * (COLUMNS // 4), SHARED)
        )
        self.text = nn.Linear(text_embeds.shape[1], SHARED)
        self.log_scale = nn.Parameter(torch.tensor(2.7))

    def read(self, characters: torch.Tensor) -> torch.Tensor:
        """Characters int64 [n, ROWS, COLUMNS] to unit vectors [n, SHARED]."""
        features = self.features(self.glyphs(characters).permute(0, 3, 1, 2))
        return F.normalize(self.picture(features), dim=1)

    def place(self, text_embeds: torch.Tensor) -> torch.Tensor:
        """Text vectors [m, size] to vectors [m, SHARED] of the scale's length."""
        return F.normalize(self.text(text_embeds), dim=1) * self.log_scale.exp()

    def forward(self, characters: torch.Tensor, text_embeds: torch.Tensor) -> torch.Tensor:
        """How well each drawing [n] shows the text [1, size]: a log-probability against all concepts."""
        seen = self.read(characters)
        against = (seen @ self.place(self.concepts).T).logsumexp(1)
        return (seen @ self.place(text_embeds).T)[:, 0] - against


def _layer(inner: int, outer: int) -> list[nn.Module]:
    return [nn.Conv2d(inner, outer, 3, padding=1), nn.BatchNorm2d(outer), nn.ReLU()]
