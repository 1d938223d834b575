"""The judges and their arithmetic."""

from __future__ import annotations

import numpy as np
import pytest
from glyffuse_training.evaluation import card, hog, protocol
from glyffuse_training.evaluation.render import SIDE, render


def test_an_oracle_is_right_and_a_guess_is_at_chance():
    truth = np.repeat(np.arange(30), 40)
    rng = np.random.default_rng(1)
    guess = rng.standard_normal((len(truth), 30))
    oracle = np.eye(30)[truth]
    for among in (5, 20, 30):
        assert protocol.accuracy(oracle, truth, among).value == 1
        guessed = protocol.accuracy(guess, truth, among)
        assert guessed.value == pytest.approx(1 / among, abs=0.03)
        assert guessed.low < 1 / among < guessed.high
    assert protocol.accuracy(-oracle, truth, 5).value == 0


def test_chances_count_all_choices_of_wrong_concepts():
    # The right concept beats 2 of 3 wrong ones: alone against 1 it wins in 2 of 3 choices.
    scores = np.array([[0.5, 0.1, 0.2, 0.9]])
    assert protocol.chances(scores, np.array([0]), 2) == pytest.approx([2 / 3])
    assert protocol.chances(scores, np.array([0]), 3) == pytest.approx([1 / 3])
    assert protocol.chances(scores, np.array([0]), 4) == pytest.approx([0])


def test_drawings_are_seen_where_they_are():
    assert render([""]).max() == 0
    seen = render(["", "   ____", "  |    |", "  |____|"])
    assert seen.shape == (SIDE, SIDE) and seen.max() == pytest.approx(1)
    middle = seen[SIDE // 2 - 2 : SIDE // 2 + 2, SIDE // 2 - 2 : SIDE // 2 + 2].mean()
    assert middle < 0.5 * seen.mean() + 0.2
    # Moved on the page, the drawing looks the same.
    moved = render(["", "", *(" " * 9 + line for line in ["", "   ____", "  |    |", "  |____|"])])
    assert np.abs(seen - moved).max() < 0.05


def test_hog_prefers_what_is_alike():
    box = ["  ______ ", " |      |", " |      |", " |______|"]
    slope = ["   /", "  /", " /", "/"]
    gallery = np.stack([render(box), render(slope)])
    shown = np.stack([render(["", *(f"  {line}" for line in box)]), render(["    /", *slope])])
    found = hog.scores(shown, gallery, np.array([0, 1]), 2)
    assert found.argmax(1).tolist() == [0, 1]
    alone = hog.scores(gallery, gallery, np.array([0, 1]), 2, own=np.array([0, 1]))
    assert np.isneginf(np.diag(alone)).all()


def test_tables_replace_those_of_the_run_before(tmp_path):
    path = tmp_path / "MODEL_CARD.md"
    path.write_text("# Card\n\nWords.\n")
    card.write(path, "first")
    path.write_text(path.read_text() + "\nAfter.\n")
    card.write(path, card.table(["a", "b"], [["1", "2"]]))
    text = path.read_text()
    assert "first" not in text and "| 1 | 2 |" in text
    assert text.startswith("# Card\n\nWords.") and text.endswith("After.\n")
