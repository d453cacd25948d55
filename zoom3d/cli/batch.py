"""``zoom3d batch``: many photographs become clips."""

from __future__ import annotations

import contextlib
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from zoom3d.cli import _console, _failure, _film, _move, _options, _title
from zoom3d.cli._groups import spread
from zoom3d.cli.render import Audio, Duration, FitOption, Focus, Fps

if TYPE_CHECKING:
    from zoom3d.batch.manifest import Record
    from zoom3d.batch.plan import Orders, Plan
    from zoom3d.pipeline import Settings

Photos = Annotated[
    list[str],
    typer.Argument(
        metavar="PHOTO",
        show_default=False,
        help="Photographs, folders (with what is below them), patterns, or lists: - (standard input), @FILE, .txt, .csv or "
        ".jsonl, the last two with options for each. One that names no photograph is an error.",
    ),
]
Output = Annotated[
    str,
    typer.Option("-o", "--output", metavar="DIR", show_default=False, help="The folder for the clips, or a URL (s3://...)."),
]
Presets = Annotated[
    str | None, typer.Option("--preset", metavar="A,B,...", help="The moves: a clip for each. [3d-zoom; with --random, all]")
]
Random = Annotated[bool, typer.Option("--random", help="One move for each photograph, drawn by lot.")]
Seed = Annotated[int | None, typer.Option("--seed", metavar="N", help="Which lot: equal seeds draw equal moves. [0]")]
Sizes = Annotated[
    str | None,
    typer.Option(
        "--size",
        metavar="WxH,...",
        help="Sizes in pixels: a clip for each. [1080x1920 for upright photographs, 1920x1080 for wide]",
    ),
]
For = Annotated[
    str | None,
    typer.Option(
        "--for",
        metavar="A,B,...",
        help="Make what platforms take, a clip for each, and check it: tiktok, reels, shorts, square, feed, story, landscape.",
    ),
]
TemplateOption = Annotated[
    str | None,
    typer.Option(
        "--template",
        metavar="NAME|FILE",
        help="Make a reel of each folder's photographs: a name from 'zoom3d templates', or a file.",
    ),
]
Format = Annotated[str, typer.Option("--format", metavar="NAME", help="mp4, mov, webm, gif or webp.")]
Jobs = Annotated[int | None, typer.Option("--jobs", min=1, metavar="N", help="Photographs at a time. [one for two cores]")]
Ray = Annotated[
    str | None,
    typer.Option(
        "--ray",
        metavar="ADDRESS|auto",
        help='Work on this Ray cluster, all of whose nodes have zoom3d: pip install "zoom3d[ray]".',
    ),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be made, and make nothing.")]


def register(app: typer.Typer) -> None:
    app.command("batch")(spread(batch))


def batch(
    photos: Photos,
    output: Output,
    preset: Presets = None,
    random: Random = False,
    seed: Seed = None,
    changes: _move.Changes = None,
    duration: Duration = None,
    fps: Fps = None,
    size: Sizes = None,
    fit: FitOption = "cover",
    template: TemplateOption = None,
    focus: Focus = "subject",
    platform: For = None,
    *,
    words: _title.Words,
    strength: _move.Strength = 1.0,
    max_reveal: _move.MaxReveal = None,
    output_format: Format = "mp4",
    jobs: Jobs = None,
    ray: Ray = None,
    dry_run: DryRun = False,
    preparation: _options.Preparation,
    film: _film.Film,
    audio: Audio = None,
    speech: _options.Speech,
) -> None:
    """Make clips from many photographs. Run again, it makes what is missing or has changed."""
    voice = speech.voice
    if seed is not None and not random:
        raise typer.BadParameter("it needs '--random'", param_hint="'--seed'")
    if template is not None and (random or changes):
        raise typer.BadParameter("the template has moves of its own", param_hint="'--random'" if random else "'--set'")
    if ray is not None and jobs is not None:
        raise typer.BadParameter("the cluster decides that", param_hint="'--jobs'")

    settings = _film.settings(
        preparation,
        film,
        changes=tuple(changes or ()),
        duration_s=duration,
        fps=fps,
        fit=fit,
        focus=focus,
        title=words.wish,
        strength=strength,
        max_reveal=max_reveal,
        audio=audio,
    )
    orders = _orders(settings, preset, platform, size, output_format, (seed or 0) if random else None)
    if template is not None:
        orders = _for_reels(orders, template, chosen=preset is not None)
    with _console.session(voice) as session:
        _Batch(session, orders, photos, output).run(jobs, ray, dry_run=dry_run)


def _orders(
    settings: Settings, preset: str | None, platform: str | None, size: str | None, suffix: str, seed: int | None
) -> Orders:
    from zoom3d.batch.plan import Orders
    from zoom3d.camera import presets

    chosen = _each(preset) if preset is not None else presets.names() if seed is not None else [settings.preset]
    sizes = list(dict.fromkeys(map(_options.parse_size, _each(size)))) if size is not None else [None]
    platforms = _each(platform) if platform is not None else [None]
    return Orders(settings, tuple(chosen), tuple(platforms), tuple(sizes), seed, suffix.lower().removeprefix("."))


def _for_reels(orders: Orders, name: str, *, chosen: bool) -> Orders:
    """The orders with a template, whose moves and title are changed for those that were chosen."""
    from zoom3d.reel import template as templates
    from zoom3d.title import TitleWish

    template, title = templates.load(name), orders.settings.title
    template = replace(template, presets=orders.presets) if chosen else template
    if title:
        if title != TitleWish(title.text, title.font):
            raise typer.BadParameter("in a reel its size, colour, place and depth are fixed", param_hint="'--title'")
        template = replace(template, opening=replace(template.opening, text=title.text))
    return replace(orders, presets=orders.presets[:1], template=template)


def _each(text: str) -> list[str]:
    """What stands between the commas, each once; files by their whole path."""
    names = dict.fromkeys(name.strip() for name in text.split(","))
    return [str(Path(name).absolute()) if name.lower().endswith(".toml") else name for name in names]


class _Batch:
    """One batch, and what it says meanwhile and in the end."""

    def __init__(self, session: _console.Session, orders: Orders, photos: list[str], output: str) -> None:
        from zoom3d.batch import inputs, store

        self._session, self._orders, self._output = session, orders, output
        self._store = store.open_store(output)
        wanted = inputs.read(photos, sys.stdin, self._store.folder)
        self._wanted = inputs.by_folder(wanted) if orders.template else wanted
        self._made: list[Record] = []
        self._failed: list[Record] = []
        self._said: Counter[str] = Counter()

    def run(self, jobs: int | None, ray: str | None, *, dry_run: bool) -> None:
        """Make what there is to make. Ends with exit code 1 where a clip could not be made."""
        if dry_run:
            self._foretell(self._plan(self._store.records()))
            return
        from zoom3d.batch import process, run

        plan = None
        try:
            with self._store.opened() as manifest:
                plan = self._plan(manifest.records)
                if ray is not None:
                    with contextlib.redirect_stdout(sys.stderr):  # Ray speaks on stdout, which is the result's
                        self._follow(run.on_cluster(plan, self._store, manifest, ray), plan)
                else:
                    jobs = jobs or max(1, process.cores() // 2)
                    self._follow(run.here(plan, self._store, manifest, jobs, self._session.progress), plan)
        except (KeyboardInterrupt, SystemExit):
            if plan is not None:
                self._say_how_to_go_on(plan)
            raise
        self._conclude(plan)

    def _say_how_to_go_on(self, plan: Plan) -> None:
        self._session.progress.close()
        total = len(plan.done) + len(plan.clips)
        there = total - plan.left(self._store.records())
        self._session.say(f"interrupted: {there} of {total} clips are there; the same command goes on from here")

    def _plan(self, records: dict[str, Record]) -> Plan:
        from zoom3d.batch import plan

        photographs = len({one.path for one in self._wanted})
        looked = lambda number: self._session.progress("inputs", number, photographs)  # noqa: E731
        return plan.make(self._wanted, self._orders, self._store, records, looked)

    def _follow(self, records: Iterator[Record], plan: Plan) -> None:
        """Tell of every clip as it is done."""
        total, began = len(plan.clips), time.monotonic()
        one_by_one = self._session.voice.verbose or not sys.stderr.isatty()
        self._session.progress("clips", 0, total)
        for number, record in enumerate(records, 1):
            (self._failed if record.error else self._made).append(record)
            self._warn(record)
            a_minute = 60 * number / (time.monotonic() - began)
            state = f"failed: {record.error}" if record.error else f"{sum(record.seconds.values()):.1f} s"
            if one_by_one:
                pace = f"{a_minute:.1f} clips a minute, {_duration(60 * (total - number) / a_minute)} left"
                self._session.say(f"{number} of {total}: {record.clip} ({state}); {pace}")
            self._session.progress("clips", number, total)

    def _warn(self, record: Record) -> None:
        """Say each warning with the first clip that it concerns; the manifest has it with all of them."""
        for warning in record.warnings:
            self._said[warning] += 1
            if self._said[warning] == 1:
                self._session.say(f"warning: {record.clip}: {warning}")

    def _foretell(self, plan: Plan) -> None:
        lines = [f"{clip.state:8} {clip.clip}  from {photograph.path}" for photograph, clip in plan.clips]
        lines.append(f"to make: {len(plan.clips)}, of {len(plan.photographs)} scenes; there already: {len(plan.done)}")
        self._session.result(
            "\n".join(lines),
            {
                "to_make": [
                    {"clip": clip.clip, "photo": str(photograph.path), "state": clip.state, "options": clip.options}
                    for photograph, clip in plan.clips
                ],
                "done": list(plan.done),
            },
        )

    def _conclude(self, plan: Plan) -> None:
        more = {text: count for text, count in self._said.items() if count > 1}
        lines = [f"{_console.counted(count - 1, 'more clip')}: {text}" for text, count in more.items()]
        made = _console.counted(len(self._made), "clip")
        lines.append(f"{self._output}: {made} made, {len(plan.done)} there already, {len(self._failed)} failed")
        self._session.result(
            "\n".join(lines),
            {
                "made": [_as_data(record) for record in self._made],
                "skipped": list(plan.done),
                "failed": [
                    {"clip": one.clip, "photo": one.photo, "error": one.error, "hint": one.hint} for one in self._failed
                ],
            },
        )
        told = {(one.photo, one.error): one for one in self._failed}
        for one in told.values():
            _failure.report(_failure.by_path(one.error or "", Path(one.photo)), one.hint or "")
        if self._failed:
            raise typer.Exit(_failure.MISTAKE)


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"


def _as_data(record: Record) -> dict[str, object]:
    return {
        "clip": record.clip,
        "photo": record.photo,
        "seconds": record.seconds,
        "frames": record.frames,
        "revealed_max": record.revealed_max,
        "depth_source": record.depth_source,
        "warnings": list(record.warnings),
    }
