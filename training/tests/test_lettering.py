"""Letters come out of fonts in one frame, and the run on letters tells them apart."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import matplotlib
import numpy as np
import torch
from glyffuse_training.config import Config
from glyffuse_training.evaluation import lettering as judge
from glyffuse_training.lettering import export, fonts
from glyffuse_training.lettering.command import CONFIG, LetterRun

FONT = Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"


def test_letters_stand_on_one_baseline():
    drawn = fonts.letters(FONT, shadow=False)
    assert set(drawn) == set(fonts.CHARACTERS)
    for each in "AHx1":
        rows = np.flatnonzero((drawn[each] > 127).any(1))
        assert rows[-1] == fonts.BASELINE - 1, each
    capital = np.flatnonzero((drawn["H"] > 127).any(1))
    assert len(capital) == fonts.CAPITAL
    columns = np.flatnonzero((drawn["I"] > 127).any(0))
    assert abs(columns.mean() - (fonts.SIDE - 1) / 2) < 1, "in the middle"


def test_a_shadow_leaves_the_letter_hollow():
    plain, hollow = (fonts.letters(FONT, shadow)["O"] for shadow in (False, True))
    assert not np.array_equal(plain, hollow)
    assert (hollow[plain > 200] < 64).any()


def test_the_curated_fonts_may_be_used_and_are_named_once():
    listed = fonts.fonts()
    assert {font.licence for font in listed} <= {"OFL-1.1", "Apache-2.0"}
    assert len({font.name for font in listed}) == len(listed)
    assert set(export.USUAL_STYLES) <= {font.style for font in listed}


def test_the_manifest_tells_of_hands_and_characters():
    section = tomllib.loads(export.section(fonts.CHARACTERS, ["print", "slant"]))["letters"]
    assert section["characters"] == fonts.CHARACTERS
    assert section["usual_styles"] == ["print"]


def test_a_run_learns_letters(tmp_path):
    drawn = fonts.letters(FONT, shadow=False)
    names = json.dumps(["print DejaVu"]).encode()
    np.savez(
        tmp_path / "letters.npz",
        ink=np.stack(list(drawn.values())),
        character=np.arange(len(drawn)),
        kind=np.ones(len(drawn), np.int64),
        names=np.frombuffer(names, np.uint8),
    )
    config = Config.load(CONFIG)
    config.model.widths, config.model.condition = [16, 32], 32
    config.train.batch_size, config.train.warmup_drawings = 32, 100
    run = LetterRun(config, tmp_path, tmp_path / "run")
    before = run.validation_loss()
    for _ in range(60):
        run.step()
    run.ema.model.load_state_dict(run.model.state_dict())
    assert run.validation_loss() < 0.8 * before
    batch = run.training.batch(8, torch.Generator().manual_seed(0))
    assert batch.ink.shape == (8, 1, fonts.SIDE, fonts.SIDE)
    assert (batch.text_embeds.sum(1) == 1).all()


def test_what_ocr_reads_is_compared_letter_by_letter():
    assert judge.likeness("CAT", "cat") == 1.0
    assert judge.likeness("CAT", "c a t\n") == 1.0
    assert judge.likeness("CAT", "CAR") == 2 / 3
    assert judge.likeness("CAT", "") == 0.0
    assert judge.likeness("CAT", "CATS") < 1.0


def test_words_are_short_and_half_of_them_in_capitals():
    shown = judge.words(20)
    assert len(shown) == 20 == len({word.lower() for word in shown})
    assert all(len(word) <= judge.LONGEST_WORD for word in shown)
    assert sum(word.isupper() for word in shown) == 10


def test_lettering_is_shown_at_one_height():
    page = judge.picture(["  __  ", " |  | ", " |__| "])
    assert page.shape[0] == judge.HEIGHT and page.shape[1] >= judge.HEIGHT
    assert page.min() < 100 < page.max()
    assert judge.picture([]).min() == 255
