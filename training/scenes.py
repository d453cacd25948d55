"""Whole scenes: surroundings, what stands in them, camera and light, drawn at random, with exact disparity."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training import raycast, things
from training.borders import among_leaves, from_above, reaching_in
from training.picture import develop
from training.stage import Stage, turn
from training.surroundings import (
    Shot,
    along,
    clutter,
    corridor,
    draw_shot,
    field_of_hills,
    forest,
    laid_table,
    opening,
    room,
    street,
    surround,
    wall,
)
from training.textures import Bank, Float, Random


def tabletop(stage: Stage) -> Shot:
    """Things on a table, seen from a chair's height down to flat from above; a wall or room behind."""
    random = stage.random
    pitch = random.choice([random.uniform(-35, -5), random.uniform(-80, -35)], p=[0.75, 0.25])
    over = random.uniform(0.5, 1.3) if pitch < -35 else random.uniform(0.15, 0.6)
    shot = draw_shot(random, 0.75 + over, pitch, (35, 70))
    reach = over / math.tan(math.radians(max(12.0, -pitch)))
    middle = float(np.clip(reach, 0.3, 1.8))
    if random.random() < 0.6:
        room(stage, shot)
    else:
        wall(stage, shot)
    stage.box(
        (0, 0.73, middle),
        (random.uniform(0.5, 1.6), 0.02, random.uniform(0.35, 1.0)),
        stage.look("wood plain noise stripes", 0.8),
    )
    for _ in range(int(random.integers(1, 16))):
        z = middle + random.normal(0, 0.3)
        clutter(stage, (random.uniform(-1, 1) * shot.tan_x * z, 0.75, max(0.3, z)), random.uniform(0.05, 0.28))
    if random.random() < 0.35:
        with stage.at((random.normal(0, 0.3), 0.75, middle + 0.25), yaw=random.normal(0, 0.4)):
            things.screen(stage, random.uniform(0.3, 0.6))
    shot.focus, shot.aperture = middle, opening(random, 0.35)
    return shot


def pile(stage: Stage) -> Shot:
    """Things stacked close before a wall or cloth, as in a shop window: little floor, many outlines, small steps."""
    random = stage.random
    shot = draw_shot(random, random.uniform(0.5, 1.2), random.normal(-8, 9), (30, 55))
    near = random.uniform(0.8, 2.0)
    far = near * random.uniform(1.5, 2.8)
    with stage.at((0, 0, far), yaw=random.normal(0, 0.25)):
        stage.plane((0, 0, 0), stage.look("", 1.0), turn(0, -math.pi / 2 + random.normal(0, 0.08)))
    stage.plane(
        (0, shot.high - random.uniform(0.25, 0.9) * shot.tan_y * near - 0.05, 0),
        stage.look("", 1.0),
        turn(0, random.normal(0, 0.08)),
    )
    tiered = random.uniform(0.4, 0.8) if random.random() < 0.85 else 0.0
    for _ in range(int(random.integers(4, 40))):
        x, z = along(stage, shot, near, far)
        nearness = (1 / z - 1 / far) / (1 / near - 1 / far)
        row = 0.35 * random.uniform(-1, 0.8) + tiered * (0.65 - 1.6 * nearness)  # what is behind stands higher, or is hidden
        y = shot.high + (math.tan(shot.pitch) + row * shot.tan_y) * z
        size = random.uniform(0.05, 0.3) * z
        with stage.at((x, y, z), *random.normal(0, 0.35, 3)):
            what = random.random()
            if what < 0.45:
                things.lump(stage, size)
            elif what < 0.75:
                stage.box(
                    (0, 0, 0),
                    size * np.array([random.uniform(0.3, 1), random.uniform(0.3, 1), random.uniform(0.02, 0.3)]),
                    stage.look("", size * 2),
                )
            elif what < 0.9:
                stage.silhouette((0, 0, 0), (size, size), stage.mask("polygon"), stage.look("", size * 2))
            else:
                clutter(stage, (0, 0, 0), size)
    shot.light.indoors(random)
    return shot


def portrait(stage: Stage) -> Shot:
    """One or a few people close, head and shoulders to knees, before any surroundings, which may be out of focus."""
    random = stage.random
    tall = random.uniform(1.45, 1.9)
    shot = draw_shot(random, tall - random.uniform(-0.1, 0.4), random.normal(0, 6), (25, 60))
    far = 0.25 * math.exp(random.uniform(0, 1.8)) / min(shot.tan_x, shot.tan_y)
    surround(stage, shot)
    for k in range(1 if random.random() < 0.75 else int(random.integers(2, 5))):
        z = max(0.5, far * (1 + 0.3 * k * random.random()))
        x = random.normal(0, 0.3) * shot.tan_x * z if k == 0 else random.uniform(-0.9, 0.9) * shot.tan_x * z
        with stage.at((x, 0, z), yaw=random.normal(0, 0.5)):
            things.person(stage, tall * random.uniform(0.95, 1.05))
    if random.random() < 0.2:
        with stage.at((random.normal(0, 0.2), shot.high - random.uniform(0.1, 0.4) * far, far * 0.7)):
            things.lump(stage, 0.08 * far)
    if random.random() < 0.15:
        _foreground(stage, shot, far)
    shot.pitch = (
        math.atan2(tall * random.uniform(0.72, 0.95) - shot.high, far) + random.normal(0, 0.3) * math.atan(shot.tan_y) * 0.4
    )
    shot.focus, shot.aperture = far, opening(random, 0.6)
    return shot


def _foreground(stage: Stage, shot: Shot, far: float) -> None:
    """Leaves, a post or a shoulder at the border, nearer than the subject."""
    random = stage.random
    for _ in range(int(random.integers(1, 4))):
        z = far * random.uniform(0.3, 0.7)
        x = random.choice([-1, 1]) * random.uniform(0.6, 1.1) * shot.tan_x * z
        size = z * shot.tan_y * random.uniform(0.2, 0.6)
        kind = random.choice(["foliage", "blob", "twigs"])
        stage.silhouette(
            (x, shot.high - random.uniform(0, 0.9) * shot.tan_y * z, z), (size, size), stage.mask(kind), stage.look("", size)
        )


def creature(stage: Stage) -> Shot:
    """An animal that fills the frame, on whatever ground."""
    random = stage.random
    length = random.uniform(0.4, 2.0)
    shot = draw_shot(random, length * random.uniform(0.25, 1.6), 0, (25, 60))
    far = length * random.uniform(0.45, 1.6) / min(shot.tan_x, shot.tan_y)
    surround(stage, shot)
    for k in range(1 if random.random() < 0.75 else 3):
        z = far * (1 + 0.5 * k * random.random())
        with stage.at((random.normal(0, 0.35) * shot.tan_x * z, 0, z), yaw=random.uniform(-3.1, 3.1)):
            things.animal(stage, length)
    shot.pitch = math.atan2(length * random.uniform(0.3, 0.75) - shot.high, far)
    shot.focus, shot.aperture = far, opening(random, 0.6)
    return shot


def close_up(stage: Stage) -> Shot:
    """One thing, or a head, so near that it fills a third to all of the frame."""
    random = stage.random
    shot = draw_shot(random, random.uniform(0.4, 1.7), random.normal(-8, 14), (25, 60))
    surround(stage, shot)
    far, size = random.uniform(0.4, 1.6), random.uniform(0.35, 1.1)
    size *= far * min(shot.tan_x, shot.tan_y)
    place = (
        random.normal(0, 0.25) * shot.tan_x * far,
        shot.high + (math.tan(shot.pitch) + random.normal(-0.25, 0.25) * shot.tan_y) * far,
        far,
    )
    with stage.at(place, yaw=random.normal(0, 0.7), pitch=random.normal(0, 0.15)):
        what = random.random()
        if what < 0.25:
            things.muzzle(stage, size * 0.7, stage.look("noise plain photograph", 0.3))
            stage.limb((-0.3 * size, -1.6 * size, 0.5 * size), (0, 0, 0.2 * size), size * 0.6, stage.look("noise plain", 0.3))
        elif what < 0.45:
            skin, shirt, hair = things.complexion(stage), stage.look("", 0.5), stage.look("plain noise", 0.1)
            things.bust(stage, -0.78 * size / 0.2, size / 0.2, 0.2 * size / 0.2, skin, shirt, hair)
        elif what < 0.75:
            with stage.at((0, -size * 0.6, 0)):
                things.lump(stage, size)
        else:
            with stage.at((0, -size * 0.6, 0)):
                clutter(stage, (0, 0, 0), size * 1.2)
    shot.focus, shot.aperture = far, opening(random, 0.7)
    return shot


def crowd(stage: Stage) -> Shot:
    random = stage.random
    shot = draw_shot(random, random.uniform(1.3, 2.6), random.normal(-8, 5), (40, 70))
    surround(stage, shot, only=(room, street, field_of_hills, corridor))
    for _ in range(int(random.integers(4, 22))):
        x, z = along(stage, shot, 1.6, 18)
        with stage.at((x, 0, z), yaw=random.uniform(-3, 3)):
            things.person(stage, random.uniform(1.3, 1.9))
    return shot


def aloft(stage: Stage) -> Shot:
    """Things in or before the sky: a bird, a balloon, a tower from below."""
    random = stage.random
    shot = draw_shot(random, random.uniform(1, 3), random.uniform(5, 40), (25, 70))
    if random.random() < 0.6:
        surround(stage, shot, only=(field_of_hills, street))
    for _ in range(int(random.integers(1, 4))):
        far = random.uniform(2, 15)
        y = shot.high + (math.tan(shot.pitch) + random.uniform(-0.6, 0.6) * shot.tan_y) * far
        with stage.at((random.uniform(-0.6, 0.6) * shot.tan_x * far, y, far), *random.normal(0, 0.5, 3)):
            size = far * shot.tan_x * random.uniform(0.08, 0.5)
            if random.random() < 0.5:
                look = stage.look("noise plain cells", size)
                stage.ellipsoid((0, 0, 0), (size, size * 0.25, size * 0.25), look)
                for side in (-1, 1):
                    stage.silhouette(
                        (side * 0.2 * size, 0.5 * size * side, 0), (size * 0.5, size * 0.8), stage.mask("blob"), look, 0.02
                    )
            else:
                things.lump(stage, size)
    if random.random() < 0.4:
        far = random.uniform(4, 20)
        wide = far * shot.tan_x * random.uniform(0.1, 0.5)
        stage.taper(
            (random.normal(0, 0.5) * shot.tan_x * far, far, far),
            (wide, far, wide),
            stage.look("windows bricks plain", 3),
            None,
            random.uniform(0.4, 1),
        )
    return shot


def papers(stage: Stage) -> Shot:
    """Cut-outs of no meaning before each other and before any surroundings: outlines and their order, nothing else."""
    random = stage.random
    shot = draw_shot(random, random.uniform(0.8, 1.8), random.normal(-2, 6), (35, 70))
    surround(stage, shot)
    near = random.uniform(0.6, 2.0)
    for _ in range(int(random.integers(2, 14))):
        x, z = along(stage, shot, near, near * 5)
        size = z * shot.tan_y * random.uniform(0.1, 0.6)
        hung = max(shot.high + (math.tan(shot.pitch) + random.uniform(-0.9, 0.5) * shot.tan_y) * z, size * 0.8)
        y = hung if random.random() < 0.4 else size * 0.8
        kind = random.choice(["blob", "polygon", "foliage", "twigs"], p=[0.55, 0.2, 0.2, 0.05])
        stage.silhouette(
            (x, y, z),
            (size * random.uniform(0.4, 1.3), size),
            stage.mask(kind),
            stage.look("", size * 2),
            random.uniform(0, 0.08),
            random.normal(0, 0.3),
        )
    shot.focus, shot.aperture = near * random.uniform(1, 3), opening(random, 0.3)
    return shot


def occupied(stage: Stage) -> Shot:
    """Surroundings with some subject in the middle distance: car, chair, bicycle, bench, person, animal, tree."""
    random = stage.random
    shot = draw_shot(random, random.uniform(0.8, 1.8), random.normal(-6, 7), (35, 75))
    surround(stage, shot)
    for _ in range(int(random.integers(1, 4))):
        far = random.uniform(1.3, 5)
        make: tuple[Callable[[], None], ...] = (
            lambda: things.car(stage),
            lambda: things.chair(stage),
            lambda: things.bicycle(stage),
            lambda: things.person(stage),
            lambda: things.animal(stage),
            lambda: things.tree(stage, 2.5),
            lambda: things.fence(stage, 3),
            lambda: things.sofa(stage),
            lambda: laid_table(stage, 1.2, 0.8),
            lambda: things.plant(stage, 1.2),
            lambda: things.lump(stage, 0.5),
            lambda: things.post(stage),
        )
        kind = int(random.integers(len(make)))
        far += 2.5 * (kind == 0)
        with stage.at((random.normal(0, 0.4) * shot.tan_x * far, 0, far), yaw=random.uniform(-3, 3)):
            make[kind]()
    return shot


RECIPES: tuple[tuple[Callable[[Stage], Shot], float], ...] = (
    (room, 0.17),
    (corridor, 0.02),
    (street, 0.12),
    (field_of_hills, 0.07),
    (forest, 0.02),
    (tabletop, 0.16),
    (pile, 0.15),
    (portrait, 0.1),
    (creature, 0.07),
    (close_up, 0.07),
    (crowd, 0.03),
    (aloft, 0.01),
    (papers, 0.02),
    (occupied, 0.08),
    (reaching_in, 0.16),
    (among_leaves, 0.1),
    (from_above, 0.06),
)


_FEW_OUTLINES = 0.004
_ONE_TONE = 0.1


@dataclass(frozen=True)
class Scene:
    """rgb: (S, S, 3) uint8. disparity: (S, S) float32 in [0, 1], 1 = nearest, 0 = sky."""

    rgb: NDArray[np.uint8]
    disparity: Float


def make(bank: Bank, random: Random, side: int = 192, recipe: Callable[[Stage], Shot] | None = None) -> Scene:
    """One scene; the picture is squeezed into a square, whatever its shape."""
    while True:
        stage = Stage(random, bank)
        if random.random() < _ONE_TONE:
            stage.tone = random.uniform(0.1, 0.95) + random.normal(0, 0.08, 3)
        shot = (recipe or _draw(random))(stage)
        view = raycast.camera(np.array([0, shot.high, 0]), 0.0, shot.pitch, shot.roll, shot.tan_x, shot.tan_y)
        objects = stage.primitives()
        drawn = side * 4 // 3
        distance, index = raycast.cast(objects, bank.masks, view, drawn, drawn)
        if _outlined(distance) > _FEW_OUTLINES or random.random() < 0.1:
            break
    light = shot.light
    middle = float(np.median(np.minimum(distance, 60)))
    sun = raycast.sun_view(light.direction, view.origin + view.forward * middle * 0.9, max(1.0, 1.2 * middle))
    shadow = raycast.cast(objects, bank.masks, sun, 192, 192)[0] if light.shadows else np.full((1, 1), raycast.FAR, np.float32)
    linear = raycast.shade(objects, bank.masks, bank.levels, view, distance, index, light.row(middle), sun, shadow)
    rgb = develop(random, bank, linear, distance, index, light, view, shot.focus, shot.aperture, side)
    disparity = 1 / _sample(distance, side)
    disparity[_sample(index, side) < 0] = 0
    nearest = max(float(np.percentile(disparity, 99.7)), 1e-6)
    return Scene(rgb, np.minimum(disparity / nearest, 1).astype(np.float32))


def _draw(random: Random) -> Callable[[Stage], Shot]:
    weights = np.array([weight for _, weight in RECIPES])
    return RECIPES[int(random.choice(len(RECIPES), p=weights / weights.sum()))][0]


def _outlined(distance: Float) -> float:
    """Share of pixels beside which distance jumps: next to none where one surface fills the picture."""
    steps = distance[1:, :-1] / distance[:-1, :-1], distance[:-1, 1:] / distance[:-1, :-1]
    return float(np.mean([(step > 1.1) | (step < 1 / 1.1) for step in steps]))


def _sample(values: NDArray[np.generic], side: int) -> NDArray[np.generic]:
    """The value at each pixel's middle: distances of two surfaces are not to be mixed."""
    place = ((np.arange(side) + 0.5) * values.shape[0] / side).astype(int)
    return values[place][:, place]
