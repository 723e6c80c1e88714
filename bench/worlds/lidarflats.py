"""Flats made up from a seed: rooms side by side along a corridor, doors, furniture; and one of twin rooms."""

from __future__ import annotations

import itertools

import numpy as np

from kangban.site import Door, Furniture, Room, Site, Wall

WALL_M = 0.12
KINDS = (
    ("bed", 2.0, 1.5),
    ("sofa", 1.9, 0.85),
    ("cupboard", 1.2, 0.55),
    ("table", 1.2, 0.8),
    ("shelf", 1.0, 0.35),
    ("chair", 0.5, 0.5),
)


def made_up(like: Site, seed: int) -> Site:
    """Two rows of rooms, a corridor between; widths, doors and furniture by the seed. `like` gives all the rest."""
    rng = np.random.default_rng((seed, 5))
    length = float(rng.uniform(7.0, 11.0))
    south, corridor, north = (float(rng.uniform(*span)) for span in ((2.6, 4.2), (1.1, 1.5), (2.6, 4.2)))
    rows = ((0.0, south, south), (south + corridor, south + corridor + north, south + corridor))
    rooms, doors, furniture = [_room("corridor", (0.0, south), (length, south + corridor))], [], []
    walls = [
        _wall((0.0, y), (length, y)) for y in (0.0, south, south + corridor, south + corridor + north)
    ] + [_wall((x, 0.0), (x, south + corridor + north)) for x in (0.0, length)]  # fmt: skip
    for row, (low, high, door_y) in enumerate(rows):
        cuts = np.linspace(0.0, length, int(rng.integers(3, 5)))
        cuts[1:-1] += rng.uniform(-0.5, 0.5, len(cuts) - 2)
        for k, (a, b) in enumerate(itertools.pairwise(cuts)):
            rooms.append(_room(f"room_{row}_{k}", (float(a), low), (float(b), high)))
            if k:
                walls.append(_wall((float(a), low), (float(a), high)))
            at = float(rng.uniform(a + 0.7, b - 0.7))
            doors.append(Door(name=f"door_{row}_{k}", at_m=(at, door_y), width_m=float(rng.uniform(0.75, 1.0))))
            furniture += _furnished(f"{row}_{k}", (float(a), low), (float(b), high), (at, door_y), rng)
    return like.model_copy(
        update={
            "name": f"made_up_{seed}", "rooms": tuple(rooms), "walls": tuple(walls), "doors": tuple(doors),
            "furniture": tuple(furniture), "exits": (),
        }
    )  # fmt: skip


def twins(like: Site) -> Site:
    """Two rooms alike, one turned half round from the other, and a corridor whose one end has a cupboard."""
    rooms = (
        _room("east", (4.0, 0.0), (8.0, 3.0)),
        _room("west", (0.0, 4.4), (4.0, 7.4)),
        _room("corridor", (0.0, 3.0), (8.0, 4.4)),
    )
    lines = [((4, 0), (8, 0)), ((4, 0), (4, 3)), ((8, 0), (8, 4.4)), ((0, 3), (8, 3)), ((0, 4.4), (8, 4.4))]
    lines += [((0, 3), (0, 7.4)), ((4, 4.4), (4, 7.4)), ((0, 7.4), (4, 7.4))]
    things = []
    for k, (sign, x, y) in enumerate(((1.0, 0.0, 0.0), (-1.0, 8.0, 7.4))):
        for name, kind, at, size in (
            ("bed", "bed", (7.0, 0.9), (1.8, 1.5)),
            ("shelf", "shelf", (4.4, 1.2), (0.4, 1.2)),
        ):
            things.append(_thing(f"{name}_{k}", kind, (x + sign * at[0], y + sign * at[1]), size))
    things.append(_thing("cupboard", "cupboard", (0.4, 3.7), (0.6, 0.9)))
    doors = (
        Door(name="east_door", at_m=(5.4, 3.0), width_m=0.9),
        Door(name="west_door", at_m=(2.6, 4.4), width_m=0.9),
    )
    return like.model_copy(
        update={
            "name": "twins", "rooms": rooms, "walls": tuple(_wall(a, b) for a, b in lines), "doors": doors,
            "furniture": tuple(things), "exits": (),
        }
    )  # fmt: skip


def _furnished(
    name: str, low: tuple[float, float], high: tuple[float, float], door: tuple[float, float], rng: np.random.Generator
) -> list[Furniture]:
    """Three to five things along the walls, none before the door."""
    things: list[Furniture] = []
    for k in range(int(rng.integers(3, 6))):
        kind, long, deep = KINDS[int(rng.integers(len(KINDS)))]
        long, deep = long * float(rng.uniform(0.8, 1.1)), deep * float(rng.uniform(0.8, 1.1))
        wide, high_m = (long, deep) if rng.random() < 0.5 else (deep, long)
        if wide + 0.2 > high[0] - low[0] or high_m + 0.2 > high[1] - low[1]:
            continue
        x = float(rng.uniform(low[0] + wide / 2 + 0.07, high[0] - wide / 2 - 0.07))
        y = float(rng.uniform(low[1] + high_m / 2 + 0.07, high[1] - high_m / 2 - 0.07))
        if wide < high_m:  # with its long side at a wall
            x = low[0] + wide / 2 + 0.07 if rng.random() < 0.5 else high[0] - wide / 2 - 0.07
        else:
            y = low[1] + high_m / 2 + 0.07 if rng.random() < 0.5 else high[1] - high_m / 2 - 0.07
        clear = abs(x - door[0]) > wide / 2 + 0.7 or abs(y - door[1]) > high_m / 2 + 0.9
        apart = all(
            abs(x - t.at_m[0]) > (wide + t.size_m[0]) / 2 + 0.6 or abs(y - t.at_m[1]) > (high_m + t.size_m[1]) / 2 + 0.6
            for t in things
        )
        if clear and apart:
            things.append(_thing(f"{kind}_{name}_{k}", kind, (x, y), (wide, high_m)))
    return things


def _room(name: str, low: tuple[float, float], high: tuple[float, float]) -> Room:
    return Room(name=name, label={"zh": name, "en": name}, min_m=low, max_m=high)


def _wall(start: tuple[float, float], end: tuple[float, float]) -> Wall:
    return Wall(start_m=start, end_m=end, thickness_m=WALL_M)


def _thing(name: str, kind: str, at: tuple[float, float], size: tuple[float, float]) -> Furniture:
    rest = 0.45 if kind in ("bed", "sofa", "chair") else None
    return Furniture.model_validate(
        {"name": name, "kind": kind, "at_m": at, "yaw_rad": 0.0, "size_m": (*size, 0.8), "rest_height_m": rest}
    )
