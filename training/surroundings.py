"""What surrounds a scene's subject: rooms, streets, hills, woods, walls; and the camera that sees them."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from training import things
from training.picture import Light
from training.stage import Stage, turn
from training.textures import Random


@dataclass
class Shot:
    """The camera: height and distances in metres, angles in radians, tan_x and tan_y of half the field of view."""

    high: float
    pitch: float
    tan_x: float
    tan_y: float
    light: Light = field(default_factory=Light)
    roll: float = 0.0
    focus: float = 0.0
    aperture: float = 0.0


def draw_shot(
    random: Random, high: float, pitch_deg: float, wide: tuple[float, float] = (35, 80), panorama: float = 0.03
) -> Shot:
    """fov of the longer side in ``wide`` degrees; the picture's shape from portrait to, by that chance, panorama."""
    tangent = math.tan(math.radians(random.uniform(*wide)) / 2)
    shape = random.uniform(1.8, 3.6) if random.random() < panorama else math.exp(random.normal(0.15, 0.3))
    tan_x, tan_y = (tangent, tangent / shape) if shape > 1 else (tangent * shape, tangent)
    roll = random.normal(0, 0.03) if random.random() < 0.8 else random.normal(0, 0.15)
    return Shot(high, math.radians(pitch_deg), tan_x, tan_y, Light.draw(random), roll)


def opening(random: Random, chance: float) -> float:
    """Blur of infinity as a share of the picture's width."""
    return random.uniform(0.01, 0.07) if random.random() < chance else 0.0


def along(stage: Stage, shot: Shot, near: float, far: float) -> tuple[float, float]:
    """x, z of a place in view, evenly spread over disparity between ``near`` and ``far``."""
    z = 1 / stage.random.uniform(1 / max(far, near), 1 / near)
    return stage.random.uniform(-1.05, 1.05) * shot.tan_x * z, z


def clutter(stage: Stage, place: tuple[float, float, float], size: float) -> None:
    random = stage.random
    make: tuple[Callable[[], None], ...] = (
        lambda: things.bottle(stage, size * random.uniform(0.7, 1.6)),
        lambda: things.cup(stage, size * random.uniform(0.4, 0.8)),
        lambda: things.books(stage),
        lambda: things.lump(stage, size * random.uniform(0.4, 1.0)),
        lambda: things.plant(stage, size * random.uniform(0.8, 2.5)),
        lambda: stage.box((0, size * 0.4, 0), size * random.uniform(0.15, 0.7, 3), stage.look("", size * 2)),
        lambda: stage.ellipsoid((0, size * 0.3, 0), (size * 0.3,) * 3, stage.look("", size)),
        lambda: stage.taper(
            (0, size * 0.3, 0), (size * 0.35, size * 0.3, size * 0.35), stage.look("", size), None, random.uniform(0.2, 1.3)
        ),
        lambda: things.lamp(stage, size * 2.2),
    )
    with stage.at(place, yaw=random.uniform(-3.1, 3.1)):
        make[int(random.integers(len(make)))]()


def _furniture(stage: Stage, wide: float) -> None:
    random = stage.random
    tall = random.uniform(0.5, 2.2)
    make: tuple[Callable[[], None], ...] = (
        lambda: things.cabinet(stage, wide, tall, random.uniform(0.3, 0.6)),
        lambda: things.shelf(stage, wide, tall),
        lambda: things.sofa(stage, wide * 1.3),
        lambda: things.chair(stage),
        lambda: laid_table(stage, wide * 1.2, random.uniform(0.5, 0.9)),
        lambda: things.lamp(stage, random.uniform(1.2, 1.8)),
        lambda: things.plant(stage, random.uniform(0.5, 1.7)),
        lambda: things.bed(stage),
        lambda: stage.box((0, tall / 3, 0), (wide / 2, tall / 3, 0.3), stage.look("", 1.0)),
    )
    make[int(random.integers(len(make)))]()


def laid_table(stage: Stage, wide: float, deep: float) -> None:
    high = stage.random.uniform(0.45, 0.95)
    things.table(stage, wide, deep, high)
    for _ in range(int(stage.random.integers(0, 7))):
        x, z = stage.random.uniform(-0.45, 0.45, 2)
        clutter(stage, (x * wide, high, z * deep), stage.random.uniform(0.1, 0.3))
    if stage.random.random() < 0.3:
        with stage.at((0, high, 0.1), yaw=stage.random.normal(0, 0.5)):
            things.screen(stage, stage.random.uniform(0.35, 0.6))


def walls(stage: Stage, left: float, right: float, back: float, high: float) -> None:
    """Floor, three walls and a ceiling, with what hangs on walls."""
    random = stage.random
    paint = stage.look("plain noise stripes bricks wood", 1.5)
    stage.plane((0, 0, 0), stage.look("wood noise checks bricks plain cells stripes", 1.0))
    stage.plane((0, high, 0), stage.look("plain noise", 2.0), turn(0, math.pi))
    for place, yaw in (((0, 0, back), 0.0), ((-left, 0, 0), -math.pi / 2), ((right, 0, 0), math.pi / 2)):
        own = paint if random.random() < 0.7 else stage.look("plain noise stripes bricks wood", 1.5)
        with stage.at(place, yaw=yaw):
            stage.plane((0, 0, 0), own, turn(0, -math.pi / 2))
            if random.random() < 0.5:
                stage.box((0, 0.05, -0.01), (20, 0.05, 0.012), stage.look("plain wood", 1.0))
            for _ in range(int(random.integers(0, 5))):
                _hung(stage, random.uniform(-2.5, 4.5) if yaw else random.uniform(-left, right), high)


def _hung(stage: Stage, x: float, high: float) -> None:
    """A picture, window, door or lamp on the wall."""
    random = stage.random
    kind = random.random()
    frame = stage.look("plain wood", 0.5)
    if kind < 0.45:
        size = random.uniform(0.12, 0.6, 2)
        stage.box((x, random.uniform(1.2, 1.9), -0.015), (*size, 0.015), frame)
        stage.box(
            (x, random.uniform(1.2, 1.9), -0.02),
            (*(size * 0.85), 0.014),
            stage.look("photograph noise writing", 1.0, tint=False),
        )
    elif kind < 0.7:
        size = random.uniform(0.35, 1.0), random.uniform(0.4, 0.8)
        stage.box((x, 1.5, -0.02), (*size, 0.02), frame)
        stage.box(
            (x, 1.5, -0.025),
            (size[0] * 0.92, size[1] * 0.92, 0.02),
            replace(stage.look("plain photograph noise", 2.0), glow=random.uniform(0.2, 2)),
        )
        if random.random() < 0.5:
            for side in (-1, 1):
                stage.box((x + side * size[0], 1.3, -0.08), (0.2, 1.1, 0.05), stage.look("stripes plain noise", 0.5))
    elif kind < 0.9:
        stage.box((x, min(1.05, high / 2), -0.02), (0.48, min(1.05, high / 2), 0.02), stage.look("wood plain", 1.0))
        stage.box((x, min(1.05, high / 2), -0.025), (0.42, min(1.0, high / 2), 0.02), stage.look("wood plain", 1.0))
    else:
        stage.box((x, 1.2, -0.1), (random.uniform(0.3, 0.8), 0.02, 0.1), frame)
        for k in range(3):
            clutter(stage, (x + 0.2 * k - 0.2, 1.22, -0.1), 0.2)


def room(stage: Stage, shot: Shot | None = None) -> Shot:
    """An interior with furniture along its walls and in its middle, sometimes with people."""
    random = stage.random
    shot = shot or draw_shot(random, random.uniform(0.9, 1.9), random.normal(-16, 9), (42, 72))
    left, right, back = random.uniform(1.2, 4.5), random.uniform(1.2, 4.5), 2.2 + random.exponential(2.0)
    high = max(shot.high + 0.4, random.uniform(2.2, 3.4))
    yaw = random.normal(0, 0.45)
    with stage.at((0, 0, 0), yaw=yaw):
        walls(stage, left, right, back, high)
        for _ in range(int(random.integers(2, 12))):
            wide = random.uniform(0.5, 1.8)
            side = random.choice(["back", "left", "right", "free"], p=[0.4, 0.2, 0.2, 0.2])
            place, turned = {
                "back": ((random.uniform(-left, right), 0, back - 0.35), 0.0),
                "left": ((-left + 0.35, 0, random.uniform(1, back)), -math.pi / 2),
                "right": ((right - 0.35, 0, random.uniform(1, back)), math.pi / 2),
                "free": ((random.uniform(-left, right) * 0.8, 0, random.uniform(1.2, back)), random.uniform(-3, 3)),
            }[side]
            with stage.at(place, yaw=turned + random.normal(0, 0.06)):
                _furniture(stage, wide)
        for _ in range(int(random.integers(0, 5))):
            x, z = along(stage, shot, 1.0, back)
            clutter(stage, (x, 0, z), random.uniform(0.15, 0.5))
        if random.random() < 0.3:
            for _ in range(int(random.integers(1, 4))):
                x, z = along(stage, shot, 1.3, max(1.5, back - 0.3))
                with stage.at((x, 0, z), yaw=random.uniform(-3, 3)):
                    things.person(stage, random.uniform(1.5, 1.9))
    shot.light.indoors(random)
    return shot


def corridor(stage: Stage, shot: Shot | None = None) -> Shot:
    """A long room seen along it, with columns, doors or arches."""
    random = stage.random
    shot = shot or draw_shot(random, random.uniform(1.0, 1.8), random.normal(-3, 6), (50, 85))
    wide, back = random.uniform(0.8, 3.0), random.uniform(6, 30)
    with stage.at((random.normal(0, 0.3) * wide, 0, 0), yaw=random.normal(0, 0.12)):
        walls(stage, wide, wide, back, random.uniform(2.3, 5))
        step, look = random.uniform(1.5, 4), stage.look("", 1.0)
        for z in np.arange(random.uniform(2, 4), back, step):
            for side in (-1, 1):
                stage.box((side * wide, 1.5, z), (random.uniform(0.05, 0.3), 1.5, 0.2), look)
        for _ in range(int(random.integers(0, 6))):
            z = random.uniform(2, back * 0.8)
            with stage.at((random.uniform(-0.8, 0.8) * wide, 0, z), yaw=random.uniform(-3, 3)):
                things.person(stage) if random.random() < 0.5 else _furniture(stage, 0.8)
    shot.light.indoors(random)
    return shot


def _ground(stage: Stage, kinds: str, scale: float = 1.5) -> None:
    stage.plane((0, 0, 0), stage.look(kinds, scale))


def street(stage: Stage, shot: Shot | None = None) -> Shot:
    """A road between rows of buildings, with cars, people, trees and posts."""
    random = stage.random
    shot = shot or draw_shot(random, random.uniform(1.2, 2.2), random.normal(0, 4), (45, 85), 0.3)
    _ground(stage, "noise plain bricks", 3.0)
    wide = random.uniform(3.0, 9.0)
    sides = [side for side in (-1, 1) if random.random() < 0.85]
    with stage.at((random.normal(0, 0.35) * wide, 0, 0), yaw=random.normal(0, 0.18)):
        road = stage.look("noise plain", 4.0)
        stage.box(
            (0, -0.02, 60), (wide * random.uniform(0.5, 0.8), 0.03, 100), replace(road, tint=(0.3, 0.3, 0.31), share=0.85)
        )
        if random.random() < 0.5:
            for z in range(3, 60, 5):
                stage.box((0, 0.0, z), (0.07, 0.015, 1.2), replace(road, tint=(0.9, 0.9, 0.85), share=0.9))
        for side in sides:
            _row(stage, side, wide)
        for _ in range(int(random.integers(0, 12))):
            z = 1 / random.uniform(1 / 60, 1 / 5)
            x = random.choice([-1, 1]) * wide * random.uniform(0.35, 0.75)
            with stage.at((x, 0, z), yaw=math.pi / 2 * random.choice([1, -1]) + random.normal(0, 0.05)):
                things.car(stage)
        for _ in range(int(random.integers(0, 9))):
            z = 1 / random.uniform(1 / 40, 1 / 3)
            with stage.at((random.uniform(-1.1, 1.1) * wide, 0, z), yaw=random.uniform(-3, 3)):
                what = random.random()
                things.person(stage) if what < 0.5 else things.post(
                    stage, random.uniform(1, 6)
                ) if what < 0.8 else things.bicycle(stage)
        if random.random() < 0.4:
            _closing(stage, random.uniform(25, 120), "skyline")
    return shot


def _row(stage: Stage, side: int, wide: float) -> None:
    random = stage.random
    z, green = random.uniform(0, 6), random.random() < 0.25
    while z < 90:
        deep = random.uniform(4, 16)
        if green or random.random() < 0.2:
            with stage.at((side * wide * random.uniform(0.9, 1.4), 0, z + deep / 2)):
                things.tree(stage, random.uniform(4, 11))
            z += deep * 0.5
            continue
        high, thick = random.uniform(2.5, 18) / 2, random.uniform(3, 8)
        look = stage.look("windows bricks plain", random.uniform(3, 9))
        back = random.uniform(0, 2)
        stage.box((side * (wide + thick + back), high, z + deep / 2), (thick, high, deep / 2), look)
        if random.random() < 0.4:
            stage.box((side * (wide + back), 2.6, z + deep / 2), (0.8, 0.06, deep * 0.35), stage.look("stripes plain", 1.0))
        if random.random() < 0.3:
            stage.taper(
                (side * (wide + thick + back), 2 * high + 1, z + deep / 2),
                (thick, 1.0, deep / 2),
                stage.look("bricks plain", 2.0),
                None,
                0.1,
            )
        z += deep + (random.uniform(0, 5) if random.random() < 0.3 else 0)


def _closing(stage: Stage, far: float, kind: str, high: float = 0.25) -> None:
    """A backdrop of hills or houses ``far`` away."""
    look = stage.look("leaves noise plain windows", far * 0.15)
    stage.silhouette((0, 0, far), (far * 2.2, far * high), stage.mask(kind), look)


def field_of_hills(stage: Stage, shot: Shot | None = None) -> Shot:
    """Open land: hills behind hills, trees, bushes, rocks, water, animals, people."""
    random = stage.random
    shot = shot or draw_shot(
        random, random.choice([random.uniform(0.4, 2.2), random.uniform(2, 15)], p=[0.75, 0.25]), random.normal(0, 6)
    )
    _ground(stage, "noise leaves plain cells", 2.5)
    for _ in range(int(random.integers(0, 5))):
        far = random.uniform(25, 300)
        with stage.at((random.normal(0, 0.5) * far, 0, 0)):
            _closing(stage, far, random.choice(["ridge", "foliage", "skyline"], p=[0.7, 0.2, 0.1]), random.uniform(0.03, 0.28))
    for _ in range(int(random.integers(0, 22))):
        x, z = along(stage, shot, max(2.5, 1.8 * shot.high), 60)
        with stage.at((x, 0, z), yaw=random.uniform(-3, 3) * 0.3):
            what = random.random()
            if what < 0.45:
                things.tree(stage, random.uniform(2, 9))
            elif what < 0.75:
                things.bush(stage, random.uniform(0.2, 1.1))
            elif what < 0.85:
                things.lump(stage, random.uniform(0.2, 1.0))
            elif what < 0.93:
                things.animal(stage, random.uniform(0.5, 2.0))
            else:
                things.fence(stage, random.uniform(3, 12), random.uniform(0.6, 1.5))
    if random.random() < 0.3:
        for _ in range(int(random.integers(10, 60))):
            x, z = along(stage, shot, max(0.6, shot.high), 6)
            size = random.uniform(0.05, 0.25)
            stage.silhouette(
                (x, size, z),
                (size * 0.8, size),
                stage.mask("twigs" if random.random() < 0.5 else "foliage"),
                stage.look("leaves", 0.5),
            )
    return shot


def forest(stage: Stage, shot: Shot | None = None) -> Shot:
    """Trunks at all distances before a green or misty end."""
    random = stage.random
    shot = shot or draw_shot(random, random.uniform(0.6, 1.8), random.normal(-4, 7))
    _ground(stage, "leaves noise", 2.0)
    _closing(stage, random.uniform(20, 50), random.choice(["foliage", "ridge"]), 0.8)
    bark = stage.look("wood noise", 0.8)
    for _ in range(int(random.integers(5, 40))):
        x, z = along(stage, shot, 2.0, 35)
        radius = random.uniform(0.06, 0.3)
        stage.taper((x, 5, z), (radius, 5.1, radius), bark, turn(0, 0, random.normal(0, 0.04)), 0.6)
    for _ in range(int(random.integers(0, 20))):
        x, z = along(stage, shot, 2.0, 25)
        with stage.at((x, 0, z)):
            things.bush(stage, random.uniform(0.2, 1.2)) if random.random() < 0.6 else things.tree(stage, random.uniform(3, 9))
    shot.light.haze *= 2
    return shot


def wall(stage: Stage, shot: Shot | None = None) -> Shot:
    """A single wall or curtain behind, floor in view or not."""
    random = stage.random
    shot = shot or draw_shot(random, random.uniform(0.8, 1.7), random.normal(-3, 7), (30, 65))
    with stage.at((0, 0, random.uniform(1.5, 6)), yaw=random.normal(0, 0.3)):
        stage.plane((0, 0, 0), stage.look("", 1.5), turn(0, -math.pi / 2))
        for _ in range(int(random.integers(0, 4))):
            _hung(stage, random.uniform(-2, 2), 2.6)
    _ground(stage, "wood noise checks bricks plain", 1.0)
    shot.light.indoors(random)
    return shot


def studio(stage: Stage, shot: Shot | None = None) -> Shot:
    """An even or graded backdrop without a floor line."""
    random = stage.random
    shot = shot or draw_shot(random, random.uniform(0.8, 1.7), random.normal(-3, 7), (25, 60))
    far = random.uniform(2.5, 8)
    stage.box(
        (0, 0, far + 1),
        (80, 80, 1),
        replace(stage.look("plain noise photograph", 4 * far), gloss=0),
        turn(random.normal(0, 0.1)),
    )
    shot.light.indoors(random)
    return shot


SURROUNDINGS = (room, street, field_of_hills, forest, wall, corridor, studio)
_SURROUNDING_WEIGHTS = np.array([0.26, 0.2, 0.2, 0.07, 0.14, 0.05, 0.08])


def surround(stage: Stage, shot: Shot, only: tuple[Callable[..., Shot], ...] = SURROUNDINGS) -> None:
    weights = np.array([_SURROUNDING_WEIGHTS[SURROUNDINGS.index(one)] for one in only])
    only[int(stage.random.choice(len(only), p=weights / weights.sum()))](stage, shot)
