"""`python -m glyffuse_training ranker`: trains the ranker and says how well it reads."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional as F
from tqdm import tqdm

from ..config import Config
from ..data.curated import core_concepts
from ..data.shards import Drawings
from ..export import ROOT
from . import examples
from .network import Ranker

BATCH, RATE = 128, 2e-3
#: Share of concepts that go by another name than their own in a step.
OTHER_NAMES = 0.3
#: How much more often drawings of offered concepts are shown.
CORE_WEIGHT = 3.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of this command."""
    parser.add_argument("--binary", type=Path, default=ROOT / "target" / "release" / "glyffuse")
    parser.add_argument("--epochs", type=int, default=12, help="passes over the examples")


def main(arguments: argparse.Namespace) -> None:
    """Makes the examples where they are missing, trains, reports, keeps the weights."""
    config = Config.load(arguments.config)
    folder = arguments.work / "ranker"
    folder.mkdir(parents=True, exist_ok=True)
    progress = not arguments.quiet
    training, validation = (Drawings(arguments.work, split, config.data) for split in (0, 1))
    for name, drawings in (("training", training), ("validation", validation)):
        if not (folder / f"{name}.npz").is_file():
            made = examples.trace(arguments.binary, drawings, name == "training", progress)
            examples.save(made, folder / f"{name}.npz")
    ranker = train(training, examples.load(folder / "training.npz"), arguments.epochs, progress)
    shown = examples.load(folder / "validation.npz")
    print(report(ranker, training.names, shown))
    torch.save(ranker.state_dict(), folder / "ranker.pt")


def train(drawings: Drawings, shown: examples.Examples, epochs: int, progress: bool) -> Ranker:
    """A ranker of these examples; `drawings` gives the texts."""
    torch.manual_seed(0)
    if "GLYFFUSE_THREADS" in os.environ:
        torch.set_num_threads(int(os.environ["GLYFFUSE_THREADS"]))
    generator = torch.Generator().manual_seed(0)
    characters, concept = torch.from_numpy(shown.characters), torch.from_numpy(shown.concept)
    ranker = Ranker(drawings.vectors[drawings.first])
    optimiser = torch.optim.AdamW(ranker.parameters(), lr=RATE, weight_decay=0.05)
    steps = epochs * len(concept) // BATCH
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, max_lr=RATE, total_steps=steps)
    weights = _weights(drawings.names, concept)
    ranker.train()
    for _ in tqdm(range(steps), desc="ranker", disable=not progress):
        rows = torch.multinomial(weights, BATCH, replacement=True, generator=generator)
        with torch.autocast("cpu", torch.bfloat16):
            seen = ranker.read(_shaken(characters[rows], generator))
        logits = seen.float() @ ranker.place(_texts(drawings, generator)).T
        F.cross_entropy(logits, concept[rows], label_smoothing=0.1).backward()
        optimiser.step()
        optimiser.zero_grad()
        schedule.step()
    return ranker.eval()


def _weights(names: list[str], concept: torch.Tensor) -> torch.Tensor:
    """Concepts alike but for the root of their count, the offered ones more often."""
    wanted = core_concepts()
    core = torch.tensor([name in wanted for name in names])
    weights = torch.bincount(concept, minlength=len(names)).float()[concept].rsqrt()
    weights[core[concept]] *= CORE_WEIGHT
    return weights


def _texts(drawings: Drawings, generator: torch.Generator) -> torch.Tensor:
    """A text vector of every concept: its name, or another text that means it."""
    other = (torch.rand(len(drawings.count), generator=generator) * drawings.count).long()
    other[torch.rand(len(other), generator=generator) >= OTHER_NAMES] = 0
    return drawings.vectors[drawings.first + other]


def _shaken(characters: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Moved by a cell or two; a few characters lost."""
    down, right = torch.randint(-1, 2, (1,), generator=generator), torch.randint(-2, 3, (1,), generator=generator)
    moved = characters.roll((int(down), int(right)), (1, 2)).long()
    kept = torch.rand(moved.shape, generator=generator) >= 0.03
    return moved * kept


@torch.inference_mode()
def report(ranker: Ranker, names: list[str], shown: examples.Examples) -> str:
    """How often the right name of an offered concept comes first, among them and among all."""
    wanted = core_concepts()
    core = np.array([name in wanted for name in names])
    kept = core[shown.concept]
    seen = ranker.read(torch.from_numpy(shown.characters[kept]).long())
    logits = (seen @ ranker.place(ranker.concepts).T).numpy()
    truth = shown.concept[kept]
    every = (logits.argmax(1) == truth).mean()
    offered = (np.where(core, logits, -np.inf).argmax(1) == truth).mean()
    return f"ranker: {len(truth)} real drawings not seen in training: {offered:.2f} right of {core.sum()} offered concepts, {every:.2f} of {len(names)}"
