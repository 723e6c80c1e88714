"""A bus of simulated servos: bytes in, status packets and drives out. SimulatedMotors of sim/motors/simulated.py.

Return delay is kept in the table but is shorter than a physics step: servos answer at once, `answer_after` delays them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kangban.motor_profile import DynamixelMotors
from kangban.profile import Profile
from sim.motors.battery import Battery
from sim.motors.dynamixel import memory as m
from sim.motors.dynamixel import packets as wire
from sim.motors.dynamixel.motor import XM430_W210, XM430_W350
from sim.motors.dynamixel.packets import Packet, PacketReader, fast_status, status
from sim.motors.dynamixel.servo import RAD_PER_TICK, RefusedError, Servo
from sim.motors.simulated import AxisDrive, AxisReading


@dataclass(frozen=True, slots=True)
class Mounted:
    """A servo where it sits: `sign` -1 the other way round, `zero_ticks` where its axis is at 0 rad."""

    servo: Servo
    sign: int
    wheel: bool
    zero_ticks: int = 0


class DynamixelChain:
    """A servo's logic and its motor share one supply, so an emergency stop (a switch in it) silences the bus."""

    def __init__(self, mounted: Sequence[Mounted], battery: Battery, boot_s: float = 0.0) -> None:
        """`boot_s`: for so long after it was switched on or rebooted a servo answers nothing."""
        self.mounted = tuple(mounted)
        self.battery = battery
        self.answer_after = 0.0  # s of the world's time
        self.powered = True
        self.bumper = False  # nothing on this bus tells the host
        self._boot_s = boot_s
        self._deaf_until: dict[int, float] = {}
        self._waiting: list[tuple[float, bytes]] = []
        self._reader = PacketReader()
        self._last_tick: float | None = None

    @property
    def servos(self) -> tuple[Servo, ...]:
        return tuple(one.servo for one in self.mounted)

    @property
    def armed(self) -> bool:
        wheels = [one.servo for one in self.mounted if one.wheel]
        return self.powered and all(servo.enabled and not servo.struck for servo in wheels)

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
        for packet in self._reader.read(data, now):
            for servo in self.servos:
                servo.hear(now)
            answer = self._answer(packet, now)
            if answer:
                self._waiting.append((now + self.answer_after, answer))
        due = b"".join(answer for at, answer in self._waiting if at <= now)
        self._waiting = [(at, answer) for at, answer in self._waiting if at > now]
        return due

    def tick(self, now: float, axes: tuple[AxisReading, ...]) -> tuple[AxisDrive, ...]:
        dt = 0.0 if self._last_tick is None else now - self._last_tick
        self._last_tick = now
        amperes = sum(abs(r.torque) / (o.servo.spec.torque_per_ampere or 1.0) for o, r in _pairs(self.mounted, axes))
        self.battery.draw(dt, amperes)
        return tuple(self._turn(one, now, dt, reading) for one, reading in _pairs(self.mounted, axes))

    def _turn(self, one: Mounted, now: float, dt: float, reading: AxisReading) -> AxisDrive:
        angle = one.sign * reading.angle + one.zero_ticks * RAD_PER_TICK
        seen = AxisReading(angle, one.sign * reading.velocity, one.sign * reading.torque)
        drive = one.servo.turn(now, dt, seen, self.battery.voltage if self.powered else 0.0)
        return AxisDrive(one.sign * drive.velocity, drive.torque_limit) if self.powered else AxisDrive(0.0, 0.0)

    def reboot(self, now: float) -> None:
        self._reader = PacketReader()
        self._waiting.clear()
        for servo in self.servos:
            self._boot(servo, now)

    def _boot(self, servo: Servo, now: float) -> None:
        servo.power_up(now)
        self._deaf_until[servo.id] = now + self._boot_s

    def press_estop(self, down: bool) -> None:
        if self.powered == (not down):
            return
        self.powered = not down
        self.reboot(self._last_tick or 0.0)

    def set_bumper(self, pressed: bool) -> None:
        self.bumper = pressed

    # Instructions

    def _awake(self, now: float) -> list[Servo]:
        return [servo for servo in self.servos if now >= self._deaf_until.get(servo.id, now)]

    def _answer(self, packet: Packet, now: float) -> bytes:
        awake = self._awake(now)
        if packet.instruction in (wire.SYNC_READ, wire.FAST_SYNC_READ):
            return self._sync_read(packet, awake)
        if packet.instruction == wire.SYNC_WRITE:
            self._sync_write(packet, awake, now)
            return b""
        called = [servo for servo in awake if packet.id in (servo.id, wire.EVERYBODY)]
        answers = [self._single(servo, packet, now) for servo in called]
        if packet.id == wire.EVERYBODY and packet.instruction != wire.PING:
            return b""
        return b"".join(answers)

    def _single(self, servo: Servo, packet: Packet, now: float) -> bytes:
        device, error, data = servo.id, 0, b""
        try:
            data = self._obey(servo, packet, now)
        except RefusedError as refused:
            error = refused.error
        level = servo.memory.get(m.STATUS_RETURN_LEVEL)
        silent = level == 0 or (level == 1 and packet.instruction != wire.READ)
        if silent and packet.instruction != wire.PING:
            return b""
        return status(device, error | servo.alert, data)

    def _obey(self, servo: Servo, packet: Packet, now: float) -> bytes:
        """What the answer carries. Raises RefusedError."""
        words = packet.parameters
        if packet.instruction == wire.PING:
            return servo.memory.raw(m.MODEL, 2) + servo.memory.raw(m.FIRMWARE, 1)
        if packet.instruction == wire.READ:
            if len(words) != 4:
                raise RefusedError(wire.LENGTH_ERROR)
            return servo.read(_word(words, 0), _word(words, 2))
        if packet.instruction == wire.WRITE:
            servo.write(_word(words, 0), words[2:], now)
        elif packet.instruction == wire.REBOOT:
            self._boot(servo, now)
        elif packet.instruction == wire.CLEAR:
            servo.clear(words)
        else:
            raise RefusedError(wire.INSTRUCTION_ERROR)
        return b""

    def _sync_read(self, packet: Packet, awake: list[Servo]) -> bytes:
        """In the order asked for; whoever comes after one that is silent waits for it in vain."""
        address, length = _word(packet.parameters, 0), _word(packet.parameters, 2)
        by_id = {servo.id: servo for servo in awake}
        rows = []
        for device in packet.parameters[4:]:
            if device not in by_id:
                break
            try:
                rows.append((device, by_id[device].alert, by_id[device].read(address, length)))
            except RefusedError as refused:
                rows.append((device, refused.error, b""))
        if packet.instruction == wire.FAST_SYNC_READ:
            whole = len(rows) == len(packet.parameters) - 4
            return fast_status(rows) if whole else b""
        return b"".join(status(*row) for row in rows)

    def _sync_write(self, packet: Packet, awake: list[Servo], now: float) -> None:
        """Nobody confirms it, refused or not."""
        address, length = _word(packet.parameters, 0), _word(packet.parameters, 2)
        by_id = {servo.id: servo for servo in awake}
        rows = packet.parameters[4:]
        for begin in range(0, len(rows), length + 1):
            servo, data = by_id.get(rows[begin]), rows[begin + 1 : begin + 1 + length]
            if servo is not None and len(data) == length:
                try:
                    servo.write(address, data, now)
                except RefusedError:
                    continue


def _word(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 2], "little")


def _pairs(mounted: Sequence[Mounted], axes: Sequence[AxisReading]) -> list[tuple[Mounted, AxisReading]]:
    return list(zip(mounted, axes, strict=True))


def chain_from(motors: DynamixelMotors) -> DynamixelChain:
    """The servos that a profile describes: XM430-W210 for wheels, XM430-W350 for joints."""
    wheels = [Mounted(Servo(wheel.id, XM430_W210), wheel.sign, wheel=True) for wheel in motors.wheels]
    joints = [
        Mounted(Servo(joint.id, XM430_W350, joint.zero_ticks * RAD_PER_TICK), joint.sign, False, joint.zero_ticks)
        for joint in motors.joints
    ]
    return DynamixelChain([*wheels, *joints], Battery(motors.battery_full_v, motors.battery_empty_v))


def dynamixel_for(profile: Profile, now: float) -> DynamixelChain:
    """Switched on at `now` (s). Raises ValueError for another family."""
    if not isinstance(profile.motors, DynamixelMotors):
        raise ValueError(f"motors.family: {profile.motors.family!r} is not a bus of Dynamixel servos")
    made = chain_from(profile.motors)
    made.reboot(now)
    return made
