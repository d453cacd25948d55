"""Extensions found by file name: one module a method, listed without importing any of them."""

from __future__ import annotations

import importlib
import pkgutil
from types import ModuleType


def names(package: ModuleType) -> list[str]:
    """Names of the plugins in ``package``, sorted: its modules that do not start with an underscore."""
    return sorted(info.name for info in pkgutil.iter_modules(package.__path__) if not info.name.startswith("_"))


def load(package: ModuleType, name: str) -> ModuleType:
    """Import the plugin ``name`` of ``package``; ``name`` must be one of ``names(package)``."""
    if name not in names(package):
        raise LookupError(name)
    return importlib.import_module(f"{package.__name__}.{name}")
