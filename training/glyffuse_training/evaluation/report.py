"""What a run of the judges says, as tables with the command that repeats it."""

from __future__ import annotations

import argparse
import shlex
from pathlib import Path

from . import card, protocol, scenes, statistics
from .reading import Gallery, Reading, among
from .render import SIZES

#: Fewest held-out drawings of a concept that is judged.
FEWEST = 2
#: Scenes of two things that are judged.
SCENES = 80
#: Values of options that the card's command line leaves out.
VARIATIONS, EPOCHS = 2, 24


def command_line(arguments: argparse.Namespace, model: Path) -> str:
    """The command that repeats this run, without paths of this machine."""
    words = ["python", "-m", "glyffuse_training", "evaluate", "--model", model.name]
    words += ["--variations", str(arguments.variations)]
    if arguments.epochs != EPOCHS:
        words += ["--epochs", str(arguments.epochs)]
    if arguments.limit is not None:
        words += ["--limit", str(arguments.limit)]
    words += [f"--draw-option={option}" for option in arguments.draw_option]
    if arguments.size != "phone":
        words += ["--size", arguments.size]
    words += [word for options in arguments.compare for word in ("--compare", options)]
    words += ["--texts"] * arguments.texts
    words += ["--without-peers"] * arguments.without_peers
    return shlex.join(words)


def tables(readings: list[Reading], concepts: int, size: str) -> tuple[str, str]:
    """The table of accuracies and the table of counts, the reader's cells before those of HOG."""
    sizes = among(concepts)
    head = ["drawings at {}×{}".format(*SIZES[size]), "n", *(f"{judge}, of {m}" for judge in ("reader", "HOG") for m in sizes)]
    shares, counts = [], []
    for reading in readings:
        asked = [(scores, size) for scores in reading.scores for size in sizes]
        first = [reading.name, str(len(reading.truth)) if asked else "–"]
        absent = ["–"] * (2 * len(sizes) - len(asked))
        shares.append(first + [str(protocol.accuracy(s, reading.truth, m)) for s, m in asked] + absent)
        counts.append(first + [str(protocol.count(s, reading.truth, m)) for s, m in asked] + absent)
    return card.table(head, shares), card.table(head, counts)


def core_report(
    arguments: argparse.Namespace, model: Path, gallery: Gallery, readings: list[Reading]
) -> str:
    """The same drawings and judges, only the concepts that people ask for first."""
    core = gallery.core()
    shares, counts = tables([reading.among(core) for reading in readings], len(core), arguments.size)
    learned = len(gallery.concepts)
    return f"""Written by `{command_line(arguments, model)}`: the {len(core)} concepts that people ask for
first, judged among themselves by readers that have learned {learned} concepts.

{shares}

With one choice of wrong concepts for each drawing:

{counts}
"""


def report(
    arguments: argparse.Namespace,
    model: Path,
    gallery: Gallery,
    readings: list[Reading],
    drawn: list[dict],
    found: list[protocol.Count],
) -> str:
    """The tables with the command that repeats them."""
    ink = statistics.ink([r["lines"] for r in drawn])
    recipe = drawn[0]["recipe"]
    concepts = len(gallery.concepts)
    chance = ", ".join(f"{1 / size:.3f} of {size}" for size in among(concepts))
    shares, counts = tables(readings, concepts, arguments.size)
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

{card.table(["scenes", *(f"both found, of {m}" for m in among(concepts))], [["two things side by side", *map(str, found)]])}

{SCENES} scenes like "{scenes.choose(concepts, 1)[0].prompt(gallery.concepts)}", pairs by a fixed seed, each half read alone; chance
is the square of the chance for one thing.

| ink of the generated drawings | share of characters |
| --- | --- |
| smallest, median, largest | {ink.smallest:.3f}, {ink.median:.3f}, {ink.largest:.3f} |
| blank (below {statistics.BLANK:.2f}) | {ink.blank} of {ink.drawings} |
| slab (above {statistics.SLAB:.2f}) | {ink.slab} of {ink.drawings} |
"""
