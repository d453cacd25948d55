"""Which codecs this machine can really write."""

from __future__ import annotations

import logging
import tempfile
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from pathlib import Path

from zoom3d.errors import Zoom3DError
from zoom3d.types import Frame, OutputSpec
from zoom3d.video._ffmpeg import compiled_encoders
from zoom3d.video._format import Encoding
from zoom3d.video._plan import SOFTWARE, formats, plan
from zoom3d.video._trial import reason_against
from zoom3d.video._write import write

log = logging.getLogger(__name__)

SIDE = 64
HARDWARE_SIZE = 640, 360
"""Chips refuse the smallest frames."""


def encoders() -> dict[str, bool]:
    """Every codec by its name, and whether a clip of one frame could be written with it. Takes about a second."""
    homes = {codec.name: name for name, form in reversed(formats().items()) for codec in form.codecs}
    with tempfile.TemporaryDirectory(prefix="zoom3d-") as folder, ThreadPoolExecutor(4) as pool:
        works = pool.map(lambda codec: _works(codec, homes[codec], Path(folder)), homes)
        return dict(sorted(zip(homes, works, strict=True)))


def hardware_encoders() -> dict[str, str | None]:
    """Every hardware encoder that this ffmpeg knows, and why it does not work here; None = it does."""
    homes = {codec: name for name, form in formats().items() for codec in form.codecs}
    known = [
        (encoder, Encoding(homes[codec], codec.name, "", codec.layout, *HARDWARE_SIZE, Fraction(30), 1, codec.crf.default, 1))
        for codec in homes
        if codec.crf
        for encoder in codec.encoders
        if encoder.family != SOFTWARE and encoder.name in compiled_encoders()
    ]
    with ThreadPoolExecutor(4) as pool:
        reasons = pool.map(lambda pair: reason_against(*pair), known)
        return dict(zip((encoder.name for encoder, _ in known), reasons, strict=True))


def _works(codec: str, container: str, folder: Path) -> bool:
    import numpy as np

    target = folder / f"{codec}.{container}"
    try:
        encoding = plan(target, OutputSpec(SIDE, SIDE, duration_s=1 / 30, codec=codec))  # type: ignore[arg-type]
        frame = Frame(np.full(encoding.frame_shape, 128, encoding.frame_dtype), encoding.layout)
        return write([frame], encoding, target) == 1
    except Zoom3DError as error:
        log.info("%s does not work: %s", codec, error)
        return False
