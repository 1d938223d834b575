"""A judge with nothing trained in it: histograms of oriented gradients, nearest in a gallery.

Dalal & Triggs 2005, "Histograms of Oriented Gradients for Human Detection".
"""

from __future__ import annotations

import numpy as np

ORIENTATIONS, CELL = 9, 8


def features(pictures: np.ndarray) -> np.ndarray:
    """Pictures [n, side, side] to unit vectors [n, features]."""
    down, across = np.gradient(pictures, axis=(1, 2))
    strength = np.hypot(down, across)
    place = (np.arctan2(down, across) % np.pi) / np.pi * ORIENTATIONS
    cells = pictures.shape[1] // CELL
    low = np.floor(place).astype(int) % ORIENTATIONS
    share = place - np.floor(place)
    histogram = np.zeros((len(pictures), cells, cells, ORIENTATIONS))
    for bin_, weight in ((low, strength * (1 - share)), ((low + 1) % ORIENTATIONS, strength * share)):
        for orientation in range(ORIENTATIONS):
            masked = np.where(bin_ == orientation, weight, 0)
            summed = masked.reshape(len(pictures), cells, CELL, cells, CELL).sum((2, 4))
            histogram[..., orientation] += summed
    blocks = [
        histogram[:, y : cells - 1 + y, x : cells - 1 + x] for y in (0, 1) for x in (0, 1)
    ]
    block = np.concatenate(blocks, axis=-1)
    block = block / np.sqrt((block**2).sum(-1, keepdims=True) + 1e-3)
    flat = np.minimum(block, 0.2).reshape(len(pictures), -1)
    return flat / np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1e-9)


def scores(
    pictures: np.ndarray,
    gallery: np.ndarray,
    labels: np.ndarray,
    concepts: int,
    own: np.ndarray | None = None,
) -> np.ndarray:
    """Similarity [n, concepts] to the best gallery drawing of each concept; `own` names the gallery
    drawing that a picture shows itself and must not be compared with.
    """
    similar = features(pictures) @ features(gallery).T
    if own is not None:
        similar[np.arange(len(pictures)), own] = -np.inf
    found = np.full((len(pictures), concepts), -np.inf)
    for concept in range(concepts):
        if (labels == concept).any():
            found[:, concept] = similar[:, labels == concept].max(1)
    return found
