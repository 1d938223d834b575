"""Settings of a run, from one TOML file; unknown keys are refused."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field, fields, replace
from pathlib import Path


@dataclass
class DataConfig:
    """What the ink maps are like and how they are drawn from."""

    #: Dots along a side of the ink map.
    side: int = 72
    #: Even margin round the object, share of the side.
    margin: float = 0.04
    #: Share of drawings that are mirrored.
    mirror_prob: float = 0.25
    #: How often each kind (stroke, solid, emoji) is drawn.
    kind_weights: list[float] = field(default_factory=lambda: [0.2, 0.35, 0.45])
    #: How much more often the concepts of curated/core.txt are drawn.
    core_weight: float = 1.0
    #: Drawings with more edge dots than this are left out: they cannot be read at 36×18.
    busiest: int = 900
    #: Share of drawings that go by another name than their concept's.
    other_name_prob: float = 0.25


@dataclass
class ModelConfig:
    """Size of the denoiser, see `model.Denoiser`."""

    widths: list[int] = field(default_factory=lambda: [96, 192])
    blocks: list[int] = field(default_factory=lambda: [1, 1])
    condition: int = 384
    heads: int = 4
    layout: int = 24
    #: Whether the denoiser is told a low-resolution map, which another network draws first.
    low_res: bool = False


@dataclass
class DiffusionConfig:
    """The forward process, see `diffusion`."""

    num_train_timesteps: int = 1000
    signal_scale: float = 0.5


@dataclass
class TrainConfig:
    """The optimiser and the pace of the run."""

    batch_size: int = 48
    #: Drawings after which the run is done; the learning rate falls to zero over the last ones.
    total_drawings: int = 400_000
    decay_drawings: int = 100_000
    warmup_drawings: int = 5_000
    optimiser: str = "muon"
    learning_rate: float = 6e-4
    muon_learning_rate: float = 0.01
    weight_decay: float = 0.01
    ema_decay: float = 0.998
    cond_drop_prob: float = 0.1
    checkpoint_minutes: float = 4.0
    validate_every: int = 20_000
    sheet_every: int = 40_000
    seed: int = 0


@dataclass
class LowResConfig:
    """The first stage of the cascade, see `low_res`."""

    width: int = 512
    depth: int = 6
    condition: int = 256
    signal_scale: float = 0.8
    batch_size: int = 512
    total_drawings: int = 6_000_000
    learning_rate: float = 1e-3
    ema_decay: float = 0.999
    cond_drop_prob: float = 0.1
    #: Altered copies of every drawing, made once.
    copies: int = 24
    #: How the program samples it; the usual guidance scale guides this stage.
    sampler: str = "ddpm"
    steps: int = 50
    #: How strongly the text guides the second stage, which is told the map already.
    second_guidance_scale: float = 1.0


@dataclass
class DistilConfig:
    """Distillation to few steps, see `distil`."""

    #: Steps of each stage; a stage's student teaches the next, and must take twice its steps.
    steps: list[int] = field(default_factory=lambda: [8, 4])
    #: Drawings of each stage; the learning rate falls to zero over it.
    drawings: int = 40_000
    learning_rate: float = 3e-4
    muon_learning_rate: float = 0.006

    def training(self, train: TrainConfig) -> TrainConfig:
        """The pace of a stage; everything else as in training."""
        return replace(
            train,
            total_drawings=self.drawings,
            decay_drawings=self.drawings,
            warmup_drawings=1_000,
            learning_rate=self.learning_rate,
            muon_learning_rate=self.muon_learning_rate,
            ema_decay=min(train.ema_decay, 0.995),
        )


@dataclass
class SamplingConfig:
    """What the program uses when a request does not say; chosen by looking and by `evaluate`."""

    sampler: str = "dpm++"
    steps: int = 12
    guidance_scale: float = 2.0
    kind: str = "emoji"
    #: Which concepts the lexicon offers: "all" with enough drawings, or those of curated/core.txt.
    offer: str = "all"
    #: Drawings that compete, the ranker keeps the best; with 1 there is no ranker.
    candidates: int = 1
    #: Whether the model also writes letters, with the run of configs/letters.toml.
    letters: bool = False


@dataclass
class Config:
    """All settings; `name` names the model."""

    name: str
    data: DataConfig
    model: ModelConfig
    diffusion: DiffusionConfig
    train: TrainConfig
    low_res: LowResConfig
    distil: DistilConfig
    sampling: SamplingConfig

    @staticmethod
    def load(path: Path) -> Config:
        """Reads the TOML file at `path`.

        Raises ValueError naming the key that is unknown.
        """
        raw = tomllib.loads(path.read_text("utf-8"))
        sections = {
            "data": DataConfig,
            "model": ModelConfig,
            "diffusion": DiffusionConfig,
            "train": TrainConfig,
            "low_res": LowResConfig,
            "distil": DistilConfig,
            "sampling": SamplingConfig,
        }
        unknown = set(raw) - set(sections) - {"name"}
        built = {}
        for name, kind in sections.items():
            section = raw.get(name, {})
            unknown |= {f"{name}.{key}" for key in set(section) - {f.name for f in fields(kind)}}
            if not unknown:
                built[name] = kind(**section)
        if unknown:
            raise ValueError(f"{path}: unknown settings {', '.join(sorted(unknown))}")
        return Config(name=raw.get("name", path.stem), **built)
