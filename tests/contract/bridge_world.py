"""A bridge node on a real ROS graph, with any robot's simulated motors on a real pseudo-terminal, paced as the home is.

Time stands still until the setpoint of a control period has arrived, so a busy machine changes nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.qos import QoSProfile
from rosgraph_msgs.msg import Clock as ClockMessage

from firmware_bridge.node import BridgeNode
from kangban import streams
from kangban.config import Config, load
from kangban.conversions import time_to_ros
from kangban.node import KangbanNode
from kangban.runs import own_domain
from kangban.values import STILL, ChainState, Diagnostic, Diagnostics, JointCommand, JointGoal, Twist2D, VelocityCommand
from sim.motors.families import MODEL, emulator_for
from tests.contract.motors.rig import STEP_S, Rig

PERIOD_S = 0.05
PATIENCE_S = 20.0  # a bound for a machine that is busy, not an expectation
STANDING_RADPS = 1e-6


class Around(KangbanNode):
    """The safety chain and everybody who reads what the bridge says."""

    def __init__(self, config: Config) -> None:
        super().__init__("around", config)
        self.lines: dict[str, Diagnostic] = {}
        self.command, self.chain = self.output(streams.CMD_VEL), self.output(streams.CHAIN)
        self.move_joints = self.output(streams.JOINT_COMMAND)
        self.odom, self.joints = self.input(streams.ODOM), self.input(streams.JOINT_STATES)
        self.controller, self.battery = self.input(streams.CONTROLLER), self.input(streams.BATTERY)
        self.input(streams.DIAGNOSTICS, self._noted)
        self.time = self.create_publisher(ClockMessage, "/clock", QoSProfile(depth=10))

    def _noted(self, diagnostics: Diagnostics) -> None:
        self.lines.update({line.name: line for line in diagnostics.lines})


class World:
    def __init__(self, rig: Rig, around: Around, bridge: BridgeNode, executor: Any) -> None:
        self.rig, self.around, self.bridge, self._executor = rig, around, bridge, executor
        self.wish: Twist2D | None = STILL  # None: the safety chain is dead
        self.goals: tuple[JointGoal, ...] = ()
        self.latched = False
        self.setpoints = 0
        self.waited = 0  # periods whose setpoint did not come

    @property
    def wheels(self) -> tuple[float, ...]:
        """What the wheels really do, rad/s."""
        return self.rig.velocity[: len(self.bridge.config.profile.motors.wheels)]

    @property
    def standing(self) -> bool:
        return max(abs(v) for v in self.wheels) < STANDING_RADPS

    @property
    def connected(self) -> bool:
        said = self.around.controller.last
        return said is not None and said.connected

    def spin_until(self, condition: Callable[[], Any], patience_s: float = PATIENCE_S) -> bool:
        deadline = time.monotonic() + patience_s
        while not condition():
            if time.monotonic() > deadline:
                return False
            self._executor.spin_once(timeout_sec=0.005)
        return True

    def period(self) -> None:
        """One control period: physics, the clock, the chain's wish, and its setpoint."""
        for _ in range(round(PERIOD_S / STEP_S)):
            self.rig.step()
        now = self.rig.clock.now()
        self.around.time.publish(ClockMessage(clock=time_to_ros(now)))
        self.spin_until(lambda: self.around.now() >= now - 1e-6 and self.bridge.now() >= now - 1e-6)
        if self.goals:
            self.around.move_joints(JointCommand(now, self.goals))
        if self.wish is not None:
            self.around.command(VelocityCommand(now, self.wish))
            self.around.chain(ChainState(now, "nav", self.wish, self.wish, (), self.latched, ""))
        if self.rig.port.plugged and self.connected:
            self._await_setpoint(now)
            self.spin_until(self._told, patience_s=1.0)  # a line that is asked must not fall behind the world's time
        else:
            self.spin_until(self._serve, patience_s=0.01)

    def _serve(self) -> None:
        """Hand over what the bridge has sent, and the answer to it. Time stands still."""
        came = self.rig.port.read()
        if came and self.rig.recorded is not None:
            self.rig.recorded.append(came)
        self.rig.port.write(self.rig.controller.feed(came, self.rig.clock.now()))

    def _await_setpoint(self, now: float) -> None:
        def arrived() -> bool:
            self._serve()
            made_at = self.rig.controller.last_setpoint_made_at
            return made_at is not None and made_at > now - 0.5 * PERIOD_S

        if self.spin_until(arrived, patience_s=1.0):
            self.setpoints += 1
        else:
            self.waited += 1

    def run(self, seconds: float) -> None:
        for _ in range(round(seconds / PERIOD_S)):
            self.period()
        if self.rig.port.plugged and self.connected:
            self.spin_until(self._told)

    def _told(self) -> bool:
        """Odometry and joints of this control period or the last have come in."""
        self._serve()
        recent = self.rig.clock.now() - 1.2 * PERIOD_S
        return all(
            (v := held.last) is not None and v.stamp >= recent for held in (self.around.odom, self.around.joints)
        )

    def until(self, condition: Callable[[], Any], what: str) -> None:
        for _ in range(400):
            if condition():
                return
            self.period()
        raise AssertionError(f"{what} did not come; controller: {self.around.controller.last}")

    def armed(self) -> None:
        self.until(lambda: (c := self.around.controller.last) is not None and c.armed, "arming")


def configured(robot: str, folder: Path) -> Config:
    port = [f"profile.motors.port={folder / 'motors.tty'}"]
    return load(robot, "demo_flat", folder / "state", folder, port)


@contextmanager
def world_of(config: Config, folder: Path) -> Iterator[World]:
    with own_domain() as domain:
        rclpy.init(args=["--ros-args", "-p", "use_sim_time:=true"], domain_id=domain)
        executor = SingleThreadedExecutor()
        try:
            with _rig_of(config, folder) as rig, _nodes(config, rig, executor) as (around, bridge):
                scene = World(rig, around, bridge, executor)
                own = f"/{config.profile.name}/{streams.CMD_VEL.name}"
                assert scene.spin_until(lambda: around.time.get_subscription_count() >= 2)
                assert scene.spin_until(lambda: bridge.count_publishers(own) > 0)
                yield scene
        finally:
            executor.shutdown()
            rclpy.try_shutdown()


@contextmanager
def _rig_of(config: Config, folder: Path) -> Iterator[Rig]:
    motors = config.profile.motors
    axes = len(motors.wheels) + len(motors.joints)
    rig = Rig(folder, lambda now: emulator_for(config.profile, MODEL, now), axes)
    try:
        yield rig
    finally:
        rig.close()


@contextmanager
def _nodes(config: Config, rig: Rig, executor: SingleThreadedExecutor) -> Iterator[tuple[Around, BridgeNode]]:
    around = Around(config)
    bridge = BridgeNode(config)
    for node in (around, bridge):
        executor.add_node(node)
    try:
        yield around, bridge
    finally:
        rig.serve_while(bridge.close)
        around.close()
        for node in (bridge, around):
            node.destroy_node()
