"""A network on its device: batches, memory, choice of the device. Weights play no part here."""

from __future__ import annotations

import logging
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from zoom3d.depth import models, network
from zoom3d.depth.module import DepthModule
from zoom3d.errors import DepthError, WeightsError


class Brightness(DepthModule):
    """A "network" that answers with the mean over the channels."""

    def forward(self, x: Tensor) -> Tensor:
        return x.mean(dim=1)


@pytest.fixture
def brightness() -> network.Network:
    return network.ready(models.get("midas_v21_small_256"), Brightness(), torch.device("cpu"))


def test_a_prediction_has_the_size_of_the_photograph(brightness: network.Network, picture: NDArray[np.uint8]) -> None:
    large, small = brightness.predict(picture), brightness.predict_small(picture)
    assert (large.shape, large.dtype) == (picture.shape[:2], np.float32)
    assert (small.shape, small.dtype) == ((160, 256), np.float32)
    np.testing.assert_array_equal(large, brightness.enlarge(small, *picture.shape[:2]))


def test_many_photographs_are_answered_in_their_order(brightness: network.Network, picture: NDArray[np.uint8]) -> None:
    photos = [picture, picture[:, ::-1], np.rot90(picture).copy(), picture // 2]
    for rgb, together in zip(photos, brightness.predict_small_batch(photos), strict=True):
        np.testing.assert_array_equal(brightness.predict_small(rgb), together)


def test_no_photographs_give_no_predictions(brightness: network.Network) -> None:
    assert brightness.predict_small_batch([]) == []


def test_a_gpu_too_small_gets_smaller_batches_and_then_the_cpu_takes_over(
    brightness: network.Network, picture: NDArray[np.uint8], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    expected = brightness.predict_small_batch([picture] * 3)
    sizes: list[tuple[str, int]] = []
    forward = brightness._forward

    def fails_on_gpu(x: Tensor) -> Tensor:
        sizes.append((brightness.device.type, len(x)))
        if brightness.device.type != "cpu":
            raise torch.OutOfMemoryError("CUDA out of memory")
        return forward(x)

    monkeypatch.setattr(brightness, "_forward", fails_on_gpu)
    brightness.device = torch.device("meta")  # stands for a GPU
    with caplog.at_level(logging.WARNING):
        found = brightness.predict_small_batch([picture] * 3)
    assert sizes == [("meta", 3), ("meta", 3), ("meta", 2), ("meta", 1), ("cpu", 1), ("cpu", 1), ("cpu", 1)]
    np.testing.assert_array_equal(found, expected)
    assert caplog.text.count("too little memory") == 1
    assert brightness.device.type == "cpu"


@pytest.mark.parametrize("full_precision", [True, False])
def test_full_precision_keeps_convolutions_on_a_gpu_from_rounding(full_precision: bool, picture: NDArray[np.uint8]) -> None:
    rounding: list[bool] = []

    class Watching(Brightness):
        def forward(self, x: Tensor) -> Tensor:
            rounding.append(torch.backends.cudnn.allow_tf32)
            return super().forward(x)

    model = models.get("midas_v21_small_256")
    network.ready(model, Watching(), torch.device("cpu"), full_precision=full_precision).predict(picture)
    assert rounding == [not full_precision]


def test_an_error_other_than_lack_of_memory_is_not_hidden(
    brightness: network.Network, picture: NDArray[np.uint8], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(x: Tensor) -> Tensor:
        raise RuntimeError("a bug")

    monkeypatch.setattr(brightness, "_forward", fails)
    brightness.device = torch.device("meta")
    with pytest.raises(RuntimeError, match="a bug"):
        brightness.predict(picture)


@pytest.mark.parametrize(("cuda", "mps", "chosen"), [(True, True, "cuda"), (False, True, "mps"), (False, False, "cpu")])
def test_the_automatic_device_is_the_fastest_there_is(
    cuda: bool, mps: bool, chosen: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch, "cuda", SimpleNamespace(is_available=lambda: cuda, device_count=lambda: 1))
    monkeypatch.setattr(torch.backends, "mps", SimpleNamespace(is_available=lambda: mps))
    assert network.choose_device("auto").type == chosen


@pytest.mark.parametrize("name", ["cuda", "cuda:7", "mps", "meta", "toaster"])
def test_a_device_that_is_not_there_is_an_error(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch, "cuda", SimpleNamespace(is_available=lambda: False, device_count=lambda: 0))
    monkeypatch.setattr(torch.backends, "mps", SimpleNamespace(is_available=lambda: False))
    with pytest.raises(DepthError) as caught:
        network.choose_device(name)
    assert caught.value.hint == "use auto or one of: cpu"


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_weights_that_predict_no_numbers_are_an_error(picture: NDArray[np.uint8], value: float) -> None:
    class Broken(Brightness):
        def forward(self, x: Tensor) -> Tensor:
            return super().forward(x) * value

    broken = network.ready(models.get("midas_v21_small_256"), Broken(), torch.device("cpu"))
    with pytest.raises(WeightsError, match="NaN"):
        broken.predict(picture)
