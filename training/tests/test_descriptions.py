"""Reading descriptions: what is learned from, and what comes of it."""

from __future__ import annotations

import numpy as np

from glyffuse_training import descriptions
from glyffuse_training.data import curated


def test_the_lists_are_sound_and_kept_apart():
    concepts = curated.concepts()
    lists = [descriptions.read(name) for name in (descriptions.LEARNED, descriptions.HELD_OUT)]
    for rows in lists:
        assert len({concept for concept, _ in rows}) > 100
        for concept, text in rows:
            assert concept in concepts, concept
            assert concept not in text.split(), f"{text} names {concept}"
    learned, held_out = ({text for _, text in rows} for rows in lists)
    assert not learned & held_out


def test_it_learns_what_texts_are_like():
    rng = np.random.default_rng(0)
    names = rng.normal(size=(5, 16))
    names /= np.linalg.norm(names, axis=1, keepdims=True)
    away = rng.normal(size=(5, 16))
    labels = np.repeat(np.arange(5), 40)
    texts = away[labels] + 0.3 * rng.normal(size=(200, 16))
    texts /= np.linalg.norm(texts, axis=1, keepdims=True)
    seen = np.arange(200) % 2 == 0
    weights, bias = descriptions.fit(texts[seen], labels[seen], names)
    read = (texts[~seen] @ weights.T + bias[:, 0]).argmax(1)
    by_name = (texts[~seen] @ names.T).argmax(1)
    assert (read == labels[~seen]).mean() > 0.9 > (by_name == labels[~seen]).mean()
