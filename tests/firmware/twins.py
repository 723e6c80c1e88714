"""The C core and the Python emulator side by side: the same bytes, readings and buttons, a millisecond at a time."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from firmware_bridge.protocol import Decoder, Message, State, Telemetry, unpack
from sim.motors.battery import Battery
from sim.motors.controller import Controller
from sim.motors.qemu import Pins
from sim.motors.settings import AxisSettings, ControllerSettings
from sim.motors.simulated import AxisReading
from tests.firmware.core import Core

STEP_S = 0.001
VELOCITY_SLACK = 2000  # µrad/s: integers against floats
# The torque loop is the C core's alone (in the emulator the physics holds the velocity): stiff, it does the same.
STIFF = 1000.0  # N·m s/rad


def settings(axes: int = 2, joints: int = 0) -> ControllerSettings:
    wheel = AxisSettings("wheel", 1, None, 6.0, 12.0, 35.0, 6.0, 15.0, 0.6, bumper_blocks=1, velocity_gain=STIFF)
    joint = replace(wheel, name="joint", lowest=-1.0, highest=1.5, bumper_blocks=0)
    return ControllerSettings((wheel,) * axes + (joint,) * joints, 4096, 0.1, 0.3, 0.15, 25.2, 21.0, 18.9)


class Twins:
    def __init__(self, folder: Path, built: ControllerSettings) -> None:
        self.emulator = Controller(built, 0.0)
        self.core = Core(folder, built)
        self.pins = tuple(Pins(axis, built.ticks_per_turn) for axis in built.axes)
        self.ms = 0
        self.blocked: set[int] = set()
        self.torque = 0.5  # N·m that a turning wheel takes
        self.angles = [0.0] * len(built.axes)
        self.velocities = [0.0] * len(built.axes)
        self.drives: tuple[tuple[int, int], ...] = ((0, 0),) * len(built.axes)
        self._decoders = (Decoder(), Decoder())

    def press(self, down: bool) -> None:
        self.emulator.press_estop(down)
        self._sense()

    def bump(self, pressed: bool) -> None:
        self.emulator.set_bumper(pressed)
        self._sense()

    def stick(self, axis: int) -> None:
        self.emulator.axes[axis].encoder_stuck = self.pins[axis].encoder_stuck = True

    def drain_battery(self, volts: float) -> None:
        self.emulator.battery = Battery(volts, volts - 1.0)

    def feed(self, data: bytes) -> tuple[list[Message], list[Message]]:
        """What each answers."""
        answers = self.emulator.feed(data, self.ms * STEP_S), self.core.feed(self.ms * 1000, data)
        heard = [
            [unpack(frame.number, frame.payload) for frame in decoder.feed(answer)]
            for decoder, answer in zip(self._decoders, answers, strict=True)
        ]
        return heard[0], heard[1]

    def step(self) -> None:
        """Both read the same wheels, which do what the emulator tells them."""
        self.ms += 1
        readings = tuple(self._reading(axis) for axis in range(len(self.angles)))
        drives = self.emulator.tick(self.ms * STEP_S, readings)
        self._sense()
        sensed = tuple(pins.read(STEP_S, reading) for pins, reading in zip(self.pins, readings, strict=True))
        self.drives = self.core.step(self.ms * 1000, sensed, round(self.emulator.battery.voltage * 1000))
        for axis, drive in enumerate(drives):
            self.velocities[axis] = 0.0 if axis in self.blocked else drive.velocity
            self.angles[axis] += self.velocities[axis] * STEP_S

    def run(self, steps: int, until: Callable[[], bool] = lambda: False) -> int:
        """How many steps it took."""
        for k in range(steps):
            if until():
                return k
            self.step()
        return steps

    def _reading(self, axis: int) -> AxisReading:
        wish = self.emulator.axes[axis].target
        torque = self.emulator.settings.axes[axis].torque if axis in self.blocked else self.torque
        return AxisReading(self.angles[axis], self.velocities[axis], math.copysign(torque, wish))

    def _sense(self) -> None:
        self.core.sense(self.ms * 1000, self.emulator.button_down, self.emulator.bumper)
        self.core.charge(self.emulator.battery.charging)


def same(emulator: list[Message], core: list[Message]) -> bool:
    """The same messages in the same order; measured numbers may differ by a rounding."""
    return len(emulator) == len(core) and all(_same(a, b) for a, b in zip(emulator, core, strict=True))


def _same(a: Message, b: Message) -> bool:
    if not (isinstance(a, Telemetry) and isinstance(b, Telemetry)):
        return a == b
    close = abs(a.voltage_mv - b.voltage_mv) <= 1 and all(
        one.ticks == other.ticks
        and one.faults == other.faults
        and abs(one.urad_per_s - other.urad_per_s) <= VELOCITY_SLACK
        and abs(one.ma - other.ma) <= 1
        and abs(one.temperature_dc - other.temperature_dc) <= 1
        for one, other in zip(a.axes, b.axes, strict=True)
    )
    return close and replace(a, voltage_mv=0, temperature_dc=0, axes=()) == replace(
        b, voltage_mv=0, temperature_dc=0, axes=()
    )


def armed(twins: Twins) -> bool:
    return twins.emulator.state is State.ARMED and twins.core.state is State.ARMED
