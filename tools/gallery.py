"""Makes docs/presets.md, a strip of frames for every preset, and the strip at the head of the README, from the examples.

Usage: python tools/gallery.py
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from PIL import Image

from zoom3d import camera, photo, pipeline, render
from zoom3d.camera import presets

ROOT = Path(__file__).resolve().parent.parent
DOCS, EXAMPLES = ROOT / "docs", ROOT / "examples"
PHOTOS = ("coffee", "rocket", "cat")
HEAD = (("coffee", "3d-zoom"), ("rocket", "arc"), ("coffee", "dolly-zoom-in"))
FRAMES = 6
SIZE = (200, 134)
GAP = 3
SETTINGS = pipeline.Settings(size=(2 * SIZE[0], 2 * SIZE[1]), model="builtin", offline=True)

PAGE = """# Camera moves

Six frames of each over its length, made by `make gallery` from the [examples](../examples/CREDITS.md) with the built-in depth
estimator. `zoom3d sheet PHOTO -o sheet.gif` shows all of them on a photograph of yours, moving;
`zoom3d presets show NAME --plot NAME.png` draws how one goes over time.
"""


@contextmanager
def stages() -> Iterator[dict[str, render.Renderer]]:
    """A renderer for every example."""
    with render.open_context() as context, ExitStack() as owned:
        made = {}
        for name in PHOTOS:
            staged = pipeline.stage(photo.load(EXAMPLES / f"{name}.jpg"), SETTINGS)
            made[name] = owned.enter_context(render.Renderer(context, staged.scene))
        yield made


def strip(renderer: render.Renderer, preset: camera.Preset) -> Image.Image:
    """``FRAMES`` frames of the move side by side."""
    output = SETTINGS.output(preset, renderer.scene.photo_size)
    path = camera.plan(preset, renderer.scene, output)
    row = Image.new("RGB", (FRAMES * (SIZE[0] + GAP) - GAP, SIZE[1]), "white")
    for column in range(FRAMES):
        share = (column + 0.3 * (column % 2)) / FRAMES if preset.loop else column / (FRAMES - 1)  # not in step with waves
        index = round(share * (len(path) - 1))
        (frame,) = renderer.frames(path, output, span=range(index, index + 1))
        row.paste(Image.fromarray(frame.data).resize(SIZE, Image.Resampling.LANCZOS), (column * (SIZE[0] + GAP), 0))
    return row


def entry(preset: camera.Preset) -> str:
    length = f"{preset.duration_s:g} s" + (", loops" if preset.loop else "")
    return (
        f"\n## {preset.name}\n\n{preset.description} ({length})\n\n![Six frames of {preset.name}](presets/{preset.name}.jpg)\n"
    )


def main() -> None:
    (DOCS / "presets").mkdir(parents=True, exist_ok=True)
    for old in (DOCS / "presets").glob("*.jpg"):
        old.unlink()
    with stages() as renderers:
        for number, preset in enumerate(map(presets.load, presets.names())):
            made = strip(renderers[PHOTOS[number % len(PHOTOS)]], preset)
            made.save(DOCS / "presets" / f"{preset.name}.jpg", quality=84, optimize=True)
        head = [strip(renderers[name], presets.load(preset)) for name, preset in HEAD]
    sheet = Image.new("RGB", (head[0].width, len(head) * (SIZE[1] + GAP) - GAP), "white")
    for row, made in enumerate(head):
        sheet.paste(made, (0, row * (SIZE[1] + GAP)))
    sheet.save(DOCS / "strip.jpg", quality=88, optimize=True)
    (DOCS / "presets.md").write_text(PAGE + "".join(map(entry, map(presets.load, presets.names()))), encoding="utf-8")


if __name__ == "__main__":
    main()
