"""The whole driver with two wheels: bytes in, answers and drives out. SimulatedMotors of sim/motors/simulated.py."""

from __future__ import annotations

import struct

from kangban.motor_profile import ModbusMotors
from kangban.profile import Profile
from sim.motors.battery import Battery
from sim.motors.simulated import AxisDrive, AxisReading
from sim.motors.zlac import driver as d
from sim.motors.zlac.channel import Channel
from sim.motors.zlac.rtu import READ, WRITE_MANY, WRITE_ONE, Request, RtuReader, framed

CHANNEL_IDS = (1, 2)  # left, right: what a profile calls `id` of a wheel


class ZlacDriver:
    """The button cuts the supply of the driver and its motors: while it is down nothing answers, and then it boots."""

    def __init__(self, motors: ModbusMotors, torque_nm: float, battery: Battery | None = None) -> None:
        """Wheels as in the profile; their channels are their ids. Raises ValueError for other ids."""
        self._order = tuple(CHANNEL_IDS.index(wheel.id) for wheel in motors.wheels)
        signs = {wheel.id: wheel.sign for wheel in motors.wheels}
        channels = [Channel(signs.get(k, 1), motors.encoder_ticks_per_turn, torque_nm) for k in CHANNEL_IDS]
        self.driver = d.Driver(motors.unit_id, channels)
        self.battery = battery
        self.answer_after = 0.0  # s of the world's time: a driver that is slow to answer
        self.powered = True
        self.bumper = False  # nothing on this bus tells the host
        self._reader = RtuReader()
        self._waiting: list[tuple[float, bytes]] = []
        self._heard_at = 0.0
        self._setpoint_at: float | None = None
        self._last_tick: float | None = None

    @property
    def armed(self) -> bool:
        return self.powered and self.driver.enabled

    @property
    def last_setpoint_made_at(self) -> float | None:
        """These bytes do not say when they were made: when they came."""
        return self._setpoint_at

    @property
    def corrupt(self) -> int:
        """Frames that were damaged."""
        return self._reader.corrupt

    def feed(self, data: bytes, now: float) -> bytes:
        self._check_offline(now)
        if not self.powered:
            return b""
        for request in self._reader.read(data, now):
            if request.unit == self.driver.unit:
                self._heard_at = now
                self._waiting.append((now + self.answer_after, self._answer(request, now)))
        due = b"".join(answer for at, answer in self._waiting if at <= now)
        self._waiting = [(at, answer) for at, answer in self._waiting if at > now]
        return due

    def tick(self, now: float, axes: tuple[AxisReading, ...]) -> tuple[AxisDrive, ...]:
        self._check_offline(now)
        dt = 0.0 if self._last_tick is None else now - self._last_tick
        self._last_tick = now
        if self.battery is not None:
            self.battery.draw(dt, sum(abs(channel.current) for channel in self.driver.channels))
            self.driver.voltage = self.battery.voltage
        drives = []
        for k, reading in zip(self._order, axes, strict=True):
            channel = self.driver.channels[k]
            under_power = self.powered and not self.driver.faulty and (self.driver.enabled or channel.ramp_rpm != 0.0)
            drives.append(channel.turn(dt, reading, under_power))
        if self.powered:
            self.driver.watch()
        return tuple(drives)

    def reboot(self, now: float) -> None:
        self._reader = RtuReader()
        self._waiting.clear()
        self._heard_at, self._setpoint_at = now, None
        self.driver.switch_on()

    def press_estop(self, down: bool) -> None:
        if self.powered and down:
            self.powered = False
            self.driver.enabled = False
        elif not self.powered and not down:
            self.powered = True
            self.reboot(self._last_tick or 0.0)

    def set_bumper(self, pressed: bool) -> None:
        self.bumper = pressed

    def _check_offline(self, now: float) -> None:
        if self.powered and 0.0 < self.driver.offline_s < now - self._heard_at:
            self.driver.go_offline()

    def _answer(self, request: Request, now: float) -> bytes:
        try:
            return framed(request.unit, request.function, self._obey(request, now))
        except d.RefusedError as error:
            return framed(request.unit, request.function | 0x80, bytes((error.code,)))

    def _obey(self, request: Request, now: float) -> bytes:
        """The data of the answer. Raises RefusedError."""
        if request.function not in (READ, WRITE_ONE, WRITE_MANY):
            raise d.RefusedError(d.NO_SUCH_FUNCTION)
        first, second = struct.unpack_from(">HH", request.data)
        if request.function == READ:
            words = self.driver.read(first, second)
            return bytes((2 * len(words),)) + struct.pack(f">{len(words)}H", *words)
        if request.function == WRITE_ONE:
            values = [second]
        elif request.data[4] == 2 * second == len(request.data) - 5 and second <= 123:
            values = list(struct.unpack_from(f">{second}H", request.data, 5))
        else:
            raise d.RefusedError(d.NO_SUCH_VALUE)
        self.driver.write(first, values)
        if first in d.COMMAND_RPM:
            self._setpoint_at = now
        return request.data[:4]


def zlac_for(profile: Profile, now: float) -> ZlacDriver:
    """The driver that a profile describes, switched on at `now` (s). Raises ValueError for another family."""
    motors = profile.motors
    if not isinstance(motors, ModbusMotors):
        raise ValueError(f"motors.family: {motors.family!r} is not driven by a ZLAC8015D")
    made = ZlacDriver(motors, profile.limits.wheel_torque_nm, Battery(motors.battery_full_v, motors.battery_empty_v))
    made.reboot(now)
    return made
