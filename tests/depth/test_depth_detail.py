"""Looking at parts of a photograph adds what the whole does not resolve, and nothing else."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from zoom3d import depth
from zoom3d.depth import DepthSource, detail
from zoom3d.errors import DepthError
from zoom3d.types import Photo

Look = Callable[[Sequence[NDArray[np.generic]]], list[NDArray[np.float32]]]
HEIGHT, WIDTH = 64, 96  # of what the network sees


@pytest.fixture
def truth() -> NDArray[np.float32]:
    """A floor that rises, discs before it, and posts thinner than a pixel of the network's."""
    scene = np.tile(np.linspace(0.3, 0, 384, dtype=np.float32)[:, None], (1, 576))[::-1].copy()
    for x, y, radius, disparity in ((150, 120, 60, 0.7), (400, 250, 90, 1.0), (300, 90, 25, 0.5)):
        cv2.circle(scene, (x, y), radius, disparity, -1)
    for x in (40, 250, 520):
        scene[60:330, x : x + 4] = 0.9
    return scene


def network(blur_px: float, near: Callable[[int, NDArray[np.float32]], NDArray[np.float32]]) -> Look:
    """A network that is given the truth for a photograph and sees it coarsely; ``near`` spoils what it sees of parts."""

    def look(photos: Sequence[NDArray[np.generic]]) -> list[NDArray[np.float32]]:
        seen = [cv2.resize(np.asarray(one, np.float32), (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA) for one in photos]
        seen = [np.asarray(cv2.GaussianBlur(one, (0, 0), blur_px), np.float32) for one in seen]
        return seen if len(seen) == 1 else [near(index, one) for index, one in enumerate(seen)]

    return look


def affine_with_a_drift(index: int, seen: NDArray[np.float32]) -> NDArray[np.float32]:
    rng = np.random.default_rng(index)
    down, across, scale = *rng.normal(0, 0.2, 2), rng.uniform(0.5, 500)
    drift = down * np.linspace(0, 1, HEIGHT)[:, None] + across * np.linspace(0, 1, WIDTH)
    return np.asarray(scale * (seen + drift) + rng.uniform(-1e3, 1e3), np.float32)


def error(found: NDArray[np.float32], truth: NDArray[np.float32]) -> float:
    """Mean absolute, after scale and shift, at the size of the truth."""
    large = cv2.resize(found, truth.shape[::-1], interpolation=cv2.INTER_CUBIC)
    slope, shift = np.polyfit(large.ravel(), truth.ravel(), 1)
    return float(np.abs(slope * large + shift - truth).mean())


@pytest.mark.parametrize("blur_px", [0.7, 1.2, 1.8])
def test_edges_and_thin_things_are_found_though_every_part_has_its_own_scale_and_drift(
    truth: NDArray[np.float32], blur_px: float
) -> None:
    look = network(blur_px, affine_with_a_drift)
    found = detail.predict(look, truth)  # type: ignore[arg-type]
    assert found.shape == (2 * HEIGHT, 2 * WIDTH)
    assert error(found, truth) < 0.75 * error(look([truth])[0], truth)


@pytest.mark.parametrize(
    "near",
    [
        lambda index, seen: np.full_like(seen, 7),
        lambda index, seen: -seen,
        lambda index, seen: np.random.default_rng(index).normal(0, 9, seen.shape).astype(np.float32),
    ],
    ids=["nothing", "inverse", "noise"],
)
def test_parts_that_show_something_else_change_nothing(
    truth: NDArray[np.float32], near: Callable[[int, NDArray[np.float32]], NDArray[np.float32]]
) -> None:
    look = network(1.0, near)
    assert error(detail.predict(look, truth), truth) < 1.03 * error(look([truth])[0], truth)  # type: ignore[arg-type]


def test_a_photograph_that_the_network_sees_whole_has_no_more_to_show(
    truth: NDArray[np.float32], caplog: pytest.LogCaptureFixture
) -> None:
    small = cv2.resize(truth, (WIDTH + 20, HEIGHT + 20))
    looks: list[int] = []
    look = network(1.0, affine_with_a_drift)
    found = detail.predict(lambda photos: (looks.append(len(photos)), look(photos))[1], small)  # type: ignore[arg-type]
    assert found.shape == (HEIGHT, WIDTH)
    assert looks == [1]
    assert [record.levelno for record in caplog.records] == [logging.WARNING]


def test_a_map_with_detail_is_another_than_one_without(
    truth: NDArray[np.float32], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "weights.pt").touch()
    look = network(1.0, affine_with_a_drift)
    monkeypatch.setattr(
        depth,
        "_network",
        lambda *_: SimpleNamespace(
            predict_small_batch=lambda photos: look([photo[..., 0] / np.float32(255) for photo in photos])
        ),
    )
    photo = Photo(np.repeat(np.uint8(255 * truth)[..., None], 3, axis=2), 150.0)
    maps = [
        depth.estimate(photo, DepthSource(model="dpt_large_384", weights=tmp_path / "weights.pt", detail=wanted)).disparity
        for wanted in (False, True, False)
    ]
    np.testing.assert_array_equal(maps[0], maps[2])
    assert error(maps[1], truth) < 0.8 * error(maps[0], truth)


@pytest.mark.parametrize("source", [{"model": "builtin"}, {"file": Path("map.png")}])
def test_without_a_network_there_is_nothing_to_look_again(source: dict[str, object]) -> None:
    with pytest.raises(DepthError, match="--detail"):
        DepthSource(detail=True, **source)  # type: ignore[arg-type]


def test_the_builtin_estimator_is_no_substitute_where_detail_is_asked_for(picture: NDArray[np.uint8]) -> None:
    with pytest.raises(DepthError, match="no network is here"):
        depth.estimate(Photo(picture, 150.0), DepthSource(offline=True, detail=True))
