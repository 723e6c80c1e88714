"""A bus of simulated servos: bytes in, status packets and drives out. SimulatedMotors of sim/motors/simulated.py."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kangban.motor_profile import FeetechMotors
from sim.motors.battery import Battery
from sim.motors.feetech import memory as m
from sim.motors.feetech.drive import STALL_CURRENT_A, STALL_TORQUE_NM
from sim.motors.feetech.packets import EVERYBODY, SYNC_READ, SYNC_WRITE, Packet, PacketReader
from sim.motors.feetech.servo import Servo
from sim.motors.simulated import AxisDrive, AxisReading


@dataclass(frozen=True, slots=True)
class Mounted:
    """A servo where it sits: `sign` -1 where it is mounted the other way round."""

    servo: Servo
    sign: int
    wheel: bool


class FeetechChain:
    """`heard_baud` is what the host's port is set to; None: the same as the servos. Servos of another baud hear noise.

    A servo's logic and its motor share one supply, so an emergency stop (a switch in that supply) silences the bus.
    """

    def __init__(self, mounted: Sequence[Mounted], battery: Battery | None = None) -> None:
        self.mounted = tuple(mounted)
        self.battery = battery
        self.heard_baud: int | None = None
        self.powered = True
        self.bumper = False  # nothing on this bus tells the host
        self._reader = PacketReader()
        self._last_tick: float | None = None

    @property
    def servos(self) -> tuple[Servo, ...]:
        return tuple(one.servo for one in self.mounted)

    @property
    def armed(self) -> bool:
        wheels = [one.servo for one in self.mounted if one.wheel]
        return self.powered and all(s.memory[m.TORQUE_ENABLE] == 1 and s.memory[m.MODE] == 1 for s in wheels)

    @property
    def last_setpoint_made_at(self) -> float | None:
        """These bytes do not say when they were made: when they came."""
        return max((servo.goal_at for servo in self.servos if servo.goal_at is not None), default=None)

    @property
    def corrupt(self) -> int:
        """Packets that were damaged."""
        return self._reader.corrupt

    def feed(self, data: bytes, now: float) -> bytes:
        if not self.powered:
            return b""
        return b"".join(self._hear(packet, now) for packet in self._reader.read(data, now))

    def tick(self, now: float, axes: tuple[AxisReading, ...]) -> tuple[AxisDrive, ...]:
        dt = 0.0 if self._last_tick is None else now - self._last_tick
        self._last_tick = now
        self._feel_supply(dt, axes)
        return tuple(self._turn(one, dt, reading) for one, reading in zip(self.mounted, axes, strict=True))

    def reboot(self, now: float) -> None:
        self._reader = PacketReader()
        for servo in self.servos:
            servo.power_up()

    def press_estop(self, down: bool) -> None:
        if self.powered and down:
            self.reboot(0.0)
        self.powered = not down

    def set_bumper(self, pressed: bool) -> None:
        self.bumper = pressed

    def _hear(self, packet: Packet, now: float) -> bytes:
        listening = [s for s in self.servos if self.heard_baud in (None, s.baud)]
        given = packet.parameters
        if packet.instruction == SYNC_READ and packet.id == EVERYBODY and len(given) >= 2:
            by_id = {servo.id: servo for servo in listening}
            asked = [by_id[servo] for servo in given[2:] if servo in by_id]
            return b"".join(servo.hear_sync_read(given[0], given[1]) for servo in asked)
        if packet.instruction == SYNC_WRITE and packet.id == EVERYBODY and len(given) >= 2:
            self._sync_write(listening, given[0], given[1], given[2:], now)
            return b""
        return _collided([servo.hear(packet, now) for servo in listening])

    def _sync_write(self, servos: list[Servo], address: int, length: int, rows: bytes, now: float) -> None:
        if len(rows) % (length + 1):
            return
        for start in range(0, len(rows), length + 1):
            for servo in servos:
                if servo.id == rows[start]:
                    servo.hear_sync_write(address, rows[start + 1 : start + 1 + length], now)

    def _feel_supply(self, dt: float, axes: tuple[AxisReading, ...]) -> None:
        if self.battery is None:
            return
        used = sum(abs(axis.torque) for axis in axes) if self.powered else 0.0
        self.battery.draw(dt, used / STALL_TORQUE_NM * STALL_CURRENT_A)
        for servo in self.servos:
            servo.motor.voltage = self.battery.voltage

    def _turn(self, one: Mounted, dt: float, reading: AxisReading) -> AxisDrive:
        own = AxisReading(one.sign * reading.angle, one.sign * reading.velocity, one.sign * reading.torque)
        drive = one.servo.tick(dt, own)
        return AxisDrive(one.sign * drive.velocity, drive.torque_limit)


def _collided(answers: list[bytes]) -> bytes:
    """Two servos with one id answer at once: the line carries neither."""
    answers = [answer for answer in answers if answer]
    if len(answers) < 2:
        return b"".join(answers)
    length = max(len(answer) for answer in answers)
    padded = [answer.ljust(length, b"\xff") for answer in answers]
    return bytes(a & b for a, b in zip(padded[0], padded[1][1:] + b"\xff", strict=True))  # the second a byte later


def chain_from(motors: FeetechMotors) -> FeetechChain:
    """The servos that a profile describes, with their ids set and everything else as from the factory."""
    mounted = [Mounted(Servo(wheel.id), wheel.sign, wheel=True) for wheel in motors.wheels]
    mounted += [Mounted(Servo(joint.id, joint.zero_ticks), joint.sign, wheel=False) for joint in motors.joints]
    for one in mounted:
        one.servo.memory.keep(m.BAUD, m.BAUDS.index(motors.baud))
    return FeetechChain(mounted, Battery(motors.battery_full_v, motors.battery_empty_v))
