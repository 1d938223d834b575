"""`python -m glyffuse_training evaluate`: judges a released model, writes its card's tables."""

from __future__ import annotations

import argparse
import json
import shlex
from dataclasses import replace
from pathlib import Path

import numpy as np

from ..config import Config
from ..data.shards import altered
from ..export import ROOT
from . import binary, card, hog, peers, protocol, reader, scenes, texts
from .reading import AMONG, Gallery, Reading, among
from .render import SIZES, render
from .report import EPOCHS, FEWEST, SCENES, VARIATIONS, command_line, core_report, report, tables

#: Altered copies of every held-out drawing that the reader learns from.
COPIES = 6


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of this command."""
    parser.add_argument("--binary", type=Path, default=ROOT / "target" / "release" / "glyffuse")
    parser.add_argument("--model", help="name in models/, or a model folder (default: the config's name)")
    parser.add_argument("--variations", type=int, default=VARIATIONS, help="drawings of every concept")
    parser.add_argument("--epochs", type=int, default=EPOCHS, help="passes of the reader's training")
    parser.add_argument("--limit", type=int, help="judge only so many concepts")
    parser.add_argument("--draw-option", action="append", default=[], help="passed on to `draw`")
    parser.add_argument(
        "--size", choices=SIZES, default="phone",
        help="size of all drawings; at desktop only the concepts asked for first",
    )  # fmt: skip
    parser.add_argument(
        "--compare", action="append", default=[], metavar="OPTIONS",
        help="also draw with these options of `draw`, for a table beside the defaults",
    )  # fmt: skip
    parser.add_argument("--texts", action="store_true", help="also other texts than names, and languages")
    parser.add_argument("--without-peers", action="store_true", help="leave jp2a and chafa out")
    parser.add_argument("--dry", action="store_true", help="print the tables, leave the card alone")


def main(arguments: argparse.Namespace) -> None:
    """Runs the whole protocol."""
    config = Config.load(arguments.config)
    model = model_folder(arguments.model or config.name)
    if not arguments.binary.is_file():
        raise FileNotFoundError(f"{arguments.binary} is missing: run `cargo build --release` first")
    progress = not arguments.quiet
    gallery = load(arguments.work, model, arguments.limit)
    if arguments.size != "phone":
        gallery = gallery.only(gallery.core())
    real = traced(arguments, gallery.maps)
    judges = Judges(arguments, gallery, real)
    everyone, own = gallery.labels, np.arange(len(gallery.labels))
    readings = [judges.read("real held-out drawings through our decoder (ceiling)", real, everyone, own)]
    truth = np.repeat(np.arange(len(gallery.concepts)), arguments.variations)
    drawn = drawings(arguments, model, gallery.concepts, arguments.variations)
    readings.append(judges.read("**generated drawings**", shown(arguments, drawn), truth, None))
    for name in () if arguments.without_peers else peers.COMMANDS:
        lines = peers.convert(name, gallery.maps, arguments.size, progress)
        if lines is None:
            readings.append(Reading(f"{name} (not installed)", (), everyone))
        else:
            seen = pictures(lines, arguments.size)
            readings.append(judges.read(f"{name} on the held-out drawings", seen, everyone, own))
    suffix = "" if arguments.size == "phone" else f"-{arguments.size}"
    written = {f"{card.EVALUATION}-core{suffix}": core_report(arguments, model, gallery, readings)}
    if not suffix:
        found = judges.scenes(arguments, model)
        written[card.EVALUATION] = report(arguments, model, gallery, readings, drawn, found)
    if arguments.compare:
        written[f"compared{suffix}"] = judges.compared(arguments, model, readings[1])
    if arguments.texts:
        written["texts"] = judges.texts(arguments, model)
    for mark, text in written.items():
        print(text)
        if not arguments.dry:
            card.write(model / "MODEL_CARD.md", text, mark)


def model_folder(model: str) -> Path:
    """The folder of a model given by its name or its path."""
    for folder in (ROOT / "models" / model, Path(model)):
        if (folder / "manifest.toml").is_file():
            return folder
    raise FileNotFoundError(f"no model {model}: neither a name in models/ nor a model folder")


def load(work: Path, model: Path, limit: int | None) -> Gallery:
    """The held-out drawings of the concepts that the model offers."""
    offered = (model / "concepts.txt").read_text("utf-8").splitlines()
    with np.load(work / "held_out.npz") as stored:
        names: list[str] = json.loads(stored["names"].tobytes())
        maps, concept = stored["ink"], stored["concept"]
    counts = np.bincount(concept, minlength=len(names))
    judged = [name for name in offered if counts[names.index(name)] >= FEWEST][:limit]
    row = {names.index(name): place for place, name in enumerate(judged)}
    kept = np.array([index for index, c in enumerate(concept) if c in row])
    return Gallery(judged, maps[kept], np.array([row[c] for c in concept[kept]]))


def pictures(drawn: list[list[str]], size: str = "phone") -> np.ndarray:
    """All drawings as the judges see them, float32 [n, side, side]."""
    return np.stack([render(lines, size) for lines in drawn])


def traced(arguments: argparse.Namespace, maps: np.ndarray) -> np.ndarray:
    """Real ink maps through the decoder, as the judges see them."""
    lines = binary.trace(arguments.binary, maps, not arguments.quiet, ("--size", arguments.size))
    return pictures(lines, arguments.size)


def drawings(
    arguments: argparse.Namespace, model: Path, texts: list[str], count: int, *more: str
) -> list[dict]:
    """What the program draws, `count` variations of every text."""
    options = ["--size", arguments.size, *arguments.draw_option, *more]
    return binary.draw(arguments.binary, model, texts, count, options, not arguments.quiet)


def shown(arguments: argparse.Namespace, drawn: list[dict]) -> np.ndarray:
    """Records of drawings as the judges see them."""
    return pictures([record["lines"] for record in drawn], arguments.size)


class Judges:
    """The reader network (cross-fitted) and the HOG gallery."""

    def __init__(self, arguments: argparse.Namespace, gallery: Gallery, real: np.ndarray) -> None:
        self.gallery, self.real = gallery, real
        self.folds = reader.folds(gallery.labels)
        progress = not arguments.quiet
        copies = [traced(arguments, altered(gallery.maps, i)) for i in range(COPIES)]
        self.readers = []
        for fold in range(reader.FOLDS):
            seen = self.folds != fold
            known = np.concatenate([real[seen], *(copy[seen] for copy in copies)])
            labels = np.tile(gallery.labels[seen], 1 + COPIES)
            self.readers.append(
                reader.train(known, labels, len(gallery.concepts), arguments.epochs, progress)
            )

    def read(self, name: str, seen: np.ndarray, truth: np.ndarray, own: np.ndarray | None) -> Reading:
        """One set of drawings; `own` is the gallery drawing that each picture shows, if any."""
        each = [reader.read(one, seen) for one in self.readers]
        if own is None:
            scores = np.mean(each, axis=0)
        else:
            scores = np.stack(each)[self.folds[own], np.arange(len(seen))]
        nearest = hog.scores(seen, self.real, self.gallery.labels, len(self.gallery.concepts), own)
        return Reading(name, (scores, nearest), truth)

    def compared(self, arguments: argparse.Namespace, model: Path, usual: Reading) -> str:
        """The table of other options than the defaults, on the concepts that people ask for first."""
        core = self.gallery.core()
        concepts = [self.gallery.concepts[row] for row in core]
        truth = np.repeat(core, arguments.variations)
        readings = [replace(usual, name="the defaults")]
        for options in arguments.compare:
            drawn = drawings(arguments, model, concepts, arguments.variations, *shlex.split(options))
            readings.append(self.read(f"`{options}`", shown(arguments, drawn), truth, None))
        judged = [reading.among(core) for reading in readings]
        return f"""Written by `{command_line(arguments, model)}`: the same judges, the {len(core)} concepts
that people ask for first.

{tables(judged, len(core), arguments.size)[0]}
"""

    def texts(self, arguments: argparse.Namespace, model: Path) -> str:
        """The table of other texts than names: how many are understood, how many read rightly."""
        core, cells = self.gallery.core(), []
        concepts = [self.gallery.concepts[row] for row in core]
        for name, asked in texts.sets(arguments.work, concepts).items():
            prompts = [text for text, _ in asked]
            drawn = drawings(arguments, model, prompts, 1)
            seen = shown(arguments, drawn)
            scores = np.mean([reader.read(one, seen) for one in self.readers], axis=0)
            truth = np.array([row for _, row in asked])
            scores = scores[:, core]
            read = [str(protocol.accuracy(scores, truth, size)) for size in AMONG]
            known = protocol.Count(texts.understood(asked, drawn, concepts), len(asked))
            cells.append([name, str(len(asked)), str(known), *read])
        head = ["asked for by", "texts", "drawn as what it means", *(f"reader, of {m}" for m in AMONG)]
        return f"""Written by `{command_line(arguments, model)}`: the {len(concepts)} concepts that people
ask for first, every text drawn once.

{card.table(head, cells)}
"""

    def scenes(self, arguments: argparse.Namespace, model: Path) -> list[protocol.Count]:
        """Scenes of two things in which both are found, among so many as `Gallery.among` says."""
        chosen = scenes.choose(len(self.gallery.concepts), SCENES)
        prompts = [scene.prompt(self.gallery.concepts) for scene in chosen]
        drawn = drawings(arguments, model, prompts, 1)
        sides = zip(*(scenes.halves(record["lines"]) for record in drawn), strict=True)
        read = [
            np.mean([reader.read(one, pictures(list(side))) for one in self.readers], axis=0)
            for side in sides
        ]
        return [scenes.both(*read, chosen, size) for size in among(len(self.gallery.concepts))]
