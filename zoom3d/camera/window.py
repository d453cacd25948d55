"""Which part of the photograph the frame shows."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from zoom3d.types import Box

if TYPE_CHECKING:
    from zoom3d.types import LayeredScene, OutputSpec

BORDER = 0.01
"""Of the photograph: a subject so near its edge goes on beyond it."""

_HEADROOM = 0.06  # of the window, above a subject that is taller

WHOLE = Box(0.0, 0.0, 1.0, 1.0)


@dataclass(frozen=True)
class Window:
    """A rectangle of the photograph: centre and size in its pixels, origin at its top left corner."""

    x: float
    y: float
    width: float
    height: float

    def enlarged(self, magnification: float) -> Window:
        """The window that shows its middle ``magnification`` times as large."""
        return Window(self.x, self.y, self.width / magnification, self.height / magnification)

    def moved(self, right: float, down: float) -> Window:
        """The window moved by these parts of half its width and height."""
        return Window(self.x + right * self.width / 2, self.y + down * self.height / 2, self.width, self.height)

    def place_of(self, scene: LayeredScene) -> Box | None:
        """The subject's box in this window's NDC, y down: -1 to 1 is inside; a side at the photograph's border is far away."""
        box, (width, height) = scene.subject.box, scene.photo_size
        if box is None:
            return None
        left, right = (2 * (share * width - self.x) / self.width for share in (box.left, box.right))
        top, bottom = (2 * (share * height - self.y) / self.height for share in (box.top, box.bottom))
        return Box(
            left if box.left > BORDER else -math.inf,
            top if box.top > BORDER else -math.inf,
            right if box.right < 1 - BORDER else math.inf,
            bottom if box.bottom < 1 - BORDER else math.inf,
        )


def viewport_size(scene: LayeredScene, output: OutputSpec) -> tuple[int, int]:
    """Size of the picture inside the frame, in output pixels: even, and the whole frame unless the photograph is to fit in."""
    if output.fit == "cover":
        return output.width, output.height
    width, height = scene.photo_size
    scale = min(output.width / width, output.height / height)
    fitted = (max(2, 2 * round(side * scale / 2)) for side in (width, height))
    inner_width, inner_height = fitted
    return min(inner_width, output.width), min(inner_height, output.height)


def choose(scene: LayeredScene, viewport: tuple[int, int], safe: Box = WHOLE) -> Window:
    """The largest window of the viewport's shape, the subject in the middle of ``safe`` as far as the photograph allows.

    safe: the part of the viewport in which the subject should be; all of the subject where it fits, else its middle.
    """
    width, height = scene.photo_size
    aspect = viewport[0] / viewport[1]
    window_width, window_height = min(width, height * aspect), min(height, width / aspect)
    subject = scene.subject
    box = subject.box or Box(subject.x, subject.y, subject.x, subject.y)
    left = _place(subject.x * width, (box.left * width, box.right * width), window_width, (safe.left, safe.right), width)
    tall = (box.top * height, box.bottom * height)
    top = _place(subject.y * height, tall, window_height, (safe.top, safe.bottom), height, low_first=True)
    return Window(left + window_width / 2, top + window_height / 2, window_width, window_height)


def _place(
    middle: float,
    extent: tuple[float, float],
    window: float,
    safe: tuple[float, float],
    whole: float,
    *,
    low_first: bool = False,
) -> float:
    """Where a window of that length begins, inside ``whole``, so that ``middle`` lies in the middle of its ``safe`` part.

    Where all of ``extent`` fits into that part, it is brought in; where not, ``low_first`` brings in as much of its low end
    as leaves ``middle`` there: a head and a lantern rather than feet.
    """
    low, high = (share * window for share in safe)
    start = middle - (low + high) / 2
    if extent[1] - extent[0] <= high - low:
        start = min(max(start, extent[1] - high), extent[0] - low)
    elif low_first:
        start = max(min(start, extent[0] - low - _HEADROOM * window), middle - high)
    return min(max(start, 0.0), whole - window)
