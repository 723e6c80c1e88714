"""`kangban watch`: perception alone on a video, an image folder, a camera or a network stream; a line per event."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from kangban.values import CareEvent, CareEvents, Fall, FallState, Person, Persons, Posture
from perception.follow import Follower, Scene
from perception.perceive import Perceived, Perceiver, Stopwatch
from perception.recording import Landmarks
from perception.sources import NoPicture, Picture

Event = dict[str, Any]
Keep = Callable[[Follower, Persons, tuple[int, int]], None]  # of a frame and its picture's width and height, px
NO_PICTURE = "no picture comes: is the camera plugged in?"
RECORDED_BLIND = "the recording says that the camera gave no usable picture"
STEADY_S = 0.4  # a posture is told once it has lasted for this long


@dataclass
class Teller:
    """Turns what is perceived frame by frame into events: what changed."""

    postures: dict[int, Posture] = field(default_factory=dict)
    coming: dict[int, tuple[Posture, float]] = field(default_factory=dict)
    falls: dict[str, FallState] = field(default_factory=dict)
    care: dict[str, bool] = field(default_factory=dict)  # id -> is it over?
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
        yield from self._care(t, () if seen.care is None else seen.care.events)

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
        if stamp - since >= STEADY_S - 1e-6:
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

    def _care(self, t: float, events: tuple[CareEvent, ...]) -> Iterator[Event]:
        for event in events:
            if self.care.get(event.id) is event.over:
                continue
            self.care[event.id] = event.over
            more: Event = {"began": round(event.began, 3), "room": event.room} if event.room else {
                "began": round(event.began, 3)}  # fmt: skip
            yield {"event": event.kind.value, "t": t, "person": event.person_id, "id": event.id, "over": event.over,
                   **more, "confidence": round(event.confidence, 2), "evidence": list(event.evidence)}  # fmt: skip
        here = {event.id for event in events}
        self.care = {event_id: over for event_id, over in self.care.items() if event_id in here}


def perceive_pictures(
    pictures: Iterator[Picture | NoPicture],
    perceiver: Perceiver,
    show: Callable[[Picture, Perceived], None] | None = None,
    keep: Keep | None = None,
) -> Iterator[tuple[float, Perceived]]:
    """Perceive each picture of a source; `show` sees what came of it, `keep` records its landmarks."""
    clock, gap = perceiver.watch, _Gap(perceiver.follower.limits.blind_after_s)
    while True:
        with clock.stage("decode"):
            picture = next(pictures, None)
        if picture is None:
            return
        if isinstance(picture, NoPicture) and not gap.begun:
            gap.looked(0.0)
        if (blind_from := gap.blind_before(picture.stamp)) is not None:
            yield blind_from, _sees_nothing(perceiver.follower, blind_from, NO_PICTURE)
        if isinstance(picture, NoPicture):
            continue
        gap.looked(picture.stamp)
        height, width = picture.pixels.shape[:2]
        seen = perceiver.step(picture.pixels, Scene(picture.stamp, (width, height)))
        if keep is not None and (seen.persons.blind or not seen.shows_nothing):
            keep(perceiver.follower, seen.persons, (width, height))
        yield picture.stamp, seen
        if show is not None:
            with clock.stage("annotate"):
                show(picture, seen)


def perceive_recording(
    frames: Iterator[Landmarks], new_follower: Callable[[], Follower], clock: Stopwatch, keep: Keep | None = None
) -> Iterator[tuple[float, Perceived]]:
    """The same decisions on recorded landmarks; there is no picture for a second look.

    Where time goes back another recording begins, and with it other people.
    """
    follower, last = new_follower(), -math.inf
    gap = _Gap(follower.limits.blind_after_s)
    while True:
        with clock.stage("decode"):
            frame = next(frames, None)
        if frame is None:
            return
        if frame.stamp <= last:
            before, follower = follower, new_follower()
            follower.tracks.number_from(before.tracks)
            gap = _Gap(follower.limits.blind_after_s)
        last = frame.stamp
        if (blind_from := gap.blind_before(last)) is not None:
            yield blind_from, _sees_nothing(follower, blind_from, NO_PICTURE)
        gap.looked(last)
        clock.frames += 1
        with clock.stage("follow"):
            scene = Scene(frame.stamp, frame.size)
            if frame.blind and not frame.poses:
                persons, falls = follower.look_away(scene, blind=True)
            else:
                follower.associate(frame.poses, scene)
                persons, falls = follower.decide(scene, frame.blind)
        care = CareEvents(frame.stamp, follower.care_events)
        if keep is not None:
            keep(follower, persons, frame.size)
        yield frame.stamp, Perceived(persons, falls, RECORDED_BLIND if frame.blind else "", care)


class _Gap:
    """Tells once, of each time without pictures, from when on that means blind."""

    def __init__(self, blind_after_s: float) -> None:
        self._after_s = blind_after_s
        self._last: float | None = None
        self._told = False

    @property
    def begun(self) -> bool:
        return self._last is not None

    def looked(self, stamp: float) -> None:
        self._last, self._told = stamp, False

    def blind_before(self, stamp: float) -> float | None:
        if self._last is None or self._told or stamp - self._last <= self._after_s + 1e-6:
            return None
        self._told = True
        return self._last + self._after_s


def _sees_nothing(follower: Follower, stamp: float, why: str) -> Perceived:
    persons, falls = follower.look_away(Scene(stamp, (1, 1)), blind=True)
    return Perceived(persons, falls, why, CareEvents(stamp, follower.care_events))


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
