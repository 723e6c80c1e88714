"""Driving many guesses ahead and what each would cost, compiled by numba and cached on disk.

A guess is a wished velocity for each step of the horizon; the base follows it within its accelerations. All on the map,
SI units. Costs are added up over the steps (each an integral over time) and at the end of the horizon.
"""

from __future__ import annotations

import math

import numba as nb

F1, F2, F3 = nb.f8[::1], nb.f8[:, ::1], nb.f8[:, :, ::1]
FIELD = nb.f4[:, ::1]

# Layout of the arrays that come in (see mppi.py).
# start: x, y, yaw, vx, vy, wz
# base: speeding, slowing, turning (per s^2), cruise, back, side, turn rate
# path (n, 4): x, y, heading, highest speed there; goal: x, y, yaw
# rules: footprint, touching, clearance, person stop, person near, near speed, 1 where the base goes sideways
# bodies (k, 6): x, y, vx, vy, spread, radius

TOUCH = 60.0  # a second in contact
WALL = 60.0  # the same with what only the map knows
CLOSE = 3.0  # a second right at the forbidden distance; falls with the square to 0 at the wished clearance
HASTE = 6.0  # a second at one m/s too fast for the room there is
IN_PERSON = 60.0  # a second within the distance at which the guard stops
AT_PERSON = 2.5  # a second there; falls with the square to 0 where the guard slows
FAST_AT_PERSON = 4.0  # a second at one m/s too fast beside a person
LEFT = 2.2  # a second for each metre of path that is left
OFF_PATH = 1.5  # a second at one metre beside the path
OFF_HEADING = 0.35  # a second facing the wrong way
TURNING = 0.03  # a second turning with one rad/s
BACKING = 1.0  # a second at one m/s backwards or sideways: it does not see there
CHANGING = 0.05  # for the square of each change of the wish
ZONE = 8.0  # a second at one m/s too fast for a slow zone
GOAL_HEADING = 2.0  # at the end, near the goal, on a base that can turn while it drives
SHY = 0.05  # m beyond the forbidden distances that it keeps if it can
SPREADS = 0.22  # m/s; how fast what a walking person will do becomes uncertain
AHEAD_S = 0.7  # nobody crosses in front of her within so many seconds of her way
ROOM_S = 0.45  # s; the room ahead that a speed needs: what the guard would brake for


@nb.njit(nb.f8(FIELD, nb.f8, nb.f8, nb.f8, nb.f8, nb.f8, nb.f8), cache=True, _nrt=False)
def read(field, x0, y0, cell, x, y, outside):  # type: ignore[no-untyped-def]
    """A field between its cells' middles (bilinear); `outside` beyond it."""
    u, v = (x - x0) / cell - 0.5, (y - y0) / cell - 0.5
    column, row = math.floor(u), math.floor(v)
    if row < 0 or column < 0 or row + 1 >= field.shape[0] or column + 1 >= field.shape[1]:
        return outside
    u, v = u - column, v - row
    low = field[row, column] * (1.0 - u) + field[row, column + 1] * u
    high = field[row + 1, column] * (1.0 - u) + field[row + 1, column + 1] * u
    return low * (1.0 - v) + high * v


@nb.njit(nb.f8(nb.f8, nb.f8, nb.f8, nb.f8, nb.f8), cache=True, _nrt=False)
def toward(speed, wish, speeding, slowing, dt):  # type: ignore[no-untyped-def]
    """One axis after a step: bounded acceleration towards the wish."""
    most = (slowing if (wish - speed) * speed < 0.0 else speeding) * dt
    return speed + min(max(wish - speed, -most), most)


@nb.njit(nb.f8(F2, nb.f8, nb.f8, nb.f8, nb.f8, nb.f8, F1), cache=True, _nrt=False)
def of_people(bodies, x, y, speed, t, dt, rules):  # type: ignore[no-untyped-def]
    """What it costs to be there, so fast, at that time ahead."""
    cost = 0.0
    stop, near, slow = rules[3], rules[4], rules[5]
    for k in range(bodies.shape[0]):
        bx, by = bodies[k, 0] + bodies[k, 2] * t, bodies[k, 1] + bodies[k, 3] * t
        # The nearest point of the way she will take in the next moment.
        ax, ay = bodies[k, 2] * AHEAD_S, bodies[k, 3] * AHEAD_S
        length = ax * ax + ay * ay
        share = 0.0
        if length > 1e-6:
            share = min(max(((x - bx) * ax + (y - by) * ay) / length, 0.0), 1.0)
        dx, dy = x - bx - share * ax, y - by - share * ay
        apart = math.sqrt(dx * dx + dy * dy) - bodies[k, 5]
        if apart >= near:
            continue
        moves = 1.0 if length > 1e-6 else 0.0
        spread = bodies[k, 4] + SPREADS * t * moves
        sure = 1.0 / (1.0 + (spread / 0.4) ** 2)
        inner = stop + SHY
        if apart < inner:
            cost += sure * IN_PERSON * (0.3 + (inner - apart) / inner) * dt
        cost += sure * AT_PERSON * ((near - apart) / (near - stop)) ** 2 * dt
        if speed > slow:
            cost += sure * FAST_AT_PERSON * (speed - slow) * dt
    return cost


@nb.njit(nb.void(F3, F1, F1, F2, F1, F1, F2, FIELD, F1, FIELD, F1, nb.f8, F1), cache=True, _nrt=False)
def judge(  # type: ignore[no-untyped-def]
    guesses, start, base, path, goal, rules, bodies, near, near_frame, known, known_frame, dt, costs
):
    """Fill `costs` (n,) of guesses (n, steps, 3)."""
    sideways = rules[6] > 0.5
    points = path.shape[0]
    last = points - 1
    spacing = math.hypot(path[min(1, last), 0] - path[0, 0], path[min(1, last), 1] - path[0, 1])
    for n in range(guesses.shape[0]):
        x, y, yaw, vx, vy, wz = start[0], start[1], start[2], start[3], start[4], start[5]
        at, cost, left = 0, 0.0, 0.0
        for k in range(guesses.shape[1]):
            t = (k + 1) * dt
            vx = toward(vx, guesses[n, k, 0], base[0], base[1], dt)
            vy = toward(vy, guesses[n, k, 1], base[0], base[1], dt) if sideways else 0.0
            wz = toward(wz, guesses[n, k, 2], base[2], base[2], dt)
            middle = yaw + 0.5 * wz * dt
            c, s = math.cos(middle), math.sin(middle)
            x, y, yaw = x + (c * vx - s * vy) * dt, y + (s * vx + c * vy) * dt, yaw + wz * dt
            # Along the path: the nearest of its points, never back.
            best = (x - path[at, 0]) ** 2 + (y - path[at, 1]) ** 2
            for j in range(at + 1, min(at + 5, points)):
                d = (x - path[j, 0]) ** 2 + (y - path[j, 1]) ** 2
                if d < best:
                    best, at = d, j
            off = math.sqrt(best)
            to_goal = math.hypot(x - goal[0], y - goal[1])
            left = to_goal if at == last else (last - at) * spacing + off
            cost += (LEFT * left + OFF_PATH * off * off) * dt
            if left > 0.3:
                face = path[min(at + 4, last), 2]
                cost += OFF_HEADING * (1.0 - math.cos(yaw - face)) * dt
            speed = math.sqrt(vx * vx + vy * vy)
            cost += TURNING * wz * wz * dt
            if vx < 0.0:
                cost -= BACKING * vx * dt
            cost += BACKING * abs(vy) * dt * 0.5
            if speed > path[at, 3]:
                cost += ZONE * (speed - path[at, 3]) * dt
            # Things.
            room = read(near, near_frame[0], near_frame[1], near_frame[2], x, y, 2.0) - rules[1]
            walls = read(known, known_frame[0], known_frame[1], known_frame[2], x, y, 0.0) - rules[0]
            if room < 0.01:
                cost += TOUCH * (1.0 + (0.01 - room) * 20.0) * dt
            if walls < 0.01:
                cost += WALL * (1.0 + (0.01 - walls) * 20.0) * dt
            clear = min(room, walls)
            if clear < rules[2]:
                cost += CLOSE * ((rules[2] - max(clear, 0.0)) / rules[2]) ** 2 * dt
            if speed > 0.0 and k % 2 == 0:
                # Will what lies ahead leave room to brake? Else the guard would brake for it.
                needed = ROOM_S * speed + 0.3 * speed * speed
                ex, ey = x + (c * vx - s * vy) / speed * needed, y + (s * vx + c * vy) / speed * needed
                ahead = read(near, near_frame[0], near_frame[1], near_frame[2], ex, ey, 2.0) - rules[1]
                if ahead < 0.0:
                    cost += HASTE * speed * min(1.0, -ahead / 0.1) * 2.0 * dt
            if bodies.shape[0] > 0:
                cost += of_people(bodies, x, y, speed, t, dt, rules)
            if k > 0:
                for i in range(3):
                    d = guesses[n, k, i] - guesses[n, k - 1, i]
                    cost += CHANGING * d * d
        if sideways and left < 0.6:
            cost += GOAL_HEADING * (1.0 - math.cos(yaw - goal[2]))
        costs[n] = cost


@nb.njit(nb.void(F1, F1, F2, nb.b1, nb.f8, nb.f8, F2), cache=True, _nrt=False)
def pursue(start, base, path, sideways, pace, dt, wishes):  # type: ignore[no-untyped-def]
    """A plain guess (steps, 3): after the path with a share `pace` of the cruise speed, turning first where it must."""
    x, y, yaw, vx, vy, wz = start[0], start[1], start[2], start[3], start[4], start[5]
    at, last = 0, path.shape[0] - 1
    for k in range(wishes.shape[0]):
        best = (x - path[at, 0]) ** 2 + (y - path[at, 1]) ** 2
        for j in range(at + 1, min(at + 6, last + 1)):
            d = (x - path[j, 0]) ** 2 + (y - path[j, 1]) ** 2
            if d < best:
                best, at = d, j
        aim = min(at + 6, last)
        dx, dy = path[aim, 0] - x, path[aim, 1] - y
        far = math.hypot(dx, dy)
        bearing = math.atan2(dy, dx) - yaw
        bearing = math.atan2(math.sin(bearing), math.cos(bearing))
        ends = math.sqrt(base[1] * max(0.0, (last - at) * 0.05 + (far if aim == last else 0.0)))
        speed = min(pace * base[3], path[at, 3], ends)
        if far < 0.03:
            bearing, speed = 0.0, 0.0
        wishes[k, 1] = 0.0
        if abs(bearing) > 0.8:
            wishes[k, 0] = 0.0
            wishes[k, 2] = math.copysign(base[6], bearing) * min(1.0, abs(bearing) / 0.5)
        else:
            curve = 2.0 * math.sin(bearing) / max(far, 0.15)
            turn = min(max(speed * curve, -base[6]), base[6])
            if abs(curve) > 1e-6 and abs(turn) < abs(speed * curve):
                speed = abs(turn / curve)
            wishes[k, 0], wishes[k, 2] = speed, turn
        vx = toward(vx, wishes[k, 0], base[0], base[1], dt)
        vy = toward(vy, 0.0, base[0], base[1], dt) if sideways else 0.0
        wz = toward(wz, wishes[k, 2], base[2], base[2], dt)
        middle = yaw + 0.5 * wz * dt
        c, s = math.cos(middle), math.sin(middle)
        x, y, yaw = x + (c * vx - s * vy) * dt, y + (s * vx + c * vy) * dt, yaw + wz * dt
