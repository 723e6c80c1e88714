"""The inner loops of scan matching, compiled by numba and cached on disk. Points are rows of x, y, m."""

from __future__ import annotations

import math

import numba as nb
import numpy as np

REACH = 3  # neighbours on each side from which a point's normal is found


@nb.njit(cache=True)
def thinned(points, spacing):  # type: ignore[no-untyped-def]
    """Of points in the order of the beams, the indices of those at least `spacing` from the one kept before."""
    kept = np.empty(len(points), dtype=np.int64)
    n = 0
    for i in range(len(points)):
        if n:
            dx, dy = points[i, 0] - points[kept[n - 1], 0], points[i, 1] - points[kept[n - 1], 1]
            if dx * dx + dy * dy < spacing * spacing:
                continue
        kept[n] = i
        n += 1
    return kept[:n].copy()


@nb.njit(cache=True)
def normals(points, step, eye_x, eye_y):  # type: ignore[no-untyped-def]
    """Unit normals (n, 2) of the lines through each point's neighbours, towards the eye; zero where there is no line.

    `step`: rad between beams; neighbours farther apart than a few beams are on something else.
    """
    out = np.zeros((len(points), 2))
    for i in range(len(points)):
        px, py = points[i, 0], points[i, 1]
        away = math.hypot(px - eye_x, py - eye_y)
        gap = max(0.12, 3.0 * away * step)
        n, mx, my, xx, xy, yy = 1.0, 0.0, 0.0, 0.0, 0.0, 0.0
        for way in (-1, 1):
            lx, ly = px, py
            for j in range(1, REACH + 1):
                k = i + way * j
                if k < 0 or k >= len(points):
                    break
                if (points[k, 0] - lx) ** 2 + (points[k, 1] - ly) ** 2 > gap * gap:
                    break
                lx, ly = points[k, 0], points[k, 1]
                dx, dy = lx - px, ly - py
                n += 1.0
                mx += dx
                my += dy
                xx += dx * dx
                xy += dx * dy
                yy += dy * dy
        if n < 3.0:
            continue
        xx, xy, yy = xx - mx * mx / n, xy - mx * my / n, yy - my * my / n
        middle, half = 0.5 * (xx + yy), math.sqrt(0.25 * (xx - yy) ** 2 + xy * xy)
        small, large = max(0.0, middle - half), middle + half
        if small > 0.2 * large or math.sqrt(small / n) > 0.04:
            continue
        turn = 0.5 * math.atan2(2.0 * xy, xx - yy)  # along the line
        nx, ny = -math.sin(turn), math.cos(turn)
        if nx * (eye_x - px) + ny * (eye_y - py) < 0.0:
            nx, ny = -nx, -ny
        out[i, 0], out[i, 1] = nx, ny
    return out


@nb.njit(cache=True)
def fused(points, norms, size):  # type: ignore[no-untyped-def]
    """Points and normals averaged in squares of `size`, apart by which way they face: (k, 2), (k, 2), how many (k,)."""
    x0, y0 = points[:, 0].min(), points[:, 1].min()
    columns = int((points[:, 0].max() - x0) / size) + 1
    keys = np.empty(len(points), dtype=np.int64)
    for i in range(len(points)):
        column, row = int((points[i, 0] - x0) / size), int((points[i, 1] - y0) / size)
        facing = int((math.atan2(norms[i, 1], norms[i, 0]) + math.pi) * 2.0 / math.pi + 0.5) % 4
        keys[i] = (row * columns + column) * 4 + facing
    order = np.argsort(keys)
    p, q, w = np.zeros((len(points), 2)), np.zeros((len(points), 2)), np.zeros(len(points))
    n = -1
    last = -1
    for i in order:
        if keys[i] != last:
            n, last = n + 1, keys[i]
        p[n] += points[i]
        q[n] += norms[i]
        w[n] += 1.0
    n += 1
    for i in range(n):
        p[i] /= w[i]
        q[i] /= max(1e-9, math.hypot(q[i, 0], q[i, 1]))
    return p[:n].copy(), q[:n].copy(), w[:n].copy()


@nb.njit(cache=True)
def indexed(points, size):  # type: ignore[no-untyped-def]
    """Points by square: their order, where each square begins, and x0, y0, columns, rows of the squares."""
    x0, y0 = points[:, 0].min() - size, points[:, 1].min() - size
    columns = int((points[:, 0].max() - x0) / size) + 2
    rows = int((points[:, 1].max() - y0) / size) + 2
    starts = np.zeros(rows * columns + 1, dtype=np.int64)
    square = np.empty(len(points), dtype=np.int64)
    for i in range(len(points)):
        square[i] = int((points[i, 1] - y0) / size) * columns + int((points[i, 0] - x0) / size)
        starts[square[i] + 1] += 1
    for k in range(rows * columns):
        starts[k + 1] += starts[k]
    filled = starts[:-1].copy()
    order = np.empty(len(points), dtype=np.int64)
    for i in range(len(points)):
        order[filled[square[i]]] = i
        filled[square[i]] += 1
    return order, starts, x0, y0, columns, rows


@nb.njit(cache=True)
def aligned(  # type: ignore[no-untyped-def]
    surface, facing, starts, x0, y0, columns, rows, size, points, norms, pose, first, prior, rounds, far, near, soft,
    std, out,
):  # fmt: skip
    """Moves `pose` (3,) so that points with normals lie on the lines of a surface; its information (3, 3) into `out`.

    Gauss-Newton, point to line, each to the nearest that faces the same way, within a distance that shrinks from `far`
    to `near`; Cauchy weights of scale `soft`; `prior` (3, 3): how sure `first` (3,) is. Returns how many of the points
    were used in the last round, and their mean weight.
    """
    reach = far
    used, weight = 0, 0.0
    H = np.zeros((3, 3))
    g = np.zeros(3)
    last = False
    for turn in range(rounds):
        H[:, :] = prior
        off = np.array([first[0] - pose[0], first[1] - pose[1], first[2] - pose[2]])
        off[2] -= 2.0 * math.pi * math.floor(off[2] / (2.0 * math.pi) + 0.5)
        g[:] = prior @ off
        c, s = math.cos(pose[2]), math.sin(pose[2])
        used, weight = 0, 0.0
        span = int(reach / size) + 1
        for i in range(len(points)):
            if norms[i, 0] == 0.0 and norms[i, 1] == 0.0:
                continue
            ax, ay = c * points[i, 0] - s * points[i, 1], s * points[i, 0] + c * points[i, 1]
            px, py = pose[0] + ax, pose[1] + ay
            nx, ny = c * norms[i, 0] - s * norms[i, 1], s * norms[i, 0] + c * norms[i, 1]
            column, row = math.floor((px - x0) / size), math.floor((py - y0) / size)
            best, k = reach * reach, -1
            for v in range(max(0, row - span), min(rows, row + span + 1)):
                a = starts[v * columns + max(0, min(columns, column - span))]
                b = starts[v * columns + max(0, min(columns, column + span + 1))]
                for j in range(a, b):
                    dx, dy = surface[j, 0] - px, surface[j, 1] - py
                    d = dx * dx + dy * dy
                    if d < best and facing[j, 0] * nx + facing[j, 1] * ny > 0.7:
                        best, k = d, j
            if k < 0:
                continue
            nx, ny = facing[k, 0], facing[k, 1]
            e = nx * (surface[k, 0] - px) + ny * (surface[k, 1] - py)
            w = 1.0 / (1.0 + (e / soft) ** 2)
            used += 1
            weight += w
            w /= std * std
            t = ny * ax - nx * ay
            H[0, 0] += w * nx * nx
            H[0, 1] += w * nx * ny
            H[0, 2] += w * nx * t
            H[1, 1] += w * ny * ny
            H[1, 2] += w * ny * t
            H[2, 2] += w * t * t
            g[0] += w * nx * e
            g[1] += w * ny * e
            g[2] += w * t * e
        H[1, 0], H[2, 0], H[2, 1] = H[0, 1], H[0, 2], H[1, 2]
        if last:
            break
        for k in range(3):
            H[k, k] += 1e-6
        step = np.linalg.solve(H, g)
        pose += step
        if reach <= near and abs(step[0]) + abs(step[1]) < 3e-4 and abs(step[2]) < 1e-4:
            last = True
        reach = max(near, 0.7 * reach)
        if turn == rounds - 2:
            last = True
    out[:, :] = H - prior
    return used, weight / max(1, used)
