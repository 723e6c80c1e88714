"""The world as a ROS node: gives the time, publishes what the sensors see, and waits for the stack's answers.

One thread, one loop: hear what came, ask the pacer, run a slice, publish. `python -m sim.node --config RUN_DIR/run.yaml
[--scenario NAME --seed N]`; without a scenario the home is simply lived in until Ctrl-C.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import rclpy
from kangban_msgs.msg import Reminder
from kangban_msgs.srv import SetReminder
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.qos import QoSProfile
from rosgraph_msgs.msg import Clock as ClockMessage

from kangban import streams
from kangban.config import Config, ConfigError
from kangban.conversions import time_to_ros
from kangban.motor_profile import KangbanMotors
from kangban.node import KangbanNode, die_with_parent
from kangban.processes import Mode, motor_port, table
from kangban.ready import away, mark_ready
from kangban.run_file import read_run_file
from kangban.streams import Stream
from kangban.values import Depth, Image, MapPose, Odometry, Persons, Pose2D, Speech
from sim.motors.families import CONTROLLERS, MODEL
from sim.pacer import Awaited, Pacer
from sim.play import Play, write_result
from sim.rest import AtRest
from sim.scenario import Scenario, load_scenario
from sim.sensors.camera import intrinsics
from sim.sensors.egl import RenderError, connect
from sim.sensors.schedule import Delay, every
from sim.world import SLICE_S, World

T = TypeVar("T")

CAMERA_DELAY_S = 0.05  # exposure, transfer, decoding
PERSONS_ALLOWANCE_S = 0.15  # after the frame's stamp; the perception works while the world runs on so far
# Telemetry reaches the bridge by way of the kernel, where nobody sees it under way: the world waits until it has been
# read. Motors that are asked for their readings answer when they are asked.
ODOM_ALLOWANCE_S, ODOM_ASKED_PERIODS = 0.0, 2.0
ODOM_SERVES_PERIODS = 0.25  # as `firmware_bridge/pacing.py` has it, a reading may be stamped so much early
SETPOINT_ALLOWANCE_S = 0.0
SETPOINT_SERVES_PERIODS = 1.5
POSE_ALLOWANCE_S = 0.1
POSE_SERVES_PERIODS = 1.0
# People come in on a whole number of these, and the story begins so long after: sensors are then due at the same times
# in every run, and how long the stack took to come up is forgotten. (every, after) by where the story begins.
ENTER_SLICES = {"watching": (200, 120), "ready": (40, 0)}
STANDS_MPS = 0.005
# A lidar takes a while until it turns. By then the motors have been greeted, which takes a beat more or less, so the
# pose on the map begins with the same scan in every run.
LIDAR_TURNS_S = World.START_S + 2.0
# A navigation that is up may be unable to tell a pose before the world runs on (it wants a scan, or lost an odometry).
POSE_PATIENCE_S = 0.25  # wall
REST_PATIENCE_S = 0.5  # wall; a process that never rests must not hold the world
REST = ("bridge", "safety", "navigation", "behaviors")
REST_BETWEEN_FRAMES = ("perception",)  # it works while the world runs on, but has told everybody once it answered
PATIENCE_S = 4.0  # wall; a slow answer on a loaded machine is waited for, a dead process is not
LOOK_FOR_DEAD_AFTER_S = 0.03  # wall
CLOCK_AGAIN_S = 0.05  # wall; a lost /clock must not hold the world for ever
READY_WITHIN_S = 180.0  # wall; the boot is paced too, so a busy machine stretches it
WHOLE_WITHIN_S = 60.0  # wall; then the world begins without those who are missing
PROGRESS_SLICES = 200  # five simulated seconds
MOST_TURNS = 12  # of the executor in a slice
ANSWERS = frozenset({"persons", "odom", "setpoint", "pose"})


def on_beat(now: float, period: float) -> bool:
    return abs(now - round(now / period) * period) < SLICE_S / 2


class WorldClock:
    """The world's own time."""

    def __init__(self) -> None:
        self.world: World | None = None

    def now(self) -> float:
        return World.START_S if self.world is None else self.world.now


class WorldNode(KangbanNode):
    def __init__(self, config: Config, scenario: Scenario, seed: int, controller: str) -> None:
        clock = WorldClock()
        super().__init__("world", config, clock)
        dock = config.site.dock
        start = Pose2D(dock.x_m, dock.y_m, dock.yaw_rad)
        self.world = World(connect(), config, start, motor_port(config.run_dir), seed, controller)
        clock.world = self.world
        self.play = Play(scenario, seed, self.world, config, self._set_camera)
        profile = config.profile
        self._camera_every = every(SLICE_S, profile.camera.rate_hz)
        self._lidar_every = every(SLICE_S, profile.lidar.rate_hz)
        cliff = profile.cliff
        self._floor_every = 1 if cliff is None else every(SLICE_S, cliff.rate_hz)
        self._control_period_s = 1.0 / profile.motors.control_hz
        self._camera_on = True
        self._frames: Delay[tuple[Image, Depth]] = Delay(CAMERA_DELAY_S)
        self.pacer = Pacer(
            Awaited("persons", PERSONS_ALLOWANCE_S, PATIENCE_S),
            Awaited("odom", self._odom_allowance(), PATIENCE_S),
            Awaited("setpoint", SETPOINT_ALLOWANCE_S, PATIENCE_S),
            Awaited("pose", POSE_ALLOWANCE_S, POSE_PATIENCE_S),
        )
        self._clock = self.create_publisher(ClockMessage, "/clock", QoSProfile(depth=10))
        self._send_image, self._send_depth = self.output(streams.CAMERA_IMAGE), self.output(streams.CAMERA_DEPTH)
        names = [] if profile.cliff is None else [s.name for s in profile.cliff.sensors]
        self._send_floor = [self.output(streams.cliff(name)) for name in names]
        self._send_scan, self._send_heard = self.output(streams.SCAN), self.output(streams.SPEECH_HEARD)
        self.output(streams.CAMERA_INFO)(intrinsics(profile.camera))
        self.heard = 0  # messages taken
        self._hear(streams.PERSONS, self._persons)
        self._hear(streams.POSE, self._pose)
        self._hear(streams.ODOM, self._odom)
        self._hear(streams.FALLS, self.play.falls)
        self._hear(streams.CARE_EVENTS, self.play.care)
        self._hear(streams.MISSION, self.play.mission)
        self._hear(streams.INCIDENTS, self.play.incidents)
        self._hear(streams.SPEECH_SAID, self.play.said)
        self._hear(streams.PLAN, self.play.plan)
        self._hear(streams.NOTES, self.play.note)
        self._hear(streams.SCREEN, self.play.screen)
        self._reminding = self.create_client(SetReminder, streams.SET_REMINDER)
        self._clock_told = 0.0
        self._rest = AtRest(config.run_dir, REST)
        self._eyes_rest = AtRest(config.run_dir, REST_BETWEEN_FRAMES)
        self.given_up_rest = 0
        self._entered_at: int | None = None  # slices
        self._ran_at = 0.0  # wall
        self._all_came = False  # at least once everybody answered

    def _hear(self, stream: Stream[T], take: Callable[[T], None]) -> None:
        def taken(value: T) -> None:
            self.heard += 1
            take(value)

        self.input(stream, taken)

    def _set_camera(self, on: bool) -> None:
        self._camera_on = on

    def _persons(self, persons: Persons) -> None:
        self.pacer.persons.answer(persons.stamp)
        self.play.persons(persons)

    def _odom_allowance(self) -> float:
        tell = isinstance(self.config.profile.motors, KangbanMotors)
        return ODOM_ALLOWANCE_S if tell else ODOM_ASKED_PERIODS * self._control_period_s

    def _odom(self, odometry: Odometry) -> None:
        self.pacer.odometry.answer(odometry.stamp + ODOM_SERVES_PERIODS * self._control_period_s)

    def _pose(self, pose: MapPose) -> None:
        self.pacer.poses.answer(pose.stamp + POSE_SERVES_PERIODS * self._control_period_s)

    # Time

    def tell_time(self, wall: float) -> None:
        self._clock_told = wall
        self._clock.publish(ClockMessage(clock=time_to_ros(self.world.now)))

    def may_run(self, wall: float) -> bool:
        """Ask the pacer about the next slice; look for the dead where the wait grows long."""
        self.world.wire()
        self._setpoints()
        if wall - self._clock_told > CLOCK_AGAIN_S:
            self.tell_time(wall)
        # While any process is being started again, its time is the wall clock's: nobody is waited for.
        dead = ANSWERS if self._away(wall) else frozenset()
        return self.pacer.may_run(self.world.now + SLICE_S, wall, dead)

    def _setpoints(self) -> None:
        made = self.world.controller.last_setpoint_made_at
        if made is not None:
            # For how long it answers: a period and a half, since a wish may come in its middle.
            self.pacer.setpoints.answer(made + SETPOINT_SERVES_PERIODS * self._control_period_s)

    def _away(self, wall: float) -> tuple[str, ...]:
        """The processes that died and are not back; looked for only where the world waits."""
        return away(self.config.run_dir) if self.pacer.blocked_for(wall) > LOOK_FOR_DEAD_AFTER_S else ()

    def at_rest(self, wall: float) -> bool:
        """Has the stack done what the last slice gave it to do? True too after long enough."""
        self._all_came = self._all_came or not self.pacer.real_time
        if self.pacer.real_time and self._all_came:  # somebody is away: the wall clock leads
            return True
        if self._rest.busy() or (not self.pacer.persons.pending and self._eyes_rest.busy()):
            if wall - self._ran_at < REST_PATIENCE_S:
                return False
            self.given_up_rest += 1
        return True

    @property
    def whole(self) -> bool:
        """Every process is up, hears the time and is heard: the world may begin, at the same point of every run."""
        others = [row.name for row in table(Mode.SIM, self.config.site, self.config.profile) if not row.ends_run]
        folder = self.config.run_dir / "ready"
        up = all((folder / name).is_file() for name in others)
        heard = all(self.count_publishers(s.name) for s in (streams.PERSONS, streams.POSE, streams.CMD_VEL))
        return up and heard and self.count_subscribers("/clock") >= len(others)

    # One slice

    def run_slice(self, wall: float) -> None:
        world = self.world
        world.step()
        now = world.now
        for line in self.play.step():
            self._send_heard(Speech(now, line.text, self.config.site.language, line.kind))
        if world.slices % self._lidar_every == 0 and now >= LIDAR_TURNS_S:
            self._send_scan(world.lidar.measure(world.robot.pose(), now))
        if world.floor is not None and world.slices % self._floor_every == 0:
            for send, reading in zip(self._send_floor, world.floor.measure(world.robot.pose(), now), strict=True):
                send(reading)
        self.tell_time(wall)
        if on_beat(now, self._control_period_s):
            self.pacer.odometry.ask(now)
        self.pacer.setpoints.ask(now)
        self.pacer.poses.ask(now)
        for image, depth in self._frames.due(now):
            self._send_depth(depth)
            self._send_image(image)
            self.pacer.persons.ask(image.stamp)
        if self._camera_on and world.slices % self._camera_every == 0:
            self._frames.put(world.camera.shoot(world.robot.pose(), now), now)
        self._ran_at = time.monotonic()

    def go_on_with_story(self) -> bool:
        """People come in once the stack is ready and, unless the story says otherwise, the robot stands where it
        watches; then the story begins. True when it does."""
        begins = self.play.scenario.begins
        every_slices, after_slices = ENTER_SLICES[begins]
        if self._entered_at is None:
            placed = begins == "ready" or (self.play.watching and self.world.speed().speed < STANDS_MPS)
            if not (self.stack_ready and placed and self.world.slices % every_slices == 0):
                return False
            self.play.enter()
            self._set_reminders()
            self._entered_at = self.world.slices
        if self.world.slices < self._entered_at + after_slices:
            return False
        self.play.begin()
        return True

    def _set_reminders(self) -> None:
        """By the robot's own service, as a nurse's program would."""
        for wished in self.play.scenario.reminders:
            given = Reminder(
                kind=wished.kind, text=wished.text, language=self.config.site.language, at=wished.at,
                confirm=wished.confirm, enabled=True,
            )  # fmt: skip
            answer = self._reminding.call_async(SetReminder.Request(who="the story", reminder=given))
            answer.add_done_callback(_refused)

    @property
    def stack_ready(self) -> bool:
        """Frames are answered, the pose is known, and the controller obeys setpoints."""
        return self.pacer.all_answer and self.world.controller.armed

    def close(self) -> None:
        self._rest.close()
        self._eyes_rest.close()
        self.world.close()


def _refused(answer: Any) -> None:
    if not answer.result().accepted:
        sys.stderr.write(f"world: a reminder was refused: {answer.result().message}\n")


def live(node: WorldNode, executor: SingleThreadedExecutor) -> dict[str, Any]:
    """Run until the scenario is over; returns the verdict. Raises RuntimeError where the stack never got ready."""
    began, ready_wall, ready_time = time.monotonic(), None, 0.0
    while not node.whole and time.monotonic() - began < WHOLE_WITHIN_S:
        node.world.wire()
        executor.spin_once(timeout_sec=0.02)
    while not node.play.over():
        wall = time.monotonic()
        if not (node.may_run(wall) and node.at_rest(wall)):
            executor.spin_once(timeout_sec=0.001)
            continue
        node.run_slice(wall)
        hear(node, executor)
        if node.world.slices % PROGRESS_SLICES == 0:
            tell_progress(node, wall - began)
        if ready_wall is None and node.go_on_with_story():
            ready_wall, ready_time = time.monotonic(), node.world.now
        elif ready_wall is None and wall - began > READY_WITHIN_S:
            state = "armed" if node.world.controller.armed else "not armed"
            raise RuntimeError(
                f"the stack was not ready within {READY_WITHIN_S:.0f} s: persons answered "
                f"{node.pacer.persons.expected}, setpoints came {node.pacer.setpoints.expected}, controller {state}, "
                f"robot watching {node.play.watching}"
            )
    assert ready_wall is not None
    wall_s = time.monotonic() - ready_wall
    figures = {"ready_after_s": round(ready_wall - began, 1), "wall_s": round(wall_s, 1)}
    ratio = {"sim_over_wall": round((node.world.now - ready_time) / wall_s, 2)}
    return node.play.verdict({**figures, **ratio, **node.pacer.figures(), "given_up_rest": node.given_up_rest})


def tell_progress(node: WorldNode, wall_s: float) -> None:
    pose, events = node.world.robot.pose(), [e.event for e in node.play.timeline.events]
    sys.stderr.write(
        f"{node.world.now:.1f} s after {wall_s:.1f} s of wall time; robot at {pose.x:.2f} {pose.y:.2f} {pose.yaw:.2f}; "
        f"{', '.join(events) or 'nothing yet'}; {node.pacer.figures()}\n"
    )


def hear(node: WorldNode, executor: SingleThreadedExecutor) -> None:
    """Take what has come, without waiting: each message is one turn, and two turns without one are the end of it."""
    in_vain = 0
    for _ in range(MOST_TURNS):
        heard = node.heard
        executor.spin_once(timeout_sec=0.0)
        in_vain = 0 if node.heard > heard else in_vain + 1
        if in_vain == 2:
            return


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="the simulated home as a ROS node")
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--scenario", default="at_home")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--controller", choices=CONTROLLERS, default=MODEL)
    args = parser.parse_args(argv)
    die_with_parent()
    try:
        config, scenario = read_run_file(args.config), load_scenario(args.scenario)
    except ConfigError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    rclpy.init()
    node, executor = None, SingleThreadedExecutor()
    try:
        node = WorldNode(config, scenario, args.seed, args.controller)
        executor.add_node(node)
        mark_ready(config.run_dir)
        result = live(node, executor)
        write_result(config.run_dir, result)
        sys.stderr.write(json.dumps(result["metrics"]) + "\n")
    except (KeyboardInterrupt, ExternalShutdownException):
        return 0
    except (RenderError, RuntimeError, ConfigError) as error:
        sys.stderr.write(f"world: {error}\n")
        return 1
    finally:
        if node is not None:
            node.close()
        executor.shutdown()
        rclpy.try_shutdown()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
