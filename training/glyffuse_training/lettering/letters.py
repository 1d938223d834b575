"""Deals out letters as the training loop wants its drawings."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import torch

from ..data.shards import Batch
from .fonts import CHARACTERS, VALIDATION

#: How often letters and digits are shown, against other signs.
ALPHANUMERIC_WEIGHT = 3.0
#: Share of letters whose hand is not told.
HIDDEN = 0.03


class Letters:
    """The letters of one split: the interface of `data.shards.Drawings`; the text vector of a letter is
    its place among CHARACTERS, the kind is its font.
    """

    def __init__(self, work: Path, split: int) -> None:
        with np.load(work / "letters.npz") as stored:
            place = np.arange(len(stored["ink"]))
            # A prime step, so that what is kept for validation wanders through characters and fonts.
            chosen = np.flatnonzero((place * 7 % VALIDATION == 0) == bool(split))
            self.ink = torch.from_numpy(stored["ink"][chosen])
            self.character = torch.from_numpy(stored["character"][chosen])
            self.kind = torch.from_numpy(stored["kind"][chosen])
            self.fonts: list[str] = json.loads(stored["names"].tobytes())
        self.names = list(CHARACTERS)
        self.vectors, self.first = torch.eye(len(CHARACTERS)), torch.arange(len(CHARACTERS))
        plain = torch.tensor([character.isalnum() for character in CHARACTERS])
        self.weights = torch.where(plain[self.character], ALPHANUMERIC_WEIGHT, 1.0)

    def __len__(self) -> int:
        return len(self.ink)

    def batch(self, size: int, generator: torch.Generator) -> Batch:
        """A random batch."""
        rows = torch.multinomial(self.weights, size, replacement=True, generator=generator)
        batch = self._of(rows)
        hidden = torch.rand(size, generator=generator) < HIDDEN
        batch.kind = torch.where(hidden, 0, batch.kind)
        return batch

    def ordered(self, start: int, size: int) -> Batch:
        """Letters in their order, as they are: for validation."""
        return self._of(torch.arange(start, min(start + size, len(self))))

    def _of(self, rows: torch.Tensor) -> Batch:
        ink = self.ink[rows].float().div(127.5).sub(1.0).unsqueeze(1)
        return Batch(ink, self.vectors[self.character[rows]], self.kind[rows])
