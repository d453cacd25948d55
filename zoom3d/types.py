"""The values that pass between the stages, and the conventions that all of them follow.

Conventions (held by ``tests/test_conventions.py``):

* Axes: right-handed; +x right, +y up, the camera looks along -z. The photograph's camera stands at the origin.
* Images: row 0 on top; the centre of pixel (row i, column j) lies at (x, y) = (j + 0.5, i + 0.5).
* Distance: positive, along -z. 1 scene unit = distance of the subject's plane, which is the default pivot.
* Disparity: in [0, 1], 1 = nearest; ``LayeredScene.distance`` is the one place where it becomes distance.
* Colour: sRGB at rest, straight alpha; linear light and premultiplied alpha where it is blended or filtered.
* Angles: radians. Degrees appear only in preset keys that end in ``_deg``.
* Arrays are read-only.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, Literal, get_args

from zoom3d.errors import OutputError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Float32 = NDArray[np.float32]
    Uint8 = NDArray[np.uint8]

Progress = Callable[[str, int, int], None]
"""Called with (stage, done, total) while a long stage runs; total is 0 while it is not known, and done equals it at the end."""

Codec = Literal["h264", "h265", "vp9", "av1", "prores"]
Fit = Literal["cover", "contain", "blur"]
PixelLayout = Literal["rgb24", "yuv420p", "yuv420p10", "yuv422p10"]

PIXEL_LIMIT = 200_000_000
"""Of a photograph: more than any phone or camera makes in one exposure."""


def _freeze(*arrays: NDArray[np.generic] | None) -> None:
    for array in arrays:
        if array is not None:
            array.setflags(write=False)


@dataclass(frozen=True, eq=False)
class Photo:
    """A photograph, upright and in sRGB.

    rgb: (H, W, 3) uint8.
    focal_px: focal length in pixels of ``rgb``, from EXIF or the default of 0.65 picture diagonals (28 mm equivalent).
    embedded_disparity: (h, w) float32 in [0, 1], 1 = nearest, any size; None where the file brings no depth map.
    name: what to call the photograph in messages.
    """

    rgb: Uint8
    focal_px: float
    embedded_disparity: Float32 | None = None
    name: str = "photo"

    def __post_init__(self) -> None:
        if self.rgb.ndim != 3 or self.rgb.shape[2] != 3 or self.rgb.dtype.name != "uint8":
            raise ValueError(f"rgb must be (H, W, 3) uint8, got {self.rgb.shape} {self.rgb.dtype}")
        if not 0 < self.focal_px < math.inf:
            raise ValueError(f"focal_px must be positive and finite, got {self.focal_px}")
        _freeze(self.rgb, self.embedded_disparity)

    @property
    def height(self) -> int:
        return int(self.rgb.shape[0])

    @property
    def width(self) -> int:
        return int(self.rgb.shape[1])


@dataclass(frozen=True, eq=False)
class DepthMap:
    """Disparity of every pixel of a photograph.

    disparity: (H, W) float32 in [0, 1], 1 = nearest; same H, W as its photograph.
    source: where it came from, for people: "midas_v21_small_256", "builtin", "file depth.png", "embedded in the photograph".
    """

    disparity: Float32
    source: str

    def __post_init__(self) -> None:
        if self.disparity.ndim != 2 or self.disparity.dtype.name != "float32":
            raise ValueError(f"disparity must be (H, W) float32, got {self.disparity.shape} {self.disparity.dtype}")
        low, high = float(self.disparity.min()), float(self.disparity.max())
        if not 0.0 <= low <= high <= 1.0:  # NaN fails both
            raise ValueError(f"disparity must lie in [0, 1], got [{low}, {high}]")
        _freeze(self.disparity)


@dataclass(frozen=True, eq=False)
class Layer:
    """One surface of a layered depth image, on the scene's canvas.

    rgba: (H, W, 4) uint8 sRGB, straight alpha.
    disparity: (H, W) float32 in [0, 1], defined where alpha is 0 as well.
    """

    rgba: Uint8
    disparity: Float32

    def __post_init__(self) -> None:
        if self.rgba.shape != (*self.disparity.shape, 4):
            raise ValueError(f"rgba {self.rgba.shape} and disparity {self.disparity.shape} do not belong together")
        _freeze(self.rgba, self.disparity)


@dataclass(frozen=True)
class Box:
    """An upright rectangle, its sides as fractions of the picture's or frame's width and height from its top left."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def x(self) -> float:
        """Of its middle."""
        return (self.left + self.right) / 2

    @property
    def y(self) -> float:
        """Of its middle."""
        return (self.top + self.bottom) / 2

    @property
    def width(self) -> float:
        return self.right - self.left

    @property
    def height(self) -> float:
        return self.bottom - self.top


@dataclass(frozen=True)
class Subject:
    """What the picture is of.

    x, y: its place, as fractions of width and height from the top left.
    box: the whole of it; None where its extent is not known.
    """

    x: float
    y: float
    disparity: float
    box: Box | None = None


@dataclass(frozen=True, eq=False)
class LayeredScene:
    """A layered depth image (Shih et al., CVPR 2020) with the camera that took it.

    layers: far to near, all on one canvas: the photograph continued by ``margin_px`` on every side. The farthest exists
        (alpha 255) wherever those before it are not opaque, and is nowhere translucent; its disparity is whole.
    margin_px: width of the painted border, in pixels of the photograph.
    focal_px: focal length of the photograph's camera, in pixels of the photograph.
    near, far: distances of disparity 1 and 0, in scene units (1 = the subject's plane).
    reach_px: how far from a depth edge hidden content exists, in pixels of the photograph.
    """

    layers: tuple[Layer, ...]
    margin_px: int
    focal_px: float
    near: float
    far: float
    subject: Subject
    reach_px: float

    def __post_init__(self) -> None:
        if not self.layers:
            raise ValueError("a scene has at least one layer")
        if len({layer.disparity.shape for layer in self.layers}) != 1:
            raise ValueError("all layers of a scene lie on one canvas")
        if not 0 < self.near < self.far:
            raise ValueError(f"0 < near < far does not hold for {self.near}, {self.far}")

    @property
    def photo_size(self) -> tuple[int, int]:
        """Width and height of the photograph, in pixels."""
        height, width = self.layers[0].disparity.shape
        return width - 2 * self.margin_px, height - 2 * self.margin_px

    def distance(self, disparity: Float32 | float) -> Float32 | float:
        """Distance along the viewing axis, in scene units, of a disparity in [0, 1]."""
        return 1.0 / (disparity * (1.0 / self.near - 1.0 / self.far) + 1.0 / self.far)


@dataclass(frozen=True, eq=False)
class Title:
    """Text that stands in the scene, upright, facing the photograph's camera.

    rgba: (h, w, 4) uint8 sRGB, straight alpha.
    corners: left, top, right and bottom on the scene's canvas, in pixels of the photograph; may lie outside it.
    disparity: how deep it stands: nearer surfaces hide it, farther ones are hidden by it.
    opacity: (N,) float32 in [0, 1], one for every frame.
    """

    rgba: Uint8
    corners: tuple[float, float, float, float]
    disparity: float
    opacity: Float32

    def __post_init__(self) -> None:
        if self.rgba.ndim != 3 or self.rgba.shape[2] != 4 or self.rgba.dtype.name != "uint8":
            raise ValueError(f"rgba must be (h, w, 4) uint8, got {self.rgba.shape} {self.rgba.dtype}")
        _freeze(self.rgba, self.opacity)


@dataclass(frozen=True)
class Effects:
    """What lens, shutter and film add to the picture. Each is off at 0, and then costs nothing.

    aperture: diameter of the blur disc of the farthest point while the nearest is in focus, as a fraction of the picture's
        diagonal; other points blur by their distance from the focus in disparity (thin lens). 0..0.2.
    shutter: fraction of the frame time during which the shutter is open: shutter angle / 360 degrees, 0..1.
    vignette: share of the light that the corners lose, 0..1.
    grain: standard deviation of the film grain at mid grey, as a fraction of white, 0..0.5.
    aberration: how far red and blue part in the corners, as a fraction of the picture's diagonal, 0..0.05.
    seed: which grain, 0..2^31 - 1.
    """

    aperture: float = 0.0
    shutter: float = 0.0
    vignette: float = 0.0
    grain: float = 0.0
    aberration: float = 0.0
    seed: int = 0

    def __post_init__(self) -> None:
        options = {name: (option, unit) for option, (name, unit) in EFFECT_OPTIONS.items()}
        for name, most in EFFECT_LIMITS.items():
            value, (option, unit) = getattr(self, name), options.get(name, (name, 1))
            if not 0 <= value <= most:  # NaN fails both
                which = f" with --{option}" if name in options else ""
                raise OutputError(
                    f"{option.replace('-', ' ')} {value * unit:g} cannot be made", hint=f"ask for 0 to {most * unit:g}{which}"
                )

    def changed(self, wish: EffectWish) -> Effects:
        """These effects, but for those that are wished otherwise."""
        wishes = {each.name: getattr(wish, each.name) for each in fields(wish)}
        return replace(self, **{name: value for name, value in wishes.items() if value is not None})


EFFECT_LIMITS = {"aperture": 0.2, "shutter": 1.0, "vignette": 1.0, "grain": 0.5, "aberration": 0.05, "seed": 2**31 - 1}
"""The most of each effect."""
EFFECT_OPTIONS = {
    "aperture": ("aperture", 1.0),
    "shutter-angle": ("shutter", 360.0),
    "vignette": ("vignette", 1.0),
    "grain": ("grain", 1.0),
    "chromatic-aberration": ("aberration", 1.0),
}
"""Fields of ``EffectWish`` by the options that ask for them, and how much of the option's unit 1 of the field is."""


@dataclass(frozen=True)
class EffectWish:
    """Effects that somebody asks for on top of a preset's own; None = the preset's own."""

    aperture: float | None = None
    shutter: float | None = None
    vignette: float | None = None
    grain: float | None = None
    aberration: float | None = None
    seed: int | None = None


@dataclass(frozen=True, eq=False)
class CameraPath:
    """Where the camera is in each of N frames. The photograph's own camera is eye 0, rotation identity.

    eye: (N, 3) float32, scene units.
    rotation: (N, 3, 3) float32; columns are the camera's right, up and backward axes in the world.
    fov_y: (N,) float32, vertical field of view of the frame, radians.
    lens_shift: (N, 2) float32, where the optical axis lies in the frame, in NDC (+x right, +y up): what makes an
        off-centre crop possible without turning the camera.
    focus_distance: (N,) float32, scene units: where the plane in focus lies, seen from the photograph's camera.
    effects: what lens, shutter and film add.
    jumps: the frames to which the camera jumps from the one before: what lies between is no motion, and does not blur.
    viewport_size: (width, height) in output pixels of the picture inside the frame; smaller than the frame only
        for ``contain`` and ``blur``.
    coverage_min: smallest share, over all frames, of the viewport that the scene covers (1 = nothing empty).
    revealed_max: largest share, over all frames, of the viewport that shows painted content instead of the photograph.
    strength: what part of the asked move is made, 1 = all of it.
    """

    eye: Float32
    rotation: Float32
    fov_y: Float32
    lens_shift: Float32
    focus_distance: Float32
    viewport_size: tuple[int, int]
    effects: Effects = Effects()
    jumps: tuple[int, ...] = ()
    coverage_min: float = 1.0
    revealed_max: float = 0.0
    strength: float = 1.0

    def __post_init__(self) -> None:
        count = len(self.eye)
        shapes = (self.eye.shape, self.rotation.shape, self.fov_y.shape, self.lens_shift.shape, self.focus_distance.shape)
        if shapes != ((count, 3), (count, 3, 3), (count,), (count, 2), (count,)):
            raise ValueError(f"a path of {count} frames cannot have shapes {shapes}")
        if not all(0 < frame < count for frame in self.jumps):
            raise ValueError(f"a path of {count} frames cannot jump to {self.jumps}")
        _freeze(self.eye, self.rotation, self.fov_y, self.lens_shift, self.focus_distance)

    def __len__(self) -> int:
        return len(self.eye)

    def each(self, change: Callable[[Float32], Float32]) -> CameraPath:
        """The path with ``change`` made to each of its arrays, and without jumps: it may have other frames."""
        names = ("eye", "rotation", "fov_y", "lens_shift", "focus_distance")
        arrays: dict[str, Any] = {name: change(getattr(self, name)) for name in names}
        return replace(self, jumps=(), **arrays)


SUPERSAMPLE_MAX = 8


@dataclass(frozen=True)
class Margins:
    """Strips along the four sides of the frame, as fractions of its height and width."""

    top: float = 0.0
    right: float = 0.0
    bottom: float = 0.0
    left: float = 0.0


@dataclass(frozen=True)
class Platform:
    """What one platform takes, and what it makes of it on the screen. What is None is not demanded.

    size: width and height that are made by default; any other size has the same shape.
    short_side, fps, duration_s: least and most.
    formats: suffixes of the files it takes.
    edit_list: whether the file may have one.
    profile: of H.264; audio_profile: of AAC.
    bitrate_max: (frames a second, video bits a second): up to that rate, at most so much on average.
    gop_s: most seconds from key frame to key frame.
    b_frames: most B-frames in a row.
    audio_bitrate: bits a second. audio_rates_hz: the sampling rates it takes.
    keep_clear: where the platform draws its own things.
    """

    name: str
    title: str
    size: tuple[int, int]
    short_side: tuple[int, int]
    fps: tuple[float, float]
    duration_s: tuple[float, float]
    formats: tuple[str, ...]
    codecs: tuple[str, ...]
    pixel_format: str
    colour: str
    audio_codec: str
    audio_bitrate: int
    audio_rates_hz: tuple[int, ...]
    keep_clear: Margins
    audio_profile: str | None = None
    profile: str | None = None
    bitrate_max: tuple[tuple[float, int], ...] = ()
    gop_s: float | None = None
    b_frames: int | None = None
    closed_gop: bool = False
    moov_first: bool = False
    edit_list: bool = True
    file_size_max_mb: float | None = None

    def nearest_duration_s(self, duration_s: float, fps: float) -> float:
        """The length in whole frames nearest to ``duration_s`` that is neither too short nor too long."""
        least, most = self.duration_s
        return min(max(round(duration_s * fps), math.ceil(least * fps - 1e-6)), int(most * fps + 1e-6)) / fps

    def video_bitrate_max(self, fps: float) -> int | None:
        """Video bits a second that a clip of ``fps`` frames a second may have on average; None = no limit."""
        return next((bits for most, bits in self.bitrate_max if fps <= most + 0.01), None)


@dataclass(frozen=True)
class OutputSpec:
    """The clip that was asked for.

    crf: constant rate factor of the codec's own scale; None = the codec's default here.
    codec: None = what suits the container.
    bit_depth: of the encoded samples, 8 or 10; None = the codec's own.
    encoder: "software", "auto" (hardware where it works), or the name of one: "nvenc", "videotoolbox", "qsv", "amf", "vaapi".
    supersample: samples of every pixel, across and down.
    platform: where the clip will be shown; None = nowhere in particular.
    """

    width: int
    height: int
    fps: float = 30.0
    duration_s: float = 3.0
    fit: Fit = "cover"
    codec: Codec | None = None
    crf: int | None = None
    bit_depth: int | None = None
    encoder: str = "software"
    supersample: int = 1
    platform: Platform | None = None

    def __post_init__(self) -> None:
        if not 1 <= self.supersample <= SUPERSAMPLE_MAX:
            raise OutputError(
                f"{self.supersample} samples across a pixel cannot be taken",
                hint=f"ask for 1 to {SUPERSAMPLE_MAX} with --supersample",
            )
        if self.fit not in get_args(Fit):
            raise OutputError(f"the fit {self.fit!r} is not known", hint=f"choose one of {', '.join(get_args(Fit))} with --fit")
        if self.width < 16 or self.height < 16:
            raise OutputError(f"{self.width}x{self.height} is too small for a clip", hint="ask for at least 16x16 with --size")
        if not 1 <= self.fps <= 240:
            raise OutputError(f"{self.fps:g} frames a second cannot be made", hint="ask for 1 to 240 with --fps")
        if not 0 < self.duration_s <= 600:
            raise OutputError(
                f"a clip cannot last {self.duration_s:g} s", hint="ask for more than 0 and at most 600 s with --duration"
            )
        if self.duration_s * self.fps < 0.5:
            raise OutputError(
                f"a clip of {self.duration_s:g} s has no frame at {self.fps:g} frames a second",
                hint=f"ask for {1 / self.fps:.2g} s or more with --duration",
            )

    @property
    def frame_count(self) -> int:
        return max(1, round(self.duration_s * self.fps))

    @property
    def safe_area(self) -> Box:
        """Where what matters should be shown."""
        sides = self.platform.keep_clear if self.platform else Margins()
        return Box(sides.left, sides.top, 1 - sides.right, 1 - sides.bottom)


def frame_size(text: str) -> tuple[int, int]:
    """Width and height from WIDTHxHEIGHT. Raises ValueError."""
    sides = re.fullmatch("([0-9]{1,9})[x×]([0-9]{1,9})", text.lower())
    if sides is None:
        raise ValueError("it is not WIDTHxHEIGHT, for example 1080x1920")
    return int(sides[1]), int(sides[2])


@dataclass(frozen=True, eq=False)
class Frame:
    """One picture of the clip, row 0 on top.

    data: (H, W, 3) uint8 sRGB for ``rgb24``; (3 H / 2, W) uint8 for ``yuv420p``: BT.709 limited range, the planes
        Y, U, V one after another as ffmpeg lays them out; uint16 with values of 10 bits for ``yuv420p10`` and, with
        chroma in every row, (2 H, W) for ``yuv422p10``.
    """

    data: Uint8
    layout: PixelLayout = "rgb24"
