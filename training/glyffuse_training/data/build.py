"""Builds the data set: one compressed file of ink maps with names, and a hash of the whole.

`ink` uint8 [n, side, side]; `concept` int32 [n]; `kind` uint8 [n] (index into KINDS); `split` uint8
[n] (0 training, 1 validation); `names`, `keys` and `licences` as JSON. Drawings that nearly equal one
of a held-out family are left out, so that the judges have never been seen in training.
"""

from __future__ import annotations

import hashlib
import json
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
from scipy import ndimage
from tqdm import tqdm

from . import curated, rasterise, registry

#: Kinds of drawing that the model tells apart; index 0 stands for "any" and is never stored.
KINDS = ("any", "stroke", "solid", "emoji")
#: A shape that is nowhere thicker than this many dots (of 72) is drawn in strokes.
STROKE_THICKNESS = 4.2
#: Correlation from which two drawings of one concept count as the same drawing.
SAME_DRAWING = 0.90
#: One drawing in so many is kept for validation, by the hash of its key.
VALIDATION_SHARE = 20


def build(work: Path, side: int, margin: float, progress: bool = True) -> Path:
    """Fetches, rasterises and writes `work/drawings.npz` and `work/held_out.npz`; returns the folder."""
    held = _rasterise_all("held_out", work, side, margin, progress)
    train = _rasterise_all("drawings", work, side, margin, progress)
    train = _drop_leaks(_drop_repeats(train), held)
    for name, drawings in (("drawings", train), ("held_out", held)):
        _write(work / f"{name}.npz", drawings)
    digest = data_hash(work)
    (work / "data_hash").write_text(digest + "\n")
    print(f"{len(train)} drawings, {len(held)} held out, data set {digest[:12]}")
    return work


def data_hash(work: Path) -> str:
    """SHA-256 over the contents of the training set (not over its compression)."""
    digest = hashlib.sha256()
    with np.load(work / "drawings.npz") as stored:
        for name in sorted(stored.files):
            digest.update(name.encode())
            digest.update(np.ascontiguousarray(stored[name]).tobytes())
    return digest.hexdigest()


def is_validation(key: str) -> bool:
    """Whether a drawing is kept from training for the validation loss; fixed by its key."""
    return hashlib.sha256(key.encode()).digest()[0] % VALIDATION_SHARE == 0


def kind_of(ink: np.ndarray) -> int:
    """1 for a drawing in strokes, 2 for one with solid areas; `ink` uint8 [side, side]."""
    thickness = 2 * ndimage.distance_transform_edt(np.pad(ink > 127, 1)).max()
    return 1 if thickness * 72 / ink.shape[0] <= 2 * STROKE_THICKNESS else 2


def _rasterise_all(name: str, work: Path, side: int, margin: float, progress: bool) -> list[dict]:
    folder = registry.package("@iconify/json", work)
    by_set: dict[str, list[curated.Entry]] = {}
    for entry in curated.entries(name):
        by_set.setdefault(entry.set, []).append(entry)
    jobs = [(str(folder), icons, side, margin) for icons in by_set.values()]
    drawings: list[dict] = []
    with ProcessPoolExecutor() as pool:
        bar = tqdm(total=len(jobs), desc=f"rasterise {name}", unit="set", disable=not progress)
        for part in pool.map(_rasterise_set, jobs):
            drawings += part
            bar.update()
        bar.close()
    return drawings


def _rasterise_set(job: tuple) -> list[dict]:
    folder, entries, side, margin = job
    stored = json.loads((Path(folder) / "json" / f"{entries[0].set}.json").read_text("utf-8"))
    licence = stored["info"]["license"].get("spdx", "")
    colour = entries[0].set in curated.COLOUR_SETS
    drawings = []
    for entry in entries:
        icon = _resolve(stored, entry.icon)
        if icon is None:
            continue
        rgba = rasterise.render(rasterise.svg_document(icon, stored))
        ink = rasterise.ink_of_emoji(rgba) if colour else rasterise.ink_of_one_colour(rgba)
        fitted = rasterise.fit(ink, side, margin)
        if fitted is None or not 0.04 < (fitted > 127).mean() < 0.75:
            continue
        kind = 3 if colour else kind_of(fitted)
        drawings.append({"entry": entry, "ink": fitted, "kind": kind, "licence": licence})
    return drawings


def _resolve(stored: dict, name: str) -> dict | None:
    """An icon by its name or alias; None for what is gone, hidden or transformed."""
    for _ in range(4):
        if name in stored["icons"]:
            return stored["icons"][name]
        alias = stored.get("aliases", {}).get(name)
        if alias is None or set(alias) - {"parent"}:
            return None
        name = alias["parent"]
    return None


def _features(drawings: list[dict]) -> np.ndarray:
    """Blurred, centred and normalised maps [n, 24·24] whose dot products are correlations."""
    small = np.stack([d["ink"] for d in drawings]).astype(np.float32)
    n, side, _ = small.shape
    small = np.stack([ndimage.gaussian_filter(s, side / 48) for s in small])
    small = small.reshape(n, 24, side // 24, 24, side // 24).mean((2, 4)).reshape(n, -1)
    small -= small.mean(1, keepdims=True)
    return small / np.maximum(np.linalg.norm(small, axis=1, keepdims=True), 1e-6)


def _drop_repeats(drawings: list[dict]) -> list[dict]:
    """Keeps one of several drawings of a concept that are nearly the same."""
    kept: list[dict] = []
    by_concept: dict[str, list[int]] = {}
    features = _features(drawings)
    for index, drawing in enumerate(drawings):
        before = by_concept.setdefault(drawing["entry"].concept, [])
        if before and (features[before] @ features[index]).max() > 0.97:
            continue
        before.append(index)
        kept.append(drawing)
    return kept


def _drop_leaks(drawings: list[dict], held: list[dict]) -> list[dict]:
    """Drops what nearly equals a held-out drawing, as it is or mirrored."""
    ours, theirs = _features(drawings), _features(held)
    mirrored = _features([{"ink": d["ink"][:, ::-1]} for d in held])
    likeness = np.maximum(ours @ theirs.T, ours @ mirrored.T).max(1)
    return [d for d, like in zip(drawings, likeness, strict=True) if like < SAME_DRAWING]


def _write(path: Path, drawings: list[dict]) -> None:
    names = list(curated.concepts())
    row = {name: index for index, name in enumerate(names)}
    keys = [d["entry"].key for d in drawings]
    np.savez_compressed(
        path,
        ink=np.stack([d["ink"] for d in drawings]),
        concept=np.array([row[d["entry"].concept] for d in drawings], np.int32),
        kind=np.array([d["kind"] for d in drawings], np.uint8),
        split=np.array([is_validation(key) for key in keys], np.uint8),
        names=np.frombuffer(json.dumps(names).encode(), np.uint8),
        keys=np.frombuffer(json.dumps(keys).encode(), np.uint8),
        licences=np.frombuffer(json.dumps([d["licence"] for d in drawings]).encode(), np.uint8),
    )
