"""What the ranker learns from: real training drawings, as they are and altered, as characters."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from ..data.curated import core_concepts
from ..data.shards import Drawings, altered, busyness
from ..evaluation import binary
from ..evaluation.render import COLUMNS, ROWS

#: Altered copies of every training drawing, and further ones of the concepts that are offered.
COPIES, CORE_COPIES = 2, 1
#: Characters from space to tilde.
CHARACTERS = 95


@dataclass
class Examples:
    """Drawings as characters with their concepts."""

    #: uint8 [n, ROWS, COLUMNS], 0 is the space, 94 the tilde.
    characters: np.ndarray
    #: Row of the concept in the data set's names, int64 [n].
    concept: np.ndarray


def encode(lines: list[str]) -> np.ndarray:
    """Lines to uint8 [ROWS, COLUMNS]; what is not printable ASCII counts as a space."""
    grid = np.zeros((ROWS, COLUMNS), np.uint8)
    for row, line in enumerate(lines[:ROWS]):
        codes = np.array([ord(character) - 32 for character in line[:COLUMNS]], np.int64)
        grid[row, : len(codes)] = np.where((codes >= 0) & (codes < CHARACTERS), codes, 0)
    return grid


def trace(program: Path, drawings: Drawings, copies: bool, progress: bool) -> Examples:
    """Passes the drawings that are simple enough through the program's decoder."""
    simple = np.flatnonzero((busyness(drawings.ink) <= drawings.config.busiest).numpy())
    wanted = core_concepts()
    core = np.array([drawings.names[concept] in wanted for concept in drawings.concept[simple]])
    sets = [(simple, None)]
    if copies:
        sets += [(simple, seed) for seed in range(COPIES)]
        sets += [(simple[core], COPIES + seed) for seed in range(CORE_COPIES)]
    characters, concepts = [], []
    for rows, seed in sets:
        maps = drawings.ink[torch.from_numpy(rows)].numpy()
        lines = binary.trace(program, maps if seed is None else altered(maps, seed), progress)
        characters.append(np.stack([encode(each) for each in lines]))
        concepts.append(drawings.concept[torch.from_numpy(rows)].numpy())
    return Examples(np.concatenate(characters), np.concatenate(concepts))


def load(path: Path) -> Examples:
    """Examples that `save` wrote."""
    with np.load(path) as stored:
        return Examples(stored["characters"], stored["concept"].astype(np.int64))


def save(examples: Examples, path: Path) -> None:
    """Keeps examples: making them takes the decoder a while."""
    np.savez_compressed(path, characters=examples.characters, concept=examples.concept.astype(np.int32))
