"""3x3 convolutions with fewer multiplications (Winograd 1980; Lavin and Gray, CVPR 2016).

A tile of 4 x 4 outputs follows from 6 x 6 inputs with 36 multiplications a pair of channels instead of 144: F(4x4, 3x3).
torch does not do this on a CPU, and there the wide convolutions of the depth decoders cost a third of a large transformer's
own time. All steps are matrix products here, and a strip of tiles at a time stays in the processor's cache.

Rounding grows with the size of the points at which polynomials are evaluated. With 0, ±3/4, ±3/2 and infinity it is that of
the direct sum in torch (1.1e-5 of the output's standard deviation for 256 channels); with the usual 0, ±1, ±2 it is four
times as large.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

TILE = 4
WINDOW = TILE + 2
POINTS = (0.0, 0.75, -0.75, 1.5, -1.5)
STRIP_BYTES = 16 << 20
"""About how much a strip's transformed input may take."""
FEWEST_CHANNELS = 128
FEWEST_PIXELS = 64
"""Below either, the direct sum is as fast (measured)."""


class Convolution3x3(nn.Conv2d):
    """A 3x3 convolution of stride 1 that keeps the size: (B, C, h, w) -> (B, O, h, w). Fast once ``accelerate`` was called."""

    kernel: Tensor | None
    forth: Tensor
    back: Tensor

    def __init__(self, in_channels: int, channels: int, *, bias: bool = True) -> None:
        super().__init__(in_channels, channels, 3, padding=1, bias=bias)
        self.register_buffer("kernel", None, persistent=False)

    def accelerate(self) -> None:
        """Transform the weights, once they are in place."""
        if min(self.in_channels, self.out_channels) < FEWEST_CHANNELS:
            return
        to_kernel, forth, back = _transforms()
        kernel = torch.einsum("ak,bl,oikl->abio", to_kernel, to_kernel, self.weight.double())
        self.kernel = kernel.reshape(WINDOW**2, self.in_channels, self.out_channels).float()
        self.register_buffer("forth", forth.float(), persistent=False)
        self.register_buffer("back", back.float(), persistent=False)

    def forward(self, x: Tensor, *, rectify: bool = False) -> Tensor:
        """rectify: of max(x, 0) instead of x."""
        h, w = x.shape[-2:]
        fits = h % TILE == 0 and w % TILE == 0 and h * w >= FEWEST_PIXELS
        if self.kernel is None or not fits or x.device.type != "cpu" or x.dtype != torch.float32:
            return super().forward(F.relu(x) if rectify else x)
        y = torch.empty(len(x), self.out_channels, h, w, memory_format=torch.channels_last)
        a_row_of_tiles = WINDOW**2 * (w // TILE) * self.in_channels * 4 * len(x)
        step = TILE * max(1, STRIP_BYTES // a_row_of_tiles)
        for top in range(0, h, step):
            self._strip(x, y, top, min(top + step, h), rectify)
        return y

    def _strip(self, x: Tensor, y: Tensor, top: int, bottom: int, rectify: bool) -> None:
        """Compute rows ``top`` to ``bottom`` of ``y``."""
        h, w = x.shape[-2:]
        above, below = max(top - 1, 0), min(bottom + 1, h)
        source = F.pad(x[:, :, above:below], (1, 1, above - top + 1, bottom + 1 - below))
        if rectify:
            source.relu_()
        tiles = source.unfold(2, WINDOW, TILE).unfold(3, WINDOW, TILE)  # B, C, th, tw, 6, 6
        tiles = tiles.permute(4, 5, 0, 2, 3, 1).reshape(WINDOW, WINDOW, -1)  # 6, 6, B th tw C
        transformed = _both_ways(self.forth, tiles).view(WINDOW**2, -1, self.in_channels)  # 36, B th tw, C
        product = torch.bmm(transformed, self.kernel).view(WINDOW, WINDOW, -1)  # 6, 6, B th tw O
        result = _both_ways(self.back, product).view(TILE, TILE, len(x), -1, w // TILE, self.out_channels)
        target = y.permute(0, 2, 3, 1)[:, top:bottom].unflatten(2, (-1, TILE)).unflatten(1, (-1, TILE))  # B, th, 4, tw, 4, O
        result = result.permute(2, 3, 0, 4, 1, 5)
        if self.bias is None:
            target.copy_(result)
        else:
            torch.add(result, self.bias, out=target)


def _both_ways(matrix: Tensor, x: Tensor) -> Tensor:
    """Apply ``matrix`` (m, n) along the first and the second axis of x (n, n, k)."""
    return matrix @ (matrix @ x.transpose(0, 1)).transpose(0, 1)


def _transforms() -> tuple[Tensor, Tensor, Tensor]:
    """Matrices that transform a row of the kernel (6, 3), of the input (6, 6), and back to the output (4, 6).

    With V(n) the values of the monomials below degree n at the points (at infinity: the leading coefficient), they are V(3),
    the inverse of V(6) transposed, and V(4) transposed; the rows of the second are brought to length 1.
    """

    def values(count: int) -> Tensor:
        rows = [[point**power for power in range(count)] for point in POINTS]
        return torch.tensor([*rows, [0.0] * (count - 1) + [1.0]], dtype=torch.float64)

    forth = torch.linalg.inv(values(WINDOW)).T
    length = forth.norm(dim=1, keepdim=True)
    return values(3) * length, forth / length, values(TILE).T
