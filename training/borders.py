"""Scenes that the borders cut: what reaches in over them, what is too near to be whole, what lies far below a gallery."""

from __future__ import annotations

import math

import numpy as np

from training import things
from training.stage import Stage, turn
from training.surroundings import Shot, clutter, draw_shot, opening, surround
from training.textures import Float


def _in_view(shot: Shot, across: float, up: float, far: float) -> Float:
    """The point at ``far`` that is seen at ``across`` and ``up``, each from -1 to 1 over the picture."""
    forward = np.array([0, math.sin(shot.pitch), math.cos(shot.pitch)])
    upwards = np.array([0, math.cos(shot.pitch), -math.sin(shot.pitch)])
    return np.array([0, shot.high, 0]) + far * (forward + across * shot.tan_x * np.array([1, 0, 0]) + up * shot.tan_y * upwards)


def reaching_in(stage: Stage) -> Shot:
    """Something near that comes in over a border, most often the upper one: a branch, flowers, an arm, a hanging sign."""
    random = stage.random
    if random.random() < 0.4:
        shot = _laid_out(stage)
    else:
        shot = draw_shot(random, random.uniform(0.9, 1.9), random.normal(-4, 10), (30, 70))
        surround(stage, shot)
    far = random.uniform(0.35, 1.2)
    for _ in range(int(random.choice([1, 2, 3], p=[0.6, 0.3, 0.1]))):
        z = far * random.uniform(0.7, 1.3)
        side = random.choice(["up", "left", "right", "down"], p=[0.5, 0.2, 0.2, 0.1])
        along, reach = random.uniform(-0.9, 0.9), random.uniform(-0.2, 1.0)  # of the border, and how far in the thing ends
        start, tip = {
            "up": ((along, 1.3), (along + random.normal(0, 0.3), reach)),
            "down": ((along, -1.3), (along + random.normal(0, 0.3), -reach)),
            "left": ((-1.3, along), (-reach, along + random.normal(0, 0.4))),
            "right": ((1.3, along), (reach, along + random.normal(0, 0.4))),
        }[side]
        make = random.choice([_branch, _bunch, _arm, _hanging], p=[0.3, 0.3, 0.2, 0.2])
        size = z * min(shot.tan_x, shot.tan_y)
        make(stage, _in_view(shot, *start, z * random.uniform(0.8, 1.1)), _in_view(shot, *tip, z), size)
    shot.focus, shot.aperture = random.choice([far, 3 * far]), opening(random, 0.4)
    return shot


def _laid_out(stage: Stage) -> Shot:
    """A table or floor from above with flat things on it."""
    random = stage.random
    shot = draw_shot(random, random.uniform(0.6, 1.2), random.uniform(-85, -30), (35, 65))
    stage.plane((0, 0, 0), stage.look("wood plain noise stripes cells", 1.0))
    reach = shot.high / math.tan(-shot.pitch)
    for _ in range(int(random.integers(1, 8))):
        size = shot.high * shot.tan_y * random.uniform(0.15, 0.7)
        place = random.normal(0, 0.4) * shot.tan_x * shot.high, 0.0, reach + random.normal(0, 0.4) * shot.tan_y * shot.high
        if random.random() < 0.6:
            with stage.at(place, yaw=random.normal(0, 0.5)):
                extent = size * np.array([1, random.uniform(0.01, 0.15), random.uniform(0.5, 1.4)])
                stage.box((0, extent[1], 0), extent, stage.look("writing plain photograph", size))
        else:
            clutter(stage, place, size)
    return shot


def _branch(stage: Stage, start: Float, tip: Float, size: float) -> None:
    random = stage.random
    leaves, kind = stage.look("leaves noise plain", size), random.choice(["foliage", "twigs", "blob"], p=[0.65, 0.2, 0.15])
    stage.limb(start, tip, 0.02 * size, stage.look("wood noise", 0.3))
    for _ in range(int(random.integers(1, 6))):
        place = start + random.uniform(0.3, 1.0) * (tip - start) + random.normal(0, 0.15, 3) * size
        across = size * random.uniform(0.2, 0.7)
        extent = across * random.uniform(0.7, 1.5), across
        stage.silhouette(place, extent, stage.mask(kind), leaves, 0.0, random.normal(0, 0.3))


def _bunch(stage: Stage, start: Float, tip: Float, size: float) -> None:
    """Many small heads on stalks."""
    random = stage.random
    stalk, looks = stage.look("leaves plain", 0.2), [stage.look("plain noise", 0.2) for _ in range(2)]
    head, spread = size * random.uniform(0.025, 0.12), size * random.uniform(0.2, 0.6)
    for _ in range(int(random.integers(15, 70))):
        place = start + random.uniform(0.2, 1.0) * (tip - start) + random.normal(0, spread, 3) * (1, 1, 0.5)
        if random.random() < 0.5:
            stage.limb(start, place, 0.06 * head, stalk)
        stage.ellipsoid(place, head * random.uniform(0.4, 1.3, 3), looks[int(random.integers(2))])


def _arm(stage: Stage, start: Float, tip: Float, size: float) -> None:
    """Sleeve, forearm and hand, which may hold something flat."""
    random = stage.random
    skin, sleeve = things.complexion(stage), stage.look("", 0.4)
    thick, wrist = size * random.uniform(0.08, 0.25), start + random.uniform(0.4, 0.9) * (tip - start)
    stage.limb(start, wrist, thick, sleeve if random.random() < 0.7 else skin, 0.8)
    stage.limb(wrist, tip, 0.7 * thick, skin, 0.9)
    for _ in range(4):
        stage.limb(tip, tip + random.normal(0, 1.3, 3) * thick, 0.22 * thick, skin)
    if random.random() < 0.6:
        with stage.at(tip, *random.normal(0, 0.4, 3)):
            stage.box((0, 0, 0), thick * np.array([*random.uniform(0.8, 2.2, 2), 0.25]), stage.look("", 0.3))


def _hanging(stage: Stage, start: Float, tip: Float, size: float) -> None:
    """A sign, a lamp or a cloth."""
    random = stage.random
    look = stage.look("", size)
    with stage.at(tip, yaw=random.normal(0, 0.4)):
        wide, tall = size * random.uniform(0.15, 0.7, 2)
        if random.random() < 0.5:
            stage.box((0, 0, 0), (wide, tall, 0.03 * size), look)
        elif random.random() < 0.5:
            stage.taper((0, 0, 0), (wide, tall, wide), look, None, random.uniform(0.2, 1.2))
        else:
            stage.silhouette((0, 0, 0), (wide, tall), stage.mask("polygon"), look, random.uniform(0, 0.08))
    stage.limb(start, tip, random.uniform(0.01, 0.06) * size, stage.look("plain wood", 0.3))


def among_leaves(stage: Stage) -> Shot:
    """An animal or a person so near that borders cut it off, among leaves and blades, some of which cover a part of it."""
    random = stage.random
    length = random.uniform(0.4, 1.2)
    shot = draw_shot(random, random.uniform(0.5, 1.6), random.normal(-15, 15), (25, 60))
    if random.random() < 0.5:
        stage.plane((0, 0, 0), stage.look("leaves noise cells", 0.5))
    else:
        surround(stage, shot)
    far = length * random.uniform(0.3, 0.9) / min(shot.tan_x, shot.tan_y)
    for _ in range(int(random.integers(2, 12))):
        z = far * random.uniform(1.2, 3.0)
        _blades(stage, _in_view(shot, *random.uniform(-1, 1, 2), z), z * shot.tan_y * random.uniform(0.3, 1.0))
    place = _in_view(shot, random.normal(0, 0.5), random.normal(0, 0.4), far)
    with stage.at(place, random.uniform(-3.1, 3.1), *random.normal(0, 0.35, 2)):
        if random.random() < 0.8:
            with stage.at((0, -0.5 * length, 0)):
                things.animal(stage, length)
        else:
            with stage.at((0, -1.4, 0)):
                things.person(stage)
    for _ in range(int(random.integers(0, 5))):
        z = far * random.uniform(0.55, 0.9)
        root = _in_view(shot, random.uniform(-1, 1), random.uniform(-1.3, -0.5), z)
        _blades(stage, root, z * shot.tan_y * random.uniform(0.2, 0.6))
    shot.focus, shot.aperture = far, opening(random, 0.5)
    return shot


def _blades(stage: Stage, root: Float, size: float) -> None:
    """Grass, palm or leaves that spread from one place."""
    random = stage.random
    look = stage.look("leaves noise plain stripes", size)
    if random.random() < 0.4:
        stage.silhouette(root, (size * random.uniform(0.7, 1.4), size), stage.mask("foliage"), look)
        return
    thick = size * random.uniform(0.01, 0.06)
    for _ in range(int(random.integers(5, 22))):
        stage.limb(root, root + random.normal(0, 0.6, 3) * size + (0, 0.3 * size, 0), thick, look, 0.3)


def from_above(stage: Stage) -> Shot:
    """A floor, stairs or a yard seen from a gallery, with people and furniture below and railings near."""
    random = stage.random
    shot = draw_shot(random, random.uniform(3, 9), random.uniform(-75, -30), (40, 75))
    stage.plane((0, 0, 0), stage.look("wood noise checks bricks plain cells stripes", 1.5))
    reach = shot.high / math.tan(-shot.pitch)
    makes = (things.person, things.chair, things.sofa, things.plant, things.car, things.bicycle, things.bush)
    for _ in range(int(random.integers(1, 10))):
        x, _, z = _in_view(shot, *random.uniform(-0.9, 0.9, 2), math.hypot(shot.high, reach))
        with stage.at((x, 0, z), yaw=random.uniform(-3, 3)):
            makes[int(random.choice(len(makes), p=[0.5, 0.1, 0.1, 0.1, 0.1, 0.05, 0.05]))](stage)
    if random.random() < 0.5:
        look, high = stage.look("", 1.0), random.uniform(0.1, 0.25)
        for k in range(int(random.integers(4, 16))):
            stage.box((random.normal(0, 0.1), high * k, reach + 0.4 * k), (random.uniform(0.8, 4), high * k + 0.01, 0.2), look)
    for _ in range(int(random.integers(0, 4))):
        _railing(stage, _in_view(shot, *random.normal(0, 0.9, 2), shot.high * random.uniform(0.3, 0.8)), shot.high)
    return shot


def _railing(stage: Stage, middle: Float, size: float) -> None:
    """A solid band that winds around ``middle`` and down."""
    random = stage.random
    look, start = stage.look("wood plain noise", 1.0), random.uniform(0, 6.3)
    radius, tall = size * random.uniform(0.15, 0.6), size * random.uniform(0.02, 0.12)
    for angle in start + np.arange(0, random.uniform(1.5, 6), 0.25):
        place = middle + radius * np.array([math.cos(angle), -0.06 * (angle - start), math.sin(angle)])
        stage.box(place, (0.05 * radius, tall, 0.14 * radius), look, turn(-angle))
