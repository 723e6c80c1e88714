"""Simulated Feetech servos behind a real pseudo-terminal; a thread answers in wall time, physics go by hand."""

from __future__ import annotations

import math
import os
import select
import termios
import threading
from collections.abc import Callable
from pathlib import Path

from firmware_bridge.feetech.bus import FeetechBus
from firmware_bridge.motors import AxisCommand, Mode
from kangban.clock import ManualClock
from kangban.motor_profile import FeetechMotors, Joint
from sim.motors.feetech.chain import FeetechChain, chain_from
from sim.motors.feetech.packets import SYNC_WRITE, WRITE, Packet, PacketReader
from sim.motors.port import PseudoTerminal
from sim.motors.simulated import AxisReading

STEP_S = 1.0 / 240.0
STEP = math.tau / 4096
REST = (0.0,) * 6
PATIENCE_S = 5.0  # for an answer that must come, on however busy a machine
RATES = {getattr(termios, f"B{rate}"): rate for rate in (38_400, 57_600, 115_200, 500_000, 1_000_000)}
ARM = ("shoulder_pan", "shoulder_lift", "elbow_flex", "wrist_flex", "wrist_roll", "gripper")
Way = Callable[[bytes], bytes]


def lekiwi(port: Path | str, **changes: object) -> FeetechMotors:
    """Three omni wheels and an arm of six joints, as on the robot; the second wheel and joint turn the other way."""
    joint = {"lower_rad": -1.5, "upper_rad": 1.5, "velocity_radps": 2.0, "acceleration_radps2": 8.0}
    joint |= {"jerk_radps3": 100.0, "torque_nm": 1.5}
    section: dict[str, object] = {
        "family": "feetech",
        "port": str(port),
        "baud": 1_000_000,
        "encoder_ticks_per_turn": 4096,
        "wheels": [
            {"name": "left_wheel", "id": 7},
            {"name": "back_wheel", "id": 8, "sign": -1},
            {"name": "right_wheel", "id": 9},
        ],
        "joints": [
            {"name": name, "id": k + 1, "sign": -1 if k == 1 else 1, "zero_ticks": 2000 + 20 * k, **joint}
            for k, name in enumerate(ARM)
        ],
        "control_hz": 20.0,
        "command_life_s": 0.15,
        "stop_time_s": 0.5,
        "arm_at_start": True,
        "battery_empty_v": 9.9,
        "battery_full_v": 12.6,
        "without_watchdog": "accepted",
    }
    return FeetechMotors.model_validate(section | changes)


class FeetechRig:
    """Axes follow their drive at once; `blocked` ones stand and pull full torque. `heard` are the host's bytes."""

    def __init__(self, folder: Path, motors: FeetechMotors | None = None, chain: FeetechChain | None = None) -> None:
        self.port = PseudoTerminal(folder / "motors.tty")
        self.motors = motors or lekiwi(self.port.link)
        self.chain = chain or chain_from(self.motors)
        self.clock = ManualClock(100.0)
        axes = len(self.chain.mounted)
        self.velocity = [0.0] * axes
        self.angles = [0.0] * axes
        self.blocked: set[int] = set()
        self.pull = 2.94  # N·m, of those
        self.spoil: Way = lambda answer: answer  # what becomes of the servos' answers
        self.spoil_in: Way = lambda data: data  # and of what the host sends
        self.heard = bytearray()
        self.baud_matters = False
        self.running = False  # physics go on by themselves, a step with each exchange
        self._lock = threading.Lock()
        self._came = threading.Event()
        self._ending, self._end = os.pipe()
        self.turn(STEP_S)
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def servo(self, servo_id: int):  # type: ignore[no-untyped-def]
        return next(servo for servo in self.chain.servos if servo.id == servo_id)

    def turn(self, seconds: float, each: Callable[[], object] = lambda: None) -> None:
        """Physics for this long."""
        for _ in range(max(1, round(seconds / STEP_S))):
            with self._lock:
                self._step(self.clock.advance(STEP_S))
            each()

    def _step(self, now: float) -> None:
        torque = [self.pull if axis in self.blocked else 0.0 for axis in range(len(self.angles))]
        self.angles = [angle + v * STEP_S for angle, v in zip(self.angles, self.velocity, strict=True)]
        readings = tuple(AxisReading(*row) for row in zip(self.angles, self.velocity, torque, strict=True))
        for axis, drive in enumerate(self.chain.tick(now, readings)):
            self.velocity[axis] = 0.0 if axis in self.blocked else drive.velocity

    def hear_until(self, condition: Callable[[], bool]) -> None:
        """Wait for what the host has sent without asking for an answer; pytest's own limit ends it."""
        self._came.clear()
        while not condition():
            self._came.wait()
            self._came.clear()

    def close(self) -> None:
        os.close(self._end)
        self._thread.join()
        os.close(self._ending)
        self.port.close()

    def unplug(self) -> None:
        with self._lock:
            self.port.unplug()

    def replug(self) -> None:
        with self._lock:
            self.port.replug()

    def _serve(self) -> None:
        while True:
            with self._lock:
                watched = [self._ending] + ([self.port.fileno()] if self.port.plugged else [])
            try:
                readable, _, _ = select.select(watched, [], [], 0.01)
            except OSError:
                continue  # unplugged meanwhile
            if self._ending in readable:
                return
            with self._lock:
                self._answer()

    def _answer(self) -> None:
        data = self.port.read()
        if not data:
            return
        self.heard += data
        self._came.set()
        if self.baud_matters:
            self.chain.heard_baud = RATES.get(termios.tcgetattr(self.port.fileno())[5], 0)
        if self.running:
            self._step(self.clock.advance(STEP_S))
        self.port.write(self.spoil(self.chain.feed(self.spoil_in(data), self.clock.now())))


def axes(wheels: tuple[float, ...], joints: tuple[float, ...] = REST, torque: float = 2.0) -> tuple[AxisCommand, ...]:
    turning = [AxisCommand(Mode.VELOCITY, value, torque) for value in wheels]
    return (*turning, *(AxisCommand(Mode.POSITION, value, torque) for value in joints))


def packets(rig: FeetechRig) -> list[Packet]:
    found = PacketReader().read(bytes(rig.heard), 0.0)
    rig.heard.clear()
    return found


def writes(packet: Packet, address: int) -> bool:
    return packet.instruction in (WRITE, SYNC_WRITE) and packet.parameters[0] == address


def with_joint(motors: FeetechMotors, place: int, change: dict[str, float]) -> FeetechMotors:
    joints = list(motors.joints)
    joints[place] = Joint.model_validate(joints[place].model_dump() | change)
    return motors.model_copy(update={"joints": tuple(joints)})


def driving(bus: FeetechBus, wheels: tuple[float, ...], joints: tuple[float, ...] = REST) -> None:
    bus.greet()
    bus.enable()
    bus.write(axes(wheels, joints))
    bus.read()  # so the write, which nobody confirms, has arrived
