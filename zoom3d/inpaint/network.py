"""The networks of "3D Photography using Context-aware Layered Depth Inpainting" (Shih et al., CVPR 2020).

Each connected hole is a synthesis region; the source around it, from the far side of the edge, is its context. The edge network
continues the context's depth edges through the hole, and the colour network paints along them. The disparity in the hole
has been continued before this method is asked, so the depth network is there to be loaded, but ``fill`` does not need it.
"""

from __future__ import annotations

from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import cv2
import numpy as np

from zoom3d import weights
from zoom3d.inpaint._canvas import bounding_box, grown, mean_colour, only_source, pasted, usable_source

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor, nn

    from zoom3d.types import Progress

    Float32 = NDArray[np.float32]
    Uint8 = NDArray[np.uint8]
    Mask = NDArray[np.bool_]

Kind = Literal["edge", "depth", "color"]

_FOLDER = "https://filebox.ece.vt.edu/~jbhuang/project/3DPhoto/model"
_SIZES: dict[Kind, int] = {"edge": 46_000_000, "depth": 206_000_000, "color": 206_000_000}
FILES: dict[Kind, weights.WeightsFile] = {
    kind: weights.WeightsFile(
        filename=f"{kind}-model.pth",
        url=f"{_FOLDER}/{kind}-model.pth",
        size_bytes=size,
        fetch_command="zoom3d models fetch network",
    )
    for kind, size in _SIZES.items()
}
WEIGHTS = (FILES["edge"].filename, FILES["color"].filename)
LICENCE = "MIT"

PATCH_LIMIT_PX = 512
CONTEXT_SHARE = 140 / 960
"""Width of the context as a share of the picture's longer side."""
PIECE_SHARE = 0.5
"""A hole longer than this share of the picture's longer side is painted piece by piece, each seeing those before it."""
JOINED_SHARE = 24
"""Holes nearer to each other than two 24ths of the longer side are painted together: a pass of the networks costs seconds."""
EDGE_THRESHOLD = 0.002
"""Probability from which a pixel is taken for a depth edge; the authors' value."""
EDGE_STEP = 0.04
FARTHER_SIDE = 0.04
"""Shares of the picture's disparity range: a step that is a depth edge, and how much nearer than the hole a context may be."""


def load(kind: Kind, path: Path | str) -> nn.Module:
    """The network ``kind`` with the weights of the authors' checkpoint at ``path``, in evaluation mode.

    It takes one tensor (1, channels, h, w) float32, any h and w, whose channels are in this order
        edge:  rgb in [0, 1] (3), disparity of any positive scale, edge, context, mask -> (1, 1, h, w), a probability
        depth: logarithm of depth minus its mean over the context, edge, context, mask -> (1, 1, h, w), the same quantity
        color: rgb in [0, 1] (3), edge, context, mask                                  -> (1, 3, h, w), rgb in [0, 1]
    Context is 1 where something is known, mask is 1 where something is to be made up, and rgb, disparity, depth and edge
    are 0 where the context is. WeightsError where the file is missing, damaged or of another network.
    """
    from zoom3d.inpaint import _checkpoint, _networks

    network = _networks.build(kind)
    _checkpoint.load(network, Path(path), f"the {kind} network")
    return network.eval().requires_grad_(False)


def fetch(progress: Progress | None = None) -> list[Path]:
    """The files of weights that ``fill`` needs, downloaded into the cache if need be, their names and shapes checked."""
    needed: tuple[Kind, ...] = ("edge", "color")
    return [weights.fetch(FILES[kind], validate=partial(_validate, kind), progress=progress) for kind in needed]


def fill(rgb: Uint8, hole: Mask, source: Mask, disparity: Float32) -> Uint8:
    """Paint the hole with the edge and the colour network; see ``zoom3d.inpaint`` for the arguments."""
    edge_network, color_network = _fetched("edge"), _fetched("color")
    if hole.all():
        return mean_colour(rgb)
    if not hole.any():
        return np.copy(rgb)
    known = usable_source(hole, source)
    painted = only_source(rgb, known)
    low, high = np.percentile(disparity, (1, 99))
    depth = ((disparity - low) / max(float(high - low), 1e-6)).astype(np.float32)
    for piece in _pieces(hole):
        box, context = _surroundings(piece, known, depth)
        mask = piece[box]
        answer = _painted(edge_network, color_network, painted[box], context, mask, depth[box])
        painted[box][mask] = answer[mask]
        known = known | piece
    return pasted(rgb, hole, painted)


def _fetched(kind: Kind) -> nn.Module:
    path = weights.fetch(FILES[kind], validate=partial(_validate, kind), offline=True)
    return _loaded(kind, path, weights.stamp(path))


@lru_cache(maxsize=2)
def _loaded(kind: Kind, path: Path, _stamp: str) -> nn.Module:
    """The networks stay loaded, some 300 MB, so that a photograph's every hole and the next photograph's find them there."""
    return load(kind, path)


def _validate(kind: Kind, path: Path) -> None:
    load(kind, path)


def _pieces(hole: Mask) -> list[Mask]:
    """The connected parts of the hole, (H, W) bool each; what is very long is cut by a grid."""
    side = max(64, round(PIECE_SHARE * max(hole.shape)))
    joined = grown(hole, max(2, max(hole.shape) // JOINED_SHARE))
    count, label = cv2.connectedComponents(joined.astype(np.uint8), connectivity=8)
    pieces = []
    for index in range(1, count):
        part = (label == index) & hole
        rows, columns = bounding_box(part, 0)
        for top in range(rows.start, rows.stop, side):
            for left in range(columns.start, columns.stop, side):
                piece = np.zeros_like(part)
                place = slice(top, top + side), slice(left, left + side)
                piece[place] = part[place]
                if piece.any():
                    pieces.append(piece)
    return pieces


def _surroundings(piece: Mask, known: Mask, depth: Float32) -> tuple[tuple[slice, slice], Mask]:
    """The patch around a piece, and in it the context: known pixels that are not nearer than what is to be painted."""
    reach = max(8, round(CONTEXT_SHARE * max(piece.shape)))
    box = bounding_box(piece, reach)
    nearest = float(np.percentile(depth[piece], 95)) + FARTHER_SIDE
    context = known[box] & (depth[box] <= nearest)
    return box, context if context.any() else known[box]


def _painted(edge_network: nn.Module, color_network: nn.Module, rgb: Uint8, context: Mask, mask: Mask, depth: Float32) -> Uint8:
    """(h, w, 3) uint8: the patch as the networks see it, at the patch's own size."""
    import torch

    height, width = mask.shape
    scale = min(1.0, PATCH_LIMIT_PX / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    colour = cv2.resize(rgb, size, interpolation=cv2.INTER_AREA).astype(np.float32) / 255.0
    wanted = cv2.resize(mask.astype(np.float32), size, interpolation=cv2.INTER_AREA) > 0
    seen = (cv2.resize(context.astype(np.float32), size, interpolation=cv2.INTER_AREA) > 0.5) & ~wanted
    nearness = cv2.resize(depth, size, interpolation=cv2.INTER_NEAREST)
    edge = _depth_edges(nearness) & seen
    colour, nearness = colour * seen[:, :, None], np.maximum(nearness, 0) * seen
    with torch.inference_mode():
        probability = edge_network(_stacked(*colour.transpose(2, 0, 1), nearness, edge, seen, wanted))[0, 0].numpy()
        edge |= (probability > EDGE_THRESHOLD) & wanted
        answer = color_network(_stacked(*colour.transpose(2, 0, 1), edge, seen, wanted))[0].numpy()
    answer = np.clip(np.rint(255.0 * answer.transpose(1, 2, 0)), 0, 255).astype(np.uint8)
    return cv2.resize(answer, (width, height), interpolation=cv2.INTER_LINEAR)


def _depth_edges(depth: Float32) -> Mask:
    """The far side of every step in disparity."""
    farther = cv2.dilate(depth, np.ones((3, 3), np.uint8)) - depth
    return farther > EDGE_STEP


def _stacked(*planes: NDArray[np.generic]) -> Tensor:
    import torch

    return torch.from_numpy(np.stack([plane.astype(np.float32) for plane in planes])[None])  # (1, channels, h, w)
