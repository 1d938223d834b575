"""The letters to learn from: every printable ASCII character of the curated outline fonts as ink."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from scipy import ndimage

from ..data import registry
from ..data.curated import FOLDER

#: Dots along a side of a letter's map.
SIDE = 32
#: Row of the baseline, and rows from there to the top of a capital.
BASELINE, CAPITAL = 24, 18
#: Widest letter; wider ones are squeezed.
WIDEST = 30
#: What can be set: printable ASCII but the space.
CHARACTERS = "".join(chr(code) for code in range(33, 127))
#: Pixels of a dot while a letter is drawn.
FINE = 8
#: The style whose letters are outlines with a shadow.
SHADOW = "shadow"
#: One letter in so many is kept for validation.
VALIDATION = 25


@dataclass(frozen=True)
class Font:
    """A row of curated/fonts.tsv."""

    style: str
    package: str
    version: str
    licence: str
    variant: str

    @property
    def name(self) -> str:
        """What the font is called here: style, family and variant."""
        return f"{self.style} {self.package.split('/')[1]} {self.variant}"

    def file(self, work: Path) -> Path:
        """The font's file, fetched on first use."""
        folder = registry.package(self.package, work, self.version)
        return folder / "files" / f"{self.package.split('/')[1]}-latin-{self.variant}.woff"


def fonts() -> list[Font]:
    """The curated fonts, in the order of the denoiser's kinds, which begin at 1."""
    rows = (FOLDER / "fonts.tsv").read_text("utf-8").splitlines()[1:]
    return [Font(*row.split("\t")) for row in rows]


def build(work: Path) -> None:
    """Writes letters.npz: ink uint8 [n, SIDE, SIDE], character and kind [n], names of the fonts."""
    ink, character, kind = [], [], []
    listed = fonts()
    for number, font in enumerate(listed, start=1):
        drawn = letters(font.file(work), font.style == SHADOW)
        ink += drawn.values()
        character += [CHARACTERS.index(each) for each in drawn]
        kind += [number] * len(drawn)
    names = np.frombuffer(json.dumps([font.name for font in listed]).encode(), np.uint8)
    np.savez_compressed(
        work / "letters.npz",
        ink=np.stack(ink),
        character=np.array(character, np.int64),
        kind=np.array(kind, np.int64),
        names=names,
    )


def letters(path: Path, shadow: bool) -> dict[str, np.ndarray]:
    """The ink of every character that the font has, uint8 [SIDE, SIDE] each."""
    probe = ImageFont.truetype(path, 1000)
    top, bottom = probe.getbbox("H", anchor="ls")[1::2]
    font = ImageFont.truetype(path, round(1000 * CAPITAL * FINE / (bottom - top)))
    missing = _mask(font, "\uffff")
    drawn = {}
    for each in CHARACTERS:
        mask = _mask(font, each)
        if mask.any() and not np.array_equal(mask, missing):
            drawn[each] = place(_shadowed(mask) if shadow else mask)
    return drawn


def place(mask: np.ndarray) -> np.ndarray:
    """A fine mask, as high as a map, centred on its columns and brought to dots."""
    columns = np.flatnonzero(mask.any(0))
    cropped = Image.fromarray(mask[:, columns[0] : columns[-1] + 1])
    if cropped.width > WIDEST * FINE:
        cropped = cropped.resize((WIDEST * FINE, cropped.height), Image.Resampling.BOX)
    canvas = Image.new("L", (SIDE * FINE, SIDE * FINE))
    canvas.paste(cropped, ((canvas.width - cropped.width) // 2, 0))
    return np.asarray(canvas.resize((SIDE, SIDE), Image.Resampling.BOX))


def _mask(font: ImageFont.FreeTypeFont, character: str) -> np.ndarray:
    canvas = Image.new("L", (4 * SIDE * FINE, SIDE * FINE))
    place_at = (SIDE * FINE, BASELINE * FINE)
    ImageDraw.Draw(canvas).text(place_at, character, fill=255, font=font, anchor="ls")
    return np.asarray(canvas)


def _shadowed(mask: np.ndarray) -> np.ndarray:
    """The outline, one and a half dots wide, and a shadow to the lower right."""
    solid = mask > 127
    inner = ndimage.distance_transform_edt(solid) > 1.5 * FINE
    shadow = ndimage.shift(solid.astype(np.uint8), (2.5 * FINE, 2.5 * FINE), order=0) > 0
    apart = ndimage.distance_transform_edt(~solid) > 0.7 * FINE
    return (((solid & ~inner) | (shadow & apart)) * 255).astype(np.uint8)
