"""One camera's perception: a picture in, people and falls out. Pose model, second look, decisions, in this order."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from kangban.profile import Perception
from kangban.site import Furniture
from kangban.values import CareEvents, Falls, Persons
from perception.appearance import Appearance, appearance
from perception.blind import Sight, is_blind, watch_sight
from perception.follow import Follower, Scene, new_fall_id
from perception.landmarks import Pose
from perception.life import Household
from perception.pose import Pixels, PoseSource
from perception.second_look import SecondLook


class Stopwatch:
    """Milliseconds by stage, summed."""

    def __init__(self, tick: Callable[[], float] = time.perf_counter) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self.frames = 0
        self._tick = tick

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        begun = self._tick()
        try:
            yield
        finally:
            self.seconds[name] += self._tick() - begun

    def ms_a_frame(self) -> dict[str, float]:
        return {name: round(1e3 * spent / max(1, self.frames), 3) for name, spent in self.seconds.items()}


@dataclass(frozen=True)
class Perceived:
    persons: Persons
    falls: Falls
    why_blind: str
    care: CareEvents | None = None
    shows_nothing: bool = False  # this picture; nobody was looked for in it


class Perceiver:
    """Keeps everything that outlives a frame. To be used from one thread."""

    def __init__(
        self,
        source: PoseSource,
        limits: Perception,
        furniture: tuple[Furniture, ...] = (),
        new_id: Callable[[], str] = new_fall_id,
        household: Household | None = None,
    ) -> None:
        self.watch = Stopwatch()
        self.follower = Follower(limits, furniture, new_id, household=household)
        self._source, self._limits = source, limits
        self._second = SecondLook(source)
        self._sight = Sight()

    def step(self, pixels: Pixels, scene: Scene) -> Perceived:
        """Perceive the next picture; `scene.stamp` must rise."""
        watch = self.watch
        watch.frames += 1

        def colours(pose: Pose) -> Appearance | None:
            return appearance(pixels, pose)

        with watch.stage("blind"):
            self._sight = watch_sight(self._sight, pixels, scene.stamp)
            blind = is_blind(self._sight, scene.stamp, self._limits.blind_after_s)
        if self._sight.nothing:  # the model would only imagine somebody
            with watch.stage("follow"):
                return self._told(scene, self.follower.look_away(scene, blind))
        if self._sight.jumped:
            self.follower.begin_anew(scene.stamp)
        with watch.stage("pose"):
            poses = self._source.track(pixels, scene.stamp)
        with watch.stage("scan"):
            self._source.scan(pixels, scene.stamp)
        with watch.stage("follow"):
            wanted = self.follower.associate(poses, scene, colours)
        with watch.stage("second_look"):
            found = self._second.look(pixels, wanted, empty=not poses)
        with watch.stage("follow"):
            if found is not None:
                track, more = found
                hers = self.follower.tracks.find_again(more, track, scene.stamp, scene.size, colours)
                self._second.judged(track, hers)
            return self._told(scene, self.follower.decide(scene, blind))

    def _told(self, scene: Scene, decided: tuple[Persons, Falls]) -> Perceived:
        persons, falls = decided
        care = CareEvents(scene.stamp, self.follower.care_events)
        return Perceived(persons, falls, self._sight.why if persons.blind else "", care, self._sight.nothing)
