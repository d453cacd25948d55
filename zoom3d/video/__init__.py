"""From frames to a file. A module without a leading underscore is an output format, named by its suffix."""

from __future__ import annotations

from zoom3d.video._audio import read as read_sound
from zoom3d.video._check import Verdict as Verdict
from zoom3d.video._check import check as check
from zoom3d.video._encoders import encoders as encoders
from zoom3d.video._encoders import hardware_encoders as hardware_encoders
from zoom3d.video._ffmpeg import version as ffmpeg_version
from zoom3d.video._format import Encoding as Encoding
from zoom3d.video._loudness import measure as measure_loudness
from zoom3d.video._plan import destination as destination
from zoom3d.video._plan import plan as plan
from zoom3d.video._platforms import platform as platform
from zoom3d.video._platforms import platform_names as platform_names
from zoom3d.video._probe import VideoInfo as VideoInfo
from zoom3d.video._probe import probe as probe
from zoom3d.video._write import write as write

__all__ = [
    "Encoding",
    "Verdict",
    "VideoInfo",
    "check",
    "destination",
    "encoders",
    "ffmpeg_version",
    "hardware_encoders",
    "measure_loudness",
    "plan",
    "platform",
    "platform_names",
    "probe",
    "read_sound",
    "write",
]
