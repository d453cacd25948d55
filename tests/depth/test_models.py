"""Finding, fetching and loading models."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from zoom3d import plugins, weights
from zoom3d.depth import families, models
from zoom3d.errors import DepthError, WeightsError

MakeWeights = Callable[[str], Path]


def test_all_families_are_found_and_no_name_is_used_twice() -> None:
    by_family = [plugins.load(families, name).MODELS for name in plugins.names(families)]
    assert sum(len(found) for found in by_family) == len(models.models()) == 14
    for name, model in models.models().items():
        assert name == model.name
        assert model.url.startswith("https://")
        assert model.download_bytes == pytest.approx(4 * model.parameters, rel=0.02)
    assert {model.family for model in models.models().values()} == {"MiDaS", "Depth Anything"}
    assert models.get("dpt_large_384").url == "https://github.com/isl-org/MiDaS/releases/download/v3/dpt_large_384.pt"
    assert models.DEFAULT in models.models()


def test_listing_models_imports_no_torch() -> None:
    program = (
        "import sys; from zoom3d.depth import models; models.models(); models.best_cached()\n"
        "print([name for name in ('torch', 'timm', 'cv2') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "torch" not in done.stdout
    assert "timm" not in done.stdout


def test_a_misspelt_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(DepthError, match="dpt_larg") as caught:
        models.get("dpt_larg_384")
    assert "dpt_large_384" in caught.value.hint
    with pytest.raises(DepthError) as caught:
        models.get("bultin")
    assert caught.value.hint == "did you mean 'builtin'?"


def test_what_needs_no_weights_has_none_to_fetch() -> None:
    for name in ("builtin", "auto"):
        with pytest.raises(DepthError, match=f"{name} has no weights of its own"):
            models.fetch(name)


def test_the_best_of_the_cached_models_is_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    assert models.best_cached() is None
    weights.folder().mkdir(parents=True)
    for name, best in (
        ("midas_v21_small_256", "midas_v21_small_256"),
        ("dpt_beit_large_384", "dpt_beit_large_384"),
        ("dpt_large_384", "dpt_beit_large_384"),
    ):
        assert models.cached(name) is None
        models.get(name).file.path.write_bytes(b"")
        assert models.cached(name) == models.get(name).file.path
        assert models.best_cached() == best


def test_a_file_of_another_model_does_not_pass_as_this_one(pseudo_weights: MakeWeights) -> None:
    file = models.get("dpt_levit_224").file
    weights.folder().mkdir(parents=True)
    pseudo_weights("midas_v21_small_256").replace(file.path)
    with pytest.raises(WeightsError, match="lacks key"):
        models.fetch("dpt_levit_224", offline=True)


def test_offline_without_weights_says_how_to_bring_them() -> None:
    with pytest.raises(WeightsError) as caught:
        models.fetch("midas_v21_small_256", offline=True)
    assert "releases/download/v2_1/midas_v21_small_256.pt" in caught.value.hint
    assert str(weights.folder()) in caught.value.hint
