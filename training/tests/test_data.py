"""The curated lists keep training and judging apart."""

from __future__ import annotations

import numpy as np
import torch
from glyffuse_training.config import DataConfig
from glyffuse_training.data import curated
from glyffuse_training.data.shards import Drawings, augment, busyness


def test_held_out_families_are_never_trained_on():
    trained, held_out = curated.entries("drawings"), curated.entries("held_out")
    assert len(trained) > 5_000 and len(held_out) > 500
    assert not {entry.set for entry in trained} & set(curated.HELD_OUT_FAMILIES)
    assert {entry.set for entry in held_out} == set(curated.HELD_OUT_FAMILIES)
    assert not {entry.key for entry in trained} & {entry.key for entry in held_out}


def test_every_listed_concept_is_known():
    known = set(curated.concepts())
    assert {entry.concept for entry in curated.entries("drawings")} <= known
    assert {entry.concept for entry in curated.entries("held_out")} <= known
    assert curated.core_concepts() <= known


def test_busy_drawings_are_left_out(tmp_path):
    import shapes

    shapes.write(tmp_path, 24)
    plain = Drawings(tmp_path, 0, DataConfig(side=24))
    edges = busyness(plain.ink)
    strict = Drawings(tmp_path, 0, DataConfig(side=24, busiest=int(edges.max()) - 1))
    assert (plain.weights > 0).all()
    assert strict.weights[edges.argmax()] == 0 and (strict.weights > 0).any()
    core = Drawings(tmp_path, 0, DataConfig(side=24, core_weight=3.0))
    assert torch.isclose(core.weights[0] / core.weights[3], torch.tensor(3.0)), "cat is core, bar is not"


def test_augmented_paper_is_paper():
    generator = torch.Generator().manual_seed(0)
    paper = -torch.ones(4, 1, 24, 24)
    assert torch.equal(augment(paper, 0.5, generator), paper)
    ink = np.zeros((24, 24), np.float32) - 1
    ink[4:20, 4:20] = 1
    moved = augment(torch.from_numpy(ink)[None, None].repeat(8, 1, 1, 1), 0.5, generator)
    shares = (moved > 0).float().mean((1, 2, 3))
    assert ((shares > 0.25) & (shares < 0.65)).all()


def test_every_set_is_named_in_the_notice():
    notice = (curated.FOLDER.parents[1] / "NOTICE").read_text("utf-8")
    named = {line.split()[0] for line in notice.splitlines() if "drawings)" in line}
    used = {entry.set for name in ("drawings", "held_out") for entry in curated.entries(name)}
    assert used == named
