"""The curated list: which drawings go in, under which concept.

`curated/concepts.txt` names the concepts and their other names, `curated/drawings.tsv` every drawing
that is trained on, `curated/held_out.tsv` the icon families that are kept for judging.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[2] / "curated"

#: Whole families that no training ever sees: the readers that judge are made of them.
HELD_OUT_FAMILIES = ("openmoji", "emojione-monotone", "noto-v1")
#: Sets in colour, redrawn by their edges; every other set has one colour.
COLOUR_SETS = ("noto", "twemoji", "fluent-emoji-flat", "fxemoji", "streamline-emojis", "openmoji", "noto-v1")


@dataclass(frozen=True)
class Entry:
    """One drawing of the list."""

    set: str
    icon: str
    concept: str

    @property
    def key(self) -> str:
        """Unique name of the drawing, as `set/icon`."""
        return f"{self.set}/{self.icon}"


def entries(name: str) -> list[Entry]:
    """The rows of `curated/<name>.tsv`."""
    rows = (FOLDER / f"{name}.tsv").read_text("utf-8").splitlines()
    return [Entry(*row.split("\t")) for row in rows if row and not row.startswith("#")]


def concepts() -> dict[str, list[str]]:
    """Concept to its other names, in the order of the file."""
    found = {}
    for row in (FOLDER / "concepts.txt").read_text("utf-8").splitlines():
        if row.strip() and not row.startswith("#"):
            name, _, others = row.partition(":")
            found[name.strip()] = [other.strip() for other in others.split(",") if other.strip()]
    return found


def core_concepts() -> set[str]:
    """The concepts of `curated/core.txt`: what people ask for first."""
    rows = (FOLDER / "core.txt").read_text("utf-8").splitlines()
    return {row.strip() for row in rows if row.strip() and not row.startswith("#")}
