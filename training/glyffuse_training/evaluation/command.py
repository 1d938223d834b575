"""`python -m glyffuse_training evaluate`: judges a released model, writes its card's tables."""

from __future__ import annotations

import argparse
import json
import shlex
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..config import Config
from ..data.curated import core_concepts
from ..data.shards import altered
from ..export import ROOT
from . import binary, card, hog, peers, protocol, reader, scenes, statistics, texts
from .render import render

#: Fewest held-out drawings of a concept that is judged.
FEWEST = 2
#: Altered copies of every held-out drawing that the reader learns from.
COPIES = 6
AMONG = (5, 20)
#: Scenes of two things that are judged.
SCENES = 80
#: Values of options that the card's command line leaves out.
VARIATIONS, EPOCHS = 2, 24


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of this command."""
    parser.add_argument("--binary", type=Path, default=ROOT / "target" / "release" / "glyffuse")
    parser.add_argument("--model", help="name in models/, or a model folder (default: the config's name)")
    parser.add_argument("--variations", type=int, default=VARIATIONS, help="drawings of every concept")
    parser.add_argument("--epochs", type=int, default=EPOCHS, help="passes of the reader's training")
    parser.add_argument("--limit", type=int, help="judge only so many concepts")
    parser.add_argument("--core", action="store_true", help="judge only the concepts of curated/core.txt")
    parser.add_argument("--draw-option", action="append", default=[], help="passed on to `draw`")
    parser.add_argument("--texts", action="store_true", help="also other texts than names, and languages")
    parser.add_argument("--without-peers", action="store_true", help="leave jp2a and chafa out")
    parser.add_argument("--dry", action="store_true", help="print the tables, leave the card alone")


@dataclass
class Gallery:
    """Real drawings of the held-out families, and the concepts that are judged."""

    concepts: list[str]
    #: uint8 [n, side, side], 255 ink.
    maps: np.ndarray
    #: Row of the concept, [n].
    labels: np.ndarray

    def among(self) -> list[int]:
        """Of how many concepts a judge picks: five, twenty, all."""
        every = len(self.concepts)
        return [*(size for size in AMONG if size < every), every]


@dataclass
class Row:
    """What the judges say about one set of drawings, the reader's cells before those of HOG."""

    name: str
    drawings: int | None
    accuracies: list[protocol.Accuracy]
    counts: list[protocol.Count]


def main(arguments: argparse.Namespace) -> None:
    """Runs the whole protocol."""
    config = Config.load(arguments.config)
    model = model_folder(arguments.model or config.name)
    if not arguments.binary.is_file():
        raise FileNotFoundError(f"{arguments.binary} is missing: run `cargo build --release` first")
    progress = not arguments.quiet
    gallery = load(arguments.work, model, arguments.limit, arguments.core)
    real = pictures(binary.trace(arguments.binary, gallery.maps, progress))
    judges = Judges(arguments, gallery, real)
    everyone, own = gallery.labels, np.arange(len(gallery.labels))
    rows = [judges.row("real held-out drawings through our decoder (ceiling)", real, everyone, own)]
    drawn = binary.draw(
        arguments.binary, model, gallery.concepts, arguments.variations, arguments.draw_option, progress
    )
    truth = np.repeat(np.arange(len(gallery.concepts)), arguments.variations)
    rows.append(judges.row("**generated drawings**", pictures([r["lines"] for r in drawn]), truth, None))
    for name in () if arguments.without_peers else peers.COMMANDS:
        lines = peers.convert(name, gallery.maps, progress)
        if lines is None:
            rows.append(Row(f"{name} (not installed)", None, [], []))
        else:
            rows.append(judges.row(f"{name} on the held-out drawings", pictures(lines), everyone, own))
    found = judges.scenes(arguments, model)
    text = report(arguments, model, gallery, rows, drawn, found)
    print(text)
    if arguments.texts:
        asked = judges.texts(arguments, model)
        print(asked)
        if not arguments.dry:
            card.write(model / "MODEL_CARD.md", asked, "texts")
    if not arguments.dry:
        mark = f"{card.EVALUATION}-core" if arguments.core else card.EVALUATION
        card.write(model / "MODEL_CARD.md", text, mark)


def model_folder(model: str) -> Path:
    """The folder of a model given by its name or its path."""
    for folder in (ROOT / "models" / model, Path(model)):
        if (folder / "manifest.toml").is_file():
            return folder
    raise FileNotFoundError(f"no model {model}: neither a name in models/ nor a model folder")


def load(work: Path, model: Path, limit: int | None, core: bool = False) -> Gallery:
    """The held-out drawings of the concepts that the model offers; with `core` of those that people ask
    for first.
    """
    offered = (model / "concepts.txt").read_text("utf-8").splitlines()
    if core:
        wanted = core_concepts()
        offered = [name for name in offered if name in wanted]
    with np.load(work / "held_out.npz") as stored:
        names: list[str] = json.loads(stored["names"].tobytes())
        maps, concept = stored["ink"], stored["concept"]
    counts = np.bincount(concept, minlength=len(names))
    judged = [name for name in offered if counts[names.index(name)] >= FEWEST][:limit]
    row = {names.index(name): place for place, name in enumerate(judged)}
    kept = np.array([index for index, c in enumerate(concept) if c in row])
    return Gallery(judged, maps[kept], np.array([row[c] for c in concept[kept]]))


def pictures(drawn: list[list[str]]) -> np.ndarray:
    """All drawings as the judges see them, float32 [n, side, side]."""
    return np.stack([render(lines) for lines in drawn])


class Judges:
    """The reader network (cross-fitted) and the HOG gallery."""

    def __init__(self, arguments: argparse.Namespace, gallery: Gallery, real: np.ndarray) -> None:
        self.gallery, self.real = gallery, real
        self.folds = reader.folds(gallery.labels)
        progress = not arguments.quiet
        copies = [pictures(binary.trace(arguments.binary, altered(gallery.maps, i), progress)) for i in range(COPIES)]
        self.readers = []
        for fold in range(reader.FOLDS):
            seen = self.folds != fold
            shown = np.concatenate([real[seen], *(copy[seen] for copy in copies)])
            labels = np.tile(gallery.labels[seen], 1 + COPIES)
            self.readers.append(
                reader.train(shown, labels, len(gallery.concepts), arguments.epochs, progress)
            )

    def row(self, name: str, shown: np.ndarray, truth: np.ndarray, own: np.ndarray | None) -> Row:
        """One row of the table; `own` is the gallery drawing that each picture shows, if any."""
        each = [reader.read(one, shown) for one in self.readers]
        if own is None:
            scores = np.mean(each, axis=0)
        else:
            scores = np.stack(each)[self.folds[own], np.arange(len(shown))]
        nearest = hog.scores(shown, self.real, self.gallery.labels, len(self.gallery.concepts), own)
        asked = [(judged, among) for judged in (scores, nearest) for among in self.gallery.among()]
        accuracies = [protocol.accuracy(judged, truth, among) for judged, among in asked]
        counts = [protocol.count(judged, truth, among) for judged, among in asked]
        return Row(name, len(shown), accuracies, counts)

    def texts(self, arguments: argparse.Namespace, model: Path) -> str:
        """The table of other texts than names: how many are understood, how many read rightly."""
        concepts, cells = self.gallery.concepts, []
        for name, asked in texts.sets(arguments.work, concepts).items():
            prompts = [text for text, _ in asked]
            drawn = binary.draw(
                arguments.binary, model, prompts, 1, arguments.draw_option, not arguments.quiet
            )
            shown = pictures([record["lines"] for record in drawn])
            scores = np.mean([reader.read(one, shown) for one in self.readers], axis=0)
            truth = np.array([row for _, row in asked])
            read = [str(protocol.accuracy(scores, truth, among)) for among in AMONG]
            known = protocol.Count(texts.understood(asked, drawn, concepts), len(asked))
            cells.append([name, str(len(asked)), str(known), *read])
        head = ["asked for by", "texts", "drawn as what it means", *(f"reader, of {m}" for m in AMONG)]
        return f"""Written by `{command_line(arguments, model)}`: every text drawn once.

{card.table(head, cells)}
"""

    def scenes(self, arguments: argparse.Namespace, model: Path) -> list[protocol.Count]:
        """Scenes of two things in which both are found, among so many as `Gallery.among` says."""
        chosen = scenes.choose(len(self.gallery.concepts), SCENES)
        prompts = [scene.prompt(self.gallery.concepts) for scene in chosen]
        drawn = binary.draw(
            arguments.binary, model, prompts, 1, arguments.draw_option, not arguments.quiet
        )
        sides = zip(*(scenes.halves(record["lines"]) for record in drawn), strict=True)
        read = [
            np.mean([reader.read(one, pictures(list(side))) for one in self.readers], axis=0)
            for side in sides
        ]
        return [scenes.both(*read, chosen, among) for among in self.gallery.among()]


def command_line(arguments: argparse.Namespace, model: Path) -> str:
    """The command that repeats this run, without paths of this machine."""
    words = ["python", "-m", "glyffuse_training", "evaluate", "--model", model.name]
    words += ["--variations", str(arguments.variations)]
    if arguments.epochs != EPOCHS:
        words += ["--epochs", str(arguments.epochs)]
    if arguments.limit is not None:
        words += ["--limit", str(arguments.limit)]
    words += ["--core"] * arguments.core
    words += [f"--draw-option={option}" for option in arguments.draw_option]
    words += ["--texts"] * arguments.texts
    words += ["--without-peers"] * arguments.without_peers
    return shlex.join(words)


def tables(gallery: Gallery, rows: list[Row]) -> tuple[str, str]:
    """The table of accuracies and the table of counts."""
    sizes = gallery.among()
    head = ["drawings at 36×18", "n", *(f"{judge}, of {m}" for judge in ("reader", "HOG") for m in sizes)]
    shares, counts = [], []
    for row in rows:
        first = [row.name, "–" if row.drawings is None else str(row.drawings)]
        absent = ["–"] * (2 * len(sizes))
        shares.append(first + ([str(cell) for cell in row.accuracies] or absent))
        counts.append(first + ([str(cell) for cell in row.counts] or absent))
    return card.table(head, shares), card.table(head, counts)


def report(
    arguments: argparse.Namespace,
    model: Path,
    gallery: Gallery,
    rows: list[Row],
    drawn: list[dict],
    found: list[protocol.Count],
) -> str:
    """The tables with the command that repeats them."""
    ink = statistics.ink([r["lines"] for r in drawn])
    recipe = drawn[0]["recipe"]
    concepts = len(gallery.concepts)
    chance = ", ".join(f"{1 / among:.3f} of {among}" for among in gallery.among())
    shares, counts = tables(gallery, rows)
    return f"""Written by `{command_line(arguments, model)}`
(run in `training/`, after `cargo build --release`): model {recipe["model"]}, sampler
{recipe["sampler"]}, {recipe["steps"]} steps, guidance {recipe["guidance_scale"]}, kind
{recipe["kind"]}; {concepts} concepts with at least {FEWEST} held-out drawings, variations 1 to
{arguments.variations} of each name, each with the seed that follows from model, text and variation.

{shares}

Each cell is the share of drawings for which the judge prefers the right concept to all wrong ones,
averaged over every choice of wrong concepts, with a 95 % interval (resampled by concept). Chance is
{chance}. The reader is a small network that saw only real drawings of the
held-out families, decoded by this program, and never the drawing that it reads: the characters of
jp2a and chafa are new to it, which counts against them. HOG has nothing trained in it.

The same with one choice of wrong concepts for each drawing, by a fixed seed: drawings read rightly,
with Wilson's 95 % interval, which takes drawings of one concept for independent.

{counts}

{card.table(["scenes", *(f"both found, of {m}" for m in gallery.among())], [["two things side by side", *map(str, found)]])}

{SCENES} scenes like "{scenes.choose(concepts, 1)[0].prompt(gallery.concepts)}", pairs by a fixed seed, each half read alone; chance
is the square of the chance for one thing.

| ink of the generated drawings | share of characters |
| --- | --- |
| smallest, median, largest | {ink.smallest:.3f}, {ink.median:.3f}, {ink.largest:.3f} |
| blank (below {statistics.BLANK:.2f}) | {ink.blank} of {ink.drawings} |
| slab (above {statistics.SLAB:.2f}) | {ink.slab} of {ink.drawings} |
"""
