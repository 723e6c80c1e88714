"""The people of a scenario: what they do, and what they say to the robot or call out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kangban.site import Site
from kangban.values import Speech, SpeechKind
from sim.acts import motions
from sim.person.person import Person
from sim.scenario import Actor, Voice
from sim.world import World


@dataclass(frozen=True)
class Line:
    """Something to be heard at a time."""

    at: float
    text: str
    kind: SpeechKind


class Voices:
    """What the microphone hears beside the people's answers: a television, a cry from another room."""

    def __init__(self, voices: Sequence[Voice], rng: np.random.Generator) -> None:
        self._lines = [Line(float(rng.uniform(*v.at_s)), v.text, SpeechKind(v.kind)) for v in voices]

    def speak(self, t: float) -> list[Line]:
        """What is heard by `t`, in seconds since the story began."""
        due = [line for line in self._lines if line.at <= t]
        self._lines = [line for line in self._lines if line.at > t]
        return due

    @property
    def silent(self) -> bool:
        return not self._lines


class Player:
    """One person playing her part. `rng` decides what the scenario leaves open."""

    def __init__(self, actor: Actor, world: World, rng: np.random.Generator) -> None:
        self.actor, self._rng = actor, rng
        body = str(rng.choice(actor.bodies))
        away = rng.uniform(-actor.scatter_m, actor.scatter_m, 2) / np.sqrt(2.0)
        at = (actor.start[0] + float(away[0]), actor.start[1] + float(away[1]))
        self.person: Person = world.add_person(actor.name, body, at, actor.yaw_rad)
        self.speed = float(rng.uniform(*actor.speed_mps))
        self._asked = 0
        self._lines: list[Line] = []
        self._cried = False

    def begin(self, site: Site) -> None:
        self.person.do(*motions(self.actor.acts, site, self.speed, self._rng))

    def hear(self, speech: Speech, now: float) -> None:
        """The robot spoke: an answer may follow."""
        if speech.kind is not SpeechKind.ASK:
            return
        self._asked += 1
        for answer in self.actor.answers:
            if answer.question == self._asked:
                after = float(self._rng.uniform(*answer.after_s))
                self._lines.append(Line(now + after, answer.text, SpeechKind.ANSWER))

    def speak(self, now: float) -> list[Line]:
        """What she says by now."""
        impact = self.person.state.impact_time
        if impact is not None and not self._cried:
            self._cried = True
            for cry in self.actor.cries:
                after = float(self._rng.uniform(*cry.after_fall_s))
                self._lines.append(Line(impact + after, cry.text, SpeechKind.CRY_FOR_HELP))
        due = [line for line in self._lines if line.at <= now]
        self._lines = [line for line in self._lines if line.at > now]
        return due
