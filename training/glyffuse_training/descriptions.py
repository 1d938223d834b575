"""Reads texts that describe a thing instead of naming it: "you open it when it rains".

Multinomial logistic regression on the text vector, over the concepts of a release. It begins at the
vectors of the concepts' names and learns from all they are called (captions.py, but for WordNet's
definitions, which judge it) and from the descriptions of curated/descriptions.tsv.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch.nn import functional as F

from .data import captions, curated
from .text_encoder import OnnxTextEncoder

#: Descriptions to learn from, and those that judge.
LEARNED, HELD_OUT = "descriptions.tsv", "held_out_descriptions.tsv"
#: Sentences with a second thing, which is not what they are about.
SENTENCES = (
    "a {} in the {}", "the {} on a {}", "a big {} with a {}", "a {} under the {}",
    "a photo of a {}", "a drawing of a {}, please", "my {} wearing a {}", "a sad {} near the {}",
)  # fmt: skip
#: Sentences of each concept.
SENTENCES_EACH = 6
#: Pull of the weights towards the names' vectors.
PULL = 1.0
EPOCHS, BATCH, RATE, SCALE = 30, 256, 0.01, 20.0


def read(name: str) -> list[tuple[str, str]]:
    """(concept, description) of a curated list."""
    lines = (curated.FOLDER / name).read_text("utf-8").splitlines()
    rows = (line.split("\t") for line in lines if line and not line.startswith("#"))
    return [(concept, text) for concept, text in rows]


def examples(work: Path, concepts: list[str]) -> list[tuple[str, int]]:
    """Texts with the row of the concept that they mean."""
    rows = {concept: row for row, concept in enumerate(concepts)}
    called, glosses = captions.captions(work), captions.definitions(work)
    found = [
        (text, row)
        for concept, row in rows.items()
        for text in called[concept]
        if concept not in glosses or glosses[concept].lower() not in text
    ]
    found += [(text, rows[concept]) for concept, text in read(LEARNED) if concept in rows]
    rng = np.random.default_rng(0)
    for concept, row in rows.items():
        others = rng.choice(len(concepts), SENTENCES_EACH)
        forms = rng.choice(len(SENTENCES), SENTENCES_EACH, replace=False)
        found += [(SENTENCES[f].format(concept, concepts[o]), row) for f, o in zip(forms, others, strict=True)]
    return found


def fit(
    vectors: np.ndarray, labels: np.ndarray, names: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Weights [concepts, size] and biases [concepts, 1], float32, of text vectors [n, size] with their
    concepts [n]; `names` [concepts, size] are the vectors of the concepts' names.
    """
    torch.manual_seed(0)
    inputs, wanted = torch.from_numpy(vectors).float(), torch.from_numpy(labels)
    begin = torch.from_numpy(names).float()
    weights = torch.nn.Parameter(begin.clone())
    bias = torch.nn.Parameter(torch.zeros(len(names)))
    scale = torch.nn.Parameter(torch.tensor(SCALE).log())
    optimiser = torch.optim.AdamW([weights, bias, scale], lr=RATE, weight_decay=0.0)
    for _ in range(EPOCHS):
        for rows in torch.randperm(len(inputs)).split(BATCH):
            logits = scale.exp() * (inputs[rows] @ weights.T) + bias
            loss = F.cross_entropy(logits, wanted[rows], label_smoothing=0.05)
            (loss + PULL * (weights - begin).square().sum(1).mean()).backward()
            optimiser.step()
            optimiser.zero_grad()
    return (scale.exp() * weights).detach().numpy(), bias.detach().numpy()[:, None]


def classifier(work: Path, concepts: list[str], names: np.ndarray) -> dict[str, np.ndarray]:
    """The tensors that the program reads beside the concepts' vectors, float16."""
    texts = examples(work, concepts)
    encode = OnnxTextEncoder(work / "text_encoder.onnx")
    vectors = encode([text for text, _ in texts])
    weights, bias = fit(vectors, np.array([row for _, row in texts]), names)
    return {
        "description_weights": weights.astype(np.float16),
        "description_bias": bias.astype(np.float16),
    }
