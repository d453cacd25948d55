"""timm, which has to be imported from here: beside Mesa's software renderer a plain import of it crashes the process.

Mesa loads its LLVM where every library loaded later sees it. timm imports torchvision, which imports triton, which has an LLVM
of its own of another version, takes Mesa's for it, and dies. So where OpenGL came first, triton is loaded with its own symbols
before all others (dlopen's RTLD_DEEPBIND).
"""

from __future__ import annotations

import contextlib
import importlib
import os
import sys


def _load_triton_apart() -> None:
    if "glcontext" not in sys.modules or "triton" in sys.modules or not hasattr(os, "RTLD_DEEPBIND"):
        return
    flags = sys.getdlopenflags()
    sys.setdlopenflags(flags | os.RTLD_DEEPBIND)
    try:
        with contextlib.suppress(ImportError):
            importlib.import_module("triton")
    finally:
        sys.setdlopenflags(flags)


_load_triton_apart()
timm = importlib.import_module("timm")
