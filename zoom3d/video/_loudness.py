"""As loud as the platforms play it: the sound is coded, measured as it will be heard, and corrected until it is right.

Loudness and true peak are those of EBU R 128 (ITU-R BS.1770-4), which ffmpeg's ebur128 measures. Coding is part of the trial
because lossy coding moves peaks by up to a decibel.
"""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass, replace
from pathlib import Path

from zoom3d.errors import VideoError
from zoom3d.video import _ffmpeg
from zoom3d.video._audio import Soundtrack
from zoom3d.video._format import AudioCodec, Encoding

log = logging.getLogger(__name__)

PEAK_DB = -1.0
"""What the platforms ask true peaks not to exceed, in dB of full scale."""

_TRIALS = 6
_CLOSE_DB = 0.3
_SPARE_DB = 0.5  # between the limiter's ceiling and PEAK_DB, for what coding adds
_LIMITING_MAX_DB = 9.0  # how much peaks may be pressed down: more is heard, and lifts the noise between them
_SILENT_LUFS = -69.0
_SUMMARY = re.compile(r"I:\s+(-?[\d.]+|nan) LUFS.*Peak:\s+(-?[\d.]+|-?inf|nan) dBFS", re.DOTALL)


@dataclass(frozen=True)
class Level:
    """loudness_lufs: integrated over the whole sound; -70 is silence. peak_db: the true peak, in dB of full scale."""

    loudness_lufs: float
    peak_db: float


def measure(path: Path) -> Level:
    """How loud the sound of a file is."""
    command = ["-hide_banner", "-nostdin", "-nostats", "-protocol_whitelist", "file", "-i", _ffmpeg.local(path)]
    result = _ffmpeg.run([*command, "-map", "0:a:0", "-af", "ebur128=peak=true:framelog=quiet", "-f", "null", "-"])
    found = _SUMMARY.search(result.stderr.rpartition("Summary:")[2])
    if result.returncode != 0 or found is None:
        raise VideoError(
            f"the loudness of {path.name} cannot be measured: {_ffmpeg.last_words(result.stderr.splitlines(), 1)}",
            hint="zoom3d doctor says whether ffmpeg works here",
        )
    return Level(float(found[1]), float(found[2]))


def level(sound: Soundtrack, target_lufs: float, encoding: Encoding, codec: AudioCodec, workspace: Path) -> Soundtrack:
    """``sound`` as loud as ``target_lufs`` in the file that ``encoding`` describes, its peaks not above PEAK_DB."""
    first = _heard(sound, encoding, codec, workspace)
    if not first.loudness_lufs > _SILENT_LUFS:
        log.warning("%s is silent, or too short for its loudness to be measured, and is left as it is", sound.path.name)
        return sound
    ceiling_db = PEAK_DB - _SPARE_DB
    most_db = ceiling_db - first.peak_db + _LIMITING_MAX_DB
    gain_db, best, best_off = min(target_lufs - first.loudness_lufs, most_db), sound, float("inf")
    for _ in range(_TRIALS):
        tried = replace(sound, gain_db=round(gain_db, 2), ceiling_db=round(ceiling_db, 2))
        heard = _heard(tried, encoding, codec, workspace)
        missing, over = target_lufs - heard.loudness_lufs, max(0.0, heard.peak_db - PEAK_DB)
        if not over and abs(missing) < best_off:
            best, best_off = tried, abs(missing)
        if not over and (abs(missing) <= _CLOSE_DB or (missing > 0 and gain_db == most_db)):
            break
        gain_db = min(gain_db + missing, most_db)
        ceiling_db -= over + 0.1 if over else 0.0
    if best_off > 1.0:
        log.warning("%s is %.1f LU away from %g LUFS: its peaks leave no more room", sound.path.name, best_off, target_lufs)
    return best


def _heard(sound: Soundtrack, encoding: Encoding, codec: AudioCodec, workspace: Path) -> Level:
    trial = f"sound.{encoding.container}"
    arguments = [*sound.input_arguments(), "-map", "0:a:0", *sound.output_arguments(encoding, codec), trial]
    result = _ffmpeg.run([*_ffmpeg.QUIET, "-y", *arguments], cwd=workspace)
    if result.returncode != 0:
        raise VideoError(
            f"the sound cannot be coded: {_ffmpeg.last_words(result.stderr.splitlines())}",
            hint="zoom3d doctor says which encoders work here",
        )
    return measure(workspace / trial)
