"""`python -m glyffuse_training export`: a checkpoint becomes a model folder that the program runs.

The folder holds the denoiser and the text encoder as ONNX, the tokenizer, the lexicon and
`manifest.toml` with the hash of every file.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper

from . import lexicon
from .config import Config
from .data.curated import core_concepts
from .model import Denoiser, decompose_norms
from .text_encoder import EMBEDDING_SIZE, MAX_TOKENS

ROOT = Path(__file__).resolve().parents[2]
#: The kinds of drawing, by index.
KINDS = ("any", "stroke", "solid", "emoji")
#: The files that the program reads, besides the manifest.
FILES = (
    *("concepts.safetensors", "concepts.txt", "denoiser.onnx", "phrases.tsv"),
    *("text_encoder.onnx", "tokenizer.json"),
)
#: The ranker's file, in models that draw several candidates.
RANKER = "ranker.onnx"
#: Weights smaller than this stay float32.
SMALLEST_HALVED = 256
#: Concepts with fewer training drawings than this are not offered.
FEWEST_DRAWINGS = 3
#: Texts less similar than this to the nearest concept are drawn as that concept.
SNAP_BELOW = 0.75


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of this command."""
    parser.add_argument("--checkpoint", type=Path, help="default: WORK/runs/NAME/checkpoint.pt")
    parser.add_argument("--output", type=Path, help="model folder (default: models/NAME)")
    parser.add_argument("--version", type=int, default=1, help="version of the released weights")


def main(arguments: argparse.Namespace) -> None:
    """Writes the model folder of the averaged weights."""
    config = Config.load(arguments.config)
    work = arguments.work
    checkpoint = arguments.checkpoint or work / "runs" / config.name / "checkpoint.pt"
    output = arguments.output or ROOT / "models" / config.name
    output.mkdir(parents=True, exist_ok=True)
    state = torch.load(checkpoint, map_location="cpu", weights_only=True)
    model = averaged_model(config, state)
    export_denoiser(model, config.data.side, output / "denoiser.onnx")
    for name in ("text_encoder.onnx", "tokenizer.json"):
        shutil.copyfile(work / name, output / name)
    write_lexicon(work, output, config.sampling.offer)
    if config.sampling.candidates > 1:
        from .ranking.export import export_ranker, load

        export_ranker(load(work / "ranker" / "ranker.pt"), output / RANKER, EMBEDDING_SIZE)
    write_checkpoint(state, output / "checkpoint.safetensors")
    drawn = state["drawings"]
    write_manifest(config, output, arguments.version, drawn, (work / "data_hash").read_text().strip())
    print(f"{output}: {drawn} drawings, " + ", ".join(sorted(p.name for p in output.iterdir())))


def averaged_model(config: Config, state: dict) -> Denoiser:
    """The model with the averaged weights of a checkpoint, rounded to what the export keeps."""
    size = config.model
    model = Denoiser(
        size.widths, size.blocks, size.condition, size.heads, config.data.side, size.layout
    )
    model.load_state_dict(state["ema"])
    with torch.no_grad():
        for weight in model.parameters():
            if weight.numel() >= SMALLEST_HALVED:
                weight.copy_(weight.half().float())
    return decompose_norms(model).eval()


def export_denoiser(
    model: Denoiser, side: int, path: Path, embedding_size: int = EMBEDDING_SIZE
) -> None:
    """Writes the denoiser: opset 17, any batch, float32 in and out, weights kept as float16."""
    batch = 2
    example = (
        torch.zeros(batch, 1, side, side),
        torch.zeros(batch, dtype=torch.int64),
        torch.zeros(batch, embedding_size),
        torch.zeros(batch, dtype=torch.int64),
    )
    names = ["sample", "timestep", "text_embeds", "kind"]
    torch.onnx.export(
        model,
        example,
        path,
        input_names=names,
        output_names=["out_sample"],
        dynamic_axes={name: {0: "batch"} for name in [*names, "out_sample"]},
        opset_version=17,
        dynamo=False,
    )
    onnx.save(halve_weights(onnx.load(path)), path)


def halve_weights(graph: onnx.ModelProto) -> onnx.ModelProto:
    """Keeps large float32 weights as float16, each with a cast back that engines fold away."""
    casts, kept = [], []
    for weight in graph.graph.initializer:
        values = numpy_helper.to_array(weight)
        if values.dtype != np.float32 or values.size < SMALLEST_HALVED:
            kept.append(weight)
            continue
        half = f"{weight.name}.half"
        kept.append(numpy_helper.from_array(values.astype(np.float16), half))
        casts.append(helper.make_node("Cast", [half], [weight.name], to=TensorProto.FLOAT))
    del graph.graph.initializer[:]
    graph.graph.initializer.extend(kept)
    nodes = [*casts, *graph.graph.node]
    del graph.graph.node[:]
    graph.graph.node.extend(nodes)
    onnx.checker.check_model(graph)
    return graph


def write_checkpoint(state: dict, path: Path) -> None:
    """Keeps the weights in training (float16), from which `train --resume` goes on."""
    from safetensors.torch import save_file

    weights = {name: weight.half().contiguous() for name, weight in state["model"].items()}
    save_file(weights, path, metadata={"drawings": str(state["drawings"])})


def write_lexicon(work: Path, output: Path, offer: str) -> None:
    """Chooses the concepts with enough drawings and writes their words."""
    with np.load(work / "drawings.npz") as drawings, np.load(work / "captions.npz") as captions:
        names: list[str] = json.loads(drawings["names"].tobytes())
        counts = np.bincount(drawings["concept"], minlength=len(names))
        wanted = core_concepts() if offer == "core" else set(names)
        known = np.array([name in wanted for name in names])
        chosen = np.flatnonzero(known & (counts >= FEWEST_DRAWINGS))
        vectors = captions["vectors"][captions["first"][chosen]]
    concepts = [names[row] for row in chosen]
    write_words(output, concepts, lexicon.phrases(work, concepts), vectors)


def write_words(
    output: Path, concepts: list[str], phrases: dict[str, tuple[int, bool]], vectors: np.ndarray
) -> None:
    """Writes concepts.txt, phrases.tsv (sorted by bytes) and concepts.safetensors."""
    from safetensors.numpy import save_file

    (output / "concepts.txt").write_text("".join(f"{name}\n" for name in concepts), "utf-8")
    rows = sorted((phrase.encode(), row, inside) for phrase, (row, inside) in phrases.items())
    (output / "phrases.tsv").write_bytes(b"".join(b"%s\t%d\t%d\n" % row for row in rows))
    save_file({"concept_embeds": vectors.astype(np.float16)}, output / "concepts.safetensors")


def write_manifest(
    config: Config,
    output: Path,
    version: int,
    drawn: int,
    data_hash: str,
    embedding_size: int = EMBEDDING_SIZE,
) -> None:
    """Writes manifest.toml: the contract between training and program."""
    diffusion, sampling = config.diffusion, config.sampling
    names = (*FILES, RANKER) if sampling.candidates > 1 else FILES
    files = {name: hashlib.sha256((output / name).read_bytes()).hexdigest() for name in names}
    hashes = "\n".join(f'"{name}" = "{digest}"' for name, digest in files.items())
    kinds = ", ".join(f'"{kind}"' for kind in KINDS)
    ranker = f'[ranker]\nfile = "{RANKER}"\ncandidates = {sampling.candidates}\n\n'
    manifest = f'''# Written by `python -m glyffuse_training export`; the program verifies it.
format = 1

[model]
name = "{config.name}"
version = {version}
licence = "MIT OR Apache-2.0"
training_commit = "{_commit()}"
data_hash = "{data_hash}"
trained_drawings = {drawn}

[denoiser]
file = "denoiser.onnx"
opset = 17
map_size = {config.data.side}
prediction_type = "v_prediction"
kinds = [{kinds}]

[text_encoder]
file = "text_encoder.onnx"
tokenizer = "tokenizer.json"
embedding_size = {embedding_size}
max_tokens = {MAX_TOKENS}

[lexicon]
concepts = "concepts.txt"
phrases = "phrases.tsv"
embeds = "concepts.safetensors"
snap_below = {SNAP_BELOW}

{ranker if sampling.candidates > 1 else ""}[noise_schedule]
name = "shifted_cosine"
num_train_timesteps = {diffusion.num_train_timesteps}
signal_scale = {diffusion.signal_scale}

[defaults]
sampler = "{sampling.sampler}"
steps = {sampling.steps}
guidance_scale = {sampling.guidance_scale}
kind = "{sampling.kind}"

[files]
{hashes}
'''
    (output / "manifest.toml").write_text(manifest, "utf-8")


def _commit() -> str:
    done = subprocess.run(
        ["git", "rev-parse", "--short=12", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return done.stdout.strip() or "unknown"
