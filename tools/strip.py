"""Makes the picture strip of the README: five frames of each move, rendered from the examples.

Usage: python tools/strip.py docs/strip.jpg
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from PIL import Image

import zoom3d

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"
ROWS = (("coffee", "3d-zoom"), ("rocket", "3d-zoom"), ("coffee", "dolly-zoom-in"))
FRAMES = 5
SIZE = (320, 214)
GAP = 4


def frames(photo: str, preset: str) -> list[Image.Image]:
    """``FRAMES`` frames from the first to the last of the move."""
    settings = zoom3d.Settings(size=(640, 428), fps=FRAMES, duration_s=1.0, model="builtin", offline=True)
    with tempfile.TemporaryDirectory() as folder:
        clip = zoom3d.animate(EXAMPLES / f"{photo}.jpg", Path(folder) / "clip.png", preset, settings=settings)
        return [Image.open(path).resize(SIZE, Image.Resampling.LANCZOS) for path in sorted(clip.path.iterdir())]


def main(target: str) -> None:
    width, height = SIZE
    strip = Image.new("RGB", (FRAMES * (width + GAP) - GAP, len(ROWS) * (height + GAP) - GAP), "white")
    for row, (photo, preset) in enumerate(ROWS):
        for column, frame in enumerate(frames(photo, preset)):
            strip.paste(frame, (column * (width + GAP), row * (height + GAP)))
    strip.save(target, quality=90)


if __name__ == "__main__":
    main(*sys.argv[1:])
