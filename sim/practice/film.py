"""A film: everything drawn from a seed, acted in a world without pictures, then shot frame by frame.

Acting comes first and costs little, so a fall that ended on the sofa is known before a picture is rendered.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pybullet as p
from numpy.typing import NDArray

from sim.person.shell import Shell
from sim.practice.actor import Act, Actor, Tumble
from sim.practice.cast import Part, draw_parts, engage, tell
from sim.practice.lens import Lens, draw_lens
from sim.practice.light import Lighting, Sensor, draw_light
from sim.practice.looks import dress
from sim.practice.rooms import Room, build_looks, build_solids, draw_room
from sim.sensors.egl import connect

Array = NDArray[np.float64]
Pixels = NDArray[np.uint8]
Links = tuple[Array, Array]  # positions (13, 3) and rotations (13, 3, 3) of one body

PHYSICS_HZ = 240
STEPS_AT_ONCE = 4  # physics steps between two decisions of falling muscles
RATES = (10.0, 12.0, 15.0)
LONGEST_FALL_S = 26.0  # no fall by then: the film is no good
SMALLEST_PX = 60.0  # who would stand less tall than this in the picture falls too small for anybody to see
_TAKES = 16


class NoFilm(Exception):  # noqa: N818  (it is no fault)
    """The dice fell so that nothing came of it."""


@dataclass(frozen=True)
class Plan:
    """What is drawn before anybody moves. `kind`: fall or everyday; `seconds`: of an everyday film;
    `after_s`: how long a film of a fall goes on after the impact."""

    seed: int
    take: int
    kind: str
    split: str
    seconds: float
    after_s: float
    fps: float
    room: Room
    lens: Lens
    light: Lighting
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Frame:
    """`hips` (actors, 3) and `heads` (actors,): m in the world."""

    stamp: float
    links: tuple[Links, ...]
    hips: Array
    heads: Array
    postures: tuple[str, ...]


@dataclass(frozen=True)
class Film:
    plan: Plan
    frames: tuple[Frame, ...]
    acts: tuple[tuple[Act, ...], ...]
    tumbles: tuple[tuple[Tumble, ...], ...]
    statures: tuple[float, ...]

    def hips_in_picture(self) -> Array:
        """(frames, actors, 2) in 0..1 of the image; NaN where a hip lies outside it."""
        places = np.stack([self.plan.lens.project(frame.hips) for frame in self.frames])
        outside = ~((places >= 0) & (places <= 1)).all(axis=2)
        places[outside] = np.nan
        return places

    def pixels_tall(self, t: float) -> float:
        """How tall the resident would stand in the picture where she is at `t` s."""
        lens = self.plan.lens
        at = min(self.frames, key=lambda frame: abs(frame.stamp - t)).hips[0]
        away = float(np.linalg.norm(at - np.array(lens.eye)))
        return self.statures[0] / away * lens.focal * lens.height

    @property
    def distance_m(self) -> float:
        """From the camera to the resident's hips at the fall, else in the middle of the film."""
        at = self.frames[len(self.frames) // 2]
        if self.tumbles[0]:
            at = min(self.frames, key=lambda frame: abs(frame.stamp - self.tumbles[0][-1].onset_s))
        return float(np.linalg.norm(at.hips[0] - np.array(self.plan.lens.eye)))


def draw_plan(seed: int, kind: str, split: str, take: int = 0) -> Plan:
    rng = np.random.default_rng([seed, take])
    room = draw_room(rng)
    lens = draw_lens(rng, room)
    light = draw_light(rng, lens.width)
    seconds, after_s = float(rng.uniform(11.0, 22.0)), float(rng.uniform(3.5, 7.5))
    fps = float(rng.choice(RATES, p=(0.6, 0.2, 0.2)))
    return Plan(seed, take, kind, split, seconds, after_s, fps, room, lens, light, draw_parts(rng, split))


def make_film(seed: int, kind: str, split: str, seconds: float | None = None, after_s: float | None = None) -> Film:
    """The first take that is any good. Raises NoFilm where none is.

    `seconds` an everyday film lasts, and a film of a fall after the impact (`after_s`); None: by lot.
    """
    why = ""
    for take in range(_TAKES):
        plan = draw_plan(seed, kind, split, take)
        plan = replace(plan, seconds=seconds or plan.seconds, after_s=after_s or plan.after_s)
        try:
            return act(plan)
        except NoFilm as reason:
            why = str(reason)
    raise NoFilm(f"seed {seed}: {_TAKES} takes of a film with kind {kind} came to nothing ({why})")


def act(plan: Plan) -> Film:
    """Let the people of a plan play; raises NoFilm where a fall did not come about in the picture."""
    client = p.connect(p.DIRECT)
    try:
        return _act(client, plan)
    finally:
        p.disconnect(client)


def _act(client: int, plan: Plan) -> Film:
    p.setGravity(0.0, 0.0, -9.81, physicsClientId=client)
    p.setTimeStep(1.0 / PHYSICS_HZ, physicsClientId=client)
    rng = np.random.default_rng([plan.seed, plan.take, 1])
    solids = build_solids(client, plan.room)
    actors: list[Actor] = []
    for part in plan.parts:
        actors.append(engage(client, part, plan.room, plan.lens, actors, np.random.default_rng(rng.integers(2**32))))
    for actor in actors:
        actor.story = tell(actor, plan.kind)
    frames: list[Frame] = []
    while not _over(plan, actors, len(frames) / plan.fps):
        _let_pass(client, actors, round(PHYSICS_HZ / plan.fps))
        frames.append(_frame((len(frames) + 1) / plan.fps, actors))
    for actor in actors:
        actor.finish()
    film = Film(
        plan, tuple(frames), tuple(tuple(a.acts) for a in actors), tuple(tuple(a.tumbles) for a in actors),
        tuple(a.person.body.stature for a in actors),
    )  # fmt: skip
    _check(film, client, solids)
    return film


def _over(plan: Plan, actors: list[Actor], now: float) -> bool:
    if plan.kind != "fall":
        return now >= plan.seconds
    if not actors[0].tumbles:
        if now > LONGEST_FALL_S:
            raise NoFilm("nobody fell")
        return False
    last = actors[0].tumbles[-1]
    if last.impact_s is None:
        if now > last.onset_s + 5.0:
            raise NoFilm(f"a fall by {last.kind} did not reach the floor")
        return False
    return now >= last.impact_s + plan.after_s


def _let_pass(client: int, actors: list[Actor], steps: int) -> None:
    """So many physics steps, taken only while someone falls: everyone else moves by plan."""
    done = 0
    while done < steps:
        falling = any(actor.person.state.falling for actor in actors)
        some = min(STEPS_AT_ONCE if falling else 8, steps - done)
        for actor in actors:
            actor.step(some / PHYSICS_HZ)
        if falling or any(actor.person.state.falling for actor in actors):
            for _ in range(some):
                p.stepSimulation(physicsClientId=client)
        done += some


def _frame(stamp: float, actors: list[Actor]) -> Frame:
    states = [actor.person.state for actor in actors]
    return Frame(
        round(stamp, 4),
        tuple(actor.person.pose.links(actor.person.body) for actor in actors),
        np.stack([state.hip_in_world for state in states]),
        np.array([state.head_height for state in states]),
        tuple(state.posture for state in states),
    )


def _check(film: Film, client: int, solids: frozenset[int]) -> None:
    """Raises NoFilm where a person who looks at the pictures could not say what happened either."""
    seen = np.asarray(np.isfinite(film.hips_in_picture()[:, 0]).all(axis=1))
    if film.plan.kind != "fall":
        if any(film.tumbles):
            raise NoFilm("somebody fell")
        if seen.mean() < 0.45:
            raise NoFilm("the resident was hardly in the picture")
        return
    tumble = film.tumbles[0][-1]
    assert tumble.impact_s is not None
    stamps = np.array([frame.stamp for frame in film.frames])
    down = stamps >= tumble.impact_s
    before = (stamps >= tumble.onset_s - 1.0) & ~down
    if seen[down].mean() < 0.6 or not before.any() or seen[before].mean() < 0.6:
        raise NoFilm("the fall was not in the picture")
    heights = np.array([frame.hips[0, 2] for frame in film.frames])
    if float(np.median(heights[down][: int(2 * film.plan.fps)])) > 0.4:
        raise NoFilm("she did not come to lie on the floor")
    if film.pixels_tall(tumble.onset_s) < SMALLEST_PX:
        raise NoFilm("she was too small in the picture")
    upright, lying = int(np.flatnonzero(before)[0]), int(np.flatnonzero(down)[-1])
    for k, least in ((upright, 0.5), (lying, 0.4)):
        if _in_sight(client, film.plan.lens, film.frames[k].links[0][0], solids) < least:
            raise NoFilm("she was hidden by furniture")


def _in_sight(client: int, lens: Lens, joints: Array, solids: frozenset[int]) -> float:
    """Share of joints (13, 3) in the picture that no furniture hides."""
    places = lens.project(joints)
    inside = ((places >= 0) & (places <= 1)).all(axis=1)
    # A little short of the joint, so that the floor or mattress under it does not count.
    ends = joints + 0.12 * (np.array(lens.eye) - joints) / np.linalg.norm(lens.eye - joints, axis=1)[:, None]
    hits = p.rayTestBatch([lens.eye] * len(ends), ends.tolist(), physicsClientId=client)
    clear = np.array([hit[0] not in solids for hit in hits])
    return float((inside & clear).mean())


def shoot(film: Film, folder: Path) -> Iterator[Pixels]:
    """The pictures of a film, one for each frame; `folder` takes the looks of the room. Raises egl.RenderError.

    A world of its own for each film: emptied and filled again, the EGL renderer mixes up its textures.
    """
    client = connect()
    try:
        yield from _shoot(client, film, folder)
    finally:
        p.disconnect(client)


def _shoot(client: int, film: Film, folder: Path) -> Iterator[Pixels]:
    plan = film.plan
    rng = np.random.default_rng([plan.seed, plan.take, 3])
    build_looks(client, plan.room, folder, rng, plan.light.shade)
    shells: list[Shell] = []
    for part in plan.parts:
        shells.append(Shell(client, dress(part.body, part.looks, folder / f"person{len(shells)}")))
        for part_id in shells[-1].ids:
            p.changeVisualShape(part_id, -1, rgbaColor=[plan.light.shade] * 3 + [1], physicsClientId=client)
    sensor = Sensor(plan.light, plan.lens.height, plan.lens.width, np.random.default_rng([plan.seed, plan.take, 2]))
    before: Frame | None = None
    pixels: Pixels | None = None
    for frame in film.frames:
        if pixels is None or before is None or _moved(before, frame):
            for shell, links in zip(shells, frame.links, strict=True):
                shell.show(*links)
            pixels = plan.lens.shoot(client, plan.light)
        before = frame
        yield sensor.take(pixels)


def _moved(before: Frame, after: Frame) -> bool:
    return any(
        not (np.array_equal(a[0], b[0]) and np.array_equal(a[1], b[1]))
        for a, b in zip(before.links, after.links, strict=True)
    )
