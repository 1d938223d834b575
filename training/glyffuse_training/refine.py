"""`python -m glyffuse_training refine`: the first stage learns from its own layouts that read best.

Rejection sampling fine-tuning (Dong et al. 2023, "RAFT"): the cascade draws every offered concept many
times, the program's decoder turns the ink into characters, the ranker reads them, and the first stage
goes on learning from the drawings that were read best, beside the real ones. What it gains are better
first drawings, at no cost when the program runs.
"""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path

import numpy as np
import torch
from tqdm import tqdm

from . import cascade, optimiser
from .config import Config, TrainConfig
from .data.curated import core_concepts
from .data.shards import Batch, Drawings, augment
from .diffusion import alphas_cumprod
from .ema import Ema
from .evaluation import binary
from .export import FEWEST_DRAWINGS, ROOT
from .loop import denoiser
from .loss import v_loss
from .low_res import LowRes, lowered
from .ranking.examples import encode
from .ranking.export import load as load_ranker
from .sampling import sample

#: Share of a batch that are its own drawings; the rest are real.
OWN = 0.5
#: Altered copies of every kept drawing.
COPIES = 8
BATCH, RATE = 512, 2e-4
#: Drawings that are drawn at a time.
AT_ONCE = 96


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of this command."""
    parser.add_argument("--binary", type=Path, default=ROOT / "target" / "release" / "glyffuse")
    parser.add_argument("--tries", type=int, default=12, help="drawings of a concept to choose from")
    parser.add_argument("--kept", type=int, default=3, help="how many of them are learned from")
    parser.add_argument("--maps", type=int, default=2_740_000, help="maps to learn from, its own and real")


def main(arguments: argparse.Namespace) -> None:
    """Draws, chooses, learns; the weights from before stay beside the new ones."""
    config = Config.load(arguments.config)
    torch.set_flush_denormal(True)
    if "GLYFFUSE_THREADS" in os.environ:
        torch.set_num_threads(int(os.environ["GLYFFUSE_THREADS"]))
    training = Drawings(arguments.work, 0, config.data)
    first_stage = cascade.network(config)
    weights = cascade.weights(arguments.work, config)
    first_stage.load_state_dict(torch.load(weights, weights_only=True))
    offered = concepts(arguments.work, training)
    tried = draw(config, arguments, first_stage.eval(), training, offered)
    scores = read(arguments, tried, training.vectors[training.first[offered]])
    best = scores.topk(arguments.kept, dim=0)
    print(f"log-probability {scores.mean():.2f} on average, the kept ones {best.values.mean():.2f}")
    kept = tried[best.indices, torch.arange(len(offered))].flatten(0, 1)
    owners = torch.tensor(offered).repeat(arguments.kept)
    refined = learn(config, first_stage, training, kept, owners, arguments.maps)
    weights.rename(weights.with_name("low_res-unrefined.pt"))
    torch.save(refined.state_dict(), weights)


def concepts(work: Path, training: Drawings) -> list[int]:
    """Rows of the concepts that are offered; those of curated/core.txt come first."""
    with np.load(work / "drawings.npz") as stored:
        names: list[str] = json.loads(stored["names"].tobytes())
        counts = np.bincount(stored["concept"], minlength=len(names))
    wanted = core_concepts()
    rows = [row for row in range(len(names)) if counts[row] >= FEWEST_DRAWINGS]
    return sorted(rows, key=lambda row: training.names[row] not in wanted)


@torch.no_grad()
def draw(
    config: Config,
    arguments: argparse.Namespace,
    first_stage: LowRes,
    training: Drawings,
    offered: list[int],
) -> torch.Tensor:
    """Ink maps of every concept, [tries, concepts, side, side] uint8, in the default kind."""
    state = torch.load(arguments.work / "runs" / config.name / "checkpoint.pt", weights_only=True)
    network = denoiser(config)
    network.load_state_dict(state["ema"])
    network = network.eval().to(memory_format=torch.channels_last)
    steps = config.diffusion.num_train_timesteps
    layout_alphas = alphas_cumprod(steps, config.low_res.signal_scale)
    ink_alphas = alphas_cumprod(steps, config.diffusion.signal_scale)
    vectors = training.vectors[training.first[offered]]
    tries = []
    for number in tqdm(range(arguments.tries), desc="draw", disable=arguments.quiet):
        maps = []
        for part, texts in enumerate(vectors.split(AT_ONCE)):
            kind = torch.ones(len(texts), dtype=torch.int64)
            seed = 1_000 * (number + 1) + part
            scale = config.sampling.guidance_scale
            low = sample(
                first_stage, layout_alphas, texts, kind, first_stage.side,
                steps=config.low_res.steps, guidance_scale=scale, seed=seed, eta=1.0,
            )  # fmt: skip
            with torch.autocast("cpu", torch.bfloat16):
                ink = sample(
                    network, ink_alphas, texts, kind, config.data.side,
                    steps=config.sampling.steps, guidance_scale=1.0, seed=seed, low_res=low,
                )  # fmt: skip
            maps.append(((ink[:, 0].float() + 1) * 127.5).round().to(torch.uint8))
        tries.append(torch.cat(maps))
    return torch.stack(tries)


@torch.inference_mode()
def read(arguments: argparse.Namespace, tried: torch.Tensor, texts: torch.Tensor) -> torch.Tensor:
    """The ranker's score of every drawing for its own concept, [tries, concepts]."""
    ranker = load_ranker(arguments.work / "ranker" / "ranker.pt")
    scores = []
    for maps in tried:
        lines = binary.trace(arguments.binary, maps.numpy(), not arguments.quiet)
        characters = torch.from_numpy(np.stack([encode(each) for each in lines])).long()
        seen = ranker.read(characters)
        against = (seen @ ranker.place(ranker.concepts).T).logsumexp(1)
        scores.append((seen * ranker.place(texts)).sum(1) - against)
    return torch.stack(scores)


def learn(
    config: Config,
    model: LowRes,
    training: Drawings,
    kept: torch.Tensor,
    owners: torch.Tensor,
    maps: int,
) -> LowRes:
    """The averaged first stage after so many maps of its own best drawings and real ones."""
    generator = torch.Generator().manual_seed(config.train.seed)
    ink = kept.float().div(127.5).sub(1).unsqueeze(1)
    own = torch.stack([lowered(augment(ink, 0.0, generator), model.side) for _ in range(COPIES)])
    weights = _weights(training, owners)
    pool = cascade.Pool(training, model.side, COPIES)
    ema = Ema(model, config.low_res.ema_decay)
    pace = TrainConfig(
        total_drawings=maps, decay_drawings=maps * 4 // 5, warmup_drawings=maps // 50,
        learning_rate=RATE, optimiser="adamw",
    )  # fmt: skip
    optimisers = optimiser.build(model.train(), pace)
    alphas = alphas_cumprod(config.diffusion.num_train_timesteps, config.low_res.signal_scale)
    count = int(OWN * BATCH)
    for done in range(0, maps, BATCH):
        rows = torch.multinomial(weights, count, replacement=True, generator=generator)
        copy = torch.randint(COPIES, (count,), generator=generator)
        real = pool.batch(BATCH - count, generator)
        batch = Batch(
            torch.cat([own[copy, rows], real.ink]),
            torch.cat([training.captions(owners[rows], generator), real.text_embeds]),
            torch.cat([torch.ones(count, dtype=torch.int64), real.kind]),
        )
        v_loss(model, batch, alphas, generator, config.low_res.cond_drop_prob).mean().backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for each in optimisers:
            for group in each.param_groups:
                group["lr"] = group["peak_lr"] * optimiser.pace(done, pace)
            each.step()
            each.zero_grad(set_to_none=True)
        ema.update(model)
    return ema.model


def _weights(training: Drawings, owners: torch.Tensor) -> torch.Tensor:
    """Concepts that people ask for first as much more often as in training."""
    wanted = core_concepts()
    core = torch.tensor([training.names[owner] in wanted for owner in owners])
    return torch.where(core, training.config.core_weight, 1.0)
