"""Quaternions (x, y, z, w, as PyBullet has them) and rotation matrices, small and quick."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def about_y(angle: float) -> Array:
    c, s = math.cos(angle), math.sin(angle)
    return np.array([[c, 0.0, s], [0.0, 1.0, 0.0], [-s, 0.0, c]])


def about_z(angle: float) -> Array:
    c, s = math.cos(angle), math.sin(angle)
    return np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])


def about_x(angle: float) -> Array:
    c, s = math.cos(angle), math.sin(angle)
    return np.array([[1.0, 0.0, 0.0], [0.0, c, -s], [0.0, s, c]])


def quaternions(matrices: Array) -> Array:
    """Unit quaternions (n, 4) of rotation matrices (n, 3, 3), by the largest of the four components."""
    m = matrices
    xx, yy, zz = m[:, 0, 0], m[:, 1, 1], m[:, 2, 2]
    scores = np.stack([xx - yy - zz, yy - xx - zz, zz - xx - yy, xx + yy + zz], axis=1)
    a, b, c = m[:, 2, 1] - m[:, 1, 2], m[:, 0, 2] - m[:, 2, 0], m[:, 1, 0] - m[:, 0, 1]
    d, e, f = m[:, 0, 1] + m[:, 1, 0], m[:, 0, 2] + m[:, 2, 0], m[:, 1, 2] + m[:, 2, 1]
    one = 1 + scores
    candidates = np.stack(
        [
            np.stack([one[:, 0], d, e, a], 1),
            np.stack([d, one[:, 1], f, b], 1),
            np.stack([e, f, one[:, 2], c], 1),
            np.stack([a, b, c, one[:, 3]], 1),
        ],
        axis=1,
    )
    best = candidates[np.arange(len(m)), scores.argmax(1)]
    result: Array = best / np.linalg.norm(best, axis=1, keepdims=True)
    return result


def quaternion(turn: Array) -> Array:
    """Unit quaternion (4,) of one rotation matrix (3, 3)."""
    m = turn.tolist()
    trace = m[0][0] + m[1][1] + m[2][2]
    if trace > 0:
        w = math.sqrt(1 + trace) / 2
        return np.array(
            [(m[2][1] - m[1][2]) / (4 * w), (m[0][2] - m[2][0]) / (4 * w), (m[1][0] - m[0][1]) / (4 * w), w]
        )
    i = max(range(3), key=lambda k: m[k][k])
    j, k = (i + 1) % 3, (i + 2) % 3
    large = math.sqrt(max(1 + m[i][i] - m[j][j] - m[k][k], 1e-12)) / 2
    q = np.empty(4)
    q[i] = large
    q[j] = (m[j][i] + m[i][j]) / (4 * large)
    q[k] = (m[k][i] + m[i][k]) / (4 * large)
    q[3] = (m[k][j] - m[j][k]) / (4 * large)
    return q


def cross(a: Array, b: Array) -> Array:
    """Cross product of two vectors (3,); numpy's own costs ten times that for so few numbers."""
    (ax, ay, az), (bx, by, bz) = a.tolist(), b.tolist()
    return np.array([ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx])


def length(a: Array) -> float:
    return math.sqrt(float(a @ a))


def matrix(q: Array) -> Array:
    x, y, z, w = (float(v) for v in q)
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    )


def slerp(start: Array, end: Array, share: float) -> Array:
    """The quaternion `share` (0..1) of the shorter way from `start` to `end`, each (4,)."""
    dot = float(start @ end)
    if dot < 0:
        end, dot = -end, -dot
    if dot > 0.9995:
        mixed = start + share * (end - start)
    else:
        angle = math.acos(dot)
        mixed = (math.sin((1 - share) * angle) * start + math.sin(share * angle) * end) / math.sin(angle)
    result: Array = mixed / np.linalg.norm(mixed)
    return result


def angular_velocity(before: Array, after: Array, dt: float) -> Array:
    """Mean angular velocity (3,) rad/s in the world that turns quaternion `before` to `after` in `dt` seconds."""
    turn = matrix(after) @ matrix(before).T
    q = quaternion(turn)
    q = q if q[3] >= 0 else -q
    sine = float(np.linalg.norm(q[:3]))
    if sine < 1e-9:
        return np.zeros(3)
    result: Array = q[:3] / sine * (2 * math.atan2(sine, float(q[3])) / dt)
    return result


def yaw_of(turn: Array) -> float:
    """Heading (rad) of a rotation matrix's x axis on the floor."""
    return math.atan2(float(turn[1, 0]), float(turn[0, 0]))


def ease(share: float) -> float:
    """Minimum-jerk time course: 0 to 1 with no speed or acceleration at the ends (Flash and Hogan 1985)."""
    s = min(max(share, 0.0), 1.0)
    return s * s * s * (10 - 15 * s + 6 * s * s)
