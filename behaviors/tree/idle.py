"""With nothing else to do: go where the room is seen well, and keep the person in view."""

from __future__ import annotations

import py_trees
from py_trees.common import Status

from behaviors.tree.drive import DriveTo
from behaviors.tree.leaf import Leaf
from behaviors.turn import turn_rate
from kangban.values import wrap_angle

DRIVE_LIMIT_S = 120.0
WATCH_LIMIT_S = 600.0  # then it looks whether it still stands where it should
ALONE_S = 8.0  # nobody in sight for this long: look the usual way again


def idle() -> py_trees.behaviour.Behaviour:
    drive = DriveTo(
        "drive to the watching place", lambda leaf: leaf.ports.site.watch, DRIVE_LIMIT_S,
        ("idle", "drive", "do_watch_drive"), "do_watch_waits",
    )  # fmt: skip
    go = py_trees.decorators.FailureIsSuccess("or watch from here", drive)
    return py_trees.composites.Sequence("idle", memory=True, children=[go, Watch("watch", WATCH_LIMIT_S)])


class Watch(Leaf):
    """Stand, and turn slowly after the nearest person. While a fall is suspected the camera is held still."""

    def begin(self) -> None:
        self._turning = False
        self._seen_at = self.ports.clock.now()

    def act(self) -> Status:
        blind = self.ports.senses.why_blind()
        if blind is None:
            self.tell("idle", "watch", "do_watch")
        else:
            self.tell("idle", "watch", "do_watch_blind", ("why", blind))
        rate = turn_rate(self._turning, self._bearing())
        if rate is not None:
            self._turning = True
            self.ports.wheels.turn(rate)
        else:
            self._stop()
        return Status.RUNNING

    def over(self) -> Status:
        return Status.SUCCESS

    def end(self) -> None:
        self._stop()

    def _stop(self) -> None:
        if self._turning:
            self._turning = False
            self.ports.wheels.turn(0.0)

    def _bearing(self) -> float | None:
        senses, now = self.ports.senses, self.ports.clock.now()
        if senses.fall_suspected():
            return None
        bearing = senses.bearing_to_person()
        if bearing is not None:
            self._seen_at = now
            return bearing
        pose = senses.pose_in_map()
        if pose is None or now - self._seen_at < ALONE_S:
            return None
        return wrap_angle(self.ports.site.watch.yaw_rad - pose.yaw)
