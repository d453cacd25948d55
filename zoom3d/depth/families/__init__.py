"""Families of depth networks: one file each, found by its name.

A family is a module with

* ``MODELS: Mapping[str, Model]``: what it offers, importable without torch;
* ``build(model) -> module.DepthModule``: the network with arbitrary weights; torch and timm are imported inside.

A new family is one new file here and edits no other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from zoom3d.weights import WeightsFile

Fit = Literal["upper_bound", "lower_bound", "minimal", "square"]
"""How a photograph is brought to the network's size: inside it, around it, by the side whose scale is nearer to 1, or
squashed to it. All but the last keep its shape, up to rounding to ``Model.multiple_px``."""

Upsampling = Literal["bicubic", "bilinear"]


@dataclass(frozen=True)
class Model:
    """One trained network as data: what it is, where it comes from, what it wants to see.

    backbone: its name in timm.
    input_px: the side of the square that ``fit`` refers to.
    multiple_px: every side of the input is a multiple of this.
    mean, std: per channel, taken from and divided out of RGB in [0, 1].
    upsampling: how the prediction reaches the photograph's size; bilinear counts corners as samples.
    parameters: how many numbers were learned.
    quality: the order of the models by their authors' published zero-shot results; higher is better.
    sha256: of the file, where one is published.
    """

    name: str
    family: str
    licence: str
    url: str
    parameters: int
    download_bytes: int
    quality: int
    backbone: str
    input_px: int
    fit: Fit
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    multiple_px: int = 32
    upsampling: Upsampling = "bicubic"
    sha256: str | None = None

    @property
    def filename(self) -> str:
        return self.url.rsplit("/", 1)[-1]

    @property
    def file(self) -> WeightsFile:
        """The file of weights, as the cache knows it."""
        return WeightsFile(self.filename, self.url, self.download_bytes, f"zoom3d models fetch {self.name}", self.sha256)
