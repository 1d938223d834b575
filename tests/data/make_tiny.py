"""Makes tests/data/tiny: a whole model folder of four shapes, trained here in under a minute.

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

from glyffuse_training import export, loss, optimiser  # noqa: E402
from glyffuse_training.config import Config  # noqa: E402
from glyffuse_training.data.shards import Batch  # noqa: E402
from glyffuse_training.diffusion import alphas_cumprod  # noqa: E402
from glyffuse_training.ema import Ema  # noqa: E402
from glyffuse_training.model import Denoiser, decompose_norms  # noqa: E402
from glyffuse_training.ranking.export import export_ranker  # noqa: E402

SHAPES = ("square", "ring", "cross", "bar")
OTHER_NAMES = {"box": "square", "circle": "ring", "kreuz": "cross", "丸": "ring"}
SIZE = 16


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
    model = train(config, vectors)
    export.export_denoiser(decompose_norms(model), config.data.side, output / "denoiser.onnx", SIZE)
    export_ranker(MostInk(), output / export.RANKER, SIZE)
    rows = {name: row for row, name in enumerate(SHAPES)}
    phrases = rows | {other: rows[name] for other, name in OTHER_NAMES.items()}
    words = {phrase: (row, True) for phrase, row in phrases.items()}
    export.write_words(output, list(SHAPES), words, vectors.numpy())
    export.write_manifest(config, output, 1, config.train.total_drawings, "four shapes", SIZE)


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


def train(config: Config, vectors: torch.Tensor) -> nn.Module:
    """The averaged model after the config's drawings."""
    size, pace = config.model, config.train
    model = Denoiser(
        size.widths,
        size.blocks,
        size.condition,
        size.heads,
        side=config.data.side,
        embedding_size=SIZE,
    )
    ema, optimisers = Ema(model, pace.ema_decay), optimiser.build(model, pace)
    generator = torch.Generator().manual_seed(0)
    alphas = alphas_cumprod(config.diffusion.num_train_timesteps, config.diffusion.signal_scale)
    ink = torch.from_numpy(np.stack([shape(name, config.data.side) for name in SHAPES]))[:, None]
    for drawn in range(0, pace.total_drawings, pace.batch_size):
        rows = torch.randint(len(SHAPES), (pace.batch_size,), generator=generator)
        batch = Batch(ink[rows], vectors[rows], torch.zeros(len(rows), dtype=torch.int64))
        loss.v_loss(model, batch, alphas, generator, pace.cond_drop_prob).mean().backward()
        for each in optimisers:
            for group in each.param_groups:
                group["lr"] = group["peak_lr"] * optimiser.pace(drawn, pace)
            each.step()
            each.zero_grad()
        ema.update(model)
    with torch.no_grad():
        for weight in ema.model.parameters():
            if weight.numel() >= export.SMALLEST_HALVED:
                weight.copy_(weight.half().float())
    return ema.model


if __name__ == "__main__":
    main()
