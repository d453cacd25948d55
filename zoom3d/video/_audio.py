"""Sound for the clip: somebody's file, cut or repeated to the clip's length and faded out."""

from __future__ import annotations

import re
import tempfile
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from zoom3d.errors import OutputError
from zoom3d.video import _ffmpeg
from zoom3d.video._format import AudioCodec, Encoding

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

RATE_HZ = 48000
FADE_S = Fraction(3, 4)

_READ = ("-protocol_whitelist", "file", "-i")
"""A playlist that is called song.mp3 must not reach the network."""


@dataclass(frozen=True)
class Soundtrack:
    """A sound file that was looked into, and how the clip's format codes it.

    mono: it has one channel, which ffmpeg would play 3 dB quieter on two.
    gain_db: how much louder it is made.
    ceiling_db: what its true peaks may not exceed, in dB of full scale; None = as they come.
    """

    path: Path
    mono: bool
    gain_db: float = 0.0
    ceiling_db: float | None = None

    def input_arguments(self) -> list[str]:
        return [*_READ, _ffmpeg.local(self.path)]

    def output_arguments(self, encoding: Encoding, codec: AudioCodec) -> list[str]:
        bitrate = () if encoding.audio_bitrate is None else ("-b:a", str(encoding.audio_bitrate))
        return ["-af", self._filters(encoding, codec), *codec.arguments, *bitrate, "-flags:a", "+bitexact"]

    def _filters(self, encoding: Encoding, codec: AudioCodec) -> str:
        """Counted in samples, so that the length is exact: a cut, a loop of at most the clip's length, a cut, a fade.

        As much as the encoder puts before the sound is cut off its beginning, so that a beat is heard at its time.
        The fade takes 3/4 s, or the last third of a clip shorter than 2.25 s. The samples are 16 bit, because floating
        ones may hold any value, and ffmpeg's AAC encoder never ends on huge ones.
        """
        clip = round(encoding.duration_s * RATE_HZ)
        start = min(codec.priming_samples, clip - 1)
        length = clip - start
        fade = max(min(round(FADE_S * RATE_HZ), length // 3), 1)
        return ",".join(
            [
                *(["pan=stereo|c0=c0|c1=c0"] if self.mono else []),
                f"aresample={RATE_HZ},aformat=sample_fmts=s16:channel_layouts=stereo,asetpts=N/SR/TB",
                f"atrim=end_sample={clip},aloop=loop=-1:size={clip}",
                f"atrim=start_sample={start}:end_sample={clip},asetpts=N/SR/TB",
                *self._levelling(),
                f"afade=type=out:start_sample={length - fade}:nb_samples={fade}",
            ]
        )

    def _levelling(self) -> list[str]:
        """The limiter works at four times the rate, where the peaks between the samples are seen."""
        gain = [f"volume={self.gain_db:.2f}dB:precision=double"] if self.gain_db else []
        if self.ceiling_db is None:
            return gain
        limit = f"alimiter=limit={10 ** (self.ceiling_db / 20):.4f}:attack=5:release=60:level=0:latency=1"
        return [*gain, f"aresample={4 * RATE_HZ}", limit, f"aresample={RATE_HZ}"]


def read(path: Path, rate_hz: int, limit_s: float) -> NDArray[np.float32]:
    """The first ``limit_s`` seconds of a sound file as (samples,) float32 in [-1, 1], the mean of its channels."""
    import numpy as np

    load(path)
    with tempfile.TemporaryDirectory(prefix="zoom3d-") as folder:
        decode = ["-map", "0:a:0", "-t", f"{limit_s:g}", "-ac", "2", "-ar", str(rate_hz), "-f", "f32le", "sound"]
        _ffmpeg.run([*_ffmpeg.QUIET, *_READ, _ffmpeg.local(path), *decode], cwd=folder)
        samples = np.nan_to_num(np.fromfile(Path(folder) / "sound", "<f4"), nan=0.0, posinf=1.0, neginf=-1.0)
    return np.clip(samples, -1.0, 1.0).reshape(-1, 2).mean(1)


def load(path: Path) -> Soundtrack:
    """Look into a sound file; refuse one that is not there or that brings no sound."""
    if not path.is_file():
        raise OutputError(f"there is no audio file {path}", hint="check the name after --audio")
    trial = ["-map", "0:a:0", "-frames:a", "1", "-f", "framecrc", "pipe:1"]
    result = _ffmpeg.run([*_ffmpeg.QUIET, *_READ, _ffmpeg.local(path), *trial])
    lines = result.stdout.splitlines()
    if result.returncode != 0 or all(line.startswith("#") for line in lines):
        raise OutputError(
            f"{path.name} has no sound that can be read", hint="give a music file, such as .mp3, .m4a or .wav, to --audio"
        )
    return Soundtrack(path, mono=any(re.match(r"#channel_layout.*: mono", line) for line in lines))
