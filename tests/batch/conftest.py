"""A few small photographs, and a batch of them that nobody disturbed."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from batch_folder import EXAMPLES, NAMES, Done, command
from PIL import Image


@pytest.fixture(scope="session")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with four photographs of 120 x 80 pixels."""
    folder = tmp_path_factory.mktemp("photos")
    (folder / "sub").mkdir()
    with Image.open(EXAMPLES / "coffee.jpg") as picture:
        small = picture.convert("RGB").resize((120, 80))
    for number, name in enumerate(NAMES):
        small.transpose(Image.Transpose(number)).resize((120, 80)).save(folder / f"{name}.jpg")
    return folder


@pytest.fixture(scope="session")
def undisturbed(photos: Path, tmp_path_factory: pytest.TempPathFactory) -> Done:
    folder = tmp_path_factory.mktemp("undisturbed") / "out"
    subprocess.run(command(photos, folder, "--jobs", "2"), check=True, capture_output=True)
    return Done(folder)
