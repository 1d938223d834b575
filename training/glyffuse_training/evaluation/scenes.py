"""Scenes of two things: does the reader find both, each in its half of the drawing?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from . import protocol
from .render import COLUMNS


@dataclass
class Scene:
    """Two different concepts by their rows; the first stands on the left."""

    left: int
    right: int

    def prompt(self, concepts: list[str]) -> str:
        """What the program is asked for."""
        first, second = concepts[self.left], concepts[self.right]
        return f"{article(first)} and {article(second)}"


def article(noun: str) -> str:
    """The noun with "a" or "an"."""
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"


def choose(concepts: int, scenes: int) -> list[Scene]:
    """Pairs of different concepts, always the same."""
    rng = np.random.default_rng(7)
    return [Scene(*map(int, rng.choice(concepts, 2, replace=False))) for _ in range(scenes)]


def halves(lines: list[str]) -> tuple[list[str], list[str]]:
    """A drawing cut in the middle."""
    middle = COLUMNS // 2
    grid = [line.ljust(COLUMNS) for line in lines]
    return [line[:middle] for line in grid], [line[middle:] for line in grid]


def both(left: np.ndarray, right: np.ndarray, scenes: list[Scene], among: int) -> protocol.Count:
    """Scenes in which both halves are read rightly; scores [scenes, concepts] of each half."""
    wanted = np.array([[scene.left, scene.right] for scene in scenes])
    found = [protocol.wins(scores, wanted[:, side], among) for side, scores in enumerate((left, right))]
    return protocol.Count(int((found[0] & found[1]).sum()), len(scenes))
