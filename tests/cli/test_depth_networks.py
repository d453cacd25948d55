"""``zoom3d depth`` and ``zoom3d models`` with networks, whose weights come from files or from a server on loopback."""

from __future__ import annotations

import functools
import json
import shutil
import threading
from collections.abc import Callable, Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from PIL import Image

from zoom3d import download, weights
from zoom3d.depth import models

Run = Callable[..., Any]
MakeWeights = Callable[[str], Path]
SMALLEST = models.DEFAULT
MEASURED = (SMALLEST, "dpt_levit_224", "dpt_swin2_tiny_256", "midas_v21_384", "dpt_hybrid_384", "dpt_beit_base_384")
LIMIT = 2e-4
"""Largest difference over standard deviation; rounding alone shows up to 7.5e-5."""


class Files(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def mirror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder that a server on loopback shows, as the mirror of all weights."""
    folder = tmp_path / "mirror"
    folder.mkdir()
    http = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Files, directory=str(folder)))
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    monkeypatch.setattr(download, "FIRST_DELAY_S", 0.001)
    monkeypatch.setenv(weights.MIRROR_VARIABLE, f"http://127.0.0.1:{http.server_port}")
    yield folder
    http.shutdown()
    thread.join()
    http.server_close()


@pytest.fixture
def photos(pseudo: ModuleType, tmp_path: Path) -> Path:
    """A folder with the two test pictures and a broken one."""
    folder = tmp_path / "photos"
    folder.mkdir()
    for name in pseudo.IMAGES:
        Image.fromarray(pseudo.test_image(name)).save(folder / f"{name}.png")
    (folder / "broken.jpg").write_text("no picture")
    return folder


def cached_names(run: Run) -> list[str]:
    return [entry["name"] for entry in json.loads(run("models", "list", "--json").out)["models"] if entry["cached"]]


@pytest.mark.parametrize("name", [SMALLEST, *(pytest.param(name, marks=pytest.mark.slow) for name in MEASURED[1:])])
def test_raw_is_the_official_codes_answer_at_the_photographs_size(
    name: str, run: Run, photos: Path, pseudo: ModuleType, pseudo_weights: MakeWeights, shared: Path, tmp_path: Path
) -> None:
    expected = np.load(shared / "midas" / "expected" / f"{name}.npz")
    path = pseudo_weights(name)
    for picture in pseudo.IMAGES:
        outcome = run("depth", photos / f"{picture}.png", "--model", name, "--weights", path, "--raw", tmp_path / "raw.npy")
        assert outcome.code == 0, outcome.err
        raw = np.load(tmp_path / "raw.npy")
        wanted = expected[f"{picture}_final_every4"].squeeze()
        assert (raw.dtype, raw.shape) == (np.float32, pseudo.test_image(picture).shape[:2])
        assert np.abs(raw[::4, ::4] - wanted).max() / wanted.std() < LIMIT


def test_fetched_weights_are_listed_kept_and_used_without_a_network(
    run: Run, mirror: Path, photos: Path, pseudo_weights: MakeWeights, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    shutil.move(pseudo_weights(SMALLEST), mirror / models.get(SMALLEST).filename)
    first = run("models", "fetch", SMALLEST)
    assert (first.code, first.out) == (0, f"{SMALLEST}: {models.get(SMALLEST).file.path}\n"), first.err
    assert "weights …" in first.err
    assert cached_names(run) == [SMALLEST]
    monkeypatch.setenv(weights.MIRROR_VARIABLE, "http://127.0.0.1:9")  # nothing listens there
    assert "was there already" in run("models", "fetch", SMALLEST).out
    loads = []
    load = models.load
    monkeypatch.setattr(models, "load", lambda *a, **k: (loads.append(a), load(*a, **k))[1])
    outcome = run("depth", photos, "-o", tmp_path / "maps", "--model", SMALLEST, "--offline", "--json")
    assert outcome.code == 1
    assert "broken.jpg" in outcome.failure[0]
    assert {entry["depth_source"] for entry in json.loads(outcome.out)["made"]} == {SMALLEST}
    assert sorted(path.name for path in (tmp_path / "maps").iterdir()) == ["landscape_depth.png", "portrait_depth.png"]
    assert len(loads) == 1


def test_auto_says_what_it_fetches_and_then_uses_it(
    run: Run, mirror: Path, photos: Path, pseudo_weights: MakeWeights, tmp_path: Path
) -> None:
    shutil.move(pseudo_weights(SMALLEST), mirror / models.get(SMALLEST).filename)
    for said in ([f"no depth model is here yet: downloading {SMALLEST} (85 MB), once; --offline forbids it"], []):
        outcome = run("depth", photos / "portrait.png", "-o", tmp_path / "map.png", "--json")
        assert outcome.code == 0, outcome.err
        done = json.loads(outcome.out)
        assert (done["depth_source"], done["warnings"]) == (SMALLEST, said)
        assert outcome.err.startswith("warning: no depth model" if said else "")


def test_a_file_of_another_model_does_not_enter_the_cache(run: Run, mirror: Path, pseudo_weights: MakeWeights) -> None:
    shutil.move(pseudo_weights(SMALLEST), mirror / models.get("dpt_levit_224").filename)
    outcome = run("models", "fetch", "dpt_levit_224")
    assert outcome.code == 1
    assert "lacks key" in outcome.failure[0]
    assert cached_names(run) == []
    assert {path.suffix for path in weights.folder().iterdir()} <= {".lock"}


def test_all_names_are_known_before_the_first_is_fetched(run: Run, mirror: Path) -> None:
    assert "there is no model 'nonsense'" in run("models", "fetch", SMALLEST, "nonsense").failure[0]
    assert not weights.folder().exists()


@pytest.mark.parametrize("name", [SMALLEST, "lama", "network"])
def test_what_cannot_be_fetched_is_named_with_its_address_and_its_place(run: Run, mirror: Path, name: str) -> None:
    outcome = run("models", "fetch", name)
    assert outcome.code == 1
    message, hint = outcome.failure
    assert "404" in message
    assert "http://127.0.0.1" in hint
    assert str(weights.folder()) in hint
