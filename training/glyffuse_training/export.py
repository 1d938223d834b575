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
import torch

from . import cascade, descriptions, lexicon
from .config import Config
from .data.curated import core_concepts
from .evaluation import card
from .lettering.export import FILE as LETTERS
from .lettering.export import export_letters, section
from .lettering.fonts import CHARACTERS, fonts
from .loop import denoiser
from .model import Denoiser
from .onnx_export import averaged, export_denoiser, export_low_res, quantise
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
#: The first stage's file, in models that are a cascade.
LOW_RES = "low_res.onnx"
#: Concepts with fewer training drawings than this are not offered.
FEWEST_DRAWINGS = 6
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
    export_denoiser(model, config.data.side, output / "denoiser.onnx", state["drawings"])
    for name in ("text_encoder.onnx", "tokenizer.json"):
        shutil.copyfile(work / name, output / name)
    concepts = write_lexicon(work, output, config.sampling.offer)
    card.write(output / "MODEL_CARD.md", f"{len(concepts)} things: {', '.join(concepts)}.", "concepts")
    if config.sampling.candidates > 1:
        from .ranking.export import export_ranker, load

        export_ranker(load(work / "ranker" / "ranker.pt"), output / RANKER, EMBEDDING_SIZE)
    if config.model.low_res:
        first_stage = cascade.network(config)
        first_stage.load_state_dict(torch.load(cascade.weights(work, config), weights_only=True))
        export_low_res(first_stage, output / LOW_RES)
        quantise(output / LOW_RES)
    letters = ""
    if config.sampling.letters:
        export_letters(work, output / LETTERS)
        letters = section(CHARACTERS, [font.style for font in fonts()])
    drawn = state["drawings"]
    digest = (work / "data_hash").read_text().strip()
    write_manifest(config, output, arguments.version, drawn, digest, letters=letters)
    print(f"{output}: {drawn} drawings, " + ", ".join(sorted(p.name for p in output.iterdir())))


def averaged_model(config: Config, state: dict) -> Denoiser:
    """The model with the averaged weights of a checkpoint, rounded to what the export keeps."""
    return averaged(denoiser(config), state)


def write_lexicon(work: Path, output: Path, offer: str) -> list[str]:
    """Chooses the concepts with enough drawings and writes their words; returns the concepts."""
    with np.load(work / "drawings.npz") as drawings, np.load(work / "captions.npz") as captions:
        names: list[str] = json.loads(drawings["names"].tobytes())
        counts = np.bincount(drawings["concept"], minlength=len(names))
        wanted = core_concepts() if offer == "core" else set(names)
        known = np.array([name in wanted for name in names])
        chosen = np.flatnonzero(known & (counts >= FEWEST_DRAWINGS))
        vectors = captions["vectors"][captions["first"][chosen]]
    concepts = [names[row] for row in chosen]
    tensors = {"concept_embeds": vectors.astype(np.float16)}
    tensors |= descriptions.classifier(work, concepts, vectors)
    write_words(output, concepts, lexicon.phrases(work, concepts), tensors)
    return concepts


def write_words(
    output: Path,
    concepts: list[str],
    phrases: dict[str, tuple[int, bool]],
    tensors: dict[str, np.ndarray],
) -> None:
    """Writes concepts.txt, phrases.tsv (sorted by bytes) and concepts.safetensors."""
    from safetensors.numpy import save_file

    (output / "concepts.txt").write_text("".join(f"{name}\n" for name in concepts), "utf-8")
    rows = sorted((phrase.encode(), row, inside) for phrase, (row, inside) in phrases.items())
    (output / "phrases.tsv").write_bytes(b"".join(b"%s\t%d\t%d\n" % row for row in rows))
    save_file(tensors, output / "concepts.safetensors")


def write_manifest(
    config: Config,
    output: Path,
    version: int,
    drawn: int,
    data_hash: str,
    embedding_size: int = EMBEDDING_SIZE,
    letters: str = "",
) -> None:
    """Writes manifest.toml: the contract between training and program; `letters` is the section of a
    model that writes them.
    """
    diffusion, sampling = config.diffusion, config.sampling
    names = list(FILES)
    first_stage = ""
    if sampling.candidates > 1:
        names.append(RANKER)
    if config.model.low_res:
        names.append(LOW_RES)
        first_stage = _low_res_section(config)
    if letters:
        names.append(LETTERS)
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

{ranker if sampling.candidates > 1 else ""}{first_stage}{letters}[noise_schedule]
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


def _low_res_section(config: Config) -> str:
    settings = config.low_res
    return f"""[low_res]
file = "{LOW_RES}"
map_size = {cascade.side(config)}
sampler = "{settings.sampler}"
steps = {settings.steps}
second_guidance_scale = {settings.second_guidance_scale}

[low_res.noise_schedule]
name = "shifted_cosine"
num_train_timesteps = {config.diffusion.num_train_timesteps}
signal_scale = {settings.signal_scale}

"""


def _commit() -> str:
    done = subprocess.run(
        ["git", "rev-parse", "--short=12", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return done.stdout.strip() or "unknown"
