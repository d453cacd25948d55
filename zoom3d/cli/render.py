"""``zoom3d render``: a photograph becomes a clip."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from zoom3d.cli import _console, _film, _move, _options, _title
from zoom3d.cli._groups import spread
from zoom3d.cli.check import as_data, fail_unless_passed, in_words
from zoom3d.types import Fit

if TYPE_CHECKING:
    from zoom3d.camera import Preset
    from zoom3d.pipeline import Clip, Settings

Output = Annotated[
    Path | None,
    typer.Option(
        "-o",
        "--output",
        metavar="OUT",
        help="The clip: mp4, mov, webm, gif, webp, or png for numbered frames. [PHOTO's name, .mp4]",
    ),
]
Duration = Annotated[float | None, typer.Option("--duration", metavar="S", help="Length in seconds. [the preset's own]")]
Fps = Annotated[float | None, typer.Option("--fps", metavar="N", help="Frames a second. [30]")]
Size = Annotated[
    str | None,
    typer.Option("--size", metavar="WxH", help="Size in pixels. [1080x1920 for upright photographs, 1920x1080 for wide ones]"),
]
FitOption = Annotated[
    Fit,
    typer.Option("--fit", help="Where photograph and clip differ in shape: crop, leave bars, or fill the bars with a blur."),
]
Focus = Annotated[
    str,
    typer.Option(
        "--focus",
        metavar="X,Y|WHAT",
        help="What the move and the crop are about: subject, near, far, or a point in fractions of the picture: 0.5,0.3.",
    ),
]
For = Annotated[
    str | None,
    typer.Option(
        "--for",
        metavar="PLATFORM",
        help="Make what the platform takes and check the file: tiktok, reels, shorts, square, feed, story or landscape.",
    ),
]
Audio = Annotated[
    Path | None, typer.Option("--audio", metavar="FILE", help="Sound, trimmed or looped to length and faded out.")
]


def register(app: typer.Typer) -> None:
    app.command("render")(spread(render))


def render(
    photo: _options.PhotoFile,
    output: Output = None,
    preset: _move.Preset = None,
    changes: _move.Changes = None,
    duration: Duration = None,
    fps: Fps = None,
    size: Size = None,
    fit: FitOption = "cover",
    focus: Focus = "subject",
    platform: For = None,
    *,
    words: _title.Words,
    strength: _move.Strength = 1.0,
    max_reveal: _move.MaxReveal = None,
    variants: _move.Variants = None,
    seed: _move.Seed = None,
    depth: _options.Depth = None,
    depth_near_dark: _options.DepthNearDark = False,
    preparation: _options.Preparation,
    film: _film.Film,
    audio: Audio = None,
    speech: _options.Speech,
) -> None:
    """Make a clip from a photograph."""
    voice = speech.voice
    _move.check(changes or [], preset, variants, seed)
    frame_size = _options.parse_size(size)
    from zoom3d import pipeline

    settings = _film.settings(
        preparation,
        film,
        preset=pipeline.Settings.preset if preset is None else preset,
        changes=tuple(changes or ()),
        duration_s=duration,
        fps=fps,
        size=frame_size,
        fit=fit,
        focus=focus,
        platform=platform,
        title=words.wish,
        strength=strength,
        max_reveal=max_reveal,
        depth=depth,
        depth_near_dark=depth_near_dark,
        audio=audio,
    )
    target = output or Path(photo.stem + ".mp4")
    with _console.session(voice) as session:
        moves = _moves(target, settings, variants, seed, chosen=preset is not None)
        clips = list(pipeline.animate_each(photo, moves, settings=settings, progress=session.progress))
        told = [{**_as_data(clip), "move": move.title} for clip, move in zip(clips, moves.values(), strict=True)]
        session.result("\n".join(map(_in_words, clips)), told[0] if variants is None else {"clips": told})
    for clip in clips:
        if clip.verdict is not None:
            fail_unless_passed(clip.verdict)


def _moves(target: Path, settings: Settings, variants: int | None, seed: int | None, *, chosen: bool) -> dict[Path, Preset]:
    """Every clip that is asked for and its move."""
    from zoom3d.camera import presets
    from zoom3d.camera.variants import choose

    move = presets.load(settings.preset, settings.changes)
    if variants is None:
        return {target: move}
    made = choose(variants, seed or 0, move if chosen else None)
    return {target.with_name(f"{target.stem}-{number}{target.suffix}"): one for number, one in enumerate(made, 1)}


def _in_words(clip: Clip) -> str:
    frames = _console.counted(clip.frames, "frame")
    made = f"{frames}, {clip.width}x{clip.height}, {clip.fps:g} fps, {clip.frames / clip.fps:.1f} s"
    move = f"{clip.preset} at {100 * clip.strength_used:.0f} %, at most {100 * clip.revealed_max:.1f} % of a frame painted"
    times = ", ".join(f"{stage} {seconds:.1f} s" for stage, seconds in clip.seconds.items())
    return (
        f"{from_here(clip.path)}: {made}\n"
        f"move: {move}; depth: {clip.depth_source}; renderer: {clip.renderer}\n"
        f"{times}; {sum(clip.seconds.values()):.1f} s in all" + ("" if clip.verdict is None else f"\n{in_words(clip.verdict)}")
    )


def from_here(path: Path) -> Path:
    """``path`` as short as it can be said in the current folder."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


def _as_data(clip: Clip) -> dict[str, object]:
    return {
        "path": str(clip.path),
        "preset": clip.preset,
        "frames": clip.frames,
        "size": [clip.width, clip.height],
        "fps": clip.fps,
        "seconds": {stage: round(seconds, 3) for stage, seconds in clip.seconds.items()},
        "renderer": clip.renderer,
        "depth_source": clip.depth_source,
        "coverage_min": clip.coverage_min,
        "revealed_max": clip.revealed_max,
        "strength_used": clip.strength_used,
        **({} if clip.verdict is None else {"check": as_data(clip.verdict)}),
    }
