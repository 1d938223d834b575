"""One icon becomes one ink map.

An ink map is uint8 [side, side], 0 paper to 255 ink; the network sees it as -1...1. The one object
fills the canvas with an even margin, whatever room its icon set leaves around it.
"""

from __future__ import annotations

import io

import numpy as np
import resvg_py
from PIL import Image
from scipy import ndimage

#: Pixels of the picture that an icon is rendered at before it is fitted to the canvas.
RENDER_SIDE = 288
#: Colour distance (CIE Lab) from which a border between two areas of an emoji counts as an edge.
EDGE_DISTANCE = 26.0
#: Width of the strokes that a colour emoji is redrawn with, in pixels of the rendered picture.
EDGE_WIDTH = 13


def svg_document(icon: dict, defaults: dict) -> str:
    """The SVG document of an icon of an iconify set (`icon` may lack what `defaults` has)."""
    left, top = icon.get("left", 0), icon.get("top", 0)
    width = icon.get("width", defaults.get("width", 16))
    height = icon.get("height", defaults.get("height", 16))
    body = icon["body"].replace("currentColor", "#000")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'viewBox="{left} {top} {width} {height}" width="{width}" height="{height}">{body}</svg>'
    )


def render(svg: str) -> np.ndarray:
    """Renders to RGBA uint8; the longer side has RENDER_SIDE pixels."""
    png = resvg_py.svg_to_bytes(svg_string=svg, width=RENDER_SIDE)
    return np.asarray(Image.open(io.BytesIO(bytes(png))).convert("RGBA"))


def ink_of_one_colour(rgba: np.ndarray) -> np.ndarray:
    """Ink of a one-colour icon, float 0...1: its coverage, white parts counting as paper."""
    alpha = rgba[..., 3] / 255.0
    luminance = rgba[..., :3] @ np.array([0.299, 0.587, 0.114]) / 255.0
    return alpha * (1.0 - luminance)


def ink_of_emoji(rgba: np.ndarray) -> np.ndarray:
    """Ink of a colour emoji, float 0...1: its outline and its strong inner edges as even strokes."""
    rgba = np.pad(rgba, ((8, 8), (8, 8), (0, 0)))
    alpha = rgba[..., 3] / 255.0
    picture = Image.fromarray(rgba)
    paper = Image.new("RGBA", picture.size, (255, 255, 255, 255))
    rgb = Image.alpha_composite(paper, picture).convert("RGB")
    lab = np.stack([ndimage.median_filter(c, 7) for c in _lab(np.asarray(rgb))])
    # The silhouette counts as an edge of its own, however pale the emoji is.
    channels = np.concatenate([lab, [60.0 * ndimage.gaussian_filter(alpha, 1.0)]])
    reach = 2
    dx = channels - np.roll(channels, reach, axis=2)
    dy = channels - np.roll(channels, reach, axis=1)
    distance = np.maximum(np.sqrt((dx**2).sum(0)), np.sqrt((dy**2).sum(0)))
    edges = distance > EDGE_DISTANCE
    labels, count = ndimage.label(edges, np.ones((3, 3)))
    if count:
        size = ndimage.sum(edges, labels, np.arange(1, count + 1))
        edges &= np.isin(labels, 1 + np.flatnonzero(size >= 120))
    grown = ndimage.distance_transform_edt(~edges) <= (EDGE_WIDTH - 3) / 2
    return grown.astype(np.float64)


def fit(ink: np.ndarray, side: int, margin: float) -> np.ndarray | None:
    """Crops to the object and fits it to `side` dots with `margin` (share of the side) all round.

    Returns uint8 [side, side], or None where nothing is drawn.
    """
    rows = np.flatnonzero(ink.max(1) > 0.2)
    columns = np.flatnonzero(ink.max(0) > 0.2)
    if len(rows) == 0 or len(columns) == 0:
        return None
    object_ = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    room = side * (1.0 - 2.0 * margin)
    scale = room / max(object_.shape)
    height, width = (max(1, round(edge * scale)) for edge in object_.shape)
    picture = Image.fromarray(np.uint8(np.clip(object_, 0, 1) * 255))
    resample = Image.Resampling.BOX if scale < 0.5 else Image.Resampling.LANCZOS
    small = np.asarray(picture.resize((width, height), resample))
    canvas = np.zeros((side, side), np.uint8)
    top, left = (side - height) // 2, (side - width) // 2
    canvas[top : top + height, left : left + width] = small
    return canvas


def _lab(rgb: np.ndarray) -> np.ndarray:
    """sRGB uint8 [h, w, 3] to CIE Lab (D65), float [3, h, w]; IEC 61966-2-1 and CIE 15."""
    linear = rgb / 255.0
    linear = np.where(linear <= 0.04045, linear / 12.92, ((linear + 0.055) / 1.055) ** 2.4)
    matrix = np.array(
        [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    )
    xyz = linear @ matrix.T / np.array([0.9505, 1.0, 1.089])
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    x, y, z = f[..., 0], f[..., 1], f[..., 2]
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)])
