"""Makes tests/data/tiny: a whole model folder of four shapes and three letters, a cascade, trained here in
a minute or two.

Run it from the root with the training package's environment:
`python tests/data/make_tiny.py`. The program's tests draw with it, without a network or a GPU.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers
from torch import nn

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "training"))

from glyffuse_training import cascade, export, loss, onnx_export, optimiser  # noqa: E402
from glyffuse_training.config import Config  # noqa: E402
from glyffuse_training.data.shards import Batch  # noqa: E402
from glyffuse_training.diffusion import alphas_cumprod  # noqa: E402
from glyffuse_training.ema import Ema  # noqa: E402
from glyffuse_training.lettering import export as lettering  # noqa: E402
from glyffuse_training.low_res import lowered  # noqa: E402
from glyffuse_training.model import Denoiser, decompose_norms  # noqa: E402
from glyffuse_training.ranking.export import export_ranker  # noqa: E402

SHAPES = ("square", "ring", "cross", "bar")
OTHER_NAMES = {"box": "square", "circle": "ring", "kreuz": "cross", "丸": "ring"}
SIZE = 16
#: The letters, each upright and slanted.
LETTERS, HANDS, LETTER_SIDE = "HIO", ("print", "slant"), 32


def shape(name: str, side: int) -> np.ndarray:
    """The ink map of a shape, -1...1."""
    y, x = np.mgrid[:side, :side] - (side - 1) / 2
    radius = np.hypot(y, x)
    ink = {
        "square": np.maximum(abs(y), abs(x)) < side * 0.4,
        "ring": abs(radius - side * 0.36) < side * 0.09,
        "cross": np.minimum(abs(y), abs(x)) < side * 0.08,
        "bar": abs(y) < side * 0.12,
    }[name]
    return np.where(ink, 1.0, -1.0).astype(np.float32)


def letter(character: str, hand: str) -> np.ndarray:
    """The ink map of a letter, its baseline in row 24, -1...1."""
    y, x = np.mgrid[:LETTER_SIDE, :LETTER_SIDE].astype(np.float32)
    x = x - LETTER_SIDE / 2 + (0.25 * (y - 15) if hand == "slant" else 0)
    inside = (y >= 6) & (y < 24)
    ink = {
        "H": (abs(abs(x) - 5) < 1.6) | ((abs(x) < 5) & (abs(y - 15) < 1.6)),
        "I": abs(x) < 1.6,
        "O": abs(np.hypot(x / 0.75, y - 15) - 7.5) < 1.6,
    }[character]
    return np.where(ink & inside, 1.0, -1.0).astype(np.float32)


class WordVectors(nn.Module):
    """The mean of fixed random word vectors, of length 1: a text encoder as small as can be."""

    def __init__(self, words: int) -> None:
        super().__init__()
        self.table = nn.Embedding(words, SIZE)

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        mask = attention_mask.unsqueeze(-1).float()
        mean = (self.table(input_ids) * mask).sum(1) / mask.sum(1)
        return nn.functional.normalize(mean, dim=-1)


class MostInk(nn.Module):
    """A ranker whose choice can be foretold: the more cells hold a character, the better."""

    def forward(self, characters: torch.Tensor, text_embeds: torch.Tensor) -> torch.Tensor:
        return (characters > 0).float().mean((1, 2)) + 0 * text_embeds.sum()


def main() -> None:
    """Writes the folder."""
    torch.manual_seed(0)
    config = Config.load(ROOT / "training" / "configs" / "tiny.toml")
    output = ROOT / "tests" / "data" / "tiny"
    output.mkdir(exist_ok=True)
    vocabulary = {word: i for i, word in enumerate(["[PAD]", "[UNK]", *SHAPES, *"abcdefghij"])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.save(str(output / "tokenizer.json"))
    encoder = WordVectors(len(vocabulary)).eval()
    export_encoder(encoder, output / "text_encoder.onnx")
    ids = torch.tensor([[vocabulary[name]] for name in SHAPES])
    with torch.no_grad():
        vectors = encoder(ids, torch.ones_like(ids))
    ink = torch.from_numpy(np.stack([shape(name, config.data.side) for name in SHAPES]))[:, None]
    size = config.model
    numbers = (size.widths, size.blocks, size.condition, size.heads)
    model = Denoiser(*numbers, side=config.data.side, embedding_size=SIZE, low_res=size.low_res)
    model = train(config, model, ink, vectors, torch.zeros(len(ink), dtype=torch.int64))
    onnx_export.export_denoiser(decompose_norms(model), config.data.side, output / "denoiser.onnx")
    first_stage = cascade.network(config, embedding_size=SIZE)
    low = lowered(ink, cascade.side(config))
    first_stage = train(config, first_stage, low, vectors, torch.zeros(len(ink), dtype=torch.int64))
    onnx_export.export_low_res(first_stage, output / export.LOW_RES)
    pairs = [(character, hand) for hand in range(len(HANDS)) for character in range(len(LETTERS))]
    ink = torch.from_numpy(np.stack([letter(LETTERS[c], HANDS[h]) for c, h in pairs]))[:, None]
    letters = Denoiser(*numbers, LETTER_SIDE, 8, embedding_size=len(LETTERS), kinds=1 + len(HANDS))
    places = torch.eye(len(LETTERS))[[character for character, _ in pairs]]
    letters = train(config, letters, ink, places, torch.tensor([1 + hand for _, hand in pairs]))
    onnx_export.export_denoiser(decompose_norms(letters), LETTER_SIDE, output / lettering.FILE)
    export_ranker(MostInk(), output / export.RANKER, SIZE)
    rows = {name: row for row, name in enumerate(SHAPES)}
    phrases = rows | {other: rows[name] for other, name in OTHER_NAMES.items()}
    words = {phrase: (row, True) for phrase, row in phrases.items()}
    export.write_words(output, list(SHAPES), words, vectors.numpy())
    section = lettering.section(LETTERS, HANDS, steps=6)
    export.write_manifest(config, output, 1, config.train.total_drawings, "four shapes", SIZE, section)


def export_encoder(encoder: nn.Module, path: Path) -> None:
    """Writes the text encoder as ONNX."""
    example = torch.ones(2, 3, dtype=torch.int64)
    names = ["input_ids", "attention_mask"]
    torch.onnx.export(
        encoder,
        (example, example),
        path,
        input_names=names,
        output_names=["text_embeds"],
        dynamic_axes={**{name: {0: "batch", 1: "tokens"} for name in names}, "text_embeds": {0: "batch"}},
        opset_version=17,
        dynamo=False,
    )


def train(
    config: Config, model: nn.Module, ink: torch.Tensor, vectors: torch.Tensor, kinds: torch.Tensor
) -> nn.Module:
    """The averaged network after the config's drawings of these maps."""
    pace = config.train
    ema, optimisers = Ema(model, pace.ema_decay), optimiser.build(model, pace)
    generator = torch.Generator().manual_seed(0)
    alphas = alphas_cumprod(config.diffusion.num_train_timesteps, config.diffusion.signal_scale)
    for drawn in range(0, pace.total_drawings, pace.batch_size):
        rows = torch.randint(len(ink), (pace.batch_size,), generator=generator)
        batch = Batch(ink[rows], vectors[rows], kinds[rows])
        loss.v_loss(model, batch, alphas, generator, pace.cond_drop_prob).mean().backward()
        for each in optimisers:
            for group in each.param_groups:
                group["lr"] = group["peak_lr"] * optimiser.pace(drawn, pace)
            each.step()
            each.zero_grad()
        ema.update(model)
    return onnx_export.halved(ema.model)


if __name__ == "__main__":
    main()
