"""The small base every node stands on: streams in and out, time, diagnostics, clean start and end.

A node is a thin shell: messages become values, one pure step decides, values become messages. `run(NodeClass)` is the
whole of `python -m <room>.node --config RUN_DIR/run.yaml`.
"""

from __future__ import annotations

import argparse
import ctypes
import os
import signal
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import rclpy
from rclpy.clock import Clock as RclpyClock
from rclpy.clock import ClockType
from rclpy.event_handler import PublisherEventCallbacks, SubscriptionEventCallbacks
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from rclpy.signals import SignalHandlerOptions
from std_msgs.msg import String

from kangban import conversions, streams
from kangban.clock import Clock, MonotonicClock
from kangban.config import Config, ConfigError
from kangban.description.chain import Placed
from kangban.inputs import Input, Rate
from kangban.processes import environment
from kangban.ready import mark_ready
from kangban.run_file import read_run_file
from kangban.streams import Qos, Stream
from kangban.values import Diagnostic, Diagnostics, Health, Pose2D

T = TypeVar("T")
SOONEST = 0.1  # share of a period: a timer that came a little early is not called again at once
DIAGNOSTICS_PERIOD_S = 1.0

_QOS = {
    Qos.SENSOR: QoSProfile(depth=2, reliability=ReliabilityPolicy.BEST_EFFORT),
    Qos.COMMAND: QoSProfile(depth=1),
    Qos.EVENT: QoSProfile(depth=50),
    Qos.STATE: QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL),
}

# Whoever only looks on takes what it gets, and slows nobody down.
_WATCHES = QoSProfile(depth=20, reliability=ReliabilityPolicy.BEST_EFFORT)


class NodeError(Exception):
    """A node can't do its work; the message says what is wrong and what to do. Ends the process with status 1."""


class RosClock:
    """Follows the ROS time of a node, which follows /clock where the parameter use_sim_time is set."""

    def __init__(self, clock: RclpyClock) -> None:
        self._clock = clock

    def now(self) -> float:
        return float(self._clock.now().nanoseconds * 1e-9)


class KangbanNode(Node):  # type: ignore[misc]  # rclpy is untyped
    """A ROS node that speaks in values and says how it is, once a second, in `diagnostics`."""

    def __init__(self, name: str, config: Config, clock: Clock | None = None) -> None:
        # Each entity of a node costs at every turn of its executor: parameters are the run file's, and both ends of a
        # stream take their QoS from one table, so neither parameter services nor QoS event handlers are needed.
        super().__init__(name, namespace=config.profile.name, start_parameter_services=False)
        self.config = config
        follows_ros_time = clock is None and bool(self.get_parameter("use_sim_time").value)
        self.clock: Clock = clock or (RosClock(self.get_clock()) if follows_ros_time else MonotonicClock())
        # A timer on ROS time waits for /clock; on a robot timers run on the steady clock, which no one can set back.
        self._timer_clock = self.get_clock() if follows_ros_time else RclpyClock(clock_type=ClockType.STEADY_TIME)
        self._inputs: list[Input[Any]] = []
        self._output_rates: dict[str, Rate] = {}
        self._lines: dict[str, Diagnostic] = {}
        self._tf: Any = None
        self._publish_diagnostics = self.output(streams.DIAGNOSTICS)
        self.every(DIAGNOSTICS_PERIOD_S, self._diagnose)

    def now(self) -> float:
        return self.clock.now()

    def input(self, stream: Stream[T], on_value: Callable[[T], None] | None = None) -> Input[T]:
        """Read a stream. A message that can't be such a value is dropped and reported, never passed on."""
        held: Input[T] = Input(stream, self.clock)

        def arrived(message: object) -> None:
            try:
                value = conversions.from_ros(message, stream.value)
            except ValueError as error:
                self.report(f"reads {stream.name} (refused)", Health.ERROR, str(error))
                return
            if held.take(value) and on_value is not None:
                on_value(value)

        kind, quiet = conversions.message_type(stream.value), SubscriptionEventCallbacks(use_default_callbacks=False)
        self.create_subscription(kind, stream.name, arrived, _QOS[stream.qos], event_callbacks=quiet)
        self._inputs.append(held)
        return held

    def watch(self, topic: str, kind: type, qos: Qos, take: Callable[[bytes], None]) -> Any:
        """Hear a topic as the bytes that were sent: to be kept, never to be acted on. Gives its subscription."""
        quiet = SubscriptionEventCallbacks(use_default_callbacks=False)
        profile = _WATCHES if qos is not Qos.STATE else _QOS[Qos.STATE]
        return self.create_subscription(kind, topic, take, profile, event_callbacks=quiet, raw=True)

    def output(self, stream: Stream[T]) -> Callable[[T], None]:
        """A function that publishes a value on a stream."""
        kind, quiet = conversions.message_type(stream.value), PublisherEventCallbacks(use_default_callbacks=False)
        publisher = self.create_publisher(kind, stream.name, _QOS[stream.qos], event_callbacks=quiet)
        rate = self._output_rates.setdefault(stream.name, Rate())

        def publish(value: T) -> None:
            if not self.context.ok():
                return  # this process is being ended; a last word does not get out any more
            publisher.publish(conversions.to_ros(value))
            rate.count(self.now())

        return publish

    def every(self, seconds: float, act: Callable[[], None], phase: float = 0.0) -> None:
        """Call `act` at whole multiples of `seconds`, plus `phase` (s), of the robot's time.

        Not from whenever this process came up: then who acts before whom would change from one start to the next.
        """
        period_ns, phase_ns = round(seconds * 1e9), round(phase * 1e9)

        def due() -> None:
            wait_ns = period_ns - (self._timer_clock.now().nanoseconds - phase_ns) % period_ns
            timer.timer_period_ns = wait_ns if wait_ns > SOONEST * period_ns else wait_ns + period_ns
            timer.reset()
            act()

        timer = self.create_timer(seconds, due, clock=self._timer_clock)

    def serve(self, name: str, service_type: type, handler: Callable[[Any, Any], Any]) -> None:
        self.create_service(service_type, name, handler)

    def broadcast_transform(
        self, parent: str, child: str, pose: Pose2D, stamp: float, frames: Iterable[Placed] = ()
    ) -> None:
        """Publish on /tf where `child` stands in `parent`, and where `frames` are at the same time."""
        if self._tf is None:
            quiet = PublisherEventCallbacks(use_default_callbacks=False)
            self._tf = self.create_publisher(conversions.TFMessage, "/tf", QoSProfile(depth=100), event_callbacks=quiet)
        message = conversions.transform_to_ros(parent, child, pose, stamp)
        message.transforms.extend(conversions.frames_to_ros(frames, stamp).transforms)
        self._tf.publish(message)

    def describe_robot(self, urdf: str, frames: Iterable[Placed], stamp: float) -> None:
        """Publish what the robot looks like, and on /tf_static the frames that stay; both latched."""
        quiet, latched = PublisherEventCallbacks(use_default_callbacks=False), _QOS[Qos.STATE]
        description = self.create_publisher(String, streams.ROBOT_DESCRIPTION, latched, event_callbacks=quiet)
        description.publish(String(data=urdf))
        staying = self.create_publisher(conversions.TFMessage, "/tf_static", latched, event_callbacks=quiet)
        staying.publish(conversions.frames_to_ros(frames, stamp))

    def report(self, name: str, health: Health, message: str, **figures: object) -> None:
        """Set a line of this node's diagnostics; it is repeated each second until it is changed."""
        line = Diagnostic(name, health, message, tuple((key, str(value)) for key, value in figures.items()))
        before = self._lines.get(name)
        self._lines[name] = line
        if before is None or before.health != health:
            # Two calls: rclpy raises where one line of code logs at two levels.
            if health is Health.OK:
                self.get_logger().info(f"{name}: {message}")
            else:
                self.get_logger().warning(f"{name}: {message}")

    def close(self) -> None:
        """Called once before the node is destroyed: let go of threads, ports, files."""

    def _diagnose(self) -> None:
        now = self.now()
        written = [
            Diagnostic(f"writes {name}", Health.OK, "published", (("rate_hz", f"{rate.per_second(now):.1f}"),))
            for name, rate in self._output_rates.items()
        ]
        lines = [*self._lines.values(), *(i.diagnostic() for i in self._inputs), *written]
        named = [Diagnostic(f"{self.get_name()}: {d.name}", d.health, d.message, d.figures) for d in lines]
        self._publish_diagnostics(Diagnostics(now, tuple(named)))


@contextmanager
def attached(config: Config, domain_id: int | None = None) -> Iterator[tuple[SingleThreadedExecutor, list[int]]]:
    """A command at a terminal that joins a running robot: an executor, and the signals (Ctrl-C) that came so far.

    `domain_id`: another DDS domain than the site's. To be left only when whatever is to be written is written.
    """
    given = environment(config, domain_id)
    os.environ.update({key: value for key, value in given.items() if key.startswith(("ROS_", "FASTRTPS_", "RMW_"))})
    os.environ["ROS_LOG_DIR"] = tempfile.gettempdir()
    ended: list[int] = []
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    for number in before:
        signal.signal(number, lambda number, _: ended.append(number))
    rclpy.init(args=[], signal_handler_options=SignalHandlerOptions.NO)
    executor = SingleThreadedExecutor()
    try:
        yield executor, ended
    finally:
        executor.shutdown()
        rclpy.try_shutdown()
        for number, handler in before.items():
            signal.signal(number, handler)


def run(node_class: Callable[[Config], KangbanNode], argv: list[str] | None = None) -> int:
    """Build the node from the run file, spin until SIGINT or SIGTERM, close it. 0 done, 1 failed, 2 wrong use."""
    parser = argparse.ArgumentParser(description=node_class.__doc__)
    parser.add_argument("--config", type=Path, required=True, help="the run file that `kangban up` wrote")
    given = sys.argv[1:] if argv is None else argv
    args = parser.parse_args(rclpy.utilities.remove_ros_args(["node", *given])[1:])
    die_with_parent()
    try:
        config = read_run_file(args.config)
    except ConfigError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    rclpy.init(args=["node", *given])
    node: KangbanNode | None = None
    executor = SingleThreadedExecutor()
    try:
        node = node_class(config)
        executor.add_node(node)
        mark_ready(config.run_dir)
        executor.spin()
    except (KeyboardInterrupt, ExternalShutdownException):
        pass
    except (NodeError, ConfigError) as fault:  # the latter: something that the configuration names
        sys.stderr.write(f"{getattr(node_class, '__name__', 'node')}: {fault}\n")
        return 1
    finally:
        if node is not None:
            node.close()
        executor.shutdown()
        rclpy.try_shutdown()
    return 0


def die_with_parent() -> None:
    """Ask the kernel to end this process when its supervisor dies, so that no node drives on unsupervised (Linux)."""
    pr_set_pdeathsig = 1
    ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGTERM)
    if os.getppid() == 1 and os.environ.get("KANGBAN_SUPERVISED"):
        raise SystemExit("the supervisor died before this process began")
