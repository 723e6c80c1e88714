"""The geometry of a path: lengths along it, the point nearest to the robot, what is left of it. Paths are (n, 2), m."""

from __future__ import annotations

import numpy as np

from kangban.values import Array, Pose2D


def project(path: Array, pose: Pose2D, passed: float, window: float = 1.0) -> float:
    """Path length, m, of the path's point nearest to the robot, from `passed` to `window`, m, beyond it.

    The window keeps it from jumping to a later part that comes close by.
    """
    starts, along, lengths, directions = _legs(path)
    t = np.einsum("ij,ij->i", np.array([pose.x, pose.y]) - starts, directions)
    t = np.clip(t, np.clip(passed - along, 0.0, lengths), np.clip(passed + window - along, 0.0, lengths))
    apart = np.hypot(*(starts + t[:, None] * directions - [pose.x, pose.y]).T)
    in_window = (along + lengths >= passed - 1e-9) & (along <= passed + window)
    best = int(np.argmin(np.where(in_window, apart, np.inf)))
    return max(passed, float(along[best] + t[best]))


def point_at(path: Array, length: float) -> tuple[float, float]:
    """The point at a path length, m; the last one beyond its end."""
    point = points_at(path, np.array([length]))[0]
    return float(point[0]), float(point[1])


def points_at(path: Array, lengths: Array) -> Array:
    """The points (k, 2) at path lengths (k,), m; the last one beyond the path's end."""
    starts, along, legs, directions = _legs(path)
    leg = np.clip(np.searchsorted(along, lengths, side="right") - 1, 0, len(along) - 1)
    step = np.minimum(np.maximum(0.0, lengths - along[leg]), legs[leg])
    return np.asarray(starts[leg] + step[:, None] * directions[leg])


def rest(path: Array, passed: float) -> Array:
    """The part of a path (n, 2) from a path length, m, on."""
    _, along, lengths, _ = _legs(path)
    later = path[1:][along + lengths > passed]
    return np.concatenate([[point_at(path, passed)], later]) if len(later) else path[-2:]


def length_of(path: Array) -> float:
    """m."""
    return float(np.hypot(*np.diff(path, axis=0).T).sum())


def _legs(path: Array) -> tuple[Array, Array, Array, Array]:
    steps = np.diff(path, axis=0)
    lengths = np.hypot(steps[:, 0], steps[:, 1])
    directions = steps / np.maximum(lengths, 1e-12)[:, None]
    return path[:-1], np.concatenate([[0.0], np.cumsum(lengths)[:-1]]), lengths, directions
