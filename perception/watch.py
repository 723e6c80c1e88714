"""`kangban watch`: perception alone on a video, an image folder, a camera or a network stream; a line per event."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from kangban.values import Fall, FallState, Person, Posture
from perception.follow import Follower, Scene
from perception.perceive import Perceived, Perceiver, Stopwatch
from perception.recording import Landmarks
from perception.sources import Picture

Event = dict[str, Any]
STEADY_S = 0.4  # a posture is told once it has lasted for this long


@dataclass
class Teller:
    """Turns what is perceived frame by frame into events: what changed."""

    postures: dict[int, Posture] = field(default_factory=dict)
    coming: dict[int, tuple[Posture, float]] = field(default_factory=dict)
    falls: dict[str, FallState] = field(default_factory=dict)
    blind: bool = False

    def events(self, stamp: float, seen: Perceived) -> Iterator[Event]:
        t = round(stamp, 3)
        if seen.persons.blind != self.blind:
            self.blind = seen.persons.blind
            yield {"event": "blind", "t": t, "blind": self.blind, "why": seen.why_blind}
        present = {p.id: p for p in seen.persons.people}
        for person in present.values():
            yield from self._person(t, stamp, person)
        for gone in [p for p in self.postures if p not in present]:
            del self.postures[gone]
            self.coming.pop(gone, None)
            yield {"event": "person", "t": t, "person": gone, "change": "lost"}
        yield from self._falls(t, seen.falls.falls)

    def _person(self, t: float, stamp: float, person: Person) -> Iterator[Event]:
        if person.id not in self.postures:
            self.postures[person.id] = person.posture
            yield {
                "event": "person",
                "t": t,
                "person": person.id,
                "change": "appeared",
                "posture": person.posture.value,
            }
        if not person.seen or person.posture is self.postures[person.id]:
            self.coming.pop(person.id, None)
            return
        posture, since = self.coming.get(person.id, (person.posture, stamp))
        since = since if posture is person.posture else stamp
        self.coming[person.id] = (person.posture, since)
        if stamp - since >= STEADY_S:
            self.postures[person.id] = person.posture
            del self.coming[person.id]
            yield {"event": "posture", "t": t, "person": person.id, "posture": person.posture.value,
                   "confidence": round(person.confidence, 2)}  # fmt: skip

    def _falls(self, t: float, falls: tuple[Fall, ...]) -> Iterator[Event]:
        names = {FallState.SUSPECTED: "suspected", FallState.CONFIRMED: "fall", FallState.RECOVERED: "recovered"}
        for fall in falls:
            if self.falls.get(fall.id) is not fall.state:
                self.falls[fall.id] = fall.state
                yield {"event": names[fall.state], "t": t, "person": fall.person_id, "id": fall.id,
                       "confidence": round(fall.confidence, 2), "evidence": list(fall.evidence)}  # fmt: skip
        open_now = {fall.id for fall in falls}
        for fall_id, state in list(self.falls.items()):
            if state is FallState.SUSPECTED and fall_id not in open_now:
                del self.falls[fall_id]
                yield {"event": "dismissed", "t": t, "id": fall_id}


def perceive_pictures(
    pictures: Iterator[Picture], perceiver: Perceiver, show: Callable[[Picture, Perceived], None] | None = None
) -> Iterator[tuple[float, Perceived]]:
    """Perceive each picture of a source; `show` sees what came of it."""
    clock = perceiver.watch
    while True:
        with clock.stage("decode"):
            picture = next(pictures, None)
        if picture is None:
            return
        height, width = picture.pixels.shape[:2]
        seen = perceiver.step(picture.pixels, Scene(picture.stamp, (width, height)))
        yield picture.stamp, seen
        if show is not None:
            with clock.stage("annotate"):
                show(picture, seen)


def perceive_recording(
    frames: Iterator[Landmarks], follower: Follower, clock: Stopwatch
) -> Iterator[tuple[float, Perceived]]:
    """The same decisions on recorded landmarks; there is no picture for a second look."""
    while True:
        with clock.stage("decode"):
            frame = next(frames, None)
        if frame is None:
            return
        clock.frames += 1
        with clock.stage("follow"):
            scene = Scene(frame.stamp, frame.size)
            follower.associate(frame.poses, scene)
            persons, falls = follower.decide(scene)
        yield frame.stamp, Perceived(persons, falls, "")


class Watch:
    """One run over a source. Take `events()` to their end (or to the source's error), then `summary()`."""

    def __init__(self, perceived: Iterator[tuple[float, Perceived]], clock: Stopwatch) -> None:
        self._perceived, self._clock = perceived, clock
        self._last = 0.0
        self._begun = self._ended = 0.0

    def events(self) -> Iterator[Event]:
        """Raises sources.SourceError where the source can't be read (further)."""
        teller = Teller()
        self._begun = self._ended = time.perf_counter()
        for stamp, seen in self._perceived:
            self._last = stamp
            yield from teller.events(stamp, seen)
            self._ended = time.perf_counter()

    def summary(self) -> Event:
        """`fps`: frames over all the time it took; `pose_fps`: over decoding and the pose model alone."""
        clock, passed = self._clock, self._ended - self._begun
        bare = clock.seconds["decode"] + clock.seconds["pose"]
        return {
            "event": "summary",
            "t": round(self._last, 3),
            "frames": clock.frames,
            "seconds": round(passed, 3),
            "fps": round(clock.frames / passed, 2) if passed else 0.0,
            "pose_fps": round(clock.frames / bare, 2) if bare else 0.0,
            "ms": clock.ms_a_frame(),
        }
