"""Which codecs this machine can really write."""

from __future__ import annotations

import logging
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from zoom3d.errors import Zoom3DError
from zoom3d.types import Frame, OutputSpec
from zoom3d.video._plan import formats, plan
from zoom3d.video._write import write

log = logging.getLogger(__name__)

SIDE = 64


def encoders() -> dict[str, bool]:
    """Every codec by its name, and whether a clip of one frame could be written with it. Takes about a second."""
    homes = {codec.name: name for name, form in reversed(formats().items()) for codec in form.codecs}
    with tempfile.TemporaryDirectory(prefix="zoom3d-") as folder, ThreadPoolExecutor(4) as pool:
        works = pool.map(lambda codec: _works(codec, homes[codec], Path(folder)), homes)
        return dict(sorted(zip(homes, works, strict=True)))


def _works(codec: str, container: str, folder: Path) -> bool:
    import numpy as np

    target = folder / f"{codec}.{container}"
    try:
        encoding = plan(target, OutputSpec(SIDE, SIDE, duration_s=1 / 30, codec=codec))  # type: ignore[arg-type]
        frame = Frame(np.full(encoding.frame_shape, 128, np.uint8), encoding.layout)
        return write([frame], encoding, target) == 1
    except Zoom3DError as error:
        log.info("%s does not work: %s", codec, error)
        return False
