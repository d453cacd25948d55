"""The gallery is of the presets that there are."""

from __future__ import annotations

import re
from pathlib import Path

from PIL import Image

from zoom3d.camera import presets

DOCS = Path(__file__).parents[2] / "docs"


def test_every_preset_is_described_and_has_a_strip() -> None:
    page = (DOCS / "presets.md").read_text(encoding="utf-8")
    assert re.findall(r"^## (.+)$", page, re.M) == presets.names()
    for name in presets.names():
        assert presets.load(name).description in page
        assert f"(presets/{name}.jpg)" in page
        with Image.open(DOCS / "presets" / f"{name}.jpg") as strip:
            assert strip.width > 8 * strip.height
    assert {path.stem for path in (DOCS / "presets").glob("*.jpg")} == set(presets.names())


def test_the_pictures_are_light() -> None:
    assert sum(path.stat().st_size for path in DOCS.rglob("*") if path.is_file()) < 3e6
