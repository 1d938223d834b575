"""Characters as a reader sees them: drawn, blurred as by distance, cropped to the ink."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from scipy.ndimage import gaussian_filter

#: Columns and rows of the program's sizes.
SIZES = {"phone": (36, 18), "desktop": (60, 30)}
COLUMNS, ROWS = SIZES["phone"]
CELL = (8, 16)
#: Blur in pixels of an 8×16 cell: strokes of neighbouring characters join.
SIGMA = 4.0
#: Side of the picture that the judges see.
SIDE = 48


@cache
def glyph(character: str) -> np.ndarray:
    """A glyph in its cell, float32 [16, 8], 1 is ink."""
    cell = Image.new("L", CELL, 0)
    ImageDraw.Draw(cell).text((0, 0), character, fill=255, font=_font())
    return np.asarray(cell, np.float32) / 255


@cache
def _font() -> ImageFont.FreeTypeFont:
    import matplotlib

    fonts = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    return ImageFont.truetype(str(fonts / "DejaVuSansMono.ttf"), 13)


def render(lines: list[str], size: str = "phone") -> np.ndarray:
    """Lines of characters to float32 [SIDE, SIDE], 0 paper … 1 ink; blank stays blank."""
    wide, high = SIZES[size]
    grid = [line.ljust(wide)[:wide] for line in [*lines, *[""] * high][:high]]
    page = np.concatenate([np.concatenate([glyph(c) for c in line], axis=1) for line in grid])
    inked = np.argwhere(page > 0.3)
    if len(inked) == 0:
        return np.zeros((SIDE, SIDE), np.float32)
    page = gaussian_filter(page, SIGMA)
    (top, left), (bottom, right) = inked.min(0), inked.max(0)
    reach = (max(bottom - top, right - left) / 2 + 8) * np.array([-1, 1])
    rows, columns = (top + bottom) / 2 + reach, (left + right) / 2 + reach
    box = (columns[0], rows[0], columns[1], rows[1])
    seen = Image.fromarray(page).transform((SIDE, SIDE), Image.Transform.EXTENT, box, Image.Resampling.BILINEAR)
    seen = np.asarray(seen, np.float32)
    return seen / max(seen.max(), 1e-6)
