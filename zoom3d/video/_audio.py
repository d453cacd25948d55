"""Sound for the clip: somebody's file, cut or repeated to the clip's length and faded out."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from zoom3d.errors import OutputError
from zoom3d.video import _ffmpeg
from zoom3d.video._format import AudioCodec, Encoding

RATE_HZ = 48000
FADE_S = Fraction(3, 4)

_READ = ("-protocol_whitelist", "file", "-i")
"""A playlist that is called song.mp3 must not reach the network."""


@dataclass(frozen=True)
class Soundtrack:
    """A sound file that was looked into, and how the clip's format codes it.

    mono: it has one channel, which ffmpeg would play 3 dB quieter on two.
    """

    path: Path
    mono: bool

    def input_arguments(self) -> list[str]:
        return [*_READ, _ffmpeg.local(self.path)]

    def output_arguments(self, encoding: Encoding, codec: AudioCodec) -> list[str]:
        return ["-map", "1:a:0", "-af", self._filters(encoding, codec), *codec.arguments]

    def _filters(self, encoding: Encoding, codec: AudioCodec) -> str:
        """Counted in samples, so that the length is exact: a cut, a loop of at most the clip's length, a cut, a fade.

        The fade takes 3/4 s, or the last third of a clip shorter than 2.25 s. The samples are 16 bit, because floating
        ones may hold any value, and ffmpeg's AAC encoder never ends on huge ones.
        """
        clip = round(encoding.duration_s * RATE_HZ)
        length = max(clip - codec.priming_samples, 1)
        fade = max(min(round(FADE_S * RATE_HZ), length // 3), 1)
        return ",".join(
            [
                *(["pan=stereo|c0=c0|c1=c0"] if self.mono else []),
                f"aresample={RATE_HZ},aformat=sample_fmts=s16:channel_layouts=stereo,asetpts=N/SR/TB",
                f"atrim=end_sample={length},aloop=loop=-1:size={length},atrim=end_sample={length},asetpts=N/SR/TB",
                f"afade=type=out:start_sample={length - fade}:nb_samples={fade}",
            ]
        )


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
