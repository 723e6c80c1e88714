"""Somebody in a film: does one step of her story after the other, and remembers when she did what."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from sim.person.fall import KINDS, Fall
from sim.person.motion import Motion
from sim.person.motions import Stay
from sim.person.person import Person
from sim.practice.lens import Lens
from sim.practice.rooms import Room

Spot = tuple[float, float]


@dataclass(frozen=True)
class Strike:
    """A fall that interrupts a step: `after_s` after she took on one of `postures` (any that allows a fall: empty).
    `towards` (rad): the free side, out of a bed."""

    after_s: float
    postures: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    towards: float | None = None


@dataclass(frozen=True)
class Step:
    """An act by name, as motions; it is over when they are, or when the fall that interrupts it has ended."""

    name: str
    motions: Sequence[Motion]
    strike: Strike | None = None


@dataclass(frozen=True)
class Act:
    act: str
    from_s: float
    to_s: float


@dataclass(frozen=True)
class Tumble:
    """A fall as it truly was; `impact_s` None where she never hit the floor."""

    kind: str
    onset_s: float
    impact_s: float | None


@dataclass
class Actor:
    """`story` is set by the cast once everyone is there; `others` are the rest of the cast."""

    person: Person
    role: str
    room: Room
    lens: Lens
    rng: np.random.Generator
    speed: float
    others: list[Actor] = field(default_factory=list)
    story: Iterator[Step] = field(default_factory=lambda: iter(()))
    acts: list[Act] = field(default_factory=list)
    tumbles: list[Tumble] = field(default_factory=list)
    _step: Step | None = None
    _since: float = 0.0
    _struck_from: float | None = None
    _struck: str | None = None

    @property
    def now(self) -> float:
        return self.person.state.time

    @property
    def posture(self) -> str:
        return self.person.state.posture

    @property
    def at(self) -> Spot:
        hip = self.person.state.hip_in_world
        return float(hip[0]), float(hip[1])

    def step(self, dt: float) -> None:
        """Let `dt` s pass (before the physics of the same time)."""
        if not self.person.busy:
            self._next()
        if self._step is not None and self._step.strike is not None:
            self._strike(self._step.strike)
        self.person.step(dt)
        self._note()

    def finish(self) -> None:
        """The film is over: close the account."""
        if self._step is not None:
            self.acts.append(Act(self._step.name, round(self._since, 3), round(self.now, 3)))
            self._step = None

    def _next(self) -> None:
        self.finish()
        self._step = next(self.story, None)
        self._since, self._struck_from, self._struck = self.now, None, None
        if self._step is not None:
            self.person.do(*self._step.motions)

    def _strike(self, strike: Strike) -> None:
        if self._struck is not None:
            return
        if strike.postures and self.posture not in strike.postures:
            self._struck_from = None
            return
        self._struck_from = self.now if self._struck_from is None else self._struck_from
        if self.now - self._struck_from < strike.after_s:
            return
        kinds = [k for k in strike.kinds or tuple(KINDS) if self.posture in KINDS[k].begins_from]
        if kinds:
            self._struck = str(self.rng.choice(kinds))
            self.person.fall(Fall(self._struck, strike.towards))

    def _note(self) -> None:
        """When a fall began (some have a course that leads up to them) and when she hit the floor."""
        state = self.person.state
        known = self.tumbles[-1] if self.tumbles else None
        begun = state.fall_time
        if self._struck is not None and begun is not None and (known is None or begun > known.onset_s):
            known = Tumble(self._struck, begun, None)
            self.tumbles.append(known)
        if known is not None and known.impact_s is None and state.impact_time is not None:
            self.tumbles[-1] = Tumble(known.kind, known.onset_s, state.impact_time)

    # Where to go.

    def spot(self, seen: bool = True, nearest: float = 0.6, farthest: float = 4.0, margin: float = 0.06) -> Spot | None:
        """A free place she can walk to, in the picture or out of it; None where none was found."""
        here = self.at
        for _ in range(60):
            x = float(self.rng.uniform(0.3, self.room.size[0] - 0.3))
            y = float(self.rng.uniform(0.3, self.room.size[1] - 0.3))
            if not nearest <= math.dist(here, (x, y)) <= farthest or not self.room.free(x, y):
                continue
            if self.in_picture(x, y, margin) is not seen or math.dist((x, y), self.lens.eye[:2]) < 0.7:
                continue
            if self.crowded(x, y) or not self.room.walkable(here, (x, y)):
                continue
            return x, y
        return None

    def in_picture(self, x: float, y: float, margin: float) -> bool:
        return self.lens.sees(np.array([x, y, 0.75]), margin) and self.lens.sees(np.array([x, y, 0.3]), 0.0)

    def crowded(self, x: float, y: float, clear: float = 0.7) -> bool:
        return any(math.dist(other.at, (x, y)) < clear for other in self.others)

    def pause(self, shortest: float = 0.3, longest: float = 2.0) -> Stay:
        return Stay(float(self.rng.uniform(shortest, longest)))
