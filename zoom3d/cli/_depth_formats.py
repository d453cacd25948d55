"""Depth maps as files for people and other programs."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from zoom3d.cli._output import written_whole

if TYPE_CHECKING:
    from zoom3d.types import DepthMap, Float32, Photo, Uint8

FormatName = Literal["png16", "png8", "npy", "exr", "colour"]
Colormap = Literal["inferno", "turbo"]


@dataclass(frozen=True)
class DepthFormat:
    """A way to write disparity (H, W) float32 in [0, 1], 1 = nearest.

    ending: what is put behind a photograph's name to name the file; no two formats share one.
    """

    ending: str
    write: Callable[[Path, Float32], None]

    @property
    def suffix(self) -> str:
        return Path(self.ending).suffix


def depth_format(name: FormatName, colormap: Colormap) -> DepthFormat:
    """The format called ``name``; ``colormap`` counts for ``colour`` alone."""
    return {
        "png16": DepthFormat("_depth.png", lambda path, disparity: _write_grey(path, disparity, 65535)),
        "png8": DepthFormat("_depth8.png", lambda path, disparity: _write_grey(path, disparity, 255)),
        "npy": DepthFormat("_depth.npy", write_array),
        "exr": DepthFormat("_depth.exr", _write_exr),
        "colour": DepthFormat(f"_{colormap}.png", lambda path, disparity: _write_colours(path, disparity, colormap)),
    }[name]


def write_array(path: Path, values: Float32, option: str = "-o") -> None:
    """Write ``values`` as they are, for ``numpy.load``; see ``written_whole``."""
    import numpy as np

    content = io.BytesIO()
    np.save(content, values)  # into a file it would not say what the system refuses
    with written_whole(path, option) as part:
        part.write_bytes(content.getvalue())


def write_facebook_pair(path: Path, photo: Photo, depth: DepthMap, original: Path) -> None:
    """Write the two files that make a 3D photo there: ``NAME.jpg`` and, bright = near, ``NAME_depth.jpg``.

    A photograph that lies at ``path`` already is left as it is. Where the disk is full, neither is written.
    """
    with written_whole(path.with_name(f"{path.stem}_depth.jpg")) as part:
        part.write_bytes(_encoded(_levels(depth.disparity, 255).astype("uint8"), ".jpg"))
        if not (path.exists() and path.samefile(original)):
            _write_picture(path, photo.rgb[..., ::-1], ".jpg")


def _levels(disparity: Float32, top: int) -> Float32:
    """Disparity stretched over the whole numbers from 0 to ``top``."""
    low, high = float(disparity.min()), float(disparity.max())
    stretched = (disparity - low) / (high - low) if high > low else disparity
    rounded: Float32 = (stretched * top).round()
    return rounded


def _write_grey(path: Path, disparity: Float32, top: int) -> None:
    _write_picture(path, _levels(disparity, top).astype("uint16" if top > 255 else "uint8"), ".png")


def _write_colours(path: Path, disparity: Float32, colormap: Colormap) -> None:
    import cv2

    table = {"inferno": cv2.COLORMAP_INFERNO, "turbo": cv2.COLORMAP_TURBO}[colormap]
    _write_picture(path, cv2.applyColorMap(_levels(disparity, 255).astype("uint8"), table), ".png")


def _write_picture(path: Path, pixels: Uint8, kind: str) -> None:
    encoded = _encoded(pixels, kind)
    with written_whole(path) as part:
        part.write_bytes(encoded)


def _encoded(pixels: Uint8, kind: str) -> bytes:
    """Grey or BGR pixels as a file of that suffix."""
    import cv2
    import numpy as np

    options = [cv2.IMWRITE_JPEG_QUALITY, 95] if kind == ".jpg" else []
    return cv2.imencode(kind, np.ascontiguousarray(pixels), options)[1].tobytes()


def _write_exr(path: Path, disparity: Float32) -> None:
    import numpy as np
    import OpenEXR

    header = {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage}
    with written_whole(path) as part:
        try:
            OpenEXR.File(header, {"Y": np.ascontiguousarray(disparity)}).write(str(part))
        except RuntimeError as error:  # whatever the system refuses
            raise OSError(str(error)) from error
