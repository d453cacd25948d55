"""Scenes as named arrays, for the cache."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import astuple
from typing import TYPE_CHECKING, Any

import numpy as np

from zoom3d.types import Box, Layer, LayeredScene, Subject

if TYPE_CHECKING:
    from numpy.typing import NDArray


def to_arrays(scene: LayeredScene) -> dict[str, NDArray[np.generic]]:
    """Everything that ``from_arrays`` needs."""
    numbers = [scene.margin_px, scene.focal_px, scene.near, scene.far, scene.reach_px]
    subject = [
        scene.subject.x,
        scene.subject.y,
        scene.subject.disparity,
        *(astuple(scene.subject.box) if scene.subject.box else ()),
    ]
    arrays: dict[str, NDArray[np.generic]] = {
        "numbers": np.array(numbers, np.float64),
        "subject": np.array(subject, np.float64),
    }
    for index, layer in enumerate(scene.layers):
        arrays[f"rgba{index}"], arrays[f"disparity{index}"] = layer.rgba, layer.disparity
    return arrays


def from_arrays(arrays: Mapping[str, NDArray[Any]]) -> LayeredScene:
    """The scene that was stored."""
    margin_px, focal_px, near, far, reach_px = (float(number) for number in arrays["numbers"])
    count = sum(name.startswith("rgba") for name in arrays)
    layers = tuple(Layer(arrays[f"rgba{index}"], arrays[f"disparity{index}"]) for index in range(count))
    x, y, disparity, *box = (float(number) for number in arrays["subject"])
    subject = Subject(x, y, disparity, Box(*box) if box else None)
    return LayeredScene(layers, int(margin_px), focal_px, near, far, subject, reach_px)
