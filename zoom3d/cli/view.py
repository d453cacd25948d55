"""``zoom3d view``: a photograph as a camera beside it would have seen it."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from zoom3d import sources
from zoom3d.cli import _console, _film, _options
from zoom3d.cli._groups import spread
from zoom3d.cli._output import written_whole
from zoom3d.errors import OutputError
from zoom3d.inpaint import DEFAULT as DEFAULT_INPAINT

if TYPE_CHECKING:
    from zoom3d.types import Uint8

Baseline = Annotated[
    float,
    typer.Option(
        "--baseline",
        metavar="B",
        show_default=False,
        help="How far right the camera goes: a point of disparity D lands B*D pixels farther left. Below 0 = left.",
    ),
]
Disparity = Annotated[
    Path | None,
    typer.Option(
        "--disparity",
        metavar="FILE",
        help="Float32 disparity in pixels of PHOTO, a .npy file; NaN or 0 = unknown. [estimated: 0 = farthest, 1 = nearest]",
    ),
]
Output = Annotated[
    Path | None, typer.Option("-o", "--output", metavar="OUT", help="The picture, .png. [PHOTO's name, _view.png]")
]


def register(app: typer.Typer) -> None:
    app.command("view")(spread(view))


def view(
    photo: _options.PhotoFile,
    baseline: Baseline,
    disparity: Disparity = None,
    output: Output = None,
    depth: _options.Depth = None,
    depth_near_dark: _options.DepthNearDark = False,
    inpaint: _film.Inpaint = DEFAULT_INPAINT,
    *,
    preparation: _options.Preparation,
    speech: _options.Speech,
) -> None:
    """Show a photograph from beside, as the other of a stereo pair."""
    voice = speech.voice
    if not math.isfinite(baseline):
        raise typer.BadParameter(f"{baseline} is not a distance", param_hint="'--baseline'")
    if disparity is not None and depth is not None:
        raise typer.BadParameter("it contradicts '--disparity'", param_hint="'--depth'")
    target = output or Path(photo.stem + "_view.png")
    if target.suffix.lower() != ".png":
        raise OutputError(f"{target} is not a .png file", hint="give a name that ends in .png with -o")
    sources.spare([target], "picture", photo, disparity, depth, preparation.weights)
    from zoom3d import pipeline

    film = _film.Film(inpaint=inpaint)
    settings = _film.settings(preparation, film, depth=depth, depth_near_dark=depth_near_dark)
    with _console.session(voice) as session:
        made = pipeline.view(photo, baseline, disparity, settings=settings, progress=session.progress)
        _write(target, made.rgb)
        height, width = made.rgb.shape[:2]
        times = ", ".join(f"{stage} {seconds:.1f} s" for stage, seconds in made.seconds.items())
        session.result(
            f"{target}: {width}x{height}\ndepth: {made.depth_source}; renderer: {made.renderer}\n{times}",
            {
                "path": str(target.resolve()),
                "size": [width, height],
                "baseline": baseline,
                "seconds": {stage: round(seconds, 3) for stage, seconds in made.seconds.items()},
                "renderer": made.renderer,
                "depth_source": made.depth_source,
            },
        )


def _write(path: Path, rgb: Uint8) -> None:
    from PIL import Image

    with written_whole(path) as part:
        Image.fromarray(rgb).save(part, format="PNG", compress_level=6)
