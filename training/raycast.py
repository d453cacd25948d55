"""Casts rays against analytic primitives: which one each pixel sees, how far, and how it is lit. Compiled by numba.

A primitive is a unit shape in its own space (ellipsoid, box, tapered cylinder, plane, puffed silhouette) and the affine map
from the world into that space, so that one quadratic each draws every ellipsoid, plank, trunk and limb. A view is a pinhole
(rays of one origin) or a sun (rays of one direction); depth is the ray's parameter, which for a pinhole is z along the axis.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from training.textures import SIDE, Float

ELLIPSOID, BOX, TAPER, PLANE, SILHOUETTE = range(5)
FAR = np.float32(1e6)
NEAR = np.float32(0.05)


@dataclass(frozen=True)
class View:
    """Rays origin + u * origin_right + v * origin_up + t * (forward + u * right + v * up), u and v in [-1, 1], v upwards."""

    origin: Float
    forward: Float
    right: Float
    up: Float
    origin_right: Float
    origin_up: Float


@dataclass(frozen=True)
class Primitives:
    """N primitives. kind: (N,). inverse: (N, 3, 3) and offset: (N, 3), world into unit space. size: (N, 3), half extents.

    shape: (N, 2): TAPER's radius at its top; SILHOUETTE's number and relief. look: (N, 8): texture, its scale in world units,
    tint (3), share of the tint, gloss, own light.
    """

    kind: NDArray[np.int32]
    inverse: Float
    offset: Float
    size: Float
    shape: Float
    look: Float


@njit(cache=True, fastmath=True)
def _mask(masks, number, x, y):
    side = masks.shape[1]
    column = min(max((x * 0.5 + 0.5) * (side - 1), 0.0), side - 1.001)
    row = min(max((0.5 - y * 0.5) * (side - 1), 0.0), side - 1.001)
    i, j = int(row), int(column)
    a, b = row - i, column - j
    upper = masks[number, i, j] * (1 - b) + masks[number, i, j + 1] * b
    lower = masks[number, i + 1, j] * (1 - b) + masks[number, i + 1, j + 1] * b
    return upper * (1 - a) + lower * a


@njit(cache=True, fastmath=True)
def _hit(kind, first_shape, second_shape, masks, ox, oy, oz, dx, dy, dz, near):
    """The ray's parameter where it meets the unit shape first beyond ``near``, or -1."""
    if kind == ELLIPSOID:
        a = dx * dx + dy * dy + dz * dz
        b = ox * dx + oy * dy + oz * dz
        c = ox * ox + oy * oy + oz * oz - 1
        under = b * b - a * c
        if under < 0:
            return -1.0
        root = math.sqrt(under)
        t = (-b - root) / a
        return t if t > near else -1.0
    if kind == BOX:
        first, last = -1e9, 1e9
        for axis in range(3):
            o = ox if axis == 0 else (oy if axis == 1 else oz)
            d = dx if axis == 0 else (dy if axis == 1 else dz)
            if abs(d) < 1e-9:
                if abs(o) > 1:
                    return -1.0
                continue
            t0, t1 = (-1 - o) / d, (1 - o) / d
            if t0 > t1:
                t0, t1 = t1, t0
            first = max(first, t0)
            last = min(last, t1)
        return first if first <= last and first > near else -1.0
    if kind == TAPER:
        middle, slope = (1 + first_shape) / 2, (first_shape - 1) / 2
        best = 1e9
        r0, r1 = middle + slope * oy, slope * dy
        a = dx * dx + dz * dz - r1 * r1
        b = ox * dx + oz * dz - r0 * r1
        c = ox * ox + oz * oz - r0 * r0
        under = b * b - a * c
        if under >= 0 and abs(a) > 1e-12:
            root = math.sqrt(under)
            for sign in (-1.0, 1.0):
                t = (-b + sign * root) / a
                if near < t < best and abs(oy + t * dy) <= 1 and middle + slope * (oy + t * dy) >= 0:
                    best = t
        if abs(dy) > 1e-9:
            for end in (-1.0, 1.0):
                t = (end - oy) / dy
                radius = middle + slope * end
                x, z = ox + t * dx, oz + t * dz
                if near < t < best and x * x + z * z <= radius * radius:
                    best = t
        return best if best < 1e8 else -1.0
    if kind == PLANE:
        if abs(dy) < 1e-9:
            return -1.0
        t = -oy / dy
        return t if t > near else -1.0
    if abs(dz) < 1e-9:
        return -1.0
    t = -oz / dz
    x, y = ox + t * dx, oy + t * dy
    if t <= near or abs(x) > 1 or abs(y) > 1:
        return -1.0
    height = _mask(masks, int(first_shape), x, y)
    if height < 0.02:
        return -1.0
    return t * (1 - second_shape * height)


@njit(cache=True, fastmath=True)
def _cast(kind, inverse, offset, shape, masks, windows, view, distance, index, near):
    height, width = distance.shape
    for n in range(len(kind)):
        o0, d0 = inverse[n] @ view[0] + offset[n], inverse[n] @ view[1]
        du, dv = inverse[n] @ view[2], inverse[n] @ view[3]
        ou, ov = inverse[n] @ view[4], inverse[n] @ view[5]
        what, first, second = kind[n], shape[n, 0], shape[n, 1]
        for i in range(windows[n, 2], windows[n, 3]):
            v = 1 - (2 * i + 1) / height
            for j in range(windows[n, 0], windows[n, 1]):
                u = (2 * j + 1) / width - 1
                t = _hit(
                    what, first, second, masks,
                    o0[0] + u * ou[0] + v * ov[0], o0[1] + u * ou[1] + v * ov[1], o0[2] + u * ou[2] + v * ov[2],
                    d0[0] + u * du[0] + v * dv[0], d0[1] + u * du[1] + v * dv[1], d0[2] + u * du[2] + v * dv[2], near,
                )  # fmt: skip
                if 0 < t < distance[i, j]:
                    distance[i, j] = t
                    index[i, j] = n


@njit(cache=True, fastmath=True)
def _texture(levels, number, level, x, y, out):
    side = SIDE >> level
    start = 0
    for k in range(level):
        start += (SIDE >> k) * (SIDE >> k)
    x, y = (x - math.floor(x)) * side, (y - math.floor(y)) * side
    i, j = int(y) % side, int(x) % side
    a, b = y - int(y), x - int(x)
    i1, j1 = (i + 1) % side, (j + 1) % side
    for c in range(3):
        upper = levels[number, start + i * side + j, c] * (1 - b) + levels[number, start + i * side + j1, c] * b
        lower = levels[number, start + i1 * side + j, c] * (1 - b) + levels[number, start + i1 * side + j1, c] * b
        out[c] = upper * (1 - a) + lower * a


@njit(cache=True, fastmath=True)
def _shade(kind, inverse, offset, size, shape, look, masks, levels, view, distance, index, light, sun, shadow, image, span):
    """Fills ``image`` with linear colour. light: sun direction, sun strength, ambient, headlight, sky tint; sun: its view."""
    height, width = distance.shape
    colour = np.zeros(3, np.float32)
    side = shadow.shape[0]
    across, upward = (sun[4] * sun[4]).sum(), (sun[5] * sun[5]).sum()
    bias = 3.0 * math.sqrt(across) / side
    for i in range(height):
        v = 1 - (2 * i + 1) / height
        for j in range(width):
            n = index[i, j]
            if n < 0:
                continue
            u = (2 * j + 1) / width - 1
            t = distance[i, j]
            dx = view[1, 0] + u * view[2, 0] + v * view[3, 0]
            dy = view[1, 1] + u * view[2, 1] + v * view[3, 1]
            dz = view[1, 2] + u * view[2, 2] + v * view[3, 2]
            wx, wy, wz = view[0, 0] + t * dx, view[0, 1] + t * dy, view[0, 2] + t * dz
            m = inverse[n]
            x = m[0, 0] * wx + m[0, 1] * wy + m[0, 2] * wz + offset[n, 0]
            y = m[1, 0] * wx + m[1, 1] * wy + m[1, 2] * wz + offset[n, 1]
            z = m[2, 0] * wx + m[2, 1] * wy + m[2, 2] * wz + offset[n, 2]
            nx, ny, nz = _normal(kind[n], shape[n], masks, x, y, z)
            ax, ay, az = abs(nx), abs(ny), abs(nz)  # in unit space, which is what chooses the texture's plane
            x, y, z = x * size[n, 0], y * size[n, 1], z * size[n, 2]
            if kind[n] == SILHOUETTE or (az >= ax and az >= ay):
                s, r = x, y
            elif ax >= ay:
                s, r = z, y
            else:
                s, r = x, z
            footprint = SIDE * t * span / look[n, 1]
            level = 0
            while footprint > 1.5 and level < 5:
                footprint *= 0.5
                level += 1
            _texture(levels, int(look[n, 0]), level, s / look[n, 1] + 0.37 * n, r / look[n, 1] + 0.71 * n, colour)
            px = m[0, 0] * nx + m[1, 0] * ny + m[2, 0] * nz
            py = m[0, 1] * nx + m[1, 1] * ny + m[2, 1] * nz
            pz = m[0, 2] * nx + m[1, 2] * ny + m[2, 2] * nz
            norm = 1 / (math.sqrt(px * px + py * py + pz * pz) + 1e-9)
            against = (px * dx + py * dy + pz * dz) * norm / math.sqrt(dx * dx + dy * dy + dz * dz)
            if against > 0:
                norm, against = -norm, -against
            cosine = (px * light[0] + py * light[1] + pz * light[2]) * norm
            lit = max(cosine, 0.0)
            if lit > 0 and side > 1 and light[3] > 0:
                rx, ry, rz = wx - sun[0, 0], wy - sun[0, 1], wz - sun[0, 2]
                column = ((rx * sun[4, 0] + ry * sun[4, 1] + rz * sun[4, 2]) / across + 1) * side / 2
                row = (1 - (rx * sun[5, 0] + ry * sun[5, 1] + rz * sun[5, 2]) / upward) * side / 2
                depth = rx * sun[1, 0] + ry * sun[1, 1] + rz * sun[1, 2]
                if 1 <= column < side - 2 and 1 <= row < side - 2:
                    share = 0.0
                    for p in range(2):
                        for q in range(2):
                            if shadow[int(row - 0.5) + p, int(column - 0.5) + q] > depth - bias:
                                share += 0.25
                    lit *= share
            ambient = light[4] * (0.75 + 0.25 * py * norm)
            head = light[5] * -against / (0.3 + t * t * light[6])
            gloss = look[n, 6] * max(-2 * cosine * against - against - 0.9, 0.0)  # where the mirrored sun meets the viewer
            for c in range(3):
                base = colour[c] / 255.0
                tinted = base * (1 - look[n, 5]) + look[n, 5] * look[n, 2 + c] * (0.85 + 0.3 * base)
                image[i, j, c] = (
                    tinted * (ambient * light[7 + c] + light[3] * lit * light[10 + c] + head + look[n, 7]) + gloss * light[3]
                )


@njit(cache=True, fastmath=True)
def _normal(kind, shape, masks, x, y, z):
    """The gradient of the unit shape at a point of its surface."""
    if kind == ELLIPSOID:
        return x, y, z
    if kind == BOX:
        ax, ay, az = abs(x), abs(y), abs(z)
        if ax >= ay and ax >= az:
            return x, 0.0 * y, 0.0 * z
        if ay >= az:
            return 0.0 * x, y, 0.0 * z
        return 0.0 * x, 0.0 * y, z
    if kind == TAPER:
        if abs(y) > 0.9995:
            return 0.0 * x, y, 0.0 * z
        return x, 0.0 * y - (shape[0] - 1) / 2, z
    if kind == PLANE:
        return 0.0 * x, 0.0 * y + 1.0, 0.0 * z
    number = int(shape[0])
    gx = 0.5 * (_mask(masks, number, x - 0.04, y) - _mask(masks, number, x + 0.04, y))
    gy = 0.5 * (_mask(masks, number, x, y - 0.04) - _mask(masks, number, x, y + 0.04))
    return gx + 0.0 * x, gy + 0.0 * y, 0.0 * z - 0.1


def camera(position: Float, yaw: float, pitch: float, roll: float, tan_x: float, tan_y: float) -> View:
    """A pinhole: angles in radians, pitch upwards; tan_x, tan_y of half the field of view."""
    cy, sy, cp, sp, cr, sr = (f(a) for a in (yaw, pitch, roll) for f in (math.cos, math.sin))
    forward = np.array([sy * cp, sp, cy * cp])
    right = np.array([cy, 0.0, -sy])
    up = np.cross(forward, right)
    right, up = cr * right + sr * up, cr * up - sr * right
    zero = np.zeros(3)
    return View(*(np.asarray(a, np.float32) for a in (position, forward, tan_x * right, tan_y * up, zero, zero)))


def sun_view(direction: Float, centre: Float, radius: float) -> View:
    """Parallel rays from the sun (``direction`` points to it) over a disc around ``centre``."""
    forward = -np.asarray(direction, np.float64)
    side = np.cross(forward, [0.0, 1.0, 0.0])
    side = side / (np.linalg.norm(side) + 1e-9) if np.linalg.norm(side) > 1e-3 else np.array([1.0, 0, 0])
    zero = np.zeros(3)
    origin = np.asarray(centre) - forward * 60.0
    return View(
        *(np.asarray(a, np.float32) for a in (origin, forward, zero, zero, radius * side, radius * np.cross(side, forward)))
    )


def cast(things: Primitives, masks: Float, view: View, height: int, width: int) -> tuple[Float, NDArray[np.int32]]:
    """(height, width) distance (``FAR`` where there is nothing) and the number of the primitive seen (-1)."""
    distance = np.full((height, width), FAR, np.float32)
    index = np.full((height, width), -1, np.int32)
    windows = _windows(things, view, height, width)
    _cast(things.kind, things.inverse, things.offset, things.shape, masks, windows, _rows(view), distance, index, NEAR)
    return distance, index


def shade(
    things: Primitives, masks: Float, levels: NDArray[np.uint8], view: View, distance: Float, index: NDArray[np.int32],
    light: Float, sun: View, shadow: Float,
) -> Float:  # fmt: skip
    """(H, W, 3) linear colour of what ``cast`` saw, black elsewhere."""
    image = np.zeros((*distance.shape, 3), np.float32)
    span = 2 * float(np.linalg.norm(view.right)) / distance.shape[1]
    _shade(
        things.kind, things.inverse, things.offset, things.size, things.shape, things.look, masks, levels, _rows(view),
        distance, index, light, _rows(sun), shadow, image, span,
    )  # fmt: skip
    return image


def _rows(view: View) -> Float:
    return np.stack([view.origin, view.forward, view.right, view.up, view.origin_right, view.origin_up])


def _windows(things: Primitives, view: View, height: int, width: int) -> NDArray[np.int32]:
    """(N, 4) columns and rows that each primitive may cover: from its corners, the whole picture where one lies behind."""
    corners = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], np.float32)
    matrix = np.linalg.inv(things.inverse.astype(np.float64))
    world = np.einsum("nij,nkj->nki", matrix, corners[None] - things.offset[:, None])
    relative = world - view.origin
    if np.any(view.right):
        depth = relative @ view.forward
        safe = np.maximum(depth, 1e-3)
        u = relative @ view.right / (view.right @ view.right) / safe
        v = relative @ view.up / (view.up @ view.up) / safe
        whole = (depth < 0.06).any(1)
    else:
        u = relative @ view.origin_right / (view.origin_right @ view.origin_right)
        v = relative @ view.origin_up / (view.origin_up @ view.origin_up)
        whole = np.zeros(len(world), bool)
    whole |= things.kind == PLANE
    x0, x1 = np.floor((u.min(1) + 1) * width / 2) - 1, np.ceil((u.max(1) + 1) * width / 2) + 1
    y0, y1 = np.floor((1 - v.max(1)) * height / 2) - 1, np.ceil((1 - v.min(1)) * height / 2) + 1
    result = np.stack([np.clip(x0, 0, width), np.clip(x1, 0, width), np.clip(y0, 0, height), np.clip(y1, 0, height)], 1)
    result[whole] = [0, width, 0, height]
    return result.astype(np.int32)
