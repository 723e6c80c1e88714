"""The inner loops of localisation, compiled by numba and cached on disk.

A table or field lies on a grid with its corner at (x0, y0) and cells of `resolution`, all m. Poses are rows of x, y,
yaw (m, m, rad).
"""

from __future__ import annotations

import math

import numba as nb
import numpy as np


@nb.njit("f8[::1](f4[:, ::1], f8, f8, f8, f8, f8[:, ::1], f8[:, ::1])", cache=True)
def sums(table, x0, y0, resolution, off_map, poses, points):  # type: ignore[no-untyped-def]
    """The table (rows, columns) summed over points (m, 2) seen from each of poses (n, 3); (n,)."""
    found = np.empty(len(poses))
    rows, columns = table.shape
    per_metre = 1.0 / resolution
    for i in range(len(poses)):
        c, s = math.cos(poses[i, 2]) * per_metre, math.sin(poses[i, 2]) * per_metre
        x, y = (poses[i, 0] - x0) * per_metre, (poses[i, 1] - y0) * per_metre
        total = 0.0
        for k in range(len(points)):
            u = x + c * points[k, 0] - s * points[k, 1]
            v = y + s * points[k, 0] + c * points[k, 1]
            if u >= 0.0 and v >= 0.0 and u < columns and v < rows:
                total += table[int(v), int(u)]
            else:
                total += off_map
        found[i] = total
    return found


@nb.njit("f4[:, ::1](f4[:, ::1], f8, f8, f8, f8[:, ::1], f8[:, :, ::1])", cache=True)
def sweep(table, x0, y0, resolution, places, turned):  # type: ignore[no-untyped-def]
    """The table summed over points already turned by each of some headings (h, m, 2), at each of places (k, 2); (k, h).

    Off the map counts nothing.
    """
    rows, columns = table.shape
    per_metre = 1.0 / resolution
    cells = turned * per_metre
    found = np.empty((len(places), len(turned)), dtype=np.float32)
    for i in range(len(places)):
        x, y = (places[i, 0] - x0) * per_metre, (places[i, 1] - y0) * per_metre
        for h in range(len(turned)):
            total = 0.0
            for k in range(cells.shape[1]):
                u, v = x + cells[h, k, 0], y + cells[h, k, 1]
                if u >= 0.0 and v >= 0.0 and u < columns and v < rows:
                    total += table[int(v), int(u)]
            found[i, h] = total
    return found


@nb.njit("i8(f4[:, ::1], f8, f8, f8, f8[::1], f8[:, ::1], f8, f8, f8, f8[::1])", cache=True)
def normal_equations(field, x0, y0, resolution, pose, points, outlier, soft, std, out):  # type: ignore[no-untyped-def]
    """Information (xx, xy, xt, yy, yt, tt) and pull (x, y, t) of a scan's points (m, 2) at a pose, into `out` (9,).

    Distances are read bilinearly; those beyond `outlier` m say nothing, the others weigh by Cauchy with scale `soft`.
    Gives back how many were used.
    """
    rows, columns = field.shape
    c, s = math.cos(pose[2]), math.sin(pose[2])
    out[:] = 0.0
    used = 0
    for k in range(len(points)):
        lever_x = c * points[k, 0] - s * points[k, 1]
        lever_y = s * points[k, 0] + c * points[k, 1]
        u = (pose[0] + lever_x - x0) / resolution - 0.5
        v = (pose[1] + lever_y - y0) / resolution - 0.5
        if u < 0.0 or v < 0.0 or u >= columns - 1 or v >= rows - 1:
            continue
        column, row = int(u), int(v)
        u, v = u - column, v - row
        d00, d01 = field[row, column], field[row, column + 1]
        d10, d11 = field[row + 1, column], field[row + 1, column + 1]
        low, high = d00 + u * (d01 - d00), d10 + u * (d11 - d10)
        d = low + v * (high - low)
        if abs(d) >= outlier:
            continue
        used += 1
        gx = ((1.0 - v) * (d01 - d00) + v * (d11 - d10)) / resolution
        gy = (high - low) / resolution
        gt = gy * lever_x - gx * lever_y
        w = 1.0 / ((1.0 + (d / soft) ** 2) * std**2)
        out[0] += w * gx * gx
        out[1] += w * gx * gy
        out[2] += w * gx * gt
        out[3] += w * gy * gy
        out[4] += w * gy * gt
        out[5] += w * gt * gt
        out[6] -= w * gx * d
        out[7] -= w * gy * d
        out[8] -= w * gt * d
    return used


@nb.njit("b1(f8[::1], f8[::1], f8[::1])", cache=True)
def solve(h, b, x):  # type: ignore[no-untyped-def]
    """Solve a symmetric system of three, `h` as above, into `x`; False where it has no one solution."""
    xx, xy, xt, yy, yt, tt = h[0], h[1], h[2], h[3], h[4], h[5]
    a, d, e = yy * tt - yt * yt, xt * yt - xy * tt, xy * yt - xt * yy
    det = xx * a + xy * d + xt * e
    if not abs(det) > 0.0:
        return False
    f, g, i = xx * tt - xt * xt, xy * xt - xx * yt, xx * yy - xy * xy
    x[0] = (a * b[0] + d * b[1] + e * b[2]) / det
    x[1] = (d * b[0] + f * b[1] + g * b[2]) / det
    x[2] = (e * b[0] + g * b[1] + i * b[2]) / det
    return True


@nb.njit("b1(f4[:, ::1], f8, f8, f8, f8[::1], f8[::1], f8[:, ::1], f8, f8, f8, i8, i8, f8, f8[::1])", cache=True)
def improve(field, x0, y0, resolution, pose, prior, points, outlier, soft, std, fewest, steps, settled, information):  # type: ignore[no-untyped-def]
    """Gauss-Newton from `pose` (3,), a guess with information `prior` (6,): both it and `information` are filled in.

    False where fewer than `fewest` points lie near any surface.
    """
    guess, found = pose.copy(), np.empty(9)
    pull, step = np.empty(3), np.empty(3)
    for _ in range(steps):
        if normal_equations(field, x0, y0, resolution, pose, points, outlier, soft, std, found) < fewest:
            return False
        information[:] = found[:6] + prior
        off_x, off_y, off_t = guess[0] - pose[0], guess[1] - pose[1], guess[2] - pose[2]
        off_t -= 2.0 * math.pi * math.floor(off_t / (2.0 * math.pi) + 0.5)
        pull[0] = found[6] + prior[0] * off_x + prior[1] * off_y + prior[2] * off_t
        pull[1] = found[7] + prior[1] * off_x + prior[3] * off_y + prior[4] * off_t
        pull[2] = found[8] + prior[2] * off_x + prior[4] * off_y + prior[5] * off_t
        if not solve(information, pull, step):
            return False
        pose += step
        pose[2] -= 2.0 * math.pi * math.floor(pose[2] / (2.0 * math.pi) + 0.5)
        if abs(step[0]) + abs(step[1]) < settled and abs(step[2]) < settled:
            break
    return True


@nb.njit("i8[::1](f8[:, ::1], f8, f8, i8)", cache=True)
def apart(poses, metres, radians, most):  # type: ignore[no-untyped-def]
    """Of poses in order, the indices of those not near to an earlier one that was kept; at most so many."""
    kept = np.empty(most, dtype=np.int64)
    n = 0
    for i in range(len(poses)):
        if n == most:
            break
        near = False
        for j in range(n):
            other = poses[kept[j]]
            turn = poses[i, 2] - other[2]
            turn -= 2.0 * math.pi * math.floor(turn / (2.0 * math.pi) + 0.5)
            if abs(turn) < radians and (poses[i, 0] - other[0]) ** 2 + (poses[i, 1] - other[1]) ** 2 < metres**2:
                near = True
                break
        if not near:
            kept[n] = i
            n += 1
    return kept[:n].copy()
