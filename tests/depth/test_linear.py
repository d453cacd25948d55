"""The convolution of 1x1 is the linear layer."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from zoom3d.depth import linear


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("shape", [(1, 769, 96), (3, 5, 7, 96), (96,)])
def test_it_equals_the_product(shape: tuple[int, ...], bias: bool, threads: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(linear, "FEWEST", 0)
    generator = torch.Generator().manual_seed(0)
    x, weight, shift = (torch.randn(size, generator=generator) for size in (shape, (64, 96), (64,)))
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        found = linear.linear(x, weight, shift if bias else None)
    finally:
        torch.set_num_threads(before)
    expected = F.linear(x.double(), weight.double(), shift.double() if bias else None)
    assert found.shape == expected.shape
    assert found.is_contiguous()
    assert (found - expected).abs().max() < 1e-5 * expected.std()


@pytest.mark.skipif(not torch.backends.mkldnn.is_available(), reason="torch without oneDNN")
def test_large_layers_are_convolutions_and_keep_their_names(monkeypatch: pytest.MonkeyPatch) -> None:
    network = nn.Sequential(nn.Linear(1024, 512), nn.GELU()).requires_grad_(False)
    names = set(network.state_dict())
    linear.accelerate(network)
    assert set(network.state_dict()) == names
    rows: list[int] = []
    convolve = F.conv2d

    def counting(x: Tensor, *rest: object, **options: object) -> Tensor:
        rows.append(x.shape[-1])
        return convolve(x, *rest, **options)

    monkeypatch.setattr(F, "conv2d", counting)
    for count in (1, 100, 800):
        assert network(torch.zeros(1, count, 1024)).shape == (1, count, 512)
    network.bfloat16()(torch.zeros(1, 800, 1024, dtype=torch.bfloat16))
    assert rows == [800]
