"""TurtleBot3's OpenCR board as the bridge drives it: one Dynamixel device, which turns the wheels by itself.

It takes the base's velocity, so wheel commands are converted by the geometry that the board itself uses (it says which
TurtleBot3 it is); that gives back the wheel speeds. Its velocities come in steps of 0.01 m/s and 0.01 rad/s; a wish is
rounded towards zero, so the base is never faster than wished.

WHAT STOPS THE WHEELS. The board stands when its heartbeat has not changed for a while, but as long as it changes the
board drives on with whatever velocity it has. So a heartbeat follows only a velocity that was just written and
confirmed, and what a command is worth is decided by `polled.py`. How long the board goes on without a heartbeat is
timed in `greet()`, on the board's own clock. The board obeys no limit of torque and names no faults: that a wheel does
not turn although it is told to, and that the voltage is too low, is seen here.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from contextlib import suppress

from firmware_bridge.bus import BusAwayError, BusError, BusReadings, MisfitError
from firmware_bridge.dynamixel import registers as reg
from firmware_bridge.dynamixel.greeting import OFF, again
from firmware_bridge.dynamixel.line import Line
from firmware_bridge.dynamixel.turtlebot import ROBOTS, Robot, base_velocity, wheel_velocities
from firmware_bridge.fault_names import fault_names
from firmware_bridge.motors import AxisCommand, Mode
from firmware_bridge.protocol.messages import FaultBit
from firmware_bridge.sdk_line import REPLY_S
from kangban.motor_profile import OpenCrMotors

# The board's control table. Values of several bytes are little-endian.
MODEL_NUMBER = 0x5000
ROBOT = 2  # u32, see ROBOTS
MILLIS = 10  # u32
CONNECTED = 15  # u8, 1 while the heartbeat changes
STATUS = 18  # i8, below zero: the board hears no motors
HEARTBEAT = 19  # u8
VOLTAGE = 42  # u32, of 0.01 V
CURRENT = (120, 124)  # i32, left and right
VELOCITY = (128, 132)  # i32, of 0.229 rpm
POSITION = (136, 140)  # i32, of 4096 a turn
TORQUE_ENABLE = 149  # u8
COMMAND = 150  # six i32: linear x, y, z of 0.01 m/s, angular x, y, z of 0.01 rad/s
END = 182
ON = b"\1"
MILLIS_LATE = 60  # the board looks at its heartbeat, and updates its clock, every 20 ms
LOOK_EVERY_S = 0.01  # more often tells nothing new; and the simulated home goes on only while its robot rests
WATCHED_S = 5.0  # wall time for it to find its heartbeat missing; simulated ones may be slow
TOO_YOUNG_MS = 1000  # a bridge's clock that follows /clock may be late by as much
BRAKE_S = 0.3
STANDING_COUNTS = 2
STALL_MS = 700  # told to turn for so long
STALL_RADPS = 0.4  # at least so fast
STALL_TICKS = 8  # and no further than this
LOWEST_VOLTAGE = 0.9  # of the profile's empty battery


class OpenCrBus:
    """`Bus` of bus.py. Each exchange waits `reply_s` at most.

    The first `greet()` takes about as long as the board's heartbeat may be missing.
    """

    def __init__(
        self, motors: OpenCrMotors, reply_s: float = REPLY_S, now: Callable[[], float] = time.monotonic
    ) -> None:
        """`now` is the bridge's clock, by which the board's must go on; waiting goes by the machine's own."""
        self._motors = motors
        self._now = now
        self._line = Line(motors.port, motors.baud, reply_s=reply_s)
        self._robot: Robot | None = None  # None: not greeted
        self._millis: int | None = None  # the clock, last seen, of a board whose heartbeat was timed,
        self._seen_at = 0.0  # and when
        self._heartbeat = 0
        self._enabled = False
        self._told = (0.0, 0.0)  # rad/s, in the board's sense
        self._moved: list[tuple[int, int]] = []  # of each wheel: the position it left last, and when (ms)
        self._connected = False  # the board has heard a heartbeat since it was enabled
        self._boots = 0

    def open(self) -> None:
        """Raises serial_port.PortBusyError or BusAwayError."""
        self._forget()
        self._line.open()

    def greet(self) -> int:
        """Stop, find out who it is, and time its heartbeat where it was switched on since."""
        self._forget()
        self._check_profile()
        self._stop()
        self._robot = self._identify()
        block = self._block()
        if _signed(block, STATUS, 1) < 0:
            raise BusError(f"{self._line.path}: the OpenCR board hears no motors; check their power and cables")
        if self._millis is None or self._began_anew(block):
            self._millis = None  # until its heartbeat was timed: who is refused must not get through by asking often
            self._time_heartbeat()
            self._boots += 1
        else:
            self._see(block)
        return self._boots

    def read(self) -> BusReadings:
        """Raises BusError where the answer is missing or damaged, BusAwayError after a reset of the board."""
        if self._robot is None:
            raise BusError(f"{self._line.path}: greet first")
        block = self._block()
        if self._began_anew(block):
            self._millis = None
            raise BusAwayError(f"{self._line.path}: the OpenCR board was reset; greeting anew")
        self._see(block)
        volts = _unsigned(block, VOLTAGE) / 100.0
        signs = [wheel.sign for wheel in self._motors.wheels]
        sides = list(zip(signs, POSITION, VELOCITY, CURRENT, strict=True))
        amperes = reg.AMPERES_PER_COUNT if self._robot.measures_current else None
        return BusReadings(
            ticks=tuple(reg.wrapped(sign * _signed(block, at)) for sign, at, _, _ in sides),
            velocity=tuple(sign * _signed(block, at) * reg.RADPS_PER_COUNT for sign, _, at, _ in sides),
            current=tuple(None if amperes is None else s * _signed(block, at) * amperes for s, _, _, at in sides),
            temperature=(None, None),
            voltage=volts,
            faults=self._faults(block, volts),
            enabled=block[TORQUE_ENABLE - MILLIS] == 1 and _signed(block, STATUS, 1) >= 0,
            watchdog=self._fell_silent(block[CONNECTED - MILLIS] == 1),
        )

    def _faults(self, block: bytes, volts: float) -> tuple[str, ...]:
        now = _unsigned(block, MILLIS)
        here = [(_signed(block, at), now) for at in POSITION]
        before = self._moved or here
        self._moved = [
            new if abs(told) < STALL_RADPS or abs(new[0] - old[0]) > STALL_TICKS else old
            for told, old, new in zip(self._told, before, here, strict=True)
        ]
        found = FaultBit(0)
        if any((now - since) % 2**32 >= STALL_MS for _, since in self._moved):
            found |= FaultBit.STALL
        if volts < LOWEST_VOLTAGE * self._motors.battery_empty_v:
            found |= FaultBit.UNDER_VOLTAGE
        return fault_names(found)

    def _fell_silent(self, connected: bool) -> bool:
        """It takes the board a moment to hear the first heartbeat; missing one later is its watchdog."""
        self._connected = self._enabled and (self._connected or connected)
        return self._connected and not connected

    def enable(self) -> None:
        if self._robot is None:
            raise BusError(f"{self._line.path}: greet first")
        self._write(COMMAND, _velocity(0, 0))
        self._write(TORQUE_ENABLE, ON)
        self._beat()
        self._enabled, self._connected = True, False

    def disable(self) -> None:
        """Zero, brake, no power."""
        self._enabled = False
        self._told, self._moved = (0.0, 0.0), []
        self._stop()

    def write(self, axes: tuple[AxisCommand, ...]) -> None:
        """Raises BusError before enable(), MisfitError for what the board can't do. It obeys no limit of torque."""
        if not self._enabled or self._robot is None:
            raise BusError(f"{self._line.path}: the motors are not enabled")
        if len(axes) != len(self._motors.wheels):
            raise MisfitError(f"{len(axes)} commands for {len(self._motors.wheels)} wheels")
        left, right = (self._wheel(k, command) for k, command in enumerate(axes))
        speed, turn = base_velocity(self._robot, left, right)
        self._told = wheel_velocities(self._robot, speed, turn)
        # Once each: what fails here is decided anew by `polled.py`, which knows how old it is.
        self._line.write(self._motors.board_id, COMMAND, _velocity(speed, turn))
        self._line.write(self._motors.board_id, HEARTBEAT, self._next_beat())

    def _wheel(self, k: int, command: AxisCommand) -> float:
        wheel = self._motors.wheels[k]
        if command.mode is not Mode.VELOCITY or not math.isfinite(command.value):
            raise MisfitError(f"{wheel.name}: motors.family opencr is driven by velocities, not by {command}")
        return wheel.sign * command.value

    def highest_velocity(self) -> float | None:
        return None if self._robot is None else self._robot.highest_radps

    def close(self) -> None:
        """Zero, brake, no power, as far as the line still carries it."""
        if self._line.is_open:
            with suppress(BusError, BusAwayError):
                self.disable()
        self._forget()
        self._line.close()

    def _forget(self) -> None:
        self._robot, self._enabled = None, False
        self._told, self._moved = (0.0, 0.0), []

    # Greeting

    def _check_profile(self) -> None:
        motors = self._motors
        if len(motors.wheels) != 2 or motors.joints:
            raise MisfitError("motors.family opencr drives two wheels, left and right, and no joints")
        if motors.encoder_ticks_per_turn != reg.TICKS_PER_TURN:
            raise MisfitError(
                f"motors.encoder_ticks_per_turn is {motors.encoder_ticks_per_turn}; these have {reg.TICKS_PER_TURN}"
            )

    def _identify(self) -> Robot:
        number = again(self._line.ping, self._motors.board_id)
        if number != MODEL_NUMBER:
            raise MisfitError(
                f"id {self._motors.board_id} is a device of model {number}, not TurtleBot3's OpenCR board"
            )
        said = int.from_bytes(again(self._line.read, self._motors.board_id, ROBOT, 4), "little")
        if said not in ROBOTS:
            known = ", ".join(robot.name for robot in ROBOTS.values())
            raise MisfitError(f"the OpenCR board drives a robot of kind {said}; known are {known}: flash its firmware")
        return ROBOTS[said]

    def _time_heartbeat(self) -> None:
        """One beat, then none: the board must find that out within `watchdog_s`, by its own clock."""
        self._beat()
        begun = _unsigned(self._block(), MILLIS)
        connected, never = False, threading.Event()
        promised = round(self._motors.watchdog_s * 1000) + MILLIS_LATE
        until = time.monotonic() + WATCHED_S
        while time.monotonic() < until:
            block = self._block()
            took = (_unsigned(block, MILLIS) - begun) % 2**32
            if connected and block[CONNECTED - MILLIS] == 0:
                self._see(block)
                return
            connected = connected or block[CONNECTED - MILLIS] == 1
            if took > promised:
                said = "goes on without its heartbeat" if connected else "does not hear its heartbeat"
                raise MisfitError(
                    f"after {took} ms the OpenCR board {said}: its firmware does not keep motors.watchdog_s "
                    f"{self._motors.watchdog_s}; flash the maker's"
                )
            never.wait(LOOK_EVERY_S)
        raise BusError(f"{self._line.path}: the OpenCR board's clock stands still; reset it")

    def _see(self, block: bytes) -> None:
        self._millis, self._seen_at = _unsigned(block, MILLIS), self._now()

    def _began_anew(self, block: bytes) -> bool:
        """Its clock went back, or is younger than it must be by now: it may have run long since its reset."""
        if self._millis is None:
            return False
        went = (_unsigned(block, MILLIS) - self._millis) % 2**32
        passed = 1000.0 * (self._now() - self._seen_at)
        return went >= 2**31 or went < passed - TOO_YOUNG_MS

    # The wire

    def _stop(self) -> None:
        self._write(COMMAND, _velocity(0, 0))
        until = time.monotonic() + BRAKE_S
        with suppress(BusError):  # whether it stands is good to know; the power is taken in any case
            while time.monotonic() < until:
                block = self._block()
                if all(abs(_signed(block, at)) <= STANDING_COUNTS for at in VELOCITY):
                    break
        self._write(TORQUE_ENABLE, OFF)

    def _beat(self) -> None:
        self._write(HEARTBEAT, self._next_beat())

    def _next_beat(self) -> bytes:
        self._heartbeat = (self._heartbeat + 1) % 256
        return bytes((self._heartbeat,))

    def _write(self, address: int, data: bytes) -> None:
        again(self._line.write, self._motors.board_id, address, data)

    def _block(self) -> bytes:
        return self._line.read(self._motors.board_id, MILLIS, END - MILLIS)


def _velocity(speed: int, turn: int) -> bytes:
    """As COMMAND takes it."""
    return b"".join(reg.number(value, 4) for value in (speed, 0, 0, 0, 0, turn))


def _unsigned(block: bytes, address: int) -> int:
    return int.from_bytes(block[address - MILLIS : address - MILLIS + 4], "little")


def _signed(block: bytes, address: int, length: int = 4) -> int:
    return int.from_bytes(block[address - MILLIS : address - MILLIS + length], "little", signed=True)
