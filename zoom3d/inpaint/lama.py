"""LaMa ("Resolution-robust Large Mask Inpainting with Fourier Convolutions", Suvorov et al., 2022), as published: big-lama.pt.

A TorchScript file is a program. So the file is read once, its SHA-256 is compared with the published one, and what was
hashed is what is run.
"""

from __future__ import annotations

import hashlib
import io
import warnings
from functools import lru_cache
from typing import TYPE_CHECKING

import cv2
import numpy as np

from zoom3d import weights
from zoom3d.errors import WeightsError
from zoom3d.inpaint._canvas import bounding_box, grown, mean_colour, only_source, pasted, usable_source

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray
    from torch import nn

    from zoom3d.types import Progress

    Uint8 = NDArray[np.uint8]
    Mask = NDArray[np.bool_]

_URL = "https://github.com/Sanster/models/releases/download/add_big_lama/big-lama.pt"
SHA256 = "344c77bbcb158f17dd143070d1e789f38a66c04202311ae3a258ef66667a9ea9"
FILE = weights.WeightsFile(
    filename="big-lama.pt",
    url=_URL,
    size_bytes=205_669_692,
    fetch_command="zoom3d models fetch lama",
    sha256=SHA256,
)
FILES = {"lama": FILE}
WEIGHTS = (FILE.filename,)
LICENCE = "Apache-2.0"

MULTIPLE = 8
SIDE_LIMIT_PX = 1024
"""The longer side of the picture as the network sees it: it was trained at 256, and time grows with the area."""
FENCE_PX = 12
CONTEXT_PX = 128


def fetch(progress: Progress | None = None) -> list[Path]:
    """The file of weights, downloaded into the cache if need be; its checksum is published, so nothing else is looked at."""
    return [weights.fetch(FILE, validate=lambda _: None, progress=progress)]


def load() -> nn.Module:
    """The network. It takes rgb (1, 3, h, w) in [0, 1] and mask (1, 1, h, w), 1 = to be painted; h, w multiples of 8."""
    return _loaded(FILE.path, weights.stamp(FILE.path))


@lru_cache(maxsize=1)
def _loaded(path: Path, _stamp: str) -> nn.Module:
    """The network stays loaded, some 200 MB, for a photograph's every hole and for the next photograph's."""
    import torch

    program = path.read_bytes()
    digest = hashlib.sha256(program).hexdigest()
    if digest != SHA256:
        raise WeightsError(
            f"{path} is not the published file and is not run: its SHA-256 is {digest[:12]}…, not {SHA256[:12]}…",
            hint=f"delete it and download {FILE.source} again",
        )
    with warnings.catch_warnings():  # torch calls the format old; it is how the file is published
        warnings.simplefilter("ignore")
        network: nn.Module = torch.jit.load(io.BytesIO(program), map_location="cpu")
    return network.eval()


def fill(
    rgb: NDArray[np.uint8], hole: NDArray[np.bool_], source: NDArray[np.bool_], disparity: NDArray[np.float32]
) -> NDArray[np.uint8]:
    """Paint the hole with LaMa; see ``zoom3d.inpaint`` for the arguments. ``disparity`` is not looked at.

    The foreground beside a hole is masked like the hole, and beyond that replaced by the nearest source: the network sees none.
    """
    network = load()
    if hole.all():
        return mean_colour(rgb)
    if not hole.any():
        return np.copy(rgb)
    source = usable_source(hole, source)
    unknown = grown(hole, FENCE_PX) & ~source
    box = bounding_box(hole, CONTEXT_PX)
    painted = only_source(rgb, source)
    painted[box] = _answer(network, painted[box], unknown[box])
    return pasted(rgb, hole, painted)


def _answer(network: nn.Module, rgb: Uint8, unknown: Mask) -> Uint8:
    import torch

    height, width = unknown.shape
    scale = min(1.0, SIDE_LIMIT_PX / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    small = cv2.resize(rgb, size, interpolation=cv2.INTER_AREA)
    mask = cv2.resize(unknown.astype(np.float32), size, interpolation=cv2.INTER_AREA) > 0
    bottom, right = -size[1] % MULTIPLE, -size[0] % MULTIPLE
    small = cv2.copyMakeBorder(small, 0, bottom, 0, right, cv2.BORDER_REFLECT)
    masked = cv2.copyMakeBorder(mask.astype(np.float32), 0, bottom, 0, right, cv2.BORDER_REFLECT)
    values = torch.from_numpy(small.astype(np.float32) / 255.0).permute(2, 0, 1)[None]  # (1, 3, h, w)
    with torch.inference_mode():
        answer = network(values, torch.from_numpy(masked)[None, None])[0].permute(1, 2, 0).numpy()
    answer = np.clip(np.rint(255.0 * answer[: size[1], : size[0]]), 0, 255).astype(np.uint8)
    return cv2.resize(answer, (width, height), interpolation=cv2.INTER_LINEAR)
