"""Who is in a film, where everybody begins, and the story of each."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from sim.person.body import names
from sim.person.kneel import Kneel
from sim.person.lift import CarerLift
from sim.person.motion import Motion
from sim.person.motions import Gesture, TurnTo, Walk
from sim.person.person import Person
from sim.practice import falls
from sim.practice.actor import Actor, Step
from sim.practice.acts import ACTS, next_step, walk
from sim.practice.lens import Lens
from sim.practice.looks import Looks, draw_looks, resized
from sim.practice.rooms import Room

TEST_BODIES = ("old_man",)
"""Bodies seen in the test films only."""
_PLAYED = {"floor_sit": 3.0, "floor_lie": 2.0, "kneel": 2.0, "squat": 2.0, "walk": 2.0, "rise": 2.5}
_NOT_PLAYED = ("lie", "shoes", "leave")
"""How a child weighs the acts."""


@dataclass(frozen=True)
class Part:
    body: str
    role: str
    looks: Looks


def bodies(split: str) -> tuple[str, ...]:
    """Who may play in films of that split: nobody of `test` plays elsewhere."""
    test = tuple(name for name in names() if name in TEST_BODIES)
    return test if split == "test" else tuple(name for name in names() if name not in test)


def draw_parts(rng: np.random.Generator, split: str) -> tuple[Part, ...]:
    """The resident first; a bystander, a carer or both beside her in one film of three."""
    able = bodies(split)
    roles = ["resident"]
    if rng.random() < 0.34:
        more = ["bystander", "carer", "child"]
        rng.shuffle(more)
        roles += more[: 2 if rng.random() < 0.2 else 1]
    return tuple(_part(rng, str(rng.choice(able)), role) for role in roles)


def _part(rng: np.random.Generator, body: str, role: str) -> Part:
    """Children are grown-ups made small."""
    scale = {"child": float(rng.uniform(0.58, 0.78))}.get(role, float(rng.uniform(0.93, 1.08)))
    return Part(body, role, draw_looks(rng, scale))


def engage(client: int, part: Part, room: Room, lens: Lens, others: list[Actor], rng: np.random.Generator) -> Actor:
    """The actor in her place, at time 0. `others` are who came before her."""
    person = Person(client, resized(part.body, part.looks), np.random.default_rng(rng.integers(2**32)), drawn=False)
    speed = float(rng.uniform(0.45, 1.1)) if part.role == "resident" else float(rng.uniform(0.6, 1.2))
    actor = Actor(person, part.role, room, lens, rng, speed, list(others))
    for other in others:
        other.others.append(actor)
    if part.role == "bystander" and _seated(actor):
        return actor
    person.place(_beginning(actor), float(rng.uniform(-math.pi, math.pi)))
    return actor


def _beginning(actor: Actor) -> tuple[float, float]:
    """Mostly in the picture; one in six comes in from beside it."""
    rng, room = actor.rng, actor.room
    seen = bool(rng.random() > 0.16)
    for k in range(400):
        x, y = (float(rng.uniform(0.35, side - 0.35)) for side in room.size)
        if not room.free(x, y) or actor.crowded(x, y) or math.dist((x, y), actor.lens.eye[:2]) < 0.7:
            continue
        if k > 300 or actor.in_picture(x, y, 0.1) is seen:
            return x, y
    return room.focus


def _seated(actor: Actor) -> bool:
    seats = [s for s in actor.room.seats(("sofa", "chair")) if actor.in_picture(*s.at_m, 0.05)]
    if not seats:
        return False
    seat = seats[int(actor.rng.integers(len(seats)))]
    assert seat.rest_height_m is not None
    spare = max(0.0, seat.size_m[1] / 2 - 0.45) * float(actor.rng.uniform(-1, 1))
    back = seat.size_m[0] / 2 - 0.25
    c, s = math.cos(seat.yaw_rad), math.sin(seat.yaw_rad)
    at = (seat.at_m[0] + c * back * 0.2 - s * spare, seat.at_m[1] + s * back * 0.2 + c * spare)
    actor.person.place(at, seat.yaw_rad, "sitting", seat.rest_height_m)
    return True


def everyday(actor: Actor) -> Iterator[Step]:
    while True:
        yield next_step(actor)


def bystander(actor: Actor) -> Iterator[Step]:
    """Sits (or stands) there and hardly moves."""
    while True:
        quiet: list[Motion] = [actor.pause(1.5, 6.0)]
        if actor.rng.random() < 0.3:
            quiet.append(Gesture(str(actor.rng.choice(["nod", "shake_head", "wave"]))))
        yield Step("wait", quiet)


def carer(actor: Actor) -> Iterator[Step]:
    """Goes about her work; when someone has fallen she comes to her side."""
    while True:
        fallen = next((o for o in actor.others if o.tumbles and o.tumbles[-1].impact_s is not None), None)
        if fallen is None:
            yield next_step(actor)
            continue
        spot = _beside(actor, fallen)
        if spot is not None:
            yield Step("come_to_help", [Walk((spot,), actor.speed)])
        facing = math.atan2(fallen.at[1] - actor.at[1], fallen.at[0] - actor.at[0])
        kneel: list[Motion] = [TurnTo(facing), Kneel(hold_s=float(actor.rng.uniform(2.0, 8.0)))]
        if actor.rng.random() < 0.5:
            kneel = [TurnTo(facing), CarerLift(), actor.pause(0.5, 3.0)]
        yield Step("help", kneel if actor.posture == "standing" else [actor.pause()])


def _beside(actor: Actor, other: Actor) -> tuple[float, float] | None:
    for _ in range(20):
        bearing, away = float(actor.rng.uniform(-math.pi, math.pi)), float(actor.rng.uniform(0.5, 0.8))
        x, y = other.at[0] + away * math.cos(bearing), other.at[1] + away * math.sin(bearing)
        if actor.posture == "standing" and actor.room.free(x, y, 0.25) and actor.room.walkable(actor.at, (x, y)):
            return x, y
    return None


PLAY = tuple(replace(act, weight=_PLAYED.get(act.name, act.weight)) for act in ACTS if act.name not in _NOT_PLAYED)


def child(actor: Actor) -> Iterator[Step]:
    """Plays: on the floor and up again, quickly."""
    while True:
        yield next_step(actor, PLAY)


def tell(actor: Actor, kind: str) -> Iterator[Step]:
    """Her story in a film of that kind."""
    if actor.role == "resident":
        return _prelude(actor, falls.fall(actor)) if kind == "fall" else _prelude(actor, everyday(actor))
    return {"bystander": bystander, "carer": carer, "child": child}[actor.role](actor)


def _prelude(actor: Actor, story: Iterator[Step]) -> Iterator[Step]:
    """Who begins beside the picture walks into it; some do something else first."""
    if not actor.in_picture(*actor.at, 0.05):
        motions = walk(actor)
        if motions is not None:
            yield Step("walk", motions)
    elif actor.rng.random() < 0.35:
        yield next_step(actor)
    while actor.posture != "standing":
        yield next_step(actor)
    yield from story
