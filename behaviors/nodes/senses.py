"""What the leaves ask of the world, answered from the node's inputs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from behaviors.incidents.record import Record
from behaviors.settling import SETTLED_S
from behaviors.still import Why, why_still
from kangban.values import Array, FallState, GridMap, HomeReading, Person, Pose2D

if TYPE_CHECKING:
    from behaviors.node import BehaviorsNode


class NodeSenses:
    """The port `Senses` over the node's inputs: only what is fresh counts."""

    def __init__(self, node: BehaviorsNode) -> None:
        self._node = node

    def pose_in_map(self) -> Pose2D | None:
        return None if self._node.pose.fresh() is None else self._node.eyes.pose()

    def map(self) -> GridMap | None:
        return self._node.map.last

    def body_in_map(self, record: Record) -> Array | None:
        return self._node.eyes.body(record.place_in_map, record.person_id)

    def bearing_to_person(self) -> float | None:
        return None if self._node.persons.fresh() is None else self._node.eyes.bearing_to_nearest()

    def fall_suspected(self) -> bool:
        falls, settled = self._node.falls.fresh(), self._node.now() - SETTLED_S
        return falls is not None and any(f.state is FallState.SUSPECTED and f.since <= settled for f in falls.falls)

    def charge(self) -> float | None:
        battery = self._node.battery.fresh()
        return None if battery is None else battery.charge

    def charging(self) -> bool | None:
        battery = self._node.battery.fresh()
        return None if battery is None else battery.charging

    def why_still(self) -> Why | None:
        return why_still(self._node.chain.fresh(), self._node.controller.fresh())

    def why_blind(self) -> str | None:
        return self._node.senses_blind()

    def people(self) -> tuple[Person, ...]:
        return () if self._node.persons.fresh() is None else self._node.eyes.people()

    def nearest_body(self) -> Array | None:
        return self._node.eyes.nearest_body(self._node.now())

    def scan_in_map(self) -> tuple[float, Array] | None:
        scan, mount = self._node.scan.fresh(), self._node.config.profile.lidar.mount
        pose = None if scan is None else self._node.eyes.pose_at(scan.stamp)
        if scan is None or pose is None:
            return None
        lidar_in_map = pose @ Pose2D(mount.x_m, mount.y_m, mount.yaw_rad)
        return scan.stamp, lidar_in_map.transform(scan.points_in_lidar())

    def readings(self) -> tuple[HomeReading, ...]:
        home = self._node.home_readings.fresh()
        return () if home is None else home.readings
