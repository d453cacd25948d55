"""What will be written, decided and checked before anything expensive runs."""

from __future__ import annotations

import logging
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import zoom3d.video
from zoom3d import plugins
from zoom3d.errors import OutputError, VideoError
from zoom3d.types import OutputSpec, PixelLayout
from zoom3d.video import _audio, _ffmpeg, _trial
from zoom3d.video._destination import Destination
from zoom3d.video._format import Encoder, Encoding, Format, VideoCodec, bit_depth, frame_rate
from zoom3d.video._platforms import check_asked

log = logging.getLogger(__name__)

SOFTWARE, AUTO = "software", "auto"


def formats() -> dict[str, Format]:
    """Every output format by its suffix without the dot."""
    return {name: load_format(name) for name in plugins.names(zoom3d.video)}


def load_format(name: str) -> Format:
    found = plugins.load(zoom3d.video, name).FORMAT
    assert isinstance(found, Format)
    return found


def plan(target: Path, output: OutputSpec, *, audio: Path | None = None) -> Encoding:
    """Decide how ``output`` is written to ``target`` and check all that can be known beforehand.

    The suffix of ``target`` chooses the format: .mp4 .mov .webm .gif .webp, or .png for a numbered sequence, where
    ``clip.png`` stands for ``clip/frame_00001.png`` and so on. What cannot be made is an ``OutputError``; a missing
    ffmpeg or encoder is a ``VideoError``.
    """
    name = _format_name(target)
    form = load_format(name)
    codec = _codec(form, output)
    _check_crf(form, codec, output.crf)
    _check_size(codec, output)
    check_asked(output, name, codec.name)
    if output.fps > form.fps_max:
        raise OutputError(
            f"{form.title} cannot play {output.fps:g} frames a second", hint=f"ask for up to {form.fps_max} with --fps"
        )
    if audio is not None and form.audio is None:
        raise OutputError(f"{form.title} files hold no sound", hint="leave --audio out, or write .mp4, .mov or .webm")
    Destination.of(target, sequence=form.sequence).check()
    if audio is not None:
        _audio.load(audio)
    fps = frame_rate(output.fps)
    platform = output.platform
    gop_s = codec.gop_s if platform is None or platform.gop_s is None else min(codec.gop_s, platform.gop_s)
    encoding = Encoding(
        container=name,
        codec=codec.name,
        encoder="",
        layout=_layout(codec, output.bit_depth),
        width=output.width,
        height=output.height,
        fps=fps,
        frame_count=output.frame_count,
        crf=codec.crf.default if codec.crf and output.crf is None else output.crf,
        gop=max(1, round(fps * Fraction(gop_s))),
        b_frames=2 if platform is None or platform.b_frames is None else min(2, platform.b_frames),
        bitrate_max=_bitrate_max(output),
        audio_bitrate=platform.audio_bitrate if platform else None,
    )
    return replace(encoding, encoder=choose_encoder(codec, encoding, output.encoder).name)


def _bitrate_max(output: OutputSpec) -> int | None:
    """Video bits a second that the platform's limits of bit rate and file size leave."""
    platform = output.platform
    if platform is None:
        return None
    limits = [platform.video_bitrate_max(output.fps)]
    if platform.file_size_max_mb is not None:
        limits.append(int(0.98 * 8e6 * platform.file_size_max_mb / output.duration_s) - platform.audio_bitrate)
    least = min((limit for limit in limits if limit is not None), default=None)
    if least is not None and least <= 0:
        raise OutputError(
            f"{platform.title} takes {platform.file_size_max_mb:g} MB at most, which is not enough for {output.duration_s:g} s",
            hint="ask for less with --duration, or leave --for out",
        )
    return least


def destination(target: Path) -> Path:
    """Where the clip will lie: ``target`` itself, links followed; for a sequence, the folder of that name."""
    return Destination.of(target, sequence=load_format(_format_name(target)).sequence).path


def choose_encoder(codec: VideoCodec, encoding: Encoding, wanted: str = SOFTWARE) -> Encoder:
    """The encoder of that name or family, or for "auto" the first in hardware that proves to work, else one in software."""
    if wanted == AUTO:
        for encoder in codec.encoders:
            if encoder.family != SOFTWARE:
                reason = _trial.reason_against(encoder, encoding)
                if reason is None:
                    return encoder
                log.info("%s does not work here: %s", encoder.name, reason)
    if wanted not in (AUTO, SOFTWARE):
        return _named_encoder(codec, encoding, wanted)
    compiled = _ffmpeg.compiled_encoders()
    names = [encoder.name for encoder in codec.encoders if encoder.family == SOFTWARE]
    for encoder in codec.encoders:
        if encoder.name in names and encoder.name in compiled:
            return encoder
    raise VideoError(
        f"this ffmpeg cannot write {codec.title}: it has no {' nor '.join(names)}",
        hint="choose another --codec, or another ffmpeg",
    )


def _named_encoder(codec: VideoCodec, encoding: Encoding, wanted: str) -> Encoder:
    for encoder in codec.encoders:
        if wanted in (encoder.name, encoder.family):
            reason = _trial.reason_against(encoder, encoding)
            if reason is None:
                return encoder
            raise VideoError(
                f"the encoder {encoder.name} does not work here: {reason}",
                hint="leave --encoder out, or take auto; zoom3d doctor says which work",
            )
    known = dict.fromkeys(encoder.family for encoder in codec.encoders)
    raise OutputError(
        f"there is no encoder {wanted!r} for {codec.title}", hint=f"choose one of {', '.join([AUTO, *known])} with --encoder"
    )


def _layout(codec: VideoCodec, wanted_bits: int | None) -> PixelLayout:
    for layout in (codec.layout, codec.deep_layout):
        if layout and wanted_bits in (None, bit_depth(layout)):
            return layout
    raise OutputError(
        f"{codec.title} is not written with {wanted_bits} bits",
        hint=f"leave --bit-depth out for {bit_depth(codec.layout)} bits, or take 10 with --codec h265 or av1",
    )


def _format_name(target: Path) -> str:
    known = plugins.names(zoom3d.video)
    name = target.suffix[1:].lower()
    if name in known:
        return name
    endings = ", ".join(f".{known_name}" for known_name in known)
    problem = (
        f"files ending in {target.suffix!r} cannot be written"
        if name
        else f"{(target.name or str(target))!r} has no ending that names a format"
    )
    raise OutputError(problem, hint=f"known endings: {endings}")


def _codec(form: Format, output: OutputSpec) -> VideoCodec:
    if output.codec is None:
        return form.codecs[0]
    for codec in form.codecs:
        if codec.name == output.codec:
            return codec
    homes = [name for name, other in formats().items() if any(codec.name == output.codec for codec in other.codecs)]
    if not homes:
        known = sorted({codec.name for other in formats().values() for codec in other.codecs if len(other.codecs) > 1})
        raise OutputError(f"there is no codec {output.codec!r}", hint=f"choose one of {', '.join(known)} with --codec")
    places = " or ".join(f".{name}" for name in homes)
    raise OutputError(f"{form.title} files do not hold {output.codec}", hint=f"leave --codec out, or write {places}")


def _check_crf(form: Format, codec: VideoCodec, crf: int | None) -> None:
    if crf is None:
        return
    if codec.crf is None:
        raise OutputError(f"{codec.title} has no constant rate factor", hint="leave --crf out")
    if not codec.crf.low <= crf <= codec.crf.high:
        raise OutputError(
            f"{codec.title} takes no --crf {crf}",
            hint=f"ask for {codec.crf.low} (best) to {codec.crf.high} (smallest); {codec.crf.default} is the default",
        )


def _check_size(codec: VideoCodec, output: OutputSpec) -> None:
    width, height = output.width, output.height
    if max(width, height) > codec.side_max:
        raise OutputError(
            f"{codec.title} cannot hold {width}x{height}", hint=f"ask for sides up to {codec.side_max} with --size"
        )
    across, down = codec.side_multiple
    if width % across or height % down:
        even = f"{width // across * across}x{height // down * down}"
        sides = "even sides" if down > 1 else "an even width"
        raise OutputError(f"{codec.title} needs {sides}, not {width}x{height}", hint=f"ask for {even} with --size")
