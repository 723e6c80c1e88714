"""The reference firmware in QEMU as a `SimulatedMotors`: real C code on the far side of the wire.

Time is the world's: the board's clock moves only with the frames of the plant link, and each call returns when the
board has done all that was due (boards/qemu/plant.h). So the outcome depends neither on this
machine's load nor on QEMU's.
"""

from __future__ import annotations

import math

from firmware_bridge.protocol import Decoder, Frame, State, milliseconds_until
from sim.motors.axis import AMBIENT_C, COOLING_TIME_S, HEATING_C_PER_A2_S
from sim.motors.battery import Battery
from sim.motors.plant_link import (
    ANSWER,
    BOOTED,
    BUMPER,
    BUTTON,
    CHARGING,
    Moment,
    Sensed,
    Told,
    decode_answer,
    decode_booted,
    encode_moment,
    settings_page,
)
from sim.motors.qemu_machine import Machine
from sim.motors.report import BOARD_SHARE
from sim.motors.settings import AxisSettings, ControllerSettings
from sim.motors.simulated import AxisDrive, AxisReading

LONGEST_CHUNK = 1024  # bytes; half of what the board can hold
MICRO, MILLI = 1e6, 1e3


class Pins:
    """What one motor's encoder, current sensor and thermistor tell the board."""

    def __init__(self, settings: AxisSettings, ticks_per_turn: int) -> None:
        self.encoder_stuck = False
        self.temperature = AMBIENT_C  # degrees Celsius
        self.current = 0.0  # A
        self._settings = settings
        self._ticks_per_turn = ticks_per_turn
        self._ticks = 0
        self.power_on()

    def power_on(self) -> None:
        """An absolute encoder counts on; any other begins at zero."""
        self._first = None if self._settings.zero_ticks is None else -self._settings.zero_ticks

    def read(self, dt: float, reading: AxisReading) -> Sensed:
        counted = math.floor(self._settings.sign * reading.angle / math.tau * self._ticks_per_turn + 1e-9)
        if self._first is None:
            self._first = counted
        if not self.encoder_stuck:
            self._ticks = (counted - self._first + 0x8000_0000) % 0x1_0000_0000 - 0x8000_0000
        self.current = self._settings.sign * reading.torque / self._settings.torque_per_ampere
        cooling = (self.temperature - AMBIENT_C) / COOLING_TIME_S
        self.temperature += dt * (HEATING_C_PER_A2_S * self.current**2 - cooling)
        ma = max(-0x8000, min(0x7FFF, round(self.current * MILLI)))
        return Sensed(self._ticks, ma, _tenths(self.temperature))


class QemuController:
    """Takes the place of `sim.motors.controller.Controller`."""

    def __init__(self, settings: ControllerSettings, now: float = 0.0) -> None:
        self.settings = settings
        self.battery = Battery(settings.battery_full_v, settings.battery_empty_v)
        self.axes = tuple(Pins(axis, settings.ticks_per_turn) for axis in settings.axes)
        self.boot_id = 0
        self.button_down = self.bumper = False
        self._machine = Machine(settings_page(settings))
        self._waiting = b""  # from the board, not yet fetched
        self._sequence = 0
        self._now = self._ticked = now
        self._wait_for_boot()

    def close(self) -> None:
        self._machine.close()

    @property
    def pid(self) -> int:
        """QEMU's process."""
        return self._machine.pid

    @property
    def state(self) -> State:
        return self._told.state

    @property
    def armed(self) -> bool:
        return self._told.state is State.ARMED

    @property
    def session(self) -> int | None:
        """The number of the session that a bridge holds; None while none does."""
        return self._told.session or None

    def time_ms(self, now: float) -> int:
        """The board's own clock, 32 bits of milliseconds since its reset."""
        return math.floor((now - self._booted) * MILLI + 1e-6) & 0xFFFF_FFFF

    @property
    def last_setpoint_made_at(self) -> float | None:
        deadline_ms = self._told.setpoint_deadline_ms
        if deadline_ms is None:
            return None
        left = milliseconds_until(deadline_ms, self.time_ms(self._now)) / MILLI
        return self._now + left - self.settings.command_life_s

    def feed(self, data: bytes, now: float) -> bytes:
        self._now = max(self._now, now)
        for begin in range(0, max(1, len(data)), LONGEST_CHUNK):
            chunk = data[begin : begin + LONGEST_CHUNK]
            self._machine.send(self._machine.host, chunk)
            self._given += len(chunk)
            self._exchange(None)
        waiting, self._waiting = self._waiting, b""
        return waiting

    def tick(self, now: float, axes: tuple[AxisReading, ...]) -> tuple[AxisDrive, ...]:
        dt, self._ticked = max(0.0, now - self._ticked), max(now, self._ticked)
        self._now = max(self._now, now)
        sensed = tuple(pins.read(dt, reading) for pins, reading in zip(self.axes, axes, strict=True))
        self.battery.draw(dt, sum(abs(pins.current) for pins in self.axes))
        self._exchange(sensed)
        # The torque is for that velocity and no more: at 240 steps a second the physics would overshoot what the
        # board regulates at 1000.
        return tuple(
            AxisDrive(axis.sign * urad_per_s / MICRO, abs(torque_mnm) / MILLI)
            for axis, (torque_mnm, urad_per_s) in zip(self.settings.axes, self._told.drives, strict=True)
        )

    def reboot(self, now: float) -> None:
        self._now = max(self._now, now)
        self._machine.reset()
        self._wait_for_boot()

    def hang(self) -> None:
        """The program crashes; returns when the board's own watchdog has reset it."""
        self._send(None, hang=True)
        self._wait_for_boot()

    def press_estop(self, down: bool) -> None:
        self.button_down = down
        self._exchange(None)

    def set_bumper(self, pressed: bool) -> None:
        self.bumper = pressed

    # The plant link

    def _time_us(self) -> int:
        return round((self._now - self._booted) * MICRO)

    def _wait_for_boot(self) -> None:
        self._decoder = Decoder()
        while True:
            for frame in self._decoder.feed(self._machine.receive(self._machine.plant)):
                if frame.number == BOOTED:
                    self._begin(frame)
                    return

    def _begin(self, frame: Frame) -> None:
        """The board has begun anew: its clock and counts too."""
        self.boot_id = decode_booted(frame)
        self._booted = self._now
        self._given = self._taken = 0  # bytes of the host link
        self._waiting = b""
        self._told = Told(0, State.BOOT, None, 0, ((0, 0),) * len(self.axes))
        for pins in self.axes:
            pins.power_on()

    def _send(self, axes: tuple[Sensed, ...] | None, hang: bool = False) -> None:
        self._sequence = (self._sequence + 1) & 0xFFFF
        warmest = max(pins.temperature for pins in self.axes)
        moment = Moment(
            time_us=self._time_us(),
            host_bytes=self._given,
            inputs=self._inputs(),
            voltage_mv=min(0xFFFF, max(0, round(self.battery.voltage * MILLI))),
            temperature_dc=_tenths(AMBIENT_C + BOARD_SHARE * (warmest - AMBIENT_C)),
            axes=axes,
            hang=hang,
        )
        self._machine.send(self._machine.plant, encode_moment(self._sequence, moment))

    def _inputs(self) -> int:
        held = ((BUTTON, self.button_down), (BUMPER, self.bumper), (CHARGING, self.battery.charging))
        return sum(pin for pin, on in held if on)

    def _exchange(self, axes: tuple[Sensed, ...] | None) -> None:
        self._send(axes)
        while True:
            for frame in self._decoder.feed(self._machine.receive(self._machine.plant)):
                if frame.number == BOOTED:  # it has reset itself; this moment is lost, as bytes under way are
                    self._begin(frame)
                    return
                if frame.number == ANSWER and frame.sequence == self._sequence:
                    self._told = decode_answer(frame)
                    self._fetch()
                    return

    def _fetch(self) -> None:
        """Exactly the bytes that the board has sent by its answer."""
        missing = (self._told.host_bytes - self._taken) & 0xFFFF_FFFF
        while missing > 0:
            data = self._machine.receive(self._machine.host)
            self._waiting += data
            missing -= len(data)
            self._taken += len(data)


def _tenths(temperature: float) -> int:
    return max(-0x8000, min(0x7FFF, round(10 * temperature)))
