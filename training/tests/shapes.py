"""A data set of drawn shapes in the format of the real one, for tests."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

NAMES = ["cat", "house", "ring", "bar"]


def write(work: Path, side: int) -> None:
    """Writes drawings.npz and captions.npz into a work folder."""
    y, x = np.mgrid[:side, :side] - (side - 1) / 2
    maps = [
        np.maximum(abs(y), abs(x)) < side * 0.4,
        abs(x) < (y + side / 2) * 0.4,
        abs(np.hypot(y, x) - side * 0.36) < side * 0.09,
        abs(y) < side * 0.12,
    ]
    count = len(maps)
    ink = np.uint8(np.concatenate([maps, maps]) * 255)
    np.savez(
        work / "drawings.npz",
        ink=ink,
        concept=np.tile(np.arange(count, dtype=np.int32), 2),
        kind=np.full(2 * count, 1, np.uint8),
        split=np.repeat(np.array([0, 1], np.uint8), count),
        names=np.frombuffer(json.dumps(NAMES).encode(), np.uint8),
    )
    vectors = np.random.default_rng(0).standard_normal((count, 384)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    np.savez(work / "captions.npz", vectors=vectors.astype(np.float16), first=np.arange(count + 1, dtype=np.int32))
