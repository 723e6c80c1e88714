"""TurtleBot3's OpenCR board with its two wheels, as one Dynamixel device. SimulatedMotors of sim/motors/simulated.py.

As the maker's firmware does: it takes the base's velocity in steps of 0.01, drives on with the last one as long as the
heartbeat byte changes, and forgets it once that has stood still for half a second. Power for the motors comes with the
board, which enables their torque by itself when it is switched on.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from kangban.motor_profile import OpenCrMotors, Wheel
from kangban.profile import Profile
from sim.motors.battery import Battery
from sim.motors.dynamixel import packets as wire
from sim.motors.dynamixel.motor import RADPS_PER_COUNT, XL430_W250, XM430_W210, Spec
from sim.motors.dynamixel.packets import Packet, PacketReader, status
from sim.motors.simulated import AxisDrive, AxisReading

MODEL_NUMBER, FIRMWARE = 0x5000, 1
SIZE = 182
ROBOT, MILLIS, CONNECTED, STATUS, HEARTBEAT = 2, 10, 15, 18, 19
VOLTAGE, PERCENT = 42, 46
CURRENT, VELOCITY, POSITION = (120, 124), (128, 132), (136, 140)
MOTORS, TORQUE_ENABLE, LINEAR_X, ANGULAR_Z = 148, 149, 150, 170
WRITABLE = (HEARTBEAT, TORQUE_ENABLE, *range(20, 24), 50, 59, *range(LINEAR_X, SIZE))
HEARTBEAT_S = 0.5
CLOCK_S = 0.02  # how often it updates its table
TICKS = 4096
STEP = 0.01
NO_MOTORS = -1 & 0xFF


@dataclass(frozen=True, slots=True)
class Body:
    """Which TurtleBot3 the board's firmware was built for."""

    number: int
    wheel_radius_m: float
    track_m: float
    rpm: float
    spec: Spec

    @property
    def fastest_mps(self) -> float:
        return self.wheel_radius_m * math.tau * self.rpm / 60.0


BURGER = Body(1, 0.033, 0.160, 61.0, XL430_W250)
WAFFLE = Body(2, 0.033, 0.287, 77.0, XM430_W210)


class OpenCrBoard:
    def __init__(self, device: int, body: Body, battery: Battery, torque_nm: float, wheels: tuple[Wheel, ...]) -> None:
        """`wheels` say in which sense the profile counts; `torque_nm` is what a wheel has."""
        self.device, self.body, self.battery = device, body, battery
        self.heartbeat_s = HEARTBEAT_S
        self.powered = True
        self.motors_answer = True  # False: their cable is loose
        self.answer_after = 0.0  # s of the world's time
        self._torque = min(torque_nm, body.spec.stall_torque_nm)
        self._signs = tuple(wheel.sign for wheel in wheels)
        self._waiting: list[tuple[float, bytes]] = []
        self._last_tick: float | None = None
        self._raw = [0.0, 0.0]
        self.reboot(0.0)

    def reboot(self, now: float) -> None:
        """Counts begin anew within a turn; torque comes on by itself, at rest."""
        self._reader = PacketReader()
        self._waiting.clear()
        self._table = bytearray(SIZE)
        self._booted = self._updated = now
        self._command = (0.0, 0.0)
        self._connected, self._beat_at, self._beat = False, now, 0
        self._set_at: float | None = None
        self._zero_turns = [math.floor(raw / math.tau) for raw in self._raw]
        self._put(ROBOT, self.body.number)
        self._table[STATUS] = 0 if self.motors_answer else NO_MOTORS
        self._table[MOTORS] = self._table[TORQUE_ENABLE] = int(self.motors_answer)

    @property
    def armed(self) -> bool:
        return self.powered and self.motors_answer and self._connected and self._table[TORQUE_ENABLE] == 1

    @property
    def last_setpoint_made_at(self) -> float | None:
        """These bytes do not say when they were made: when they came."""
        return self._set_at

    @property
    def corrupt(self) -> int:
        """Packets that were damaged."""
        return self._reader.corrupt

    def press_estop(self, down: bool) -> None:
        """The power switch: it takes the board with it."""
        if self.powered == (not down):
            return
        self.powered = not down
        self.reboot(self._last_tick or 0.0)

    def set_bumper(self, pressed: bool) -> None:
        self._table[28] = int(pressed)

    def read(self, address: int) -> int:
        """A byte of its table."""
        return self._table[address]

    # The wire

    def feed(self, data: bytes, now: float) -> bytes:
        if not self.powered:
            return b""
        for packet in self._reader.read(data, now):
            if packet.id in (self.device, wire.EVERYBODY):
                answer = self._answer(packet, now)
                if packet.id == self.device or packet.instruction == wire.PING:
                    self._waiting.append((now + self.answer_after, answer))
        self._watch(now)
        due = b"".join(answer for at, answer in self._waiting if at <= now)
        self._waiting = [(at, answer) for at, answer in self._waiting if at > now]
        return due

    def _answer(self, packet: Packet, now: float) -> bytes:
        words = packet.parameters
        if packet.instruction == wire.PING:
            return status(self.device, 0, MODEL_NUMBER.to_bytes(2, "little") + bytes((FIRMWARE,)))
        if packet.instruction == wire.READ and len(words) == 4:
            address, length = _word(words, 0), _word(words, 2)
            if length == 0 or address + length > SIZE:
                return status(self.device, wire.ACCESS_ERROR)
            return status(self.device, 0, bytes(self._table[address : address + length]))
        if packet.instruction == wire.WRITE and len(words) > 2:
            return status(self.device, self._write(_word(words, 0), words[2:], now))
        if packet.instruction == wire.REBOOT:
            self.reboot(now)
            return status(self.device, 0)
        return status(self.device, wire.INSTRUCTION_ERROR)

    def _write(self, address: int, data: bytes, now: float) -> int:
        """The error, 0 where it was done."""
        if not all(address + k in WRITABLE for k in range(len(data))):
            return wire.ACCESS_ERROR
        self._table[address : address + len(data)] = data
        touched = range(address, address + len(data))
        if LINEAR_X in touched or ANGULAR_Z in touched:
            fastest, quickest = self.body.fastest_mps, self.body.fastest_mps / (self.body.track_m / 2.0)
            self._command = (
                _within(STEP * self._get(LINEAR_X), fastest),
                _within(STEP * self._get(ANGULAR_Z), quickest),
            )
        if HEARTBEAT in touched and self._table[TORQUE_ENABLE] == 1:  # a host that only greets wants no wheel to turn
            self._set_at = now
        self._watch(now)
        return 0

    def _watch(self, now: float) -> None:
        """The heartbeat: any change of the byte counts."""
        if self._table[HEARTBEAT] != self._beat:
            self._beat, self._beat_at, self._connected = self._table[HEARTBEAT], now, True
        elif now - self._beat_at >= self.heartbeat_s:
            self._connected = False
        if not self._connected:
            self._command = (0.0, 0.0)
        self._table[CONNECTED] = int(self._connected)
        if now - self._updated >= CLOCK_S:
            self._updated = now
            self._put(MILLIS, round((now - self._booted) * 1000) % 2**32)

    # The wheels

    def tick(self, now: float, axes: tuple[AxisReading, ...]) -> tuple[AxisDrive, ...]:
        dt = 0.0 if self._last_tick is None else now - self._last_tick
        self._last_tick = now
        self._watch(now)
        self.battery.draw(dt, sum(abs(reading.torque) for reading in axes))
        self._put(VOLTAGE, max(0, round(100.0 * self.battery.voltage)))
        seen = [AxisReading(s * r.angle, s * r.velocity, s * r.torque) for s, r in zip(self._signs, axes, strict=True)]
        if self.motors_answer:
            self._show(seen)
        moves = self.powered and self.motors_answer and self._table[TORQUE_ENABLE] == 1
        torque = self._torque if moves else 0.0
        return tuple(
            AxisDrive(sign * velocity if moves else 0.0, torque)
            for sign, velocity in zip(self._signs, self._wished(), strict=True)
        )

    def _show(self, seen: list[AxisReading]) -> None:
        for k, reading in enumerate(seen):
            self._raw[k] = reading.angle
            ticks = math.floor(reading.angle / math.tau * TICKS + 1e-9) - TICKS * self._zero_turns[k]
            self._put(POSITION[k], ticks)
            self._put(VELOCITY[k], round(reading.velocity / RADPS_PER_COUNT))
            self._put(CURRENT[k], self.body.spec.present_current(reading.torque))

    def _wished(self) -> tuple[float, float]:
        """rad/s of the wheels, in the motors' whole counts, each clipped for itself."""
        speed, turn = self._command
        most = self.body.rpm / 0.229
        sides = []
        for side in (-1, 1):
            counts = (speed + side * turn * self.body.track_m / 2.0) / self.body.wheel_radius_m / RADPS_PER_COUNT
            sides.append(math.trunc(_within(counts, most) + math.copysign(1e-6, counts)) * RADPS_PER_COUNT)
        return sides[0], sides[1]

    def _get(self, address: int) -> int:
        return int.from_bytes(self._table[address : address + 4], "little", signed=True)

    def _put(self, address: int, value: int) -> None:
        self._table[address : address + 4] = (value % 2**32).to_bytes(4, "little")


def _within(value: float, limit: float) -> float:
    return max(-limit, min(limit, value))


def _word(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 2], "little")


def opencr_for(profile: Profile, now: float) -> OpenCrBoard:
    """The board of the TurtleBot3 whose track is nearest, switched on at `now` (s). ValueError for another family."""
    motors = profile.motors
    if not isinstance(motors, OpenCrMotors):
        raise ValueError(f"motors.family: {motors.family!r} is not an OpenCR board")
    track = getattr(profile.base, "track_m", BURGER.track_m)
    body = min((BURGER, WAFFLE), key=lambda body: abs(body.track_m - track))
    battery = Battery(motors.battery_full_v, motors.battery_empty_v)
    made = OpenCrBoard(motors.board_id, body, battery, profile.limits.wheel_torque_nm, motors.wheels)
    made.reboot(now)
    return made
