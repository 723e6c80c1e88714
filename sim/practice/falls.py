"""Stories that end on the floor: what she was doing when it happened, and what became of her."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

from sim.person.fall import KINDS
from sim.person.getup import Rise, TryToRise
from sim.person.motion import Motion
from sim.person.motions import GetUp, PickUp, SitDown, StandUp, Stay, TurnTo, Walk
from sim.person.wave import Stir
from sim.practice.actor import Actor, Step, Strike
from sim.practice.acts import LYING, drop_on_seat, free_seat, lie, sit, turn
from sim.practice.rooms import in_front

Before = Callable[[Actor], list[Step] | None]


def walking(actor: Actor) -> list[Step] | None:
    spot = actor.spot(nearest=1.0, margin=0.12)
    if spot is None:
        return None
    after = float(actor.rng.uniform(0.8, 3.0))
    return [Step("walk", [Walk((spot,), actor.speed), Stay(2.0)], Strike(after, ("walking", "standing")))]


def standing(actor: Actor) -> list[Step]:
    return [Step("wait", [Stay(6.0)], Strike(float(actor.rng.uniform(0.3, 3.0)), ("standing",)))]


def turning(actor: Actor) -> list[Step]:
    strike = Strike(float(actor.rng.uniform(0.3, 1.2)), ("turning", "standing"))
    return [Step("turn", [*turn(actor), Stay(2.0)], strike)]


def bending(actor: Actor) -> list[Step]:
    seconds = float(actor.rng.uniform(2.0, 4.6))
    after = seconds * float(actor.rng.uniform(0.2, 0.75))
    return [Step("pick_up", [PickUp(seconds), Stay(2.0)], Strike(after, ("bending", "standing")))]


def getting_up(actor: Actor) -> list[Step] | None:
    """From a chair, a sofa or the edge of a bed."""
    before = sit(actor)
    if before is None:
        return None
    seconds = float(actor.rng.uniform(1.6, 3.0))
    strike = Strike(seconds * float(actor.rng.uniform(0.45, 0.95)), ("standing_up", "standing"))
    return [Step("sit", before), Step("stand_up", [StandUp(seconds), Stay(2.0)], strike)]


def missing_the_seat(actor: Actor) -> list[Step] | None:
    seat = free_seat(actor, ("chair", "sofa", "bed"))
    if seat is None:
        return None
    x, y, yaw = in_front(seat, 0.0)
    assert seat.rest_height_m is not None
    down: list[Motion] = [Walk(((x, y),), actor.speed), TurnTo(yaw), SitDown(seat.rest_height_m), Stay(1.0)]
    return [Step("sit", down, Strike(float(actor.rng.uniform(0.1, 1.0)), ("sitting_down",)))]


def off_the_seat(actor: Actor) -> list[Step] | None:
    before = sit(actor) if actor.rng.random() < 0.6 else drop_on_seat(actor)
    if before is None:
        return None
    strike = Strike(float(actor.rng.uniform(0.3, 3.0)), ("sitting",))
    return [Step("sit", before), Step("wait", [Stay(5.0)], strike)]


def out_of_bed(actor: Actor) -> list[Step] | None:
    """On getting up, or rolling over the edge in her sleep."""
    before = lie(actor)
    if before is None:
        return None
    if actor.rng.random() < 0.5:
        strike = Strike(float(actor.rng.uniform(0.6, 2.4)), ("standing_up", "standing"))
        return [Step("lie", before), Step("get_out_of_bed", [GetUp(seconds=3.0), Stay(2.0)], strike)]
    down = next(motion for motion in before if isinstance(motion, TurnTo))  # she sat down facing the free side
    strike = Strike(float(actor.rng.uniform(0.3, 3.0)), LYING, ("out_of_bed",), math.remainder(down.yaw, math.tau))
    return [Step("lie", before), Step("wait", [Stay(5.0)], strike)]


BEFORE: tuple[tuple[float, Before], ...] = (
    (0.30, walking),
    (0.18, standing),
    (0.07, turning),
    (0.12, bending),
    (0.12, getting_up),
    (0.05, missing_the_seat),
    (0.10, off_the_seat),
    (0.08, out_of_bed),
)


def fall(actor: Actor) -> Iterator[Step]:
    """What leads to it, the fall, and lying there; some try to get up, a few do."""
    shares = [share for share, _ in BEFORE]
    steps: list[Step] | None = None
    while steps is None:
        chosen = BEFORE[int(actor.rng.choice(len(BEFORE), p=[s / sum(shares) for s in shares]))][1]
        steps = chosen(actor)
    yield from steps
    while not actor.tumbles:  # the moment passed: she stumbles wherever she is
        able = actor.posture in {posture for kind in KINDS.values() for posture in kind.begins_from}
        yield Step("wait", [Stay(1.0)], Strike(0.2) if able else None)
    yield Step("lie_fallen", [Stay(float(actor.rng.uniform(3.0, 6.0)))])
    if actor.posture == "fallen" and actor.rng.random() < 0.25:
        yield Step("try_to_rise", [TryToRise()])
    elif actor.posture == "fallen" and actor.rng.random() < 0.15:
        yield Step("rise", [Rise(), Stay(4.0)])
    elif actor.posture == "fallen" and actor.rng.random() < 0.3:
        yield Step("stir", [Stir(float(actor.rng.uniform(3.0, 8.0)), float(actor.rng.uniform(0.3, 1.0)))])
    yield Step("lie_fallen", [Stay(30.0)])
