"""Sound for the clip: somebody's file, cut or repeated to the clip's length and faded out."""

from __future__ import annotations

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
    """The sound of one clip, as the arguments that ffmpeg needs for it."""

    path: Path
    codec: AudioCodec

    def input_arguments(self) -> list[str]:
        return [*_READ, _ffmpeg.local(self.path)]

    def output_arguments(self, encoding: Encoding) -> list[str]:
        return ["-map", "1:a:0", "-af", self._filters(encoding), *self.codec.arguments]

    def _filters(self, encoding: Encoding) -> str:
        """Counted in samples, so that the length is exact: a loop of at most one clip's length, a cut, a fade.

        The negative volume keeps ffmpeg from playing mono 3 dB quieter. The fade takes 3/4 s, or the last third of a clip shorter than 2.25 s.
        """
        clip = round(encoding.duration_s * RATE_HZ)
        length = max(clip - self.codec.priming_samples, 1)
        fade = min(round(FADE_S * RATE_HZ), length // 3)
        return ",".join(
            [
                f"aresample={RATE_HZ}:ochl=stereo:rematrix_volume=-1,aformat=sample_fmts=fltp,asetpts=N/SR/TB",
                f"atrim=end_sample={length},aloop=loop=-1:size={length},atrim=end_sample={length},asetpts=N/SR/TB",
                f"afade=type=out:start_sample={length - fade}:nb_samples={max(fade, 1)}",
            ]
        )


def check(path: Path) -> None:
    """Refuse a file that is not there or that brings no sound."""
    if not path.is_file():
        raise OutputError(f"there is no audio file {path}", hint="check the name after --audio")
    trial = ["-map", "0:a:0", "-frames:a", "1", "-f", "framecrc", "pipe:1"]
    result = _ffmpeg.run([*_ffmpeg.QUIET, *_READ, _ffmpeg.local(path), *trial])
    sounds = any(line and not line.startswith("#") for line in result.stdout.splitlines())
    if result.returncode != 0 or not sounds:
        raise OutputError(
            f"{path.name} has no sound that can be read", hint="give a music file, such as .mp3, .m4a or .wav, to --audio"
        )
