"""Text vectors of all captions, read from the exported text encoder itself."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from tqdm import tqdm

from .. import text_encoder
from . import captions, curated


def build(work: Path, progress: bool = True) -> None:
    """Writes `work/text_encoder.onnx`, `work/tokenizer.json` and `work/captions.npz`.

    captions.npz: `vectors` float16 [m, 384], `first` int32 [concepts + 1] (concept c owns rows
    first[c] to first[c + 1], its own name first) and the `texts` as JSON.
    """
    called = captions.captions(work)
    graph = work / "text_encoder.onnx"
    if not graph.is_file():
        words = {text for texts in called.values() for text in texts[:1]}
        for annotation in captions.emoji_annotations(work, "en").values():
            words |= set(annotation.get("default", [])) | set(annotation.get("tts", []))
        for others in curated.concepts().values():
            words |= set(others)
        text_encoder.export_text_encoder(graph, sorted(words))
    texts = [text for of_concept in called.values() for text in of_concept]
    encode = text_encoder.OnnxTextEncoder(graph)
    bar = tqdm(texts, desc="encode captions", unit="text", disable=not progress)
    vectors = np.concatenate([encode([text]) for text in bar])
    first = np.cumsum([0, *(len(of_concept) for of_concept in called.values())])
    np.savez_compressed(
        work / "captions.npz",
        vectors=vectors.astype(np.float16),
        first=first.astype(np.int32),
        texts=np.frombuffer(json.dumps(texts).encode(), np.uint8),
    )
