"""Photograph and disparity in, layered depth image out.

Layers on one canvas. The front layer is everything the photograph shows, with mattes at depth edges; the back layer is the
same picture after every surface that hides another was taken off its edge and what lies behind it was made up. Together they
are one unbroken sheet: the back layer exists wherever the front one is not opaque, and a little further. The idea is the
layered depth image of Shih et al. (CVPR 2020) with the soft layering of Jampani et al. (SLIDE, ICCV 2021).
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from zoom3d.scene import edges, matte, occlusion
from zoom3d.scene.subject import find_subject, near_and_far
from zoom3d.types import Layer, LayeredScene

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from zoom3d.types import DepthMap, Float32, Photo, Uint8

    Inpaint = Callable[[Uint8, NDArray[np.bool_], NDArray[np.bool_], Float32], Uint8]

REACH = 0.12
"""How far hidden surfaces are continued behind a full step of disparity, as a fraction of the picture's diagonal."""

PARALLAX = 0.06
"""Between the nearest and the farthest point in the moves that most clips make: what these do not open need not be torn."""

LAYER_COUNT = 2
"""Surfaces in depth. A third one is worth 0.2 dB in measured scenes and takes as long as the second (see notes/layers.md)."""

MARGIN = 0.04
"""Width of the painted border, as a fraction of the picture's diagonal."""

_BORDER_SOURCE = 3  # widths of the border: how far inside the picture it takes its content from


@dataclass(frozen=True)
class Extent:
    """How much of a scene is made.

    reach_px: the largest parallax between disparity 0 and 1 that it is made for; None = REACH of the diagonal.
    margin_px: width of the border; None = MARGIN of the diagonal.
    layer_count: how many surfaces deep it is at most, 1 or more.
    estimated: the depth is a guess: what is thin beside a silhouette is noise; False = it is measured, and all of it counts.
    """

    reach_px: float | None = None
    margin_px: int | None = None
    layer_count: int = LAYER_COUNT
    estimated: bool = True


@dataclass(frozen=True)
class _Measures:
    """In pixels of the photograph: the parallax that edges are torn for, the reach, a pixel of a two-megapixel picture."""

    parallax_px: float
    reach_px: float
    scale: float
    estimated: bool


@dataclass(frozen=True, eq=False)
class _Torn:
    """A surface that was torn: what it hides, its rim, and (H, W) bool what is to be painted and what may be looked at."""

    hidden: occlusion.Hidden
    band: matte.Band
    hole: NDArray[np.bool_]
    source: NDArray[np.bool_]


def build(
    photo: Photo,
    depth: DepthMap,
    inpaint: Inpaint,
    extent: Extent = Extent(),
) -> LayeredScene:
    """Tear ``photo`` at its depth edges and paint what was hidden.

    inpaint: ``fill(rgb, hole, source, disparity)`` of a method of ``zoom3d.inpaint``.
    """
    if depth.disparity.shape != (photo.height, photo.width):
        raise ValueError(f"a depth map of {depth.disparity.shape} does not belong to a photograph of {photo.rgb.shape}")
    diagonal = float(np.hypot(photo.width, photo.height))
    parallax_px = PARALLAX * diagonal if extent.reach_px is None else extent.reach_px
    reach_px = REACH * diagonal if extent.reach_px is None else extent.reach_px
    margin_px = round(MARGIN * diagonal) if extent.margin_px is None else extent.margin_px
    disparity = np.asarray(_mirrored(depth.disparity, margin_px), np.float32)
    measures = _Measures(parallax_px, reach_px, float(np.sqrt(photo.width * photo.height / 2e6)), extent.estimated)
    with ThreadPoolExecutor(1) as beside:
        outpainted = beside.submit(_outpainted, photo, disparity, margin_px, inpaint)
        found = beside.submit(find_subject, photo, depth)
        contrast = _contrast(photo, margin_px) if extent.estimated else None
        torn = _tear(disparity, measures, contrast) if extent.layer_count > 1 else None
        layers = _layers(outpainted.result(), disparity, torn, measures, inpaint, extent.layer_count)
        subject = found.result()
    near, far = near_and_far(subject)
    return LayeredScene(
        layers=layers,
        margin_px=margin_px,
        focal_px=photo.focal_px,
        near=near,
        far=far,
        subject=subject,
        reach_px=reach_px,
    )


def _outpainted(photo: Photo, disparity: Float32, margin_px: int, inpaint: Inpaint) -> Uint8:
    """The photograph, continued outside its frame by the same method as behind its surfaces.

    Only what lies near the frame is looked at: no face may look in from the side.
    """
    rgb = np.asarray(_mirrored(photo.rgb, margin_px), np.uint8)
    outside, far_inside = np.ones(disparity.shape, bool), np.zeros(disparity.shape, bool)
    outside[margin_px : margin_px + photo.height, margin_px : margin_px + photo.width] = False
    near_px = (1 + _BORDER_SOURCE) * margin_px
    far_inside[near_px:-near_px, near_px:-near_px] = True
    return inpaint(rgb, outside, ~(outside | far_inside), disparity) if margin_px else rgb


def _mirrored(picture: NDArray[np.generic], margin_px: int) -> NDArray[np.generic]:
    return np.asarray(cv2.copyMakeBorder(picture, margin_px, margin_px, margin_px, margin_px, cv2.BORDER_REFLECT_101))


def _contrast(photo: Photo, margin_px: int) -> Float32:
    """(H, W) in [0, 1]: how far the photograph's colours lie apart around each pixel.

    Where they hardly do, a guessed map that steps is wrong, or both sides look alike: stretched, nobody sees it; torn, a slit
    opens.
    """
    size = photo.width * photo.height
    scale = min(1.0, float(np.sqrt(2e6 / size)))
    rgb = cv2.resize(photo.rgb, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    side = 7 if size > 1e6 else 5
    window = np.ones((side, side), np.uint8)
    spread = (cv2.dilate(rgb, window) - cv2.erode(rgb, window)).max(2)
    whole = cv2.resize(spread, (photo.width, photo.height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(_mirrored(whole, margin_px) / np.float32(255), np.float32)


def _tear(disparity: Float32, measures: _Measures, contrast: Float32 | None = None) -> _Torn | None:
    """Tear a surface at its depth edges; None where it has none. contrast: (H, W) as edges.find takes it."""
    found = edges.find(disparity, measures.parallax_px, measures.scale, estimated=measures.estimated, contrast=contrast)
    if found is None:
        return None
    hidden = occlusion.continue_behind(found, measures.reach_px, measures.scale)
    band = matte.find_band(found, measures.scale)
    occlusion.keep_beside(band.gap, found, hidden, measures.scale)
    hole = hidden.mask | band.mask
    return _Torn(hidden, band, hole, occlusion.background_near(hole, found, hidden, measures.scale))


def _layers(
    rgb: Uint8,
    disparity: Float32,
    torn: _Torn | None,
    measures: _Measures,
    inpaint: Inpaint,
    count: int,
    alpha: Uint8 | None = None,
) -> tuple[Layer, ...]:
    """At most ``count`` layers: the surface in front, and, from what lies behind it, as many as are left.

    alpha: (H, W) uint8, where the surface in front exists; None = everywhere.
    """
    if torn is None:
        whole = np.full(disparity.shape, 255, np.uint8) if alpha is None else alpha
        return (Layer(np.asarray(cv2.merge([rgb, whole]), np.uint8), disparity),)
    hidden, band = torn.hidden, torn.band
    with ThreadPoolExecutor(1) as beside:
        sides, behind = beside.submit(matte.find_sides, rgb, band), beside.submit(_behind, torn, measures)
        painted = inpaint(rgb, torn.hole, torn.source, hidden.disparity)
        cut = matte.cut(rgb, painted, band, sides.result())
    if alpha is not None:
        cut.foreground[..., 3] = np.minimum(cut.foreground[..., 3], alpha)
    beyond = _tear(hidden.disparity, measures) if count > 2 else None
    farther = _layers(cut.background, hidden.disparity, beyond, measures, inpaint, count - 1, behind.result())
    return *farther, Layer(cut.foreground, band.disparity)


def _behind(torn: _Torn, measures: _Measures) -> Uint8:
    """(H, W) uint8 alpha of what lies behind: wherever the surface in front is not opaque, and a little further."""
    wide = 2 * round(6 * measures.scale) + 13
    around = cv2.dilate((torn.band.mask | torn.band.gap).view(np.uint8), np.ones((wide, wide), np.uint8))
    return (torn.hidden.mask | around.view(bool)).view(np.uint8) * np.uint8(255)
