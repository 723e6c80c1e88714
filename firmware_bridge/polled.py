"""A family that is asked and answers, as a `MotorController`: one thread runs its `Bus`.

The thread is the host-side watchdog: past the life of a command it writes zero, whoever else hangs. Once a control
period, and at once when there is a newer command, it writes what is worth writing and reads all axes.

What a command is worth goes by the bridge's clock (`now`), which a simulation may slow down or hold still. Waiting goes
by the machine's own steady clock. Decisions stand in `polled_state.py`.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from firmware_bridge import polled_state as decide
from firmware_bridge.bus import Bus, BusAwayError, BusError, BusReadings, MisfitError
from firmware_bridge.motors import AxisCommand, AxisReadings, MotorsError, MotorState
from firmware_bridge.polled_state import Phase, Polled
from firmware_bridge.serial_port import PortBusyError
from kangban.motor_profile import Motors

LOOK_EVERY_S = 0.005  # how often it is looked whether the bridge's clock has moved far enough
RETRY_AFTER_S = 0.01  # after a failed exchange
FIRST_BACKOFF_S, LONGEST_BACKOFF_S = 0.05, 2.0
CLOSING_S = 3.0  # for the thread to finish its exchange and take the power away
MOST_LOG_LINES = 200

_log = logging.getLogger(__name__)


class PolledMotors:
    """`heard` is called in the thread after every exchange, whether it worked or not."""

    def __init__(
        self, bus: Bus, motors: Motors, now: Callable[[], float], heard: Callable[[], None] = lambda: None
    ) -> None:
        self._bus, self._now, self._heard = bus, now, heard
        self._axes = len(motors.wheels) + len(motors.joints)
        self._period, self._life = 1.0 / motors.control_hz, motors.command_life_s
        self._lock = threading.Lock()  # of what is decided and of the log; never held while the bus is used
        self._state = Polled()
        self._highest: float | None = None
        self._logs: list[tuple[int, str]] = []
        self._taken: AxisReadings | None = None  # the reading that was fetched last
        self._wake, self._ending = threading.Event(), threading.Event()
        self._is_open = False  # from here on: the thread's own
        self._backoff = 0.0
        self._thread = threading.Thread(target=self._run, name="motor-bus", daemon=True)

    # A MotorController

    def connect(self) -> None:
        try:
            self._bus.open()
            self._is_open = True
        except PortBusyError as error:
            raise MotorsError(str(error)) from error
        except BusAwayError as error:
            self._drop(str(error))
        self._thread.start()

    def state(self) -> MotorState:
        with self._lock:
            return decide.shown(self._state, self._highest)

    def readings(self) -> list[AxisReadings]:
        before, self._taken = self._taken, self.state().axes
        return [] if self._taken is None or self._taken is before else [self._taken]

    def log_lines(self) -> list[tuple[int, str]]:
        with self._lock:
            lines, self._logs = self._logs, []
        return lines

    def arm(self) -> None:
        self._wish(decide.ask_to_arm)

    def disarm(self) -> None:
        self._wish(decide.disarm)

    def emergency_stop(self) -> None:
        self._wish(decide.stop)

    def clear_emergency_stop(self) -> None:
        self._wish(decide.clear)

    def command(self, axes: tuple[AxisCommand, ...], made_at: float) -> bool:
        with self._lock:
            self._state, taken = decide.command(self._state, axes, made_at, self._now(), self._life)
        if taken:
            self._wake.set()
        return taken

    def close(self) -> None:
        """Closing twice does nothing."""
        self._ending.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(timeout=CLOSING_S)
        elif self._is_open:
            self._finish()

    def _wish(self, change: Callable[[Polled], Polled]) -> None:
        self._change(change)
        self._wake.set()

    def _change(self, change: Callable[[Polled], Polled]) -> Polled:
        """Decide, and say what that changed."""
        with self._lock:
            before, self._state = self._state, change(self._state)
            self._note(before, self._state)
            return self._state

    # The thread

    def _run(self) -> None:
        while not self._ending.is_set():
            try:
                if self._is_open:
                    self._go_round()
                else:
                    self._reopen()
            except BusError as error:
                self._fail(error)
            except (BusAwayError, PortBusyError, MisfitError) as error:
                self._drop(str(error))
            except Exception as error:  # noqa: BLE001  a library's slip must not end the thread that stops the wheels
                self._drop(f"{type(error).__name__}: {error}; the bus is opened anew")
            else:
                continue
            self._tell()
        self._finish()

    def _go_round(self) -> None:
        if self._state.phase is Phase.AWAY:
            self._greet()
        self._exchange()
        self._tell()
        self._pause()

    def _greet(self) -> None:
        """Connected is who was greeted and has said where its axes are."""
        boot_id = self._bus.greet()
        highest = self._bus.highest_velocity()
        readings, stamp, took, answered = self._asked()
        with self._lock:
            self._highest = highest
        self._change(
            lambda state: decide.heard(decide.greeted(state, boot_id, answered), readings, stamp, took, answered)
        )

    def _exchange(self) -> None:
        """Do what was asked for, write what is worth it, read."""
        self._wake.clear()
        state = self._change(lambda state: decide.expire(state, self._now(), self._life))
        if state.disabling:
            self._bus.disable()
            state = self._change(decide.disabled)
        if state.arming:
            self._arm(state)
            state = self._state
        axes = decide.to_write(state, self._axes)
        if axes is not None:
            self._bus.write(axes)
        state = self._read()
        self._backoff = 0.0
        if state.phase is Phase.AWAY:
            self._close_bus()

    def _arm(self, state: Polled) -> None:
        try:
            if state.phase is Phase.FAULT:
                self._forgive()
            if self._state.arming:
                self._bus.enable()
        except BusError as error:
            self._log(logging.WARNING, f"not armed: {error}")
            self._change(decide.refused)
            raise
        self._change(lambda state: decide.armed(state, self._now()))

    def _forgive(self) -> None:
        """Greeting clears what the devices latch; what they report after it is still there."""
        boot_id = self._bus.greet()
        readings = self._bus.read()
        self._change(lambda state: decide.forgiven(state, boot_id, readings))
        if readings.faults:
            self._log(logging.WARNING, f"not armed: the cause remains: {', '.join(readings.faults)}")

    def _read(self) -> Polled:
        readings, stamp, took, answered = self._asked()
        return self._change(lambda state: decide.heard(state, readings, stamp, took, answered))

    def _asked(self) -> tuple[BusReadings, float, float, float]:
        """The readings; when they were made and when they came, on the bridge's clock; how long it took."""
        began, asked = time.monotonic(), self._now()
        readings = self._bus.read()
        took, answered = time.monotonic() - began, self._now()
        return readings, asked + max(0.0, answered - asked) / 2.0, took, answered

    def _pause(self) -> None:
        """Until something is wished, or a period has passed on either clock, or a command has died."""
        steady, now = time.monotonic(), self._now()
        while not self._wake.wait(LOOK_EVERY_S):
            passed = self._now() - now
            if not 0.0 <= passed < self._period or time.monotonic() - steady >= self._period:
                return
            if decide.expire(self._state, self._now(), self._life) is not self._state:
                return

    # Breaks

    def _fail(self, error: BusError) -> None:
        """One failed exchange is tried again; many in a row are a break."""
        state = self._change(lambda state: decide.failed(state, error.corrupt))
        if state.phase is Phase.AWAY or decide.silent(state, self._now()):
            self._drop(str(error))
        else:
            self._ending.wait(RETRY_AFTER_S)

    def _drop(self, why: str) -> None:
        """Away at once: letting go tries to stop the wheels, which takes a while on a line that answers nothing."""
        self._change(lambda state: decide.away(state, why))
        self._close_bus()

    def _close_bus(self) -> None:
        self._is_open = False
        self._bus.close()

    def _reopen(self) -> None:
        if self._ending.wait(self._backoff):
            return
        self._backoff = min(LONGEST_BACKOFF_S, max(FIRST_BACKOFF_S, 2.0 * self._backoff))
        self._bus.open()
        self._is_open = True

    def _finish(self) -> None:
        """Take the power away, then let go of the port."""
        if self._is_open:
            try:
                self._bus.disable()
            except Exception as error:  # noqa: BLE001  whatever it is, the port must be let go of
                self._log(logging.WARNING, f"while closing: {error}")
        self._drop("closed")

    # Words

    def _tell(self) -> None:
        try:
            self._heard()
        except Exception:  # noqa: BLE001  whoever listens may slip; this thread goes on stopping wheels
            _log.exception("a slip of who listens to the motors")

    def _note(self, before: Polled, after: Polled) -> None:
        """With the lock held."""
        for level, text in decide.news(before, after):
            self._append(level, text)

    def _log(self, level: int, text: str) -> None:
        with self._lock:
            self._append(level, text)

    def _append(self, level: int, text: str) -> None:
        self._logs = [*self._logs, (level, text)][-MOST_LOG_LINES:]
