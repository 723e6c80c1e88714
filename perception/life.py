"""What everyone followed is doing: postures that last, and the events of everyday life that come of them.

Holds what has to be remembered of each person between frames; what is decided from it is pure and stands in
`posture.py`, `steady.py`, `rest.py` and `events/`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from kangban.profile import Care
from kangban.site import Furniture
from kangban.values import CareEvent, Posture
from perception import rest, steady, upright
from perception.events import stillness
from perception.events.arms import arms_of
from perception.events.home import Home
from perception.events.seen import Seen
from perception.events.stillness import Stillness, joints_about_hips
from perception.events.watcher import Moment, Watcher
from perception.landmarks import HIPS, Pose, middle, pixels
from perception.limbs import Limbs, limbs_of
from perception.posture import Ground, Motion, classify
from perception.rest import Rest
from perception.steady import Steady
from perception.upright import Upright
from perception.way_down import sinking_speed

if TYPE_CHECKING:
    from perception.follow import Scene
    from perception.tracks import Track

RISING_WITHIN_S = 0.6


@dataclass(frozen=True)
class Household:
    """What the events need to know of the home. `time_of_day`: s since midnight at a stamp; None: unknown."""

    care: Care
    home: Home
    time_of_day: Callable[[float], float | None]


@dataclass
class _Known:
    """What is remembered of one person."""

    rest: Rest
    limbs: Limbs
    steady: Steady
    stillness: Stillness


class Life:
    """One per camera; from one thread. Without a household there are postures, but no events."""

    def __init__(
        self, furniture: tuple[Furniture, ...], household: Household | None, new_id: Callable[[], str]
    ) -> None:
        self._furniture, self._household = furniture, household
        self._watcher = None if household is None else Watcher(household.care, household.home, new_id)
        self._known: dict[int, _Known] = {}
        self._upright, self._last_stamp = Upright(), 0.0

    def see(self, track: Track, pose: Pose, scene: Scene) -> Rest:
        """Take a person seen in this frame, once she is measured and placed; returns what she rests on."""
        last = track.history[-1]
        lies_on = self._rest(track, pose, scene)
        if scene.view is None:
            self._upright = upright.step(self._upright, pose, last.stamp - self._last_stamp)
            self._last_stamp = last.stamp
        limbs = limbs_of(pose, self._upright.known if scene.view is None else upright.of_view(scene.view))
        before = self._known.get(track.id, _Known(lies_on, limbs, Steady(), Stillness()))
        floor_known = last.measured or (track.footing is not None and track.footing.learned)
        ground = Ground(lies_on, floor_known, track.hip_in_map is not None)
        motion = Motion(sinking_speed(track.history), track.across_mps, sinking_speed(track.history, joint="hip"))
        posture, sure = classify(last, limbs, motion, ground)
        rising = -sinking_speed(track.history, RISING_WITHIN_S)
        now_steady = steady.step(before.steady, posture, max(0.0, min(1.0, sure)), rising, scene.stamp)
        joints = joints_about_hips(pose, scene.size, track.scale)
        still = stillness.step(before.stillness, joints, posture is Posture.WALKING, scene.stamp)
        self._known[track.id] = _Known(lies_on, limbs, now_steady, still)
        return lies_on

    def posture(self, track: Track) -> tuple[Posture, float]:
        """The posture to tell, and how sure it is (0..1)."""
        known = self._known.get(track.id)
        if known is None:
            return Posture.UNKNOWN, 0.0
        posture, sure = known.steady.posture, known.steady.confidence
        if track.pose is None and posture in (Posture.WALKING, Posture.FALLING, Posture.GETTING_UP):
            return Posture.UNKNOWN, 0.0  # nobody does that unseen for long
        return posture, sure

    def is_outside(self, track: Track) -> bool:
        """Was she last seen beyond an exit of the home? Then she is lost from sight because she left."""
        return self._household is not None and self._household.home.is_outside(track.hip_in_map)

    def events(
        self, tracks: Sequence[Track], scene: Scene, in_fall: Collection[int], blind: bool
    ) -> tuple[CareEvent, ...]:
        """All events that go on or ended lately, with this frame taken in. `tracks`: everyone that is told of."""
        followed = {track.id for track in tracks}
        self._known = {person: known for person, known in self._known.items() if person in followed}
        if self._household is None or self._watcher is None:
            return ()
        for track in tracks:
            if track.pose is None and (known := self._known.get(track.id)) is not None:
                known.stillness = stillness.step(known.stillness, None, False, scene.stamp)
        people = [self._seen(t, scene, t.id in in_fall) for t in tracks if t.known and t.id in self._known]
        day = self._household.time_of_day(scene.stamp)
        return self._watcher.step(people, Moment(scene.stamp, day, scene.view, scene.robot_in_map, blind))

    def _seen(self, track: Track, scene: Scene, in_fall: bool) -> Seen:
        known, pose = self._known[track.id], track.pose
        posture, sure = self.posture(track)
        home = Home() if self._household is None else self._household.home
        return Seen(
            person=track.id,
            seen=pose is not None,
            first_seen=track.first_seen,
            last_seen=track.last_seen,
            posture=posture,
            confidence=sure,
            measured=track.history[-1].measured,
            place=track.hip_in_map,
            room=home.room_of(track.hip_in_map),
            rests_on=known.rest.surely_on,
            stillness=known.stillness,
            arms=None if pose is None else arms_of(pose, scene.size, track.scale),
            in_fall=in_fall,
        )

    def _rest(self, track: Track, pose: Pose, scene: Scene) -> Rest:
        if track.history[-1].measured:
            return rest.by_height(self._furniture, track.hip_in_map)
        if scene.view is None or scene.robot_in_map is None or not self._furniture:
            return rest.NOWHERE
        to_view = (scene.view.width / scene.size[0], scene.view.height / scene.size[1])
        at = middle(pixels(pose, *scene.size), HIPS) * to_view
        eye = scene.robot_in_map.transform(np.array([scene.view.eye]))[0]
        ahead = scene.robot_in_map.transform(np.array([scene.view.eye + scene.view.rays_in_base(at)]))[0]
        return rest.by_line(self._furniture, eye, ahead - eye)
