"""Every source of depth becomes disparity in [0, 1] by percentiles, without NaN, whatever it holds."""

from __future__ import annotations

import numpy as np
import pytest

from zoom3d.depth.normalise import FLAT, normalise


@pytest.fixture
def ramp() -> np.ndarray:
    return np.linspace(0.0, 1.0, 200 * 300).reshape(200, 300)


@pytest.mark.parametrize(("scale", "offset"), [(1.0, 0.0), (1e-6, 5.0), (1e6, -3e5), (1e300, 0.0), (3.0, 1e6)])
def test_scale_and_offset_do_not_matter(ramp: np.ndarray, scale: float, offset: float) -> None:
    assert normalise(ramp * scale + offset) == pytest.approx(normalise(ramp), abs=2e-4)


@pytest.mark.parametrize("dtype", ["uint8", "int16", "uint16", "int32", "uint32", "int64", "float16", "float32", ">u2", ">f4"])
def test_every_type_gives_the_same_disparity(ramp: np.ndarray, dtype: str) -> None:
    values = (ramp * 255).round().astype(dtype)
    result = normalise(values)
    assert result.dtype == np.float32
    assert result == pytest.approx(normalise((ramp * 255).round()), abs=1e-6)


def test_a_few_wild_pixels_do_not_flatten_the_rest(ramp: np.ndarray) -> None:
    wild = ramp.copy()
    wild[0, :20], wild[1, :20] = 1e9, -1e9
    assert np.abs(normalise(wild)[2:] - normalise(ramp)[2:]).max() < 0.01


def test_whole_range_is_used_and_order_is_kept(ramp: np.ndarray) -> None:
    result = normalise(ramp)
    assert (result.min(), result.max()) == (0.0, 1.0)
    assert (np.diff(result.ravel()) >= 0).all()


def test_small_things_before_a_flat_ground_keep_their_depth() -> None:
    values = np.zeros((200, 200))
    values[100, 100:104] = 3.0
    result = normalise(values)
    assert (result[100, 100:104] == 1.0).all()
    assert result.sum() == 4.0


@pytest.mark.parametrize("value", [0.0, 7.0, -1e300, 65535])
def test_no_depth_at_all_is_halfway_everywhere(value: float) -> None:
    assert (normalise(np.full((5, 7), value)) == FLAT).all()


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_nothing_known_is_halfway_everywhere(value: float) -> None:
    assert (normalise(np.full((5, 7), value)) == FLAT).all()


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_unknown_pixels_take_the_nearest_known_value(value: float) -> None:
    values = np.zeros((40, 60))
    values[:, 30:] = 1.0
    full = normalise(values)
    holed = values.copy()
    holed[10:20, 5:25] = holed[12:30, 40:60] = value
    holed[:, 0] = value
    assert (normalise(holed) == full).all()


def test_input_stays_as_it_is(ramp: np.ndarray) -> None:
    ramp.setflags(write=False)
    assert normalise(ramp) is not ramp
