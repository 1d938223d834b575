"""Reading accuracy: how often a judge prefers the right concept to wrong ones."""

from __future__ import annotations

from dataclasses import dataclass
from math import comb

import numpy as np

RESAMPLES = 2000


@dataclass
class Accuracy:
    """An accuracy with its 95 % interval."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.2f} ({self.low:.2f}–{self.high:.2f})"


def chances(scores: np.ndarray, truth: np.ndarray, among: int) -> np.ndarray:
    """For every drawing the chance, over all choices of wrong concepts, that the right one wins.

    scores [n, concepts], truth [n]. Exact: of k wrong concepts that score lower out of N−1, the
    right one wins with C(k, among−1) / C(N−1, among−1).
    """
    wrong = scores.shape[1] - 1
    among = min(among, wrong + 1)
    right = scores[np.arange(len(truth)), truth][:, None]
    lower = (scores < right).sum(1)
    whole = comb(wrong, among - 1)
    return np.array([comb(int(k), among - 1) / whole for k in lower])


def accuracy(scores: np.ndarray, truth: np.ndarray, among: int) -> Accuracy:
    """Mean chance; the interval by resampling concepts, since drawings of one are alike."""
    won = chances(scores, truth, among)
    concepts = np.unique(truth)
    sums = np.array([won[truth == concept].sum() for concept in concepts])
    counts = np.array([(truth == concept).sum() for concept in concepts])
    rng = np.random.default_rng(0)
    picks = rng.integers(len(concepts), size=(RESAMPLES, len(concepts)))
    means = sums[picks].sum(1) / counts[picks].sum(1)
    low, high = np.percentile(means, [2.5, 97.5])
    return Accuracy(float(won.mean()), float(low), float(high))
