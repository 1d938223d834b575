"""Reading accuracy: how often a judge prefers the right concept to wrong ones."""

from __future__ import annotations

from dataclasses import dataclass
from math import comb, sqrt

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


@dataclass
class Count:
    """Drawings read rightly out of all, with Wilson's 95 % interval."""

    right: int
    drawings: int

    def __str__(self) -> str:
        low, high = wilson(self.right, self.drawings)
        return f"{self.right}/{self.drawings} ({low:.2f}–{high:.2f})"


def wilson(right: int, drawings: int, z: float = 1.959964) -> tuple[float, float]:
    """Wilson's score interval of a share; 0 to 1 where nothing was drawn."""
    if drawings == 0:
        return 0.0, 1.0
    share, room = right / drawings, z * z / drawings
    middle = (share + room / 2) / (1 + room)
    reach = z * sqrt(share * (1 - share) / drawings + room / drawings / 4) / (1 + room)
    return max(0.0, middle - reach), min(1.0, middle + reach)


def count(scores: np.ndarray, truth: np.ndarray, among: int) -> Count:
    """How many drawings are read rightly against one choice of wrong concepts each, by a fixed seed."""
    return Count(int(wins(scores, truth, among).sum()), len(truth))


def wins(scores: np.ndarray, truth: np.ndarray, among: int) -> np.ndarray:
    """Whether each drawing is read rightly, bool [n].

    A drawing's wrong concepts depend on its place in the table only, so that all judges face the same.
    """
    rng = np.random.default_rng(0)
    concepts = scores.shape[1]
    won = np.zeros(len(truth), bool)
    for place, (row, concept) in enumerate(zip(scores, truth, strict=True)):
        wrong = rng.choice(concepts - 1, size=min(among, concepts) - 1, replace=False)
        wrong = wrong + (wrong >= concept)
        won[place] = (row[wrong] < row[concept]).all()
    return won


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
