"""What the node keeps of the dock: where it was seen, and how far docking or leaving has come. Decides nothing itself:
see `machine.py`."""

from __future__ import annotations

from dataclasses import replace

from kangban.config import Config
from kangban.dock import dock_in_map
from kangban.values import STILL, Array, Battery, DockSeen, Odometry, Pose2D, Twist2D
from navigation import drive as drives
from navigation.control.courtesy import let_pass
from navigation.control.smooth import Motion
from navigation.docking import machine, track
from navigation.docking.machine import Berth, Phase, Sight
from navigation.drive import REACHED, Drive, DriveLimits, Maps, Outcome, Reason, Situation
from navigation.recovery import Trouble

NONE_HERE = "this home has no dock (site: dock.station), or this robot no contacts (profile: docking)"
LOOKS = (Phase.LOOK, Phase.CREEP)  # a fit costs a millisecond, a search twenty: only then


class Pier:
    """The site's dock. `dock_in_map`: None where there is none, or the robot has no contacts for it."""

    def __init__(self, config: Config) -> None:
        dock, self._contacts = config.site.dock, config.profile.docking
        self._docked_in_map = Pose2D(dock.x_m, dock.y_m, dock.yaw_rad)
        self.dock_in_map: Pose2D | None = None
        if dock.station is not None and self._contacts is not None:
            self.dock_in_map = dock_in_map(dock, self._contacts)
        self._track = track.NOTHING
        self._berth: Berth | None = None

    @property
    def docks(self) -> bool:
        return self._berth is not None and self._berth.docks

    @property
    def asks(self) -> Trouble | None:
        return None if self._berth is None else self._berth.asks

    @property
    def told(self) -> str:
        """For `diagnostics`."""
        return "nothing to do" if self._berth is None else f"{self._berth.phase.value}, try {self._berth.tries + 1}"

    def begin(self, docks: bool, pose_in_map: Pose2D | None, battery: Battery | None, now: float) -> Outcome | None:
        """A new goal: into the dock, or anywhere else. An outcome where there is nothing to do, or no dock."""
        self._berth = None
        if self.dock_in_map is None:
            return Outcome.failed(Reason.NO_DOCK, NONE_HERE) if docks else None
        charging = None if battery is None else battery.charging
        if docks and charging:
            return REACHED
        if machine.in_dock(pose_in_map, charging, self._docked_in_map):
            self._berth = machine.leave(docks, now)
        elif docks:
            self._berth = machine.begin(now)
        return None

    def end(self) -> None:
        self._berth = None

    def saw_tag(self, seen: DockSeen, odometry: Odometry | None) -> None:
        if odometry is not None:
            self._track = track.saw_tag(self._track, seen, odometry)

    def saw_scan(self, points_in_base: Array, odometry: Odometry, stamp: float, pose_in_map: Pose2D | None) -> None:
        if self._berth is not None and self._berth.phase in LOOKS and self.dock_in_map is not None:
            expected = None if pose_in_map is None else pose_in_map.inverse() @ self.dock_in_map
            self._track = track.saw_scan(self._track, points_in_base, odometry, stamp, expected)

    def step(
        self, drive: Drive | None, odometry: Odometry | None, battery: Battery | None, situation: Situation, maps: Maps,
        limits: DriveLimits, now: float,
    ) -> tuple[Drive | None, Twist2D, Outcome | None] | None:  # fmt: skip
        """The next velocity; None while neither docking nor leaving: the drive is driven."""
        if self._berth is None or self._contacts is None or self.dock_in_map is None:
            return None
        inner = drive if self._berth.docks else None
        sight = self._sight(odometry, battery, self.dock_in_map, now)
        self._berth, inner, wish, outcome = machine.step(
            self._berth, inner, sight, situation, maps, limits, self._contacts, now
        )
        if inner is None:  # else the drive has seen to it
            wish = self._courteous(wish, situation, maps, limits)
        if self._berth.docks:
            return inner, wish, outcome
        if outcome is not None and outcome.reached:  # out of the dock: now the drive itself
            self._berth = None
            return None if drive is None else drives.begin(drive.goal, now), STILL, None
        return drive, wish, outcome

    def _courteous(self, wish: Twist2D, situation: Situation, maps: Maps, limits: DriveLimits) -> Twist2D:
        if self._berth is None or situation.pose_in_map is None or wish.speed == 0.0:
            return wish
        held = let_pass(wish, situation.pose_in_map, maps.surroundings().bodies, limits.control)
        if held != wish:
            self._berth = replace(self._berth, motion=Motion(held))
        return held

    def _sight(self, odometry: Odometry | None, battery: Battery | None, dock_in_map: Pose2D, now: float) -> Sight:
        base = None if odometry is None else odometry.pose_in_odom
        known = base is not None and self._track.settled
        return Sight(
            base_in_odom=base,
            dock_in_base=self._track.dock_in_base(base, now) if known and base is not None else None,
            tag=self._track.tag_fresh(now),
            choices=self._track.choices,
            charging=None if battery is None else battery.charging,
            dock_in_map=dock_in_map,
        )
