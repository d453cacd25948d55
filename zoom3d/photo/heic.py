"""HEIC through libheif, which turns the picture as the container says: EXIF orientation does not count in this format."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from zoom3d.errors import PhotoError
from zoom3d.photo import boxes, cicp, exif, reduce
from zoom3d.photo.files import Stream
from zoom3d.photo.picture import Picture, Request, refuse_damaged, refuse_truncated

if TYPE_CHECKING:
    from zoom3d.types import Float32

log = logging.getLogger(__name__)

_UNIFORM_DEPTH = 2
"""The one of H.265's depth_representation_type (Annex I.2.2, table I.1) whose values grow with distance, not with nearness."""


def read(stream: Stream, request: Request) -> Picture:
    """The primary picture of a HEIC file."""
    try:
        import pillow_heif
    except ImportError as error:
        raise PhotoError(
            f"{request.name} is a HEIC file, and pillow-heif is not installed",
            hint="pip install pillow-heif, or convert it to JPEG",
        ) from error
    if boxes.is_cut(stream):
        refuse_truncated(request)
    stream.seek(0)
    try:
        container = pillow_heif.open_heif(stream, convert_hdr_to_8bit=True)
        primary = container[container.primary_index]
        request.check_size(primary.size)
        image = primary.to_pillow()
    except PhotoError:
        raise
    except Exception as error:  # the decoder raises whatever hostile bytes lead it to
        refuse_damaged(request, error)
    image.info.pop("transparency", None)
    profile = image.info.get("icc_profile")
    return Picture(
        image=reduce.coarse(image, reduce.target_size(image.size, request.usable)),
        full_size=image.size,
        kind="HEIC",
        exif=exif.parse(image.info.get("exif")),
        icc=profile if isinstance(profile, bytes) else cicp.profile_in(stream),
        depth_images=tuple(reader(depth) for depth in primary.info.get("depth_images", ())),
    )


def reader(depth: Any) -> Callable[[], Float32 | None]:
    """Decodes a depth image when it is wanted; libheif turns it as it turns the picture."""

    def read_depth() -> Float32 | None:
        samples = np.asarray(depth.to_pillow())
        if samples.ndim != 2 or samples.dtype.kind != "u":
            return None
        values = samples.astype(np.float32) / float(np.iinfo(samples.dtype).max)
        metadata = depth.info.get("metadata") or {}
        return from_distance(values, metadata) if metadata.get("representation_type") == _UNIFORM_DEPTH else values

    return read_depth


def from_distance(values: Float32, metadata: dict[str, Any]) -> Float32:
    """Disparity in [0, 1] of ``values`` in [0, 1] that grow evenly from the distance ``z_near`` to ``z_far``."""
    near, far = metadata.get("z_near"), metadata.get("z_far")
    if not near or not far or not 0 < near < far:
        return 1.0 - values
    distance = near + values * (far - near)
    return np.asarray((1.0 / distance - 1.0 / far) / (1.0 / near - 1.0 / far), np.float32).clip(0.0, 1.0)
