"""A judge that has learned to read: a small network that saw real drawings of the held-out families
only, decoded by our program and rendered. Cross-fitted, so that no drawing is read by a network that
has seen it.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F
from tqdm import tqdm

from ..data.shards import augment

FOLDS, BATCH = 4, 64


class Reader(nn.Module):
    """Pictures [n, 1, 48, 48] to logits [n, concepts]."""

    def __init__(self, concepts: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for inner, outer in ((1, 32), (32, 64), (64, 96), (96, 128)):
            layers += [nn.Conv2d(inner, outer, 3, padding=1), nn.BatchNorm2d(outer), nn.ReLU()]
            layers += [nn.MaxPool2d(2)]
        self.features = nn.Sequential(*layers)
        self.head = nn.Sequential(nn.Flatten(), nn.Dropout(0.4), nn.Linear(128 * 9, concepts))

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        return self.head(self.features(pictures))


def folds(labels: np.ndarray) -> np.ndarray:
    """The fold of each drawing, fixed; a concept's drawings lie in different folds, so that every
    reader has seen some drawing of every concept that has two.
    """
    order = np.lexsort((np.random.default_rng(0).permutation(len(labels)), labels))
    found = np.empty(len(labels), np.int64)
    found[order] = np.arange(len(labels)) % FOLDS
    return found


def train(pictures: np.ndarray, labels: np.ndarray, concepts: int, epochs: int, progress: bool) -> Reader:
    """A reader of these pictures, [n, side, side] with their concepts [n]."""
    torch.manual_seed(0)
    generator = torch.Generator().manual_seed(0)
    reader = Reader(concepts)
    optimiser = torch.optim.AdamW(reader.parameters(), lr=2e-3, weight_decay=0.02)
    steps = epochs * -(-len(pictures) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, max_lr=3e-3, total_steps=steps)
    ink, wanted = torch.from_numpy(pictures)[:, None], torch.from_numpy(labels)
    reader.train()
    for _ in tqdm(range(epochs), desc="reader", disable=not progress):
        for rows in torch.randperm(len(ink), generator=generator).split(BATCH):
            if len(rows) > 1:
                seen = (augment(2 * ink[rows] - 1, 0.5, generator) + 1) / 2
                F.cross_entropy(reader(seen), wanted[rows], label_smoothing=0.1).backward()
                optimiser.step()
                optimiser.zero_grad()
            schedule.step()
    return reader.eval()


@torch.inference_mode()
def read(reader: Reader, pictures: np.ndarray) -> np.ndarray:
    """Log-probabilities [n, concepts]."""
    parts = torch.from_numpy(pictures)[:, None].split(256)
    return torch.cat([reader(part).log_softmax(1) for part in parts]).numpy()
