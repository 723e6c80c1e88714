"""Going with her: the leaf around `follow/machine.py`."""

from __future__ import annotations

import math

import numpy as np
import py_trees
from py_trees.common import Status

from behaviors.approach.grid import Ground
from behaviors.dialogue.page import Activity
from behaviors.follow import machine
from behaviors.follow.trail import Place
from behaviors.follow.values import Inputs, Limits, Phase, Sighting
from behaviors.tree.leaf import Leaf
from behaviors.tree.ports import Going
from behaviors.turn import turn_rate
from kangban.profile import Behaviors
from kangban.values import GridMap, Pose2D

LIMIT_S = 3600.0
TURN_RADPS = 0.8  # who walks past at talking distance stays in the picture
LOOK_RADPS = 0.6
BESIDE_M = 0.2  # she may stand so close to a thing
MARGIN_M = 0.06  # beyond the footprint, for a place to stand
DOING = {
    Phase.FIND: "do_follow_find",
    Phase.GO: "do_follow",
    Phase.STAND: "do_follow_stand",
    Phase.ASIDE: "do_follow_aside",
    Phase.SEEK: "do_follow_seek",
    Phase.LOOK: "do_follow_look",
    Phase.OUTSIDE: "do_follow_outside",
    Phase.OVER: "do_follow_look",
}


def follow(times: Behaviors) -> py_trees.behaviour.Behaviour:
    return GoWithHer("go with her", LIMIT_S)


class GoWithHer(Leaf):
    """Until the wish is withdrawn. SUCCESS when its time is over; FAILURE: it lost her."""

    def begin(self) -> None:
        wish, company = self.ports.missions.running(), self.ports.profile.company
        detail = {} if wish is None else dict(wish.detail)
        self._state = machine.start(int(detail.get("person", "0")), self.ports.clock.now())
        self._limits = Limits(
            company.behind_m, company.lost_after_s, company.give_up_after_s, company.wait_for_me_m, company.outside_s
        )
        self._ground: tuple[GridMap, Ground] | None = None
        self._driving = self._turning = False
        self._goal: Pose2D | None = None
        light = detail.get("light") == "yes"
        title = "page_light" if light else "page_follow"
        self.ports.stage.show(Activity("light" if light else "follow", title))

    def act(self) -> Status:
        senses, now = self.ports.senses, self.ports.clock.now()
        pose = senses.pose_in_map()
        progress = self.ports.navigator.progress()
        failed = self._driving and progress.going in (Going.FAILED, Going.AWAY)
        if failed or progress.going is Going.REACHED:
            self._driving = False
        seen = tuple(
            Sighting(person.id, person.position_in_map[:2])
            for person in senses.people()
            if person.seen and person.position_in_map is not None
        )
        inputs = Inputs(pose, seen, self._free, self._private, failed, self._sees)
        self._state, orders = machine.step(self._state, inputs, self._limits, now)
        self._tell(seen)
        if orders.say is not None:
            self.ports.talk.tell(orders.say)
        if orders.over is not None:
            self.because(orders.over)
            return Status.FAILURE
        if senses.fall_suspected():
            self._stop_driving()  # the camera is held still until that is known
            self._stop_turning()
        elif orders.stand:
            self._stop_driving()
            if orders.look_around:
                self._turn(math.copysign(LOOK_RADPS, orders.face or 0.0))
            else:
                self._turn(turn_rate(self._turning, orders.face, TURN_RADPS))
        else:
            self._stop_turning()
            if orders.goal is not None:
                self._driving, self._goal = True, orders.goal
                self.ports.navigator.lead(orders.goal)
        return Status.RUNNING

    def over(self) -> Status:
        return Status.SUCCESS

    def end(self) -> None:
        self._stop_driving()
        self._stop_turning()
        self.ports.stage.show(None)

    def _private(self, place: Place) -> bool:
        return self.ports.site.no_look_at(*place)

    def _on_the_map(self) -> Ground | None:
        grid = self.ports.senses.map()
        if grid is None:
            return None
        if self._ground is None or self._ground[0] is not grid:
            self._ground = (grid, Ground(grid, self.ports.profile.base.footprint_radius_m + MARGIN_M))
        return self._ground[1]

    def _free(self, place: Place) -> bool:
        ground = self._on_the_map()
        if ground is None:
            return False
        cells, inside = ground.cells(np.array([place]))
        fits = bool(inside[0]) and bool(ground.drivable[cells[0, 0], cells[0, 1]])
        return fits and not self._private(place)

    def _sees(self, eye: Place, place: Place) -> bool:
        ground = self._on_the_map()
        return ground is not None and ground.sees(np.array(eye), np.array(place), BESIDE_M)

    def _tell(self, seen: tuple[Sighting, ...]) -> None:
        self.tell("follow", self._state.phase.value, DOING[self._state.phase])
        pose = self.ports.senses.pose_in_map()
        in_view = any(each.id == self._state.who for each in seen)
        gap = machine.gap(self._state, pose) if pose is not None and in_view else None
        self.ports.stage.following(in_view, gap)

    def _turn(self, rate: float | None) -> None:
        if rate is None:
            self._stop_turning()
            return
        self._turning = True
        self.ports.wheels.turn(rate)

    def _stop_turning(self) -> None:
        if self._turning:
            self._turning = False
            self.ports.wheels.turn(0.0)

    def _stop_driving(self) -> None:
        if self._driving:
            self._driving = False
            self.ports.navigator.cancel(self._goal)
