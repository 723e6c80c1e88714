"""The Kangban family: our own controller and protocol, as a `MotorController`."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable

from firmware_bridge.fit import Expectations
from firmware_bridge.host_session import HostSession
from firmware_bridge.link import Link
from firmware_bridge.motors import AxisCommand, AxisReadings, MotorsError, MotorState
from firmware_bridge.mounting import Mounting
from firmware_bridge.protocol import Parameter, ParameterValue, ReadParameter, WriteParameter
from firmware_bridge.requests import Request
from firmware_bridge.serial_port import PortBusyError
from kangban import motor_profile

ANSWERED_WITHIN_S = 1.0


def draw_session() -> int:
    """1..65535, unlike the ones before it: a frame of an older session is not mistaken for ours."""
    return 1 + secrets.randbelow(0xFFFF)


class KangbanMotors:
    """`heard` is called in the link's own thread after each piece of telemetry or change of connection."""

    def __init__(
        self, motors: motor_profile.KangbanMotors, now: Callable[[], float], heard: Callable[[], None] = lambda: None
    ) -> None:
        expected = Expectations(
            axes=len(motors.wheels) + len(motors.joints),
            ticks_per_turn=motors.encoder_ticks_per_turn,
            watchdog_s=motors.watchdog_s,
            command_life_s=motors.command_life_s,
            telemetry_hz=motors.telemetry_hz,
        )
        self._mounting = Mounting.of(motors)
        self._listener = heard
        self._answered = threading.Event()
        session = HostSession(expected, self._mounting, draw_session)
        self._link = Link(motors.port, motors.baud, session, now, self._heard)

    def _heard(self) -> None:
        self._answered.set()
        self._listener()

    def connect(self) -> None:
        try:
            self._link.start()
        except PortBusyError as error:
            raise MotorsError(str(error)) from error

    def state(self) -> MotorState:
        return self._link.look(lambda session: session.state)

    def readings(self) -> list[AxisReadings]:
        return self._link.look(_taken_readings)

    def log_lines(self) -> list[tuple[int, str]]:
        return self._link.look(_taken_logs)

    def arm(self) -> None:
        self._link.act(lambda session: session.request(Request.ARM))

    def disarm(self) -> None:
        self._link.act(lambda session: session.request(Request.DISARM))

    def emergency_stop(self) -> None:
        self._link.act(lambda session: session.request(Request.EMERGENCY_STOP))

    def clear_emergency_stop(self) -> None:
        self._link.act(lambda session: session.request(Request.CLEAR_EMERGENCY_STOP))

    def command(self, axes: tuple[AxisCommand, ...], made_at: float) -> bool:
        """False also where a value is no number. Raises ValueError for another number of axes than the profile's."""
        rows = self._mounting.setpoints(axes)
        return rows is not None and self._link.act(lambda session: session.command(rows, made_at))

    def close(self) -> None:
        self._link.act(lambda session: session.request(Request.DISARM))
        self._link.close()

    # Parameters, for the tool at the bench: in the wire's units, and as the encoder counts

    def read_parameter(self, parameter: Parameter, axis: int = 0) -> ParameterValue:
        """Waits for the answer. Raises MotorsError where there is none, or the controller refuses."""
        return self._ask(ReadParameter(parameter, axis), f"{parameter.name.lower()} of axis {axis}")

    def write_parameter(self, parameter: Parameter, axis: int, value: int) -> ParameterValue:
        """What it is now. Only while disarmed; raises MotorsError where it is refused, which never clips."""
        return self._ask(WriteParameter(parameter, axis, value), f"{parameter.name.lower()} of axis {axis} to {value}")

    def _ask(self, question: ReadParameter | WriteParameter, what: str) -> ParameterValue:
        """One at a time; not from the thread that calls `heard`."""
        if not self._link.act(lambda session: session.ask(question)):
            raise MotorsError(f"{what}: no controller is connected ({self.state().message})")
        end = time.monotonic() + ANSWERED_WITHIN_S
        while True:
            self._answered.clear()
            answer = self._link.look(lambda session: session.answer)
            if isinstance(answer, ParameterValue):
                return answer
            if answer is not None:
                raise MotorsError(f"{what}: refused ({answer}); `unknown`: no such one, `state`: disarm first")
            if not self._answered.wait(max(0.0, end - time.monotonic())):  # telemetry wakes it too
                raise MotorsError(f"{what}: no answer within {ANSWERED_WITHIN_S} s; try again")


def _taken_readings(session: HostSession) -> list[AxisReadings]:
    readings, session.readings = session.readings, []
    return readings


def _taken_logs(session: HostSession) -> list[tuple[int, str]]:
    lines, session.logs = session.logs, []
    return lines
