"""The fast convolution is the convolution."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional as F

from zoom3d.depth import winograd


@pytest.mark.parametrize(
    ("shape", "channels", "bias", "rectify"),
    [
        ((1, 128, 32, 48), 128, True, False),
        ((2, 160, 36, 32), 192, False, True),
        ((1, 256, 60, 28), 128, True, True),
        ((1, 128, 30, 48), 128, True, True),  # no multiple of the tile: the direct way
        ((1, 16, 32, 48), 16, True, True),  # too few channels: the direct way
    ],
)
def test_it_equals_the_direct_sum(
    shape: tuple[int, int, int, int], channels: int, bias: bool, rectify: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(winograd, "STRIP_BYTES", 3_000_000)  # several strips, the last one shorter
    generator = torch.Generator().manual_seed(0)
    layer = winograd.Convolution3x3(shape[1], channels, bias=bias).requires_grad_(False)
    layer.weight.normal_(generator=generator)
    x = torch.randn(shape, generator=generator).contiguous(memory_format=torch.channels_last)
    before = x.clone()
    direct = F.conv2d((F.relu(x) if rectify else x).double(), layer.weight.double(), padding=1)
    direct += layer.bias.double()[:, None, None] if bias else 0
    layer.accelerate()
    assert (layer(x, rectify=rectify) - direct).abs().max() < 3e-5 * direct.std()
    assert torch.equal(x, before)


def test_it_is_used_where_the_sizes_allow_it(monkeypatch: pytest.MonkeyPatch) -> None:
    layer = winograd.Convolution3x3(128, 128).requires_grad_(False)
    layer.accelerate()
    x = torch.zeros(1, 128, 32, 48)
    monkeypatch.setattr(F, "conv2d", None)
    assert layer(x).shape == x.shape
    with pytest.raises(TypeError):
        layer(x[:, :, :30])


def test_the_checkpoint_does_not_notice() -> None:
    layer = winograd.Convolution3x3(128, 128)
    layer.accelerate()
    assert set(layer.state_dict()) == {"weight", "bias"}
