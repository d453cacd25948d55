"""``zoom3d doctor``: what works here, and what does not."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import metadata

import typer

from zoom3d.cli import _console, _failure, _options
from zoom3d.errors import Zoom3DError


@dataclass(frozen=True)
class Finding:
    """What was looked at. ``ok`` None: not as good as it could be, but the main job does without."""

    subject: str
    ok: bool | None
    text: str
    data: dict[str, object] = field(default_factory=dict)
    hint: str = ""


def register(app: typer.Typer) -> None:
    app.command("doctor")(doctor)


def doctor(as_json: _options.AsJson = False, debug: _options.Debug = False) -> None:
    """Check that clips can be made here, and say with what. The exit code is 1 where they cannot."""
    with _console.session(_options.voice(as_json=as_json, debug=debug)) as session:
        findings = [_examine(subject, look) for subject, look in _SUBJECTS.items()]
        failed = [finding for finding in findings if finding.ok is False]
        session.result(
            "\n".join(_line(finding) for finding in findings),
            {"ok": not failed, **{finding.subject: {"ok": finding.ok is not False, **finding.data} for finding in findings}},
        )
    if failed:
        _failure.report(f"no clip can be made here because of the {failed[0].subject}: {failed[0].text}", failed[0].hint)
        raise typer.Exit(_failure.MISTAKE)


def _line(finding: Finding) -> str:
    mark = {True: "ok  ", None: "note", False: "FAIL"}[finding.ok]
    return f"{mark}  {finding.subject:9} {finding.text}"


def _examine(subject: str, look: Callable[[], Finding]) -> Finding:
    try:
        return look()
    except Zoom3DError as error:
        return Finding(subject, False, error.message, {"error": error.message}, error.hint)
    except ImportError as error:
        return Finding(
            subject, False, str(error), {"error": str(error)}, "install zoom3d again: pip install --force-reinstall zoom3d"
        )


def _program() -> Finding:
    version, python = metadata.version("zoom3d"), platform.python_version()
    text = f"zoom3d {version}, Python {python}, {platform.platform(terse=True)}"
    return Finding("program", True, text, {"version": version, "python": python, "platform": platform.platform()})


def _renderer() -> Finding:
    from zoom3d.render.context import describe, devices, open_context

    with open_context() as context:
        name = describe(context)
        versions = {"version": context.info["GL_VERSION"], "vendor": context.info["GL_VENDOR"]}
    text, there = f"{name} ({versions['version']})", devices()
    if ", software, " in name:
        text += "; the processor draws, no graphics card"
    if len(there) > 1:
        text += "; for --gpu: " + "; ".join(f"{number}: {each or 'no OpenGL 3.3'}" for number, each in enumerate(there))
    return Finding("renderer", True, text, {"name": name, **versions, "devices": there})


def _ffmpeg() -> Finding:
    from zoom3d import video

    version, encoders = video.ffmpeg_version(), video.encoders()
    working = [name for name, works in encoders.items() if works]
    broken = [name for name, works in encoders.items() if not works]
    text = f"{version}; writes {', '.join(working) or 'nothing'}" + (f"; cannot write {', '.join(broken)}" if broken else "")
    hardware = video.hardware_encoders()
    useful = [name for name, reason in hardware.items() if reason is None]
    text += f"; in hardware: {', '.join(useful) or 'none works here'}"
    hint = "reinstall it with: pip install --force-reinstall imageio-ffmpeg"
    good = "h264" in working and (None if broken else True)
    return Finding("ffmpeg", good, text, {"version": version, "encoders": encoders, "hardware": hardware}, hint)


def _titles() -> Finding:
    from zoom3d import title

    try:
        title.check(title.TitleWish("Title"))
    except Zoom3DError as error:
        return Finding("titles", None, f"{error.message}; clips without a title do without ({error.hint})", {"version": None})
    version = metadata.version("skia-python")
    return Finding("titles", True, f"skia-python {version}", {"version": version})


def _torch() -> Finding:
    try:
        import torch
    except ImportError as error:
        return Finding("torch", None, f"{error}; depth comes from files or from the built-in estimator", {"version": None})
    mps = torch.backends.mps.is_available()
    device = "cuda" if torch.cuda.is_available() else "mps" if mps else "cpu"
    name = (
        torch.cuda.get_device_name()
        if device == "cuda"
        else f"{torch.get_num_threads()} threads"
        if device == "cpu"
        else "Apple"
    )
    return Finding("torch", True, f"{torch.__version__} on {device} ({name})", {"version": torch.__version__, "device": device})


def _weights() -> Finding:
    from zoom3d import weights
    from zoom3d.depth.models import models

    present = [model.name for model in models().values() if weights.find(model.file)]
    if present:
        return Finding("weights", True, ", ".join(present), {"present": present})
    text = "none yet; 'zoom3d models fetch NAME' brings some, and without them depth is estimated by the built-in method"
    return Finding("weights", None, text, {"present": []})


def _cache() -> Finding:
    from zoom3d import cache

    size, folder = cache.size_bytes(), cache.root()
    there = next(place for place in (folder, *folder.absolute().parents) if place.exists())
    writable = there.is_dir() and os.access(there, os.W_OK)
    text = f"{folder}, {size / 1e6:.0f} MB" + ("" if writable else "; cannot be written: depth and layers are made every time")
    return Finding("cache", writable or None, text, {"path": str(folder), "bytes": size, "writable": writable})


def _whole_way() -> Finding:
    """The main job itself, small: what no list of parts can promise."""
    import tempfile
    from pathlib import Path

    import numpy as np
    from PIL import Image

    from zoom3d import pipeline

    ramp = np.linspace(0, 255, 64 * 64 * 3, dtype=np.uint8).reshape(64, 64, 3)
    settings = pipeline.Settings(size=(64, 64), duration_s=0.1, model="builtin", offline=True, use_cache=False)
    with tempfile.TemporaryDirectory(prefix="zoom3d-") as folder:
        photo, target = Path(folder, "photo.png"), Path(folder, "clip.mp4")
        Image.fromarray(ramp).save(photo)
        clip = pipeline.animate(photo, target, settings=settings)
    seconds = sum(clip.seconds.values())
    return Finding("trial", True, f"a small clip of {clip.frames} frames was made in {seconds:.1f} s", {"frames": clip.frames})


_SUBJECTS: dict[str, Callable[[], Finding]] = {
    "program": _program,
    "renderer": _renderer,
    "ffmpeg": _ffmpeg,
    "titles": _titles,
    "torch": _torch,
    "weights": _weights,
    "cache": _cache,
    "trial": _whole_way,
}
