"""`python -m glyffuse_training evaluate-letters`: how well lettering is read by OCR that we did not train.

Art is rendered in DejaVu Sans Mono, cropped, blurred and shrunk to 48 pixels' height, then read by
RapidOCR's recogniser and by tesseract; the better of both counts. FIGlet's fonts go the same way.
"""

from __future__ import annotations

import argparse
import difflib
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image
from scipy.ndimage import gaussian_filter
from tqdm import tqdm

from ..data import curated
from ..export import ROOT
from . import binary, card, protocol
from .command import model_folder
from .render import glyph

#: Blur in pixels of an 8×16 cell, and the height of what is read.
SIGMA, HEIGHT = 5.0, 48
FIGLET_FONTS = ("banner", "big", "standard")
LONGEST_WORD = 8
MARK = "lettering"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of this command."""
    parser.add_argument("--binary", type=Path, default=ROOT / "target" / "release" / "glyffuse")
    parser.add_argument("--model", help="name in models/, or a model folder (default: small)", default="small")
    parser.add_argument("--words", type=int, default=60, help="how many words")
    parser.add_argument("--dry", action="store_true", help="print the table, leave the card alone")


def main(arguments: argparse.Namespace) -> None:
    """Draws the words, reads them, writes the table into the model card."""
    model, shown = model_folder(arguments.model), words(arguments.words)
    read = readers()
    ways: dict[str, Callable[[], list[list[str]]]] = {
        f"ours, {size}, {style}": lambda size=size, style=style: ours(arguments, model, shown, size, style)
        for size in ("desktop", "phone")
        for style in ("line", "filled")
    }
    ways |= {f"figlet {font}": lambda font=font: [figlet(word, font) for word in shown] for font in FIGLET_FONTS}
    rows = []
    for name, draw in ways.items():
        scores = []
        for word, lines in tqdm(list(zip(shown, draw(), strict=True)), desc=name, disable=arguments.quiet):
            found = [one(picture(lines)) for one in read]
            scores.append(max(likeness(word, each) for each in found))
        exact = sum(score == 1.0 for score in scores)
        rows.append([name, str(protocol.Count(exact, len(shown))), f"{np.mean(scores):.2f}"])
    table = card.table(["lettering", "words read exactly", "characters right"], rows)
    text = f"""Written by `python -m glyffuse_training evaluate-letters --words {arguments.words}` (run in
`training/`, after `cargo build --release`): words of up to {LONGEST_WORD} letters, every other one in
capitals, each with the hand and seed that follow from it. Read by RapidOCR's recogniser and by tesseract on
the rendered characters, the better of both; 95 % interval by Wilson.

{table}
"""
    print(text)
    if not arguments.dry:
        card.write(model / "MODEL_CARD.md", text, MARK)


def words(count: int) -> list[str]:
    """Names of concepts, every other one in capitals."""
    names = [name for name in curated.concepts() if name.isalpha() and 3 <= len(name) <= LONGEST_WORD]
    step = max(1, len(names) // count)
    return [name.upper() if place % 2 else name for place, name in enumerate(names[::step][:count])]


def ours(
    arguments: argparse.Namespace, model: Path, shown: list[str], size: str, style: str
) -> list[list[str]]:
    """The program's lettering of every word."""
    options = ["--letters", "--size", size, "--style", style]
    drawn = binary.draw(arguments.binary, model, shown, 1, options, not arguments.quiet)
    return [record["lines"] for record in drawn]


def figlet(word: str, font: str) -> list[str]:
    """FIGlet's lettering of a word."""
    import pyfiglet

    return pyfiglet.Figlet(font=font, width=200).renderText(word).splitlines()


def picture(lines: list[str]) -> np.ndarray:
    """Lines of characters as OCR sees them: dark on light, uint8 [HEIGHT, width]."""
    width = max(map(len, lines), default=0)
    grid = [line.ljust(width) for line in lines if width]
    if not grid:
        return np.full((HEIGHT, HEIGHT), 255, np.uint8)
    page = np.concatenate([np.concatenate([glyph(c) for c in line], axis=1) for line in grid])
    inked = np.argwhere(page > 0.3)
    if len(inked) == 0:
        return np.full((HEIGHT, HEIGHT), 255, np.uint8)
    (top, left), (bottom, right) = inked.min(0), inked.max(0) + 1
    page = np.pad(page[top:bottom, left:right], 24)
    page = gaussian_filter(page, SIGMA)
    page = np.uint8(255 * (1 - page / page.max()))
    wide = max(HEIGHT, round(page.shape[1] * HEIGHT / page.shape[0]))
    return np.asarray(Image.fromarray(page).resize((wide, HEIGHT), Image.Resampling.BOX))


def readers() -> list[Callable[[np.ndarray], str]]:
    """RapidOCR and tesseract, those that are installed.

    Raises RuntimeError where there is none.
    """
    found: list[Callable[[np.ndarray], str]] = []
    try:
        from rapidocr_onnxruntime import RapidOCR

        engine = RapidOCR()

        def rapid(page: np.ndarray) -> str:
            result, _ = engine(np.stack([page] * 3, axis=2), use_det=False, use_cls=False, use_rec=True)
            return result[0][0] if result else ""

        found.append(rapid)
    except ImportError:
        pass
    if shutil.which("tesseract"):
        found.append(_tesseract)
    if not found:
        raise RuntimeError("no OCR is installed: pip install rapidocr-onnxruntime, or tesseract")
    return found


def _tesseract(page: np.ndarray) -> str:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "page.png"
        Image.fromarray(np.pad(page, 20, constant_values=255)).save(path)
        command = ["tesseract", path, "stdout", "--psm", "7"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        return done.stdout.strip()


def likeness(word: str, found: str) -> float:
    """Share of the word's characters that were read, 0…1; 1 only for the very word, in any case."""
    wanted, found = word.lower(), "".join(found.split()).lower()
    if wanted == found:
        return 1.0
    blocks = difflib.SequenceMatcher(None, wanted, found, autojunk=False).get_matching_blocks()
    right = sum(block.size for block in blocks)
    return min(right / max(len(wanted), len(found)), 0.99)
