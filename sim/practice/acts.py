"""Everyday acts, by the posture they begin from. To add one, write a maker and put it into `ACTS`.

A maker gets the actor and returns her motions, or None where the act is not possible here (no free chair, say). It
draws whatever is left open from `actor.rng`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from kangban.site import Furniture
from sim.person.bend import DeepBend
from sim.person.crawl import AllFours, Crawl
from sim.person.drop import DropOnSeat
from sim.person.exercise import FloorExercise
from sim.person.floor import LieOnFloor, SitOnFloor
from sim.person.getup import Rise
from sim.person.kneel import Kneel, Squat
from sim.person.motion import Motion
from sim.person.motions import Gesture, GetUp, LieDown, PickUp, SitDown, StandUp, TurnTo, Walk
from sim.person.reach import Hop, Reach
from sim.person.wave import Stir
from sim.practice.actor import Actor, Step
from sim.practice.rooms import in_front

Maker = Callable[[Actor], list[Motion] | None]
STANDING, SITTING, LYING = ("standing",), ("sitting",), ("lying", "lying_side", "lying_prone")
LOW = ("kneeling", "sitting_on_floor", "on_all_fours")


@dataclass(frozen=True)
class Everyday:
    """`weight`: how often, against the others that begin from the same postures."""

    name: str
    begins_from: tuple[str, ...]
    weight: float
    make: Maker


def walk(actor: Actor) -> list[Motion] | None:
    spot = actor.spot()
    return None if spot is None else [Walk((spot,), actor.speed)]


def leave(actor: Actor) -> list[Motion] | None:
    """Out of the picture and back into it."""
    spot = actor.spot(seen=False)
    if spot is None:
        return None
    return [Walk((spot,), actor.speed), actor.pause(0.5, 2.0), Walk((actor.at,), actor.speed)]


def pick_up(actor: Actor) -> list[Motion]:
    """Once or a few times, quick or slow."""
    times = int(actor.rng.choice([1, 1, 1, 2, 3]))
    found: list[Motion] = []
    for _ in range(times):
        found += [PickUp(float(actor.rng.uniform(1.6, 4.8))), actor.pause(0.1, 0.8)]
    return found


def bend(actor: Actor) -> list[Motion]:
    return [DeepBend(), actor.pause(0.1, 1.0)]


def squat(actor: Actor) -> list[Motion]:
    found: list[Motion] = []
    for _ in range(int(actor.rng.integers(1, 5))):
        found += [Squat(), actor.pause(0.05, 0.5)]
    return found


def turn(actor: Actor) -> list[Motion]:
    return [TurnTo(float(actor.rng.uniform(-math.pi, math.pi)))]


def wave(actor: Actor) -> list[Motion]:
    return [Gesture(str(actor.rng.choice(["wave", "nod", "shake_head"])))]


def wait(actor: Actor) -> list[Motion]:
    return [actor.pause(0.6, 3.0)]


def sit(actor: Actor) -> list[Motion] | None:
    return _to_seat(actor, ("sofa", "chair", "bed"), "slow")


def drop_on_seat(actor: Actor) -> list[Motion] | None:
    return _to_seat(actor, ("sofa", "chair", "bed"), "quick")


def lie(actor: Actor) -> list[Motion] | None:
    seat = free_seat(actor, ("bed", "sofa"))
    if seat is None:
        return None
    motions = _sit_on(actor, seat, bool(actor.rng.random() < 0.3))
    return [*motions, actor.pause(0.1, 1.5), _lie_on(actor, seat), actor.pause(1.0, 5.0)]


def lie_from_seat(actor: Actor) -> list[Motion] | None:
    """Whoever sits on a bed or sofa lies down on it."""
    near = [s for s in actor.room.seats(("bed", "sofa")) if math.dist(actor.at, s.at_m) < 1.3]
    if not near:
        return None
    seat = min(near, key=lambda s: math.dist(actor.at, s.at_m))
    return [_lie_on(actor, seat), actor.pause(1.0, 6.0)]


def stand_up(actor: Actor) -> list[Motion]:
    return [StandUp(float(actor.rng.uniform(1.3, 3.2))), actor.pause(0.1, 1.0)]


def get_out_of_bed(actor: Actor) -> list[Motion]:
    return [GetUp(seconds=float(actor.rng.uniform(2.8, 5.5)))]


def kneel(actor: Actor) -> list[Motion]:
    """For a photograph, for something under the bed, for a prayer."""
    return [Kneel(hold_s=float(actor.rng.uniform(0.5, 5.0)))]


def floor_sit(actor: Actor) -> list[Motion]:
    return [SitOnFloor(hold_s=float(actor.rng.uniform(1.0, 6.0)))]


def floor_lie(actor: Actor) -> list[Motion]:
    """On purpose: for exercise, for the back, at play."""
    return [LieOnFloor(hold_s=float(actor.rng.uniform(1.0, 7.0)))]


def crawl(actor: Actor) -> list[Motion]:
    """On hands and knees: after a thing that rolled away, cleaning the floor, at play."""
    return [AllFours(hold_s=float(actor.rng.uniform(0.3, 2.0))), Crawl(int(actor.rng.integers(2, 9)))]


def exercise(actor: Actor) -> list[Motion]:
    return [FloorExercise(lasts_s=float(actor.rng.uniform(3.0, 8.0)))]


def stir(actor: Actor) -> list[Motion]:
    return [Stir(float(actor.rng.uniform(1.5, 6.0)), float(actor.rng.uniform(0.2, 1.0)))]


def reach(actor: Actor) -> list[Motion]:
    return [Reach(), actor.pause(0.1, 0.6)]


def hop(actor: Actor) -> list[Motion] | None:
    """Children do."""
    return [Hop(), actor.pause(0.1, 0.5)] if actor.role == "child" else None


def rise(actor: Actor) -> list[Motion]:
    return [Rise(), actor.pause(0.1, 0.8)]


def on_the_floor(actor: Actor) -> bool:
    """Whether what she lies on is the floor."""
    return float(actor.person.state.hip_in_world[2]) < 0.35


def _to_seat(actor: Actor, kinds: tuple[str, ...], how: str) -> list[Motion] | None:
    seat = free_seat(actor, kinds)
    if seat is None:
        return None
    return [*_sit_on(actor, seat, how == "quick"), actor.pause(0.5, 4.0)]


def free_seat(actor: Actor, kinds: tuple[str, ...]) -> Furniture | None:
    """Where she can get to and sit in the picture, with nobody on it."""
    seats = []
    for seat in actor.room.seats(kinds):
        x, y, _ = in_front(seat)
        reachable = actor.room.walkable(actor.at, (x, y)) and 0.15 < x < actor.room.size[0] - 0.15
        taken = any(math.dist(other.at, seat.at_m) < 1.0 or other.crowded(x, y, 0.0) for other in actor.others)
        if reachable and not taken and actor.in_picture(*seat.at_m, 0.02) and 0.15 < y < actor.room.size[1] - 0.15:
            seats.append(seat)
    return seats[int(actor.rng.integers(len(seats)))] if seats else None


def _sit_on(actor: Actor, seat: Furniture, quick: bool) -> list[Motion]:
    spare = max(0.0, seat.size_m[0 if seat.kind == "bed" else 1] / 2 - 0.5)
    x, y, yaw = in_front(seat, float(actor.rng.uniform(-spare, spare)) if seat.kind != "chair" else 0.0)
    assert seat.rest_height_m is not None
    down: Motion = DropOnSeat(seat.rest_height_m)
    if not quick:
        down = SitDown(seat.rest_height_m, seconds=float(actor.rng.uniform(1.4, 3.0)))
    return [Walk(((x, y),), actor.speed), TurnTo(yaw), down]


def _lie_on(actor: Actor, seat: Furniture) -> LieDown:
    assert seat.rest_height_m is not None
    c, s = math.cos(seat.yaw_rad), math.sin(seat.yaw_rad)
    seconds = float(actor.rng.uniform(2.4, 5.0))
    if seat.kind == "bed":
        dx, dy, head = 0.1, seat.size_m[1] / 5, seat.yaw_rad + math.pi
    else:
        dx, dy, head = 0.1, 0.05, seat.yaw_rad + math.copysign(math.pi / 2, actor.rng.random() - 0.5)
    hip = (seat.at_m[0] + c * dx - s * dy, seat.at_m[1] + s * dx + c * dy)
    return LieDown(seat.rest_height_m, head_yaw=head, hip_xy=hip, seconds=seconds)


ACTS = (
    Everyday("walk", STANDING, 1.6, walk),
    Everyday("leave", STANDING, 0.3, leave),
    Everyday("turn", STANDING, 0.2, turn),
    Everyday("wave", (*STANDING, *SITTING), 0.25, wave),
    Everyday("wait", (*STANDING, *SITTING, *LYING), 0.3, wait),
    Everyday("pick_up", STANDING, 1.6, pick_up),
    Everyday("bend", STANDING, 1.4, bend),
    Everyday("squat", STANDING, 1.2, squat),
    Everyday("sit", STANDING, 1.4, sit),
    Everyday("drop_on_seat", STANDING, 2.4, drop_on_seat),
    Everyday("lie", STANDING, 2.4, lie),
    Everyday("lie_from_seat", SITTING, 1.0, lie_from_seat),
    Everyday("shoes", SITTING, 1.0, bend),
    Everyday("stand_up", SITTING, 1.4, stand_up),
    Everyday("get_out_of_bed", LYING, 1.0, lambda actor: None if on_the_floor(actor) else get_out_of_bed(actor)),
    Everyday("kneel", STANDING, 1.3, kneel),
    Everyday("floor_sit", STANDING, 1.3, floor_sit),
    Everyday("floor_lie", (*STANDING, "sitting_on_floor", "kneeling"), 0.9, floor_lie),
    Everyday("kneel_to_sit", ("kneeling",), 0.4, floor_sit),
    Everyday("crawl", (*STANDING, "kneeling"), 0.8, crawl),
    Everyday("exercise", ("sitting_on_floor",), 0.8, exercise),
    Everyday("exercise", ("lying",), 1.2, lambda actor: exercise(actor) if on_the_floor(actor) else None),
    Everyday("stir", (*SITTING, *LYING, "sitting_on_floor"), 0.6, stir),
    Everyday("reach", STANDING, 0.6, reach),
    Everyday("hop", STANDING, 2.0, hop),
    Everyday("rise", LOW, 1.6, rise),
    Everyday("rise", LYING, 1.0, lambda actor: rise(actor) if on_the_floor(actor) else None),
)


def next_step(actor: Actor, among: tuple[Everyday, ...] = ACTS) -> Step:
    """One act by lot that her posture and the room allow; she waits where there is none."""
    possible = [act for act in among if actor.posture in act.begins_from]
    while possible:
        weights = [act.weight for act in possible]
        chosen = possible[int(actor.rng.choice(len(possible), p=[w / sum(weights) for w in weights]))]
        motions = chosen.make(actor)
        if motions is not None:
            return Step(chosen.name, motions)
        possible.remove(chosen)
    return Step("wait", [actor.pause(1.0, 3.0)])
