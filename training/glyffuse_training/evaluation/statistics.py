"""How much ink drawings have: blank pages and slabs are faults that no judge of meaning counts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .render import COLUMNS, ROWS

#: Shares of inked characters below and above which a drawing is blank or a slab.
BLANK, SLAB = 0.02, 0.60


@dataclass
class Ink:
    """Shares of inked characters over a set of drawings."""

    drawings: int
    smallest: float
    median: float
    largest: float
    blank: int
    slab: int


def ink(drawn: list[list[str]]) -> Ink:
    """The statistics of drawings, each a list of lines."""
    inked = [sum(not character.isspace() for line in lines for character in line) for lines in drawn]
    share = np.array(inked) / (COLUMNS * ROWS)
    low, middle, high = (float(value) for value in (share.min(), np.median(share), share.max()))
    return Ink(len(share), low, middle, high, int((share < BLANK).sum()), int((share > SLAB).sum()))
