"""The judges and their arithmetic."""

from __future__ import annotations

import numpy as np
import pytest
from glyffuse_training.evaluation import card, command, hog, protocol, reader, reading, report, scenes, statistics, texts
from glyffuse_training.evaluation.render import SIDE, SIZES, render


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


def test_wilson_has_the_known_values():
    # Newcombe 1998, "Two-sided confidence intervals for the single proportion", table I.
    assert protocol.wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=1e-4)
    assert protocol.wilson(15, 148) == pytest.approx((0.0624, 0.1605), abs=1e-4)
    assert protocol.wilson(0, 20) == pytest.approx((0, 0.1611), abs=1e-4)
    assert protocol.wilson(1, 29) == pytest.approx((0.0061, 0.1718), abs=1e-4)
    assert protocol.wilson(0, 0) == (0, 1)


def test_counts_are_all_for_an_oracle_and_at_chance_for_a_guess():
    truth = np.repeat(np.arange(30), 40)
    oracle = np.eye(30)[truth]
    guess = np.random.default_rng(1).standard_normal((len(truth), 30))
    for among in (5, 20, 30, 40):
        assert protocol.count(oracle, truth, among).right == len(truth)
        assert protocol.count(-oracle, truth, among).right == 0
    low, high = protocol.wilson(protocol.count(guess, truth, 5).right, len(truth))
    assert low < 1 / 5 < high
    # A judge that cannot tell is never right.
    assert protocol.count(np.zeros_like(guess), truth, 5).right == 0


def test_ink_counts_blank_pages_and_slabs():
    found = statistics.ink([[""], ["x" * 36] * 18, ["x" * 36] * 9])
    assert (found.blank, found.slab, found.drawings) == (1, 1, 3)
    assert (found.smallest, found.median, found.largest) == (0, 0.5, 1)


def test_a_peer_that_is_absent_keeps_its_row():
    scores, truth = (np.eye(2), np.eye(2)), np.arange(2)
    readings = [reading.Reading("ours", scores, truth), reading.Reading("jp2a (not installed)", (), truth)]
    for table in report.tables(readings, 2, "phone"):
        assert len({line.count("|") for line in table.splitlines()}) == 1
        assert table.splitlines()[-1] == "| jp2a (not installed) | – | – | – |"


def test_a_part_of_the_concepts_is_judged_among_itself():
    # The judge takes the second for the third, and is right about the others.
    scores = np.eye(4)[[0, 2, 2, 3]]
    whole = reading.Reading("ours", (scores,), np.arange(4))
    part = whole.among(np.array([0, 1, 3]))
    assert part.truth.tolist() == [0, 1, 2]
    right = part.scores[0].argmax(1) == part.truth
    assert right.tolist() == [True, False, True]


def test_every_reader_has_seen_the_concepts_that_it_is_asked_for():
    labels = np.random.default_rng(2).permutation(np.repeat(np.arange(50), 2 + np.arange(50) % 4))
    folds = reader.folds(labels)
    assert np.ptp(np.bincount(folds)) <= 1
    for concept in range(50):
        assert len(np.unique(folds[labels == concept])) == min(reader.FOLDS, (labels == concept).sum())


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


def test_a_card_that_does_not_end_its_tables_is_left_alone(tmp_path):
    path = tmp_path / "MODEL_CARD.md"
    path.write_text(f"# Card\n\n<!-- {card.EVALUATION} -->\nWords that matter.\n")
    with pytest.raises(ValueError, match="no <!-- /evaluation -->"):
        card.write(path, "new")
    assert "Words that matter." in path.read_text()


def test_a_scene_counts_when_both_halves_are_read():
    chosen = scenes.choose(6, 4)
    assert chosen == scenes.choose(6, 4) and all(scene.left != scene.right for scene in chosen)
    assert scenes.Scene(0, 1).prompt(["apple", "cat"]) == "an apple and a cat"
    right = np.full((4, 6), -5.0)
    left = right.copy()
    for place, scene in enumerate(chosen):
        left[place, scene.left] = 0
        right[place, scene.right] = 0
    assert str(scenes.both(left, right, chosen, 5)).startswith("4/4")
    right[0] = -right[0]
    right[0, chosen[0].right] = -9
    assert str(scenes.both(left, right, chosen, 5)).startswith("3/4")
    assert scenes.halves(["ab" * 18]) == (["ab" * 9], ["ab" * 9])


def test_what_a_text_is_drawn_as_is_counted():
    asked = [("gato", 0), ("red dog", 1), ("a red cat", 0), ("chien", 1)]
    drawn = [{"drawn_as": "cat"}, {"drawn_as": "dog"}, {}, {"drawn_as": "cat"}]
    assert texts.understood(asked, drawn, ["cat", "dog"]) == 3


def test_a_gallery_of_chosen_concepts_keeps_their_drawings():
    maps = np.arange(5, dtype=np.uint8)[:, None, None] * np.ones((1, 2, 2), np.uint8)
    gallery = reading.Gallery(["cat", "car", "key"], maps, np.array([0, 1, 2, 0, 2]))
    chosen = gallery.only(np.array([0, 2]))
    assert chosen.concepts == ["cat", "key"]
    assert chosen.labels.tolist() == [0, 1, 0, 1]
    assert chosen.maps[:, 0, 0].tolist() == [0, 2, 3, 4]


def test_pages_of_both_sizes_are_seen_alike():
    for size, (columns, rows) in SIZES.items():
        bar = [" " * columns] * (rows // 2) + ["-" * columns] + [" " * columns] * (rows // 2)
        seen = render(bar, size)
        assert seen.shape == (SIDE, SIDE)
        assert seen[SIDE // 2 - 2 : SIDE // 2 + 2].max() == 1, size
        assert seen[:10].max() < 0.01, size
