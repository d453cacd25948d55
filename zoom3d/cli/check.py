"""``zoom3d check``: whether a video is what a platform takes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from zoom3d.cli import _console, _failure, _options

if TYPE_CHECKING:
    from zoom3d.video import Verdict

VideoFile = Annotated[Path, typer.Argument(metavar="FILE", show_default=False, help="The video.")]
For = Annotated[
    str,
    typer.Option(
        "--for",
        metavar="PLATFORM",
        show_default=False,
        help="tiktok, reels, shorts, square, feed, story or landscape; or a .toml file like those.",
    ),
]


def register(app: typer.Typer) -> None:
    app.command("check")(check)


def check(file: VideoFile, platform: For, as_json: _options.AsJson = False, debug: _options.Debug = False) -> None:
    """Check that any video is what a platform takes. The exit code is 1 where it is not."""
    from zoom3d import video

    with _console.session(_options.voice(as_json=as_json, debug=debug)) as session:
        verdict = video.check(file, video.platform(platform))
        session.result(in_words(verdict), {"path": str(file), **as_data(verdict)})
    fail_unless_passed(verdict, f"zoom3d render PHOTO --for {platform} makes one that passes")


def in_words(verdict: Verdict) -> str:
    """One line where all is well, else one line a failure."""
    info = verdict.info
    found = f"{info.width}x{info.height}, {info.fps:g} fps, {info.duration_s:.4g} s, {info.video_bitrate / 1e6:.3g} Mbit/s"
    if verdict.passed:
        return f"{verdict.platform.title}: pass ({found})"
    return "\n".join(f"{verdict.platform.title}: FAIL: {failure}" for failure in verdict.failures)


def as_data(verdict: Verdict) -> dict[str, object]:
    """What ``--json`` says of it."""
    from dataclasses import asdict

    return {
        "platform": verdict.platform.name,
        "pass": verdict.passed,
        "failures": list(verdict.failures),
        "found": asdict(verdict.info),
    }


def fail_unless_passed(verdict: Verdict, hint: str = "change what these rules are about, or leave --for out") -> None:
    """End with an error where the platform would not take the file."""
    if not verdict.passed:
        count = len(verdict.failures)
        _failure.report(
            f"{verdict.platform.title} would not take this file: {count} of its rules {'are' if count > 1 else 'is'} broken",
            hint,
        )
        raise typer.Exit(_failure.MISTAKE)
