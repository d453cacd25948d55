"""People, animals, trees, cars, furniture and clutter out of primitives. Each stands with its foot at the stage's origin."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from training.stage import Look, Stage, turn

SKIN = ((0.87, 0.68, 0.55), (0.75, 0.53, 0.4), (0.5, 0.33, 0.22), (0.3, 0.19, 0.13), (0.93, 0.77, 0.68))


def complexion(stage: Stage) -> Look:
    tint = SKIN[int(stage.random.integers(len(SKIN)))]
    return replace(stage.look("plain", 0.3), tint=tint, share=0.9, gloss=0.3)


def person(stage: Stage, height: float = 1.7) -> None:
    """Standing, walking, sitting or crouching."""
    random = stage.random
    scale = height / 1.7
    skin, shirt, trousers, hair = (
        complexion(stage),
        stage.look("", 0.5),
        stage.look("plain noise stripes", 0.5),
        stage.look("plain noise", 0.1),
    )
    stance = random.choice(["stand", "walk", "sit"], p=[0.5, 0.35, 0.15])
    hips = (0.92 if stance != "sit" else 0.5) * scale
    wide = random.uniform(0.16, 0.24) * scale
    for side in (-1, 1):
        hip = np.array([side * 0.1 * scale, hips, 0.0])
        stride = random.uniform(0, 0.35) * side * (stance == "walk") * scale
        knee = hip + (
            [0.04 * side, 0.0, -0.45 * scale] if stance == "sit" else [0.02 * side, -0.44 * scale, -abs(stride) * 0.6]
        )
        foot = np.array([knee[0], 0.06 * scale, knee[2] + (0 if stance == "sit" else stride)])
        stage.limb(knee, hip, 0.075 * scale, trousers, 1.25)
        stage.limb(foot, knee, 0.055 * scale, trousers, 1.3)
        stage.ellipsoid(
            foot + np.array([0, -0.02 * scale, -0.07 * scale]), (0.05 * scale, 0.045 * scale, 0.13 * scale), trousers
        )
    bust(stage, hips, scale, wide, skin, shirt, hair)


def bust(stage: Stage, hips: float, scale: float, wide: float, skin: Look, shirt: Look, hair: Look) -> None:
    """Trunk, arms and head above ``hips``."""
    random = stage.random
    lean = random.normal(0, 0.06)
    shoulders = hips + 0.52 * scale
    stage.taper((0, hips + 0.25 * scale, 0), (wide * 0.9, 0.28 * scale, 0.12 * scale), shirt, None, random.uniform(1.0, 1.2))
    stage.ellipsoid((0, shoulders - 0.02 * scale, 0), (wide * 1.08, 0.1 * scale, 0.12 * scale), shirt)
    for side in (-1, 1):
        shoulder = np.array([side * wide, shoulders - 0.03 * scale, 0.0])
        swing = random.uniform(-0.9, 1.2) if random.random() < 0.7 else random.uniform(1.2, 2.8)
        out = random.uniform(0.0, 0.6)
        elbow = shoulder + 0.3 * scale * np.array(
            [side * math.sin(out), -math.cos(swing) * math.cos(out), -math.sin(swing) * math.cos(out)]
        )
        bend = swing + random.uniform(0, 1.9)
        hand = elbow + 0.26 * scale * np.array([-side * 0.5 * math.sin(out), -math.cos(bend), -math.sin(bend)])
        stage.limb(elbow, shoulder, 0.047 * scale, shirt, 1.25)
        stage.limb(hand, elbow, 0.037 * scale, skin if random.random() < 0.6 else shirt, 1.2)
        stage.ellipsoid(hand, (0.05 * scale, 0.06 * scale, 0.04 * scale), skin)
    head = shoulders + 0.26 * scale
    stage.limb((lean * 0.4, shoulders, 0), (lean, head, 0), 0.06 * scale, skin)
    with stage.at((lean, head, -0.02 * scale), yaw=random.normal(0, 0.5), pitch=random.normal(0, 0.15)):
        face(stage, scale, skin, hair)


def face(stage: Stage, scale: float, skin: Look, hair: Look) -> None:
    """A head with nose, eyes and some kind of hair or hat."""
    random = stage.random
    stage.ellipsoid((0, 0, 0), (0.078 * scale, 0.115 * scale, 0.095 * scale), skin)
    stage.ellipsoid((0, -0.01 * scale, -0.095 * scale), (0.014 * scale, 0.025 * scale, 0.02 * scale), skin)
    dark = replace(hair, tint=(0.05, 0.04, 0.04), share=0.9)
    for side in (-1, 1):
        stage.ellipsoid(
            (side * 0.032 * scale, 0.022 * scale, -0.083 * scale), (0.014 * scale, 0.008 * scale, 0.008 * scale), dark
        )
        stage.ellipsoid((side * 0.08 * scale, 0.0, 0.01 * scale), (0.012 * scale, 0.03 * scale, 0.02 * scale), skin)
    red = replace(skin, tint=(0.6, 0.25, 0.25))
    stage.ellipsoid((0, -0.055 * scale, -0.08 * scale), (0.026 * scale, 0.008 * scale, 0.01 * scale), red)
    style = random.random()
    if style < 0.75:
        stage.ellipsoid((0, 0.035 * scale, 0.025 * scale), (0.088 * scale, 0.1 * scale, 0.095 * scale), hair)
        if style < 0.35:
            low = random.uniform(0.05, 0.25)
            stage.ellipsoid((0, -low * 0.5 * scale, 0.05 * scale), (0.11 * scale, (0.1 + low) * scale, 0.07 * scale), hair)
    elif style < 0.9:
        stage.taper((0, 0.11 * scale, 0), (0.095 * scale, 0.045 * scale, 0.105 * scale), hair, None, 0.85)
        stage.taper((0, 0.07 * scale, -0.02 * scale), (0.15 * scale, 0.006 * scale, 0.16 * scale), hair)


def animal(stage: Stage, length: float = 0.8) -> None:
    """Four legs, trunk, neck, head, ears and tail, standing, sitting or lying, of any proportions."""
    random = stage.random
    coat = stage.look("noise plain photograph cells", 0.4)
    tall, thick = length * random.uniform(0.3, 0.75), length * random.uniform(0.14, 0.26)
    if random.random() < 0.25:
        tall = thick * 1.05
    front, back = np.array([length * 0.4, tall, 0.0]), np.array([-length * 0.4, tall * random.uniform(0.75, 1.05), 0.0])
    stage.limb(back, front, thick, coat, random.uniform(0.85, 1.25))
    stage.ellipsoid(back, (thick * 1.1,) * 3, coat)
    for end in (front, back):
        for side in (-1, 1):
            hip = end + np.array([0, -0.2 * thick, side * thick * 0.6])
            foot = np.array([end[0] + random.normal(0, 0.12) * length, 0.03 * length, side * thick * 0.65])
            stage.limb(foot, hip, thick * random.uniform(0.18, 0.32), coat, 1.5)
    rise = random.uniform(-0.1, 0.55) * length
    head = front + np.array([length * random.uniform(0.12, 0.3), rise, random.normal(0, 0.1) * length])
    stage.limb(front, head, thick * 0.6, coat, 0.8)
    with stage.at(head, yaw=random.uniform(-1.6, 1.6)):
        muzzle(stage, thick * random.uniform(0.65, 1.1), coat)
    stage.limb(
        back,
        back + np.array([-0.3 * length, random.uniform(-0.3, 0.5) * length, 0]),
        thick * random.uniform(0.1, 0.35),
        coat,
        0.4,
    )


def muzzle(stage: Stage, size: float, coat: Look) -> None:
    """An animal's head, looking along +x."""
    random = stage.random
    dark = replace(coat, tint=(0.06, 0.05, 0.05), share=0.9, gloss=1.0)
    stage.ellipsoid((0, 0, 0), (size, size * 0.9, size * 0.85), coat)
    snout = random.uniform(0.5, 1.3) * size
    stage.limb((0.3 * size, -0.2 * size, 0), (0.5 * size + snout, -0.35 * size, 0), size * 0.5, coat, 0.65)
    stage.ellipsoid((0.55 * size + snout * 1.1, -0.25 * size, 0), (size * 0.17,) * 3, dark)
    ear, up = random.uniform(0.25, 0.9) * size, random.uniform(-0.3, 1)
    for side in (-1, 1):
        stage.ellipsoid((0.72 * size, 0.25 * size, side * 0.45 * size), (size * 0.14,) * 3, dark)
        stage.ellipsoid(
            (-0.1 * size, (0.7 + 0.4 * up) * size, side * (0.85 - 0.25 * up) * size),
            (0.12 * size, ear, 0.28 * size),
            coat,
            turn(0, side * -0.4),
        )


def tree(stage: Stage, height: float = 5.0) -> None:
    random = stage.random
    bark, leaves = stage.look("wood noise", 0.6), stage.look("leaves noise", 1.2)
    bare = random.random() < 0.15
    trunk = height * random.uniform(0.25, 0.6)
    stage.taper((0, trunk / 2, 0), (height * 0.035, trunk / 2 + 0.1, height * 0.035), bark, None, 0.6)
    if bare:
        stage.silhouette((0, height * 0.6, 0), (height * 0.4, height * 0.45), stage.mask("twigs"), bark)
        return
    if random.random() < 0.2:
        for k in range(4):
            y = height * (0.25 + 0.19 * k)
            stage.taper(
                (0, y, 0), (height * 0.25 * (1 - 0.2 * k), height * 0.14, height * 0.25 * (1 - 0.2 * k)), leaves, None, 0.15
            )
        return
    for _ in range(int(random.integers(2, 7))):
        spot = np.array([random.normal(0, 0.14), random.uniform(0.55, 0.9), random.normal(0, 0.14)]) * height
        across = height * random.uniform(0.15, 0.32)
        stage.silhouette(spot, (across * 1.2, across), stage.mask("foliage"), leaves, 0.0, random.normal(0, 0.3))


def bush(stage: Stage, size: float = 0.8) -> None:
    leaves = stage.look("leaves noise", 0.8)
    for _ in range(int(stage.random.integers(1, 4))):
        x, z = stage.random.normal(0, 0.4 * size, 2)
        stage.silhouette((x, size * 0.55, z), (size, size * 0.7), stage.mask("foliage"), leaves)


def car(stage: Stage) -> None:
    """Along x, nose at +x."""
    random = stage.random
    paint, glass, rubber = stage.look("plain", 1.0), stage.look("plain", 1.0), stage.look("plain", 0.3)
    paint = replace(paint, share=0.9, gloss=random.uniform(0, 4))
    glass, rubber = (
        replace(glass, tint=(0.08, 0.1, 0.12), share=0.85, gloss=3.0),
        replace(rubber, tint=(0.05, 0.05, 0.05), share=0.9),
    )
    length, high = random.uniform(1.7, 2.4), random.uniform(0.28, 0.5)
    stage.box((0, 0.3 + high, 0), (length, high, 0.85), paint)
    cabin = random.uniform(0.45, 0.95) * length
    x = random.uniform(-0.25, 0.05) * length
    stage.taper((x, 0.3 + 2 * high + 0.25, 0), (cabin, 0.28, 1.0), glass, None, 0.72)
    stage.box((x, 0.3 + 2 * high + 0.55, 0), (cabin * 0.5, 0.03, 0.6), paint)
    for wheel in (-0.62, 0.62):
        for side in (-1, 1):
            stage.taper((wheel * length, 0.33, side * 0.78), (0.33, 0.12, 0.33), rubber, turn(0, math.pi / 2))
            stage.taper((wheel * length, 0.33, side * 0.86), (0.18, 0.06, 0.18), paint, turn(0, math.pi / 2))


def table(stage: Stage, width: float, deep: float, high: float) -> None:
    look = stage.look("wood plain noise", 1.0)
    stage.box((0, high - 0.02, 0), (width / 2, 0.02, deep / 2), look)
    leg = stage.random.uniform(0.02, 0.05)
    for x in (-1, 1):
        for z in (-1, 1):
            stage.box((x * (width / 2 - leg), high / 2, z * (deep / 2 - leg)), (leg, high / 2, leg), look)


def chair(stage: Stage) -> None:
    random = stage.random
    frame, seat = stage.look("wood plain", 0.6), stage.look("", 0.5)
    high, wide = random.uniform(0.4, 0.5), random.uniform(0.19, 0.26)
    stage.box((0, high, 0), (wide, 0.025, wide), seat)
    thin = random.uniform(0.012, 0.03)
    for x in (-1, 1):
        stage.box((x * (wide - thin), high / 2, -wide + thin), (thin, high / 2, thin), frame)
        stage.box((x * (wide - thin), high * 1.05, wide - thin), (thin, high * 1.05, thin), frame)
    if random.random() < 0.5:
        stage.box((0, high * 1.75, wide - thin), (wide, high * 0.32, thin), seat)
    else:
        for k in range(int(random.integers(2, 5))):
            stage.box((0, high * (1.35 + 0.22 * k), wide - thin), (wide, 0.025, thin * 0.7), frame)
    if random.random() < 0.3:
        for x in (-1, 1):
            stage.box((x * wide, high * 1.45, 0), (thin, thin, wide), frame)


def sofa(stage: Stage, wide: float = 1.9) -> None:
    look = stage.look("", 0.8)
    stage.box((0, 0.22, 0), (wide / 2, 0.22, 0.42), look)
    stage.box((0, 0.45, 0.34), (wide / 2, 0.42, 0.12), look)
    for side in (-1, 1):
        stage.box((side * wide / 2, 0.3, 0), (0.1, 0.32, 0.45), look)
    for _ in range(int(stage.random.integers(0, 4))):
        x = stage.random.uniform(-0.4, 0.4) * wide
        stage.ellipsoid((x, 0.62, 0.12), (0.24, 0.2, 0.12), stage.look("", 0.4), turn(stage.random.normal(0, 0.3), 0.3))


def bed(stage: Stage) -> None:
    sheet, wood = stage.look("", 1.0), stage.look("wood plain", 1.0)
    wide = stage.random.uniform(0.5, 1.0)
    stage.box((0, 0.25, 0), (wide, 0.25, 1.0), sheet)
    stage.box((0, 0.5, 1.02), (wide * 1.05, 0.5, 0.04), wood)
    for x in (-0.5, 0.5):
        stage.ellipsoid((x * wide, 0.56, 0.75), (0.4 * wide, 0.1, 0.2), stage.look("plain stripes", 0.5))


def shelf(stage: Stage, wide: float, high: float, deep: float = 0.3) -> None:
    """Open to -z, with books and boxes on its boards."""
    random = stage.random
    look = stage.look("wood plain", 1.0)
    levels = max(1, round(high / random.uniform(0.28, 0.45)))
    stage.box((0, high / 2, deep / 2), (wide / 2, high / 2, 0.01), look)
    for side in (-1, 1):
        stage.box((side * wide / 2, high / 2, 0), (0.015, high / 2, deep / 2), look)
    for level in range(levels + 1):
        y = high * level / levels
        stage.box((0, y, 0), (wide / 2, 0.015, deep / 2), look)
        x = -wide / 2 + 0.04
        while level < levels and x < wide / 2 - 0.08:
            thick, tall = random.uniform(0.012, 0.06), random.uniform(0.45, 0.9) * high / levels
            if random.random() < 0.2:
                x += random.uniform(0.05, 0.4)
                continue
            back = random.uniform(0.4, 0.95) * deep
            stage.box((x + thick, y + tall / 2, (deep - back) / 2), (thick, tall / 2, back / 2), stage.look("", 0.3))
            x += 2 * thick + 0.002


def cabinet(stage: Stage, wide: float, high: float, deep: float) -> None:
    look, trim = stage.look("wood plain noise", 1.0), stage.look("plain wood", 0.3)
    stage.box((0, high / 2, 0), (wide / 2, high / 2, deep / 2), look)
    doors, rows = int(stage.random.integers(1, 5)), int(stage.random.integers(1, 5))
    for k in range(doors):
        for r in range(rows):
            spot = ((k + 0.5) / doors - 0.5) * wide, (r + 0.5) / rows * high
            stage.box((*spot, -deep / 2 - 0.008), (wide / doors * 0.46, high / rows * 0.46, 0.008), look)
            stage.box((spot[0], spot[1], -deep / 2 - 0.03), (0.05, 0.01, 0.012), trim)


def bottle(stage: Stage, high: float = 0.3) -> None:
    look = stage.look("", 0.2)
    radius = high * stage.random.uniform(0.12, 0.3)
    stage.taper((0, high * 0.32, 0), (radius, high * 0.32, radius), look)
    stage.taper((0, high * 0.72, 0), (radius, high * 0.09, radius), look, None, 0.4)
    stage.taper((0, high * 0.88, 0), (radius * 0.4, high * 0.12, radius * 0.4), look)


def cup(stage: Stage, high: float = 0.1) -> None:
    look = stage.look("", 0.2)
    radius = high * stage.random.uniform(0.35, 0.7)
    stage.taper((0, high / 2, 0), (radius * 0.85, high / 2, radius * 0.85), look, None, stage.random.uniform(0.9, 1.4))
    if stage.random.random() < 0.5:
        stage.taper((0, 0.005, 0), (radius * 1.9, 0.008, radius * 1.9), look)
    for a in np.linspace(-1.2, 1.2, 5):
        stage.ellipsoid(
            (radius * (0.8 + 0.5 * math.cos(a)), high * (0.5 + 0.28 * math.sin(a)), 0), (0.015 + high * 0.06,) * 3, look
        )


def lamp(stage: Stage, high: float = 1.5) -> None:
    metal, shade = stage.look("plain", 0.3), replace(stage.look("plain", 0.4), glow=stage.random.choice([0.0, 0.0, 0.7, 1.5]))
    stage.taper((0, 0.015 * high, 0), (0.1 * high, 0.015 * high, 0.1 * high), metal)
    stage.taper((0, high / 2, 0), (0.012 * high, high / 2, 0.012 * high), metal)
    stage.taper((0, high * 0.92, 0), (high * 0.16, high * 0.12, high * 0.16), shade, None, stage.random.uniform(0.3, 1.0))


def plant(stage: Stage, high: float = 0.8) -> None:
    pot = stage.look("plain bricks noise", 0.3)
    stage.taper((0, high * 0.14, 0), (high * 0.13, high * 0.14, high * 0.13), pot, None, 1.4)
    leaves = stage.look("leaves noise", 0.4)
    for _ in range(int(stage.random.integers(3, 14))):
        way = stage.random.normal(0, 0.22, 2) * high
        tip = np.array([way[0], high * stage.random.uniform(0.5, 1.0), way[1]])
        stage.limb((0, 0.25 * high, 0), tip, 0.012 * high, leaves)
        stage.ellipsoid(tip, (0.1 * high, 0.05 * high, 0.14 * high), leaves, turn(*stage.random.normal(0, 0.8, 3)))


def screen(stage: Stage, wide: float = 0.5) -> None:
    frame, shown = stage.look("plain", 0.3), replace(stage.look("", wide, tint=False), glow=stage.random.choice([0.0, 0.6]))
    stage.box((0, wide * 0.5, 0), (wide / 2, wide * 0.3, 0.02), frame)
    stage.box((0, wide * 0.5, -0.021), (wide * 0.47, wide * 0.27, 0.002), shown)
    stage.box((0, wide * 0.1, 0.02), (0.03, wide * 0.12, 0.015), frame)
    stage.box((0, 0.01, 0), (wide * 0.2, 0.01, 0.1), frame)


def books(stage: Stage) -> None:
    y = 0.0
    for _ in range(int(stage.random.integers(1, 6))):
        thick = stage.random.uniform(0.008, 0.03)
        size = stage.random.uniform(0.08, 0.13), thick, stage.random.uniform(0.1, 0.17)
        stage.box((0, y + thick, 0), size, stage.look("", 0.25), turn(stage.random.normal(0, 0.4)))
        y += 2 * thick


def lump(stage: Stage, size: float = 0.15) -> None:
    """A thing of no name: a few joined bodies, or a puffed cut-out."""
    random = stage.random
    look = stage.look("", size * 2)
    if random.random() < 0.35:
        kind = "blob" if random.random() < 0.8 else "polygon"
        wide = size * random.uniform(0.6, 1.6)
        stage.silhouette(
            (0, size * 0.9, 0), (wide, size), stage.mask(kind), look, random.uniform(0, 0.12), random.normal(0, 0.25)
        )
        return
    for k in range(int(random.integers(1, 5))):
        spot = np.array([random.normal(0, 0.5), 0.5 + 0.6 * k * random.random(), random.normal(0, 0.4)]) * size
        extent = size * random.uniform(0.25, 0.8, 3)
        own = look if random.random() < 0.6 else stage.look("", size * 2)
        draw = (stage.ellipsoid, stage.box, stage.taper)[int(random.integers(3))]
        draw(spot, extent, own, turn(*random.normal(0, 0.5, 3)))


def post(stage: Stage, high: float = 3.0) -> None:
    look = stage.look("plain wood noise", 0.5)
    radius = stage.random.uniform(0.015, 0.09)
    stage.taper((0, high / 2, 0), (radius, high / 2, radius), look, None, stage.random.uniform(0.6, 1.0))
    what = stage.random.random()
    if what < 0.35:
        stage.limb((0, high, 0), (stage.random.normal(0, 0.8), high * 1.03, 0), radius * 0.8, look)
    elif what < 0.65:
        stage.box(
            (0, high, -0.03),
            (stage.random.uniform(0.15, 0.5), stage.random.uniform(0.15, 0.5), 0.01),
            stage.look("writing plain stripes", 0.6),
        )
    elif what < 0.8:
        stage.ellipsoid((0, high, 0), (0.18, 0.22, 0.18), replace(look, glow=0.8))


def fence(stage: Stage, wide: float = 4.0, high: float = 1.0) -> None:
    look = stage.look("wood plain", 0.5)
    step = stage.random.uniform(0.1, 0.6)
    for k in range(int(wide / step)):
        stage.box((-wide / 2 + k * step, high / 2, 0), (step * stage.random.uniform(0.08, 0.35), high / 2, 0.015), look)
    for y in (0.25, 0.85):
        stage.box((0, high * y, 0.02), (wide / 2, 0.03, 0.015), look)


def bicycle(stage: Stage) -> None:
    look = stage.look("plain", 0.3)
    for x in (-0.5, 0.5):
        for a in np.linspace(0, 2 * math.pi, 14, endpoint=False):
            b = a + 2 * math.pi / 14
            stage.limb(
                (x + 0.33 * math.cos(a), 0.35 + 0.33 * math.sin(a), 0),
                (x + 0.33 * math.cos(b), 0.35 + 0.33 * math.sin(b), 0),
                0.02,
                look,
            )
    for start, end in (
        ((-0.5, 0.35), (-0.1, 0.3)),
        ((-0.1, 0.3), (0.4, 0.8)),
        ((-0.1, 0.3), (-0.2, 0.85)),
        ((-0.2, 0.8), (0.38, 0.78)),
        ((0.5, 0.35), (0.36, 0.95)),
    ):
        stage.limb((*start, 0), (*end, 0), 0.02, look)
    stage.ellipsoid((-0.2, 0.88, 0), (0.13, 0.03, 0.06), look)
