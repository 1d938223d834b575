"""The ranker reads characters, and learns what names them."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import onnxruntime
import torch
from glyffuse_training.evaluation.render import COLUMNS, ROWS
from glyffuse_training.ranking import command, examples
from glyffuse_training.ranking.export import export_ranker
from glyffuse_training.ranking.network import Ranker


def test_characters_become_codes():
    grid = examples.encode(["~ a", "é\u2588b", *[""] * ROWS])
    assert grid.shape == (ROWS, COLUMNS)
    assert grid[0, :4].tolist() == [94, 0, 65, 0]
    assert grid[1, :3].tolist() == [0, 0, 66]


def test_examples_come_back(tmp_path):
    made = examples.Examples(np.full((2, ROWS, COLUMNS), 7, np.uint8), np.array([3, 1]))
    examples.save(made, tmp_path / "made.npz")
    read = examples.load(tmp_path / "made.npz")
    assert np.array_equal(read.characters, made.characters) and read.concept.tolist() == [3, 1]


def test_learns_which_drawing_shows_a_text():
    rng = np.random.default_rng(0)
    shapes = rng.integers(0, examples.CHARACTERS, (3, ROWS, COLUMNS)).astype(np.uint8)
    concept = np.arange(96) % 3
    vectors = torch.eye(3, 16)
    first, count = torch.arange(3), torch.ones(3, dtype=torch.int64)
    drawings = SimpleNamespace(names=["a", "b", "c"], vectors=vectors, first=first, count=count)
    shown = examples.Examples(shapes[concept], concept)
    torch.manual_seed(0)
    ranker = command.train(drawings, shown, 40, progress=False)
    with torch.inference_mode():
        characters = torch.from_numpy(shapes).long()
        scores = torch.stack([ranker(characters, vectors[[row]]) for row in range(3)])
    assert scores.argmax(1).tolist() == [0, 1, 2]
    assert (scores <= 0).all(), "scores are log-probabilities"


def test_a_ranker_compares_with_every_name():
    ranker = Ranker(torch.eye(4)).eval()
    with torch.inference_mode():
        characters = torch.zeros(1, ROWS, COLUMNS, dtype=torch.int64)
        scores = torch.cat([ranker(characters, torch.eye(4)[[row]]) for row in range(4)])
    assert abs(scores.exp().sum().item() - 1) < 1e-5


def test_the_export_scores_as_the_network(tmp_path):
    torch.manual_seed(0)
    ranker = Ranker(torch.nn.functional.normalize(torch.randn(5, 8), dim=1)).eval()
    characters = torch.randint(0, examples.CHARACTERS, (3, ROWS, COLUMNS))
    text = ranker.concepts[[2]]
    path = tmp_path / "ranker.onnx"
    export_ranker(ranker, path, 8)
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    for rows in (slice(0, 3), slice(1, 2)):
        feed = {"characters": characters[rows].numpy(), "text_embeds": text.numpy()}
        found = session.run(["score"], feed)[0]
        with torch.inference_mode():
            wanted = ranker(characters[rows], text).numpy()
        assert np.abs(found - wanted).max() <= 1e-2, "weights are kept as float16"
