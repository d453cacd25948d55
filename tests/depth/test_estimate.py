"""Where depth comes from when nothing, or several things, are said."""

from __future__ import annotations

import logging
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from zoom3d import depth
from zoom3d.depth import DepthSource, builtin, refine
from zoom3d.errors import DepthError, WeightsError
from zoom3d.types import Photo

OFFLINE = DepthSource(offline=True)


@pytest.fixture
def photo(picture: NDArray[np.uint8]) -> Photo:
    return Photo(picture, 150.0)


def test_without_weights_the_builtin_estimator_is_used_and_one_sentence_says_so(
    photo: Photo, caplog: pytest.LogCaptureFixture
) -> None:
    found = depth.estimate(photo, OFFLINE)
    assert found.source == "builtin"
    (warning,) = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert warning == (
        "MiDaS weights are not here and could not be fetched (offline): the built-in depth estimator is used; "
        "zoom3d models fetch midas_v21_small_256 gets them"
    )


def test_a_warning_about_the_network_names_the_cause_and_no_address(
    photo: Photo, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("zoom3d.download.FIRST_DELAY_S", 0)
    monkeypatch.setenv("ZOOM3D_WEIGHTS_URL", "http://127.0.0.1:9")  # nothing listens there
    depth.estimate(photo, DepthSource())
    (warning,) = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert "Connection refused" in warning
    assert "127.0.0.1" not in warning


def test_a_page_in_place_of_weights_is_told_by_where_it_came_from(
    photo: Photo, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZOOM3D_WEIGHTS_URL", "http://hotel.example")
    monkeypatch.setattr("zoom3d.download.download", lambda url, part, **_: part.write_bytes(b"<html>Log in</html>"))
    assert depth.estimate(photo, DepthSource()).source == "builtin"
    (warning,) = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert "what came from http://hotel.example/midas_v21_small_256.pt is damaged" in warning
    assert ".part" not in warning


def test_an_estimated_map_is_kept_and_one_of_another_photograph_is_not_taken(
    photo: Photo, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []
    estimate = builtin.estimate
    monkeypatch.setattr(builtin, "estimate", lambda rgb: (calls.append(1), estimate(rgb))[1])
    source = DepthSource(model="builtin")
    first = depth.estimate(photo, source)
    np.testing.assert_array_equal(depth.estimate(photo, source).disparity, first.disparity)
    assert len(calls) == 1
    depth.estimate(photo, source, use_cache=False)
    depth.estimate(Photo(photo.rgb[::-1].copy(), 150.0), source)
    assert len(calls) == 3


def test_the_map_that_the_phone_embedded_is_used_and_normalised(
    picture: NDArray[np.uint8], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []
    monkeypatch.setattr(refine, "refine", lambda disparity, rgb: (seen.append(disparity), disparity)[1])
    narrow = np.linspace(0.4, 0.5, picture[..., 0].size, dtype=np.float32).reshape(picture.shape[:2])
    narrow[0, 0] = 1.0  # one wild pixel
    found = depth.estimate(Photo(picture, 150.0, narrow), OFFLINE)
    assert found.source == "embedded in the photograph"
    assert (seen[0].min(), seen[0].max()) == (0.0, 1.0)
    assert np.median(seen[0]) == pytest.approx(0.5, abs=0.01)


def test_a_named_model_beats_the_embedded_map(picture: NDArray[np.uint8]) -> None:
    embedded = np.linspace(0, 1, picture[..., 0].size, dtype=np.float32).reshape(picture.shape[:2])
    assert depth.estimate(Photo(picture, 150.0, embedded), DepthSource(model="builtin")).source == "builtin"


@pytest.mark.parametrize("model", ["auto", "builtin"])
def test_weights_need_a_model_of_their_own(photo: Photo, model: str) -> None:
    with pytest.raises(DepthError, match="weights"):
        depth.estimate(photo, DepthSource(model=model, weights=Path("net.pt")))


def test_missing_weights_are_noticed_before_torch_is_loaded(tmp_path: Path) -> None:
    program = (
        "import sys\nfrom pathlib import Path\nfrom zoom3d.depth import models\nfrom zoom3d.errors import WeightsError\n"
        "try:\n    models.load('midas_v21_small_256', weights=Path(sys.argv[1]))\n"
        "except WeightsError as error:\n    print(error.message, *(name for name in ('torch', 'timm') if name in sys.modules))"
    )
    missing = tmp_path / "none.pt"
    done = subprocess.run([sys.executable, "-c", program, str(missing)], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == f"there is no file {missing}"


def test_missing_weights_are_an_error(photo: Photo) -> None:
    with pytest.raises(WeightsError, match="no file"):
        depth.estimate(photo, DepthSource(model="midas_v21_small_256", weights=Path("none.pt")))


def test_many_photographs_are_taken_a_few_at_a_time_and_the_model_is_chosen_once(
    picture: NDArray[np.uint8], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    taken: list[int] = []
    embedded = np.linspace(0, 1, picture[..., 0].size, dtype=np.float32).reshape(picture.shape[:2])

    def photos() -> Iterator[Photo]:
        for index in range(7):
            taken.append(index)
            rgb = np.roll(picture, index, axis=1)
            yield Photo(rgb, 150.0, embedded if index == 2 else None)

    monkeypatch.setattr(depth, "GROUP_PHOTOS", 3)
    held, sources, maps = [], [], []
    for found in depth.estimate_many(photos(), OFFLINE):
        held.append(len(taken))
        sources.append(found.source)
        maps.append(found.disparity)
    assert held == [3, 3, 3, 6, 6, 6, 7]
    assert sources == ["builtin"] * 2 + ["embedded in the photograph"] + ["builtin"] * 4
    assert len([record for record in caplog.records if record.levelno >= logging.WARNING]) == 1
    for index in (0, 5):
        alone = depth.estimate(Photo(np.roll(picture, index, axis=1), 150.0), DepthSource(model="builtin"), use_cache=False)
        np.testing.assert_array_equal(maps[index], alone.disparity)


def test_groups_are_smaller_where_photographs_are_large(picture: NDArray[np.uint8], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(depth, "GROUP_PIXELS", 2 * picture[..., 0].size)
    assert [len(group) for group in depth._groups([Photo(picture, 150.0)] * 5)] == [2, 2, 1]
