"""LaMa's published file is a program: it runs only when it is the one that was published."""

from __future__ import annotations

import hashlib
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch
from planted import Scene

from zoom3d import weights
from zoom3d.errors import WeightsError
from zoom3d.inpaint import lama


class Recorder(torch.nn.Module):
    """Paints grey, and a cross of red into everything where magenta is left to see."""

    def forward(self, rgb: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        seen = rgb * (1 - mask)
        magenta = ((seen[:, 0:1] > 0.8) & (seen[:, 1:2] < 0.2)).any()
        return torch.zeros_like(rgb) + torch.where(magenta, 1.0, 0.5)


@pytest.fixture
def program() -> Path:
    weights.folder().mkdir(parents=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.jit.script(Recorder()).save(str(lama.FILE.path))
    return lama.FILE.path


def test_another_program_is_not_run(program: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.jit, "load", lambda *_, **__: pytest.fail("the program was loaded"))
    with pytest.raises(WeightsError, match="not the published file"):
        lama.load()


def test_a_recorded_checksum_does_not_replace_the_published_one(program: Path) -> None:
    digest = hashlib.sha256(program.read_bytes()).hexdigest()
    program.with_name("big-lama.pt.sha256").write_text(f"{digest}  big-lama.pt\n")
    with pytest.raises(WeightsError, match="not the published file"):
        lama.load()


def test_it_paints_the_hole_alone_and_sees_no_foreground(
    program: Path, meadow_scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lama, "SHA256", hashlib.sha256(program.read_bytes()).hexdigest())
    s = meadow_scene
    painted = lama.fill(s.rgb, s.hole, s.source, s.disparity)
    assert np.array_equal(painted[~s.hole], s.rgb[~s.hole])
    assert (painted[s.hole] == 128).all()


def test_the_program_stays_loaded_until_its_file_is_another(program: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lama, "SHA256", hashlib.sha256(program.read_bytes()).hexdigest())
    assert lama.load() is lama.load()
    program.write_bytes(b"another")
    with pytest.raises(WeightsError, match="not the published file"):
        lama.load()
