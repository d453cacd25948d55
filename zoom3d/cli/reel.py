"""``zoom3d reel``: several photographs become one clip."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from zoom3d.cli import _console, _film, _move, _options, _title
from zoom3d.cli._groups import spread
from zoom3d.cli.check import as_data, fail_unless_passed, in_words
from zoom3d.cli.render import FitOption, For, Fps, from_here

if TYPE_CHECKING:
    from zoom3d.reel.make import Reel
    from zoom3d.reel.template import Template

Photos = Annotated[
    list[str], typer.Argument(metavar="PHOTO", show_default=False, help="Photographs in their order, folders or patterns.")
]
Output = Annotated[
    Path, typer.Option("-o", "--output", metavar="OUT", help="The clip: mp4, mov, webm, or any that render writes.")
]
TemplateOption = Annotated[
    str, typer.Option("--template", metavar="NAME|FILE", help="How the reel goes: a name from 'zoom3d templates', or a file.")
]
Audio = Annotated[
    Path | None, typer.Option("--audio", metavar="FILE", help="A song: trimmed or repeated, brought to -14 LUFS, faded out.")
]
OnBeat = Annotated[bool, typer.Option("--on-beat", help="Cut on the beats of the song instead of the template's own rhythm.")]
Presets = Annotated[
    str | None,
    typer.Option("--preset", metavar="A,B,…", help="The moves, one a photograph, over and over. [the template's own]"),
]
Transitions = Annotated[
    str | None,
    typer.Option(
        "--transition",
        metavar="A,B,…",
        help="From one photograph to the next: cut, flash, crossfade, whip, wipe, push-through. [the template's]",
    ),
]
Duration = Annotated[float | None, typer.Option("--duration", metavar="S", help="Length in seconds. [as the template has it]")]
Size = Annotated[str | None, typer.Option("--size", metavar="WxH", help="Size in pixels. [1080x1920, or the platform's]")]
Title = Annotated[
    str | None, typer.Option("--title", metavar="TEXT", help="Words before the photographs; \\n parts lines. [the template's]")
]
End = Annotated[str | None, typer.Option("--end", metavar="TEXT", help="Words after the photographs. [the template's]")]
Strength = Annotated[
    float, typer.Option("--strength", metavar="X", help="How much of the moves to make; 1 is the template's own.")
]


def register(app: typer.Typer) -> None:
    app.command("reel")(spread(reel))


def reel(
    photos: Photos,
    output: Output = Path("reel.mp4"),
    template: TemplateOption = "travel",
    audio: Audio = None,
    on_beat: OnBeat = False,
    preset: Presets = None,
    transition: Transitions = None,
    title: Title = None,
    end: End = None,
    title_font: _title.Font = None,
    duration: Duration = None,
    fps: Fps = None,
    size: Size = None,
    fit: FitOption = "cover",
    platform: For = None,
    strength: Strength = 1.0,
    max_reveal: _move.MaxReveal = None,
    *,
    preparation: _options.Preparation,
    film: _film.Film,
    speech: _options.Speech,
) -> None:
    """Make one clip from photographs, cut to a rhythm or a song."""
    voice = speech.voice
    frame_size = _options.parse_size(size)
    from zoom3d.reel import make
    from zoom3d.reel import template as templates

    settings = _film.settings(
        preparation,
        film,
        duration_s=duration,
        fps=fps,
        size=frame_size,
        fit=fit,
        platform=platform,
        strength=strength,
        max_reveal=max_reveal,
        audio=audio,
    )
    chosen = _changed(templates.load(template), preset, transition, title, end)
    if title_font is not None and not any((chosen.opening.text, chosen.closing.text, *chosen.labels)):
        raise typer.BadParameter("there are no words", param_hint="'--title-font'")
    with _console.session(voice) as session:
        photographs = _photographs(photos, output)
        made = make.make(photographs, output, chosen, settings, on_beat=on_beat, font=title_font, progress=session.progress)
        session.result(_in_words(made), _as_data(made, photographs, chosen))
    if made.verdict is not None:
        fail_unless_passed(made.verdict)


def _changed(template: Template, preset: str | None, transition: str | None, title: str | None, end: str | None) -> Template:
    """The template with what was asked for instead of its own."""
    from zoom3d.reel.template import transitions_named

    if preset is not None:
        template = replace(template, presets=_listed(preset, "--preset"))
    if transition is not None:
        template = replace(template, transitions=transitions_named(_listed(transition, "--transition"), "--transition"))
    if title is not None:
        template = replace(template, opening=replace(template.opening, text=title.replace("\\n", "\n").strip()))
    if end is not None:
        template = replace(template, closing=replace(template.closing, text=end.replace("\\n", "\n").strip()))
    return template


def _listed(text: str, option: str) -> tuple[str, ...]:
    names = tuple(name.strip() for name in text.split(","))
    if not all(names):
        raise typer.BadParameter(f"'{text}' is not names with commas between them", param_hint=f"'{option}'")
    return names


def _photographs(sources: list[str], target: Path) -> list[Path]:
    """The files that ``sources`` name, in their order; one that is named twice is shown twice."""
    from zoom3d.batch.find import look_into

    return [photograph for source in sources for photograph in look_into(source, target)[1]]


def _in_words(made: Reel) -> str:
    line = made.timeline
    beat = f", {made.bpm:.1f} beats a minute" if made.bpm else ""
    shots, frames = _console.counted(len(line.shots), "shot"), _console.counted(line.frame_count, "frame")
    what = f"{shots}, {frames}, {made.width}x{made.height}, {line.fps:g} fps"
    times = ", ".join(f"{stage} {seconds:.1f} s" for stage, seconds in made.seconds.items())
    verdict = "" if made.verdict is None else f"\n{in_words(made.verdict)}"
    length = f"{line.frame_count / line.fps:.1f} s"
    return f"{from_here(made.path)}: {what}, {length}{beat}\nrenderer: {made.renderer}\n{times}{verdict}"


def _as_data(made: Reel, photographs: list[Path], template: Template) -> dict[str, object]:
    line = made.timeline
    ways_in = ["", *(transition.kind for transition in line.transitions)]
    return {
        "path": str(made.path),
        "frames": line.frame_count,
        "size": [made.width, made.height],
        "fps": line.fps,
        "template": template.name,
        "bpm": None if made.bpm is None else round(made.bpm, 2),
        "shots": [
            {
                "photo": str(photographs[shot.photograph]),
                "preset": shot.preset,
                "from_s": round(shot.cut / line.fps, 4),
                "transition": way_in,
                "words": shot.card.text if shot.card else shot.label,
            }
            for shot, way_in in zip(line.shots, ways_in, strict=True)
        ],
        "seconds": {stage: round(seconds, 3) for stage, seconds in made.seconds.items()},
        "renderer": made.renderer,
        **({} if made.verdict is None else {"check": as_data(made.verdict)}),
    }
