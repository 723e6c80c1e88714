"""The Kangban family: our own controller and protocol, as a `MotorController`."""

from __future__ import annotations

import secrets
from collections.abc import Callable

from firmware_bridge.fit import Expectations
from firmware_bridge.host_session import HostSession, Request
from firmware_bridge.link import Link
from firmware_bridge.motors import MotorsError, MotorState
from firmware_bridge.serial_port import PortBusyError
from kangban.profile import Motors

TELEMETRY_PER_PERIOD = 2


def draw_session() -> int:
    """1..65535, unlike the ones before it: a frame of an older session is not mistaken for ours."""
    return 1 + secrets.randbelow(0xFFFF)


class KangbanMotors:
    """`heard` is called in the link's own thread after each piece of telemetry or change of connection."""

    def __init__(self, motors: Motors, now: Callable[[], float], heard: Callable[[], None] = lambda: None) -> None:
        expected = Expectations(
            ticks_per_turn=motors.encoder_ticks_per_turn,
            watchdog_s=motors.watchdog_s,
            command_life_s=motors.command_life_s,
            telemetry_hz=round(TELEMETRY_PER_PERIOD * motors.control_hz),
        )
        self._link = Link(motors.port, motors.baud, HostSession(expected, draw_session), now, heard)

    def connect(self) -> None:
        try:
            self._link.start()
        except PortBusyError as error:
            raise MotorsError(str(error)) from error

    def state(self) -> MotorState:
        return self._link.locked(lambda session: session.state)

    def log_lines(self) -> list[tuple[int, str]]:
        def take(session: HostSession) -> list[tuple[int, str]]:
            lines, session.logs = session.logs, []
            return lines

        return self._link.locked(take)

    def arm(self) -> None:
        self._link.locked(lambda session: session.request(Request.ARM))

    def disarm(self) -> None:
        self._link.locked(lambda session: session.request(Request.DISARM))

    def emergency_stop(self) -> None:
        self._link.locked(lambda session: session.request(Request.EMERGENCY_STOP))

    def clear_emergency_stop(self) -> None:
        self._link.locked(lambda session: session.request(Request.CLEAR_EMERGENCY_STOP))

    def command(self, left: float, right: float, torque_limit: float, made_at: float) -> bool:
        return self._link.locked(lambda session: session.command(left, right, torque_limit, made_at))

    def close(self) -> None:
        self._link.locked(lambda session: session.request(Request.DISARM))
        self._link.close()
