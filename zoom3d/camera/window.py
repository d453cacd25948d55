"""Which part of the photograph the frame shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zoom3d.types import LayeredScene, OutputSpec


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


def viewport_size(scene: LayeredScene, output: OutputSpec) -> tuple[int, int]:
    """Size of the picture inside the frame, in output pixels: even, and the whole frame unless the photograph is to fit in."""
    if output.fit == "cover":
        return output.width, output.height
    width, height = scene.photo_size
    scale = min(output.width / width, output.height / height)
    fitted = (max(2, 2 * round(side * scale / 2)) for side in (width, height))
    inner_width, inner_height = fitted
    return min(inner_width, output.width), min(inner_height, output.height)


def choose(scene: LayeredScene, viewport: tuple[int, int]) -> Window:
    """The largest window of the viewport's shape, centred on the subject as far as the photograph allows."""
    width, height = scene.photo_size
    aspect = viewport[0] / viewport[1]
    window_width, window_height = min(width, height * aspect), min(height, width / aspect)
    x = min(max(scene.subject.x * width, window_width / 2), width - window_width / 2)
    y = min(max(scene.subject.y * height, window_height / 2), height - window_height / 2)
    return Window(x, y, window_width, window_height)
