"""The stage that scenes are built on: things are put on it with a place, a size, a turn and a look."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np

from training.raycast import BOX, ELLIPSOID, PLANE, SILHOUETTE, TAPER, Primitives
from training.textures import Bank, Float, Random

Vector = Sequence[float]


@dataclass(frozen=True)
class Look:
    """texture: its number, and scale: the world units that it spans. tint, share: colour laid over it. gloss, glow: lights."""

    texture: int
    scale: float
    tint: tuple[float, float, float] = (0.5, 0.5, 0.5)
    share: float = 0.0
    gloss: float = 0.0
    glow: float = 0.0


def turn(yaw: float = 0.0, pitch: float = 0.0, roll: float = 0.0) -> Float:
    """(3, 3) rotation: roll about z, then pitch about x, then yaw about y."""
    cy, sy, cp, sp, cr, sr = (f(a) for a in (yaw, pitch, roll) for f in (math.cos, math.sin))
    about_y = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    about_x = np.array([[1, 0, 0], [0, cp, -sp], [0, sp, cp]])
    about_z = np.array([[cr, -sr, 0], [sr, cr, 0], [0, 0, 1]])
    return about_y @ about_x @ about_z


@dataclass
class Stage:
    """World: x right, y up, z away from the camera; units are metres, more or less."""

    random: Random
    bank: Bank
    tone: Float | None = None
    """Where set, all things are nearly of this one colour: white before white, an animal in its own woods."""
    _rows: list[tuple[int, Float, Float, Float, tuple[float, float], Look]] = field(default_factory=list)
    _rotation: Float = field(default_factory=lambda: np.eye(3))
    _origin: Float = field(default_factory=lambda: np.zeros(3))

    @contextmanager
    def at(self, place: Vector, yaw: float = 0.0, pitch: float = 0.0, roll: float = 0.0) -> Iterator[None]:
        """Everything put inside stands relative to ``place`` and is turned with it."""
        before = self._rotation, self._origin
        self._origin = before[1] + before[0] @ np.asarray(place, float)
        self._rotation = before[0] @ turn(yaw, pitch, roll)
        yield
        self._rotation, self._origin = before

    def ellipsoid(self, place: Vector, size: Vector, look: Look, rotation: Float | None = None) -> None:
        self._put(ELLIPSOID, place, size, look, rotation)

    def box(self, place: Vector, size: Vector, look: Look, rotation: Float | None = None) -> None:
        self._put(BOX, place, size, look, rotation)

    def taper(self, place: Vector, size: Vector, look: Look, rotation: Float | None = None, top: float = 1.0) -> None:
        """An upright cylinder or cone; ``top``: radius at its top over that at its foot."""
        self._put(TAPER, place, size, look, rotation, (top, 0.0))

    def plane(self, place: Vector, look: Look, rotation: Float | None = None) -> None:
        """Endless, normal +y."""
        self._put(PLANE, place, (1, 1, 1), look, rotation)

    def silhouette(
        self, place: Vector, size: tuple[float, float], mask: int, look: Look, relief: float = 0.0, yaw: float = 0.0
    ) -> None:
        """An upright cut-out; ``relief``: how far it bulges, as a share of its distance."""
        self._put(SILHOUETTE, place, (*size, 0.05), look, turn(yaw), (float(mask), relief))

    def limb(self, start: Vector, end: Vector, radius: float, look: Look, top: float = 1.0) -> None:
        """A tapered cylinder from ``start`` to ``end`` with round ends."""
        a, b = np.asarray(start, float), np.asarray(end, float)
        length = float(np.linalg.norm(b - a)) + 1e-6
        y = (b - a) / length
        x = np.cross(y, [0.0, 0.0, 1.0] if abs(y[2]) < 0.9 else [1.0, 0.0, 0.0])
        x /= np.linalg.norm(x)
        self.taper((a + b) / 2, (radius, length / 2, radius), look, np.stack([x, y, np.cross(x, y)], 1), top)
        self.ellipsoid(b, (radius * top,) * 3, look)

    def look(self, kinds: str = "", scale: float = 1.0, tint: bool = True) -> Look:
        """A random look of one of the ``kinds`` of texture (names with spaces), any where none is named."""
        random = self.random
        names = kinds.split() or list(self.bank.kinds)
        numbers = self.bank.kinds.get(names[int(random.integers(len(names)))]) or self.bank.kinds["noise"]
        colour = np.clip(random.random() + random.normal(0, 0.22, 3) * random.random(), 0.02, 1)
        if self.tone is not None:
            colour = np.clip(self.tone + random.normal(0, 0.06) + random.normal(0, 0.02, 3), 0.02, 1)
        share = 1 - 0.6 * random.random() ** 2 if tint and random.random() < 0.75 else 0.0  # most things are of one colour
        gloss = random.uniform(0, 3) if random.random() < 0.2 else 0.0
        return Look(int(random.choice(numbers)), scale * math.exp(random.normal(0, 0.5)), tuple(colour), share, gloss)

    def mask(self, kind: str) -> int:
        return int(self.random.choice(self.bank.shapes[kind]))

    def primitives(self) -> Primitives:
        kinds, inverses, offsets, sizes, shapes, looks = [], [], [], [], [], []
        for kind, centre, rotation, size, shape, look in self._rows:
            inverse = rotation.T / size[:, None]
            kinds.append(kind)
            inverses.append(inverse)
            offsets.append(-inverse @ centre)
            sizes.append(size)
            shapes.append(shape)
            looks.append((look.texture, look.scale, *look.tint, look.share, look.gloss, look.glow))
        floats = (np.ascontiguousarray(rows, np.float32) for rows in (inverses, offsets, sizes, shapes, looks))
        return Primitives(np.array(kinds, np.int32), *floats)

    def _put(
        self,
        kind: int,
        place: Vector,
        size: Vector,
        look: Look,
        rotation: Float | None,
        shape: tuple[float, float] = (0.0, 0.0),
    ) -> None:
        centre = self._origin + self._rotation @ np.asarray(place, float)
        own = self._rotation if rotation is None else self._rotation @ rotation
        self._rows.append((kind, centre, own, np.maximum(np.asarray(size, float), 1e-4), shape, look))
