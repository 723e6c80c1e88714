"""The ZLAC emulator behind a real pseudo-terminal, answering in a thread of its own, on a clock turned by hand."""

from __future__ import annotations

import os
import select
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from firmware_bridge.modbus.bus import ModbusBus
from firmware_bridge.modbus.registers import RegisterMap, load_map, path_of
from firmware_bridge.motors import AxisCommand, Mode
from kangban.config import load_profile
from kangban.motor_profile import ModbusMotors
from sim.motors.port import PseudoTerminal
from sim.motors.simulated import AxisReading
from sim.motors.zlac.emulator import ZlacDriver

STEP_S = 1.0 / 240.0
TORQUE_NM = 6.0
PATIENT_S, HASTY_S = 5.0, 0.03  # wall time to wait for an answer; hasty where none will come
Meddle = Callable[[bytes], Sequence[bytes]]  # one answer in, what really goes out (nothing: it is lost)


def motors_at(port: Path, **changes: object) -> ModbusMotors:
    motors = load_profile("hub", [f"motors.port={port}"]).motors
    assert isinstance(motors, ModbusMotors)
    return ModbusMotors.model_validate(motors.model_dump() | changes)


def zlac_map(**changes: object) -> RegisterMap:
    return RegisterMap.model_validate(load_map(path_of("zlac8015d")).model_dump() | changes)


def trusted_watchdog() -> RegisterMap:
    """As if somebody had seen it work."""
    plain = load_map(path_of("zlac8015d")).model_dump()
    return RegisterMap.model_validate(plain | {"watchdog": plain["watchdog"] | {"verified_on_hardware": True}})


def speeds(*values: float) -> tuple[AxisCommand, ...]:
    return tuple(AxisCommand(Mode.VELOCITY, value, TORQUE_NM) for value in values)


class ModbusRig:
    """Time stands still while bytes are on their way; `run` lets it pass. `requests`: what came, message by message."""

    def __init__(self, folder: Path, **changes: object) -> None:
        self.port = PseudoTerminal(folder / "motors.tty")
        self.motors = motors_at(self.port.link, **changes)
        self.emulator = ZlacDriver(self.motors, TORQUE_NM)
        self.now = 0.0
        self.velocity = [0.0, 0.0]
        self.angles = [0.0, 0.0]
        self.blocked = False
        self.requests: list[bytes] = []
        self.meddle: Meddle = lambda answer: (answer,)
        self._lock = threading.RLock()
        self._wake, self._waker = os.pipe()
        self._ending = False
        self._thread = threading.Thread(target=self._serve, daemon=True)  # a failing test must not hang
        self._thread.start()

    def bus(self, registers: RegisterMap | None = None) -> ModbusBus:
        """Patient, so that a busy machine changes nothing."""
        made = ModbusBus(self.motors, registers or zlac_map())
        made.line.reply_s = PATIENT_S
        return made

    def greeted(self, registers: RegisterMap | None = None) -> ModbusBus:
        bus = self.bus(registers)
        bus.open()
        bus.greet()
        return bus

    def run(self, seconds: float) -> None:
        with self._lock:
            for _ in range(round(seconds / STEP_S)):
                self.now += STEP_S
                torque = TORQUE_NM if self.blocked else 0.0
                axes = tuple(AxisReading(a, v, torque) for a, v in zip(self.angles, self.velocity, strict=True))
                drives = self.emulator.tick(self.now, axes)
                self.velocity = [0.0 if self.blocked else drive.velocity for drive in drives]
                self.angles = [a + v * STEP_S for a, v in zip(self.angles, self.velocity, strict=True)]

    def unplug(self) -> None:
        with self._lock:
            self.port.unplug()
        self._nudge()

    def replug(self) -> None:
        with self._lock:
            self.port.replug()
        self._nudge()

    def close(self) -> None:
        self._ending = True
        self._nudge()
        self._thread.join()
        self.port.close()
        os.close(self._wake)
        os.close(self._waker)

    def _nudge(self) -> None:
        os.write(self._waker, b".")

    def _serve(self) -> None:
        while not self._ending:
            with self._lock:
                watched = [self._wake, *([self.port.fileno()] if self.port.plugged else [])]
            try:
                ready, _, _ = select.select(watched, [], [])
            except OSError:  # unplugged in between
                continue
            if self._wake in ready:
                os.read(self._wake, 64)
            with self._lock:
                self._answer()

    def _answer(self) -> None:
        try:
            data = self.port.read()
        except OSError:
            return
        if not data:
            return
        self.requests.append(data)
        answer = self.emulator.feed(data, self.now)
        for piece in self.meddle(answer) if answer else ():
            self.port.write(piece)
