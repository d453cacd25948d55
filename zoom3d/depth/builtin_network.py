"""The built-in depth network in numpy: an encoder-decoder of plain convolutions, with attention where it is narrowest.

No deep-learning library is loaded: half a giga-multiplication takes less time than importing one. ``training/`` in the
repository trains it, on scenes drawn by its own code.
"""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import lru_cache
from threading import Lock
from typing import TYPE_CHECKING

import cv2
import numpy as np

from zoom3d import assets

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    Float32 = NDArray[np.float32]
    Weights = Mapping[str, Float32]

FILE = "builtin-depth.safetensors"
SIDE = 128
"""Height and width, in px, of the map, whatever the photograph's shape."""

LOOKS = (160, False), (160, True), (128, False), (96, True)
"""Heights and widths, in px, to which the photograph is squeezed, and whether it is mirrored: looks that err differently.
Training ended with the third."""

HEADS = 6
_EPSILON = 1e-5
_one_thread = Lock()


@contextmanager
def single() -> Iterator[None]:
    """Linear algebra on one thread: the last bit of an answer does not depend on how many there are.

    Nor do they wait for each other in circles: a system of a few hundred equations took twenty times as long on a busy machine.
    """
    from threadpoolctl import threadpool_limits

    with _one_thread, threadpool_limits(1, "blas"):
        yield


def predict(rgb: NDArray[np.uint8], looks: Sequence[tuple[int, bool]] = LOOKS) -> Float32:
    """Disparity up to scale, (SIDE, SIDE) float32, of ``rgb``, (H, W, 3) uint8: the mean over ``looks``."""
    with single():
        return look(rgb, looks)


def look(rgb: NDArray[np.uint8], looks: Sequence[tuple[int, bool]] = LOOKS) -> Float32:
    """``predict`` for who has called ``single``: the looks run side by side, each on one thread."""
    weights = load()

    def once(side: int, mirrored: bool) -> Float32:
        small = cv2.resize(rgb, (side, side), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
        found = forward(weights, small[:, ::-1])[:, ::-1] if mirrored else forward(weights, small)
        return np.asarray(cv2.resize(np.ascontiguousarray(found), (SIDE, SIDE), interpolation=cv2.INTER_LINEAR))

    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(once, *zip(*looks, strict=True)))
    return np.asarray(np.mean(found, axis=0, dtype=np.float32))


@lru_cache(maxsize=1)
def load() -> Weights:
    """The weights that zoom3d comes with."""
    return read(_path())


def read(path: Path) -> Weights:
    """The arrays of a file of weights: stored in half precision, used in single."""
    from safetensors.numpy import load_file

    return {name: np.ascontiguousarray(value, np.float32) for name, value in load_file(path).items()}


@lru_cache(maxsize=1)
def fingerprint() -> str:
    """What tells these weights from another version's."""
    return hashlib.blake2b(_path().read_bytes(), digest_size=8).hexdigest()


def _path() -> Path:
    return assets.folder("data") / FILE


def forward(weights: Weights, rgb: Float32) -> Float32:
    """(H, W) disparity, about [0, 1], of (H, W, 3) colours in [0, 1]; H and W multiples of 32."""
    x2 = _relu(_convolve(weights, "stem", _with_place(rgb), 2))  # H/2 W/2 24
    x4 = _residuals(weights, "stage4", _relu(_convolve(weights, "down4", x2, 2)))  # H/4 W/4 40
    x8 = _residuals(weights, "stage8", _relu(_convolve(weights, "down8", x4, 2)))  # H/8 W/8 80
    x16 = _residuals(weights, "stage16", _relu(_convolve(weights, "down16", x8, 2)))  # H/16 W/16 128
    x32 = _relu(_convolve(weights, "down32", x16, 2))  # H/32 W/32 192
    tokens = x32.reshape(-1, x32.shape[2])
    block = 0
    while f"attention.{block}.qkv.weight" in weights:
        tokens = _attend(weights, f"attention.{block}", tokens)
        block += 1
    x = _relu(_convolve(weights, "up16", tokens.reshape(x32.shape)))
    for level, skip in (("16", x16), ("8", x8), ("4", x4), ("2", x2)):
        x = _relu(_double(x) + _convolve(weights, f"skip{level}", skip))
        x = _relu(_convolve(weights, f"merge{level}", x))
    height, width, _ = x.shape
    quads = _convolve(weights, "head", x).reshape(height, width, 2, 2)  # every pixel of x is four of the result
    root = quads.transpose(0, 2, 1, 3).reshape(2 * height, 2 * width)
    return np.maximum(root, 0) ** 2


def _with_place(rgb: Float32) -> Float32:
    """(H, W, 5): colour in [-1, 1], and where each pixel stands: x and y in [-1, 1]."""
    height, width, _ = rgb.shape
    x, y = np.linspace(-1, 1, width, dtype=np.float32), np.linspace(-1, 1, height, dtype=np.float32)
    return np.concatenate([rgb * 2 - 1, np.stack(np.meshgrid(x, y), 2)], 2)


def _convolve(weights: Weights, name: str, x: Float32, stride: int = 1) -> Float32:
    """(H, W, C) to (H / stride, W / stride, D) by the kernel (D, C, k, k) called ``name``, as one product of matrices."""
    kernel, bias = weights[f"{name}.weight"], weights[f"{name}.bias"]
    size = kernel.shape[2]
    matrix = kernel.transpose(2, 3, 1, 0).reshape(-1, kernel.shape[0])
    height, width, channels = (x.shape[0] + stride - 1) // stride, (x.shape[1] + stride - 1) // stride, x.shape[2]
    if size == 1:
        return np.asarray((x.reshape(-1, channels) @ matrix + bias).reshape(height, width, -1))
    padded = np.pad(x, ((1, 1), (1, 1), (0, 0)))
    patches = np.empty((height, width, size * size, channels), np.float32)
    for k in range(size * size):
        row, column = divmod(k, size)
        patches[:, :, k] = padded[row : row + stride * height : stride, column : column + stride * width : stride]
    return np.asarray((patches.reshape(height * width, -1) @ matrix + bias).reshape(height, width, -1))


def _residuals(weights: Weights, name: str, x: Float32) -> Float32:
    block = 0
    while f"{name}.{block}.first.weight" in weights:
        inner = _relu(_convolve(weights, f"{name}.{block}.first", x))
        x = _relu(x + _convolve(weights, f"{name}.{block}.second", inner))
        block += 1
    return x


def _attend(weights: Weights, name: str, tokens: Float32) -> Float32:
    """A pre-norm transformer block over (N, C)."""
    count, width = tokens.shape
    joint = _linear(weights, f"{name}.qkv", _norm(weights, f"{name}.norm1", tokens)).reshape(count, 3, HEADS, -1)
    query, key, value = joint.transpose(1, 2, 0, 3)  # each heads, N, C / heads
    scores = query @ key.transpose(0, 2, 1) / np.float32(np.sqrt(width // HEADS))
    scores = np.exp(scores - scores.max(2, keepdims=True))
    mixed = (scores / scores.sum(2, keepdims=True)) @ value
    tokens = tokens + _linear(weights, f"{name}.project", mixed.transpose(1, 0, 2).reshape(count, width))
    hidden = _relu(_linear(weights, f"{name}.widen", _norm(weights, f"{name}.norm2", tokens)))
    return np.asarray(tokens + _linear(weights, f"{name}.narrow", hidden))


def _linear(weights: Weights, name: str, x: Float32) -> Float32:
    return np.asarray(x @ weights[f"{name}.weight"].T + weights[f"{name}.bias"])


def _norm(weights: Weights, name: str, x: Float32) -> Float32:
    centred = x - x.mean(1, keepdims=True)
    scaled = centred / np.sqrt((centred**2).mean(1, keepdims=True) + _EPSILON)
    return np.asarray(scaled * weights[f"{name}.weight"] + weights[f"{name}.bias"])


def _relu(x: Float32) -> Float32:
    return np.maximum(x, 0, out=x)


def _double(x: Float32) -> Float32:
    """Twice as high and wide, bilinear, pixel centres at halves."""
    for axis in (0, 1):
        x = np.moveaxis(x, axis, 0)
        before, after = np.concatenate([x[:1], x[:-1]]), np.concatenate([x[1:], x[-1:]])
        pairs: Float32 = np.stack([0.75 * x + 0.25 * before, 0.75 * x + 0.25 * after], 1, dtype=np.float32)
        x = np.moveaxis(pairs.reshape(2 * len(x), *x.shape[1:]), 0, axis)
    return np.ascontiguousarray(x)
