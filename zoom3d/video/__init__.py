"""From frames to a file. A module without a leading underscore is an output format, named by its suffix."""

from __future__ import annotations

from zoom3d.video._audio import read as read_sound
from zoom3d.video._check import Verdict, check
from zoom3d.video._encoders import encoders, hardware_encoders
from zoom3d.video._ffmpeg import version as ffmpeg_version
from zoom3d.video._format import Encoding
from zoom3d.video._loudness import measure as measure_loudness
from zoom3d.video._plan import destination, plan
from zoom3d.video._platforms import platform, platform_names
from zoom3d.video._probe import VideoInfo, probe
from zoom3d.video._write import write

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
