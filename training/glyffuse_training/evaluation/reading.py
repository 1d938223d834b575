"""What is judged, and what the judges say of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..data.curated import core_concepts

#: Of how many concepts a judge picks, besides all.
AMONG = (5, 20)


@dataclass
class Gallery:
    """Real drawings of the held-out families, and the concepts that are judged."""

    concepts: list[str]
    #: uint8 [n, side, side], 255 ink.
    maps: np.ndarray
    #: Row of the concept, [n].
    labels: np.ndarray

    def core(self) -> np.ndarray:
        """Rows of the concepts that people ask for first (curated/core.txt)."""
        wanted = core_concepts()
        return np.flatnonzero([name in wanted for name in self.concepts])

    def only(self, chosen: np.ndarray) -> Gallery:
        """The drawings of the chosen concepts alone."""
        kept = np.isin(self.labels, chosen)
        labels = np.searchsorted(chosen, self.labels[kept])
        return Gallery([self.concepts[row] for row in chosen], self.maps[kept], labels)


@dataclass
class Reading:
    """What the judges say about one set of drawings."""

    name: str
    #: Scores of every drawing for every concept, [n, concepts], by the reader and by HOG; none where
    #: the drawings could not be had.
    scores: tuple[np.ndarray, ...]
    #: Row of the concept that each drawing shows, [n].
    truth: np.ndarray

    def among(self, chosen: np.ndarray) -> Reading:
        """Only the drawings of the chosen concepts, judged among them."""
        kept = np.isin(self.truth, chosen)
        truth = np.searchsorted(chosen, self.truth[kept])
        return Reading(self.name, tuple(each[kept][:, chosen] for each in self.scores), truth)


def among(concepts: int) -> list[int]:
    """Of how many concepts a judge picks: five, twenty, all."""
    return [*(size for size in AMONG if size < concepts), concepts]
