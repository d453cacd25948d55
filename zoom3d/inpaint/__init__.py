"""Paints what was hidden: one module a method, found by its file name.

A method is a module with

``fill(rgb, hole, source, disparity) -> painted``
    rgb: (H, W, 3) uint8 sRGB, the photograph continued by its border.
    hole: (H, W) bool, the pixels to paint.
    source: (H, W) bool, the pixels that may be looked at and copied from; never a hole. What is neither hole nor source is
        foreground: it is not copied and does not bleed in.
    disparity: (H, W) float32, 1 = nearest: in the hole that of the surface to be painted, elsewhere that of the photograph.
    Returns (H, W, 3) uint8: a copy of ``rgb``, painted in the hole and equal to ``rgb`` elsewhere. Same input, same output.

``WEIGHTS`` (only where the method needs them)
    Names of the weight files, a tuple of str. Then there are as well ``FILES``, a dict of ``weights.WeightsFile``, ``LICENCE``
    of the weights, and ``fetch(progress) -> paths``, which downloads them into the cache.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import ModuleType
from typing import TYPE_CHECKING

from zoom3d import plugins, weights
from zoom3d.errors import InpaintError, WeightsError, suggest

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Fill = Callable[[NDArray[np.uint8], NDArray[np.bool_], NDArray[np.bool_], NDArray[np.float32]], NDArray[np.uint8]]

DEFAULT = "patchmatch"


def names() -> list[str]:
    """The methods there are, sorted; none of them is imported."""
    return plugins.names(sys.modules[__name__])


def find(name: str) -> ModuleType:
    """The module of the method ``name``. InpaintError where there is none."""
    try:
        return plugins.load(sys.modules[__name__], name)
    except LookupError:
        raise InpaintError(f"there is no inpainting method {name!r}", hint=suggest(name, names(), "methods")) from None


def load(name: str) -> Fill:
    """The ``fill`` function of the method ``name``. WeightsError where weights that it needs are not here."""
    module = find(name)
    for file in getattr(module, "FILES", {}).values():
        if file.filename in module.WEIGHTS and weights.find(file) is None:
            raise WeightsError(
                f"the inpainting method {name!r} needs {file.filename}, which is not there",
                hint=f"run {file.fetch_command}, or download {file.source} to {file.path}, or choose --inpaint {DEFAULT}",
            )
    fill: Fill = module.fill
    return fill
