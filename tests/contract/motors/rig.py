"""Any simulated motor controller behind a real pseudo-terminal, with wheels that follow, on a clock turned by hand.

Time stands still while bytes are on their way, so a busy machine changes nothing: a step ends when the bridge has heard
what was written to it, or, where the bridge asks by itself, when it has gone round once.
"""

from __future__ import annotations

import os
import select
import threading
import time
from collections.abc import Callable
from pathlib import Path

from kangban.clock import ManualClock
from sim.motors.port import PseudoTerminal
from sim.motors.simulated import AxisReading, SimulatedMotors
from tests.contract.motors.wire import BadWire

STEP_S = 1.0 / 240.0
LONGEST_WAIT_S = 2.0  # wall time for the bridge to hear or to send: a bound for a busy machine, no expectation
NOBODY_LISTENS_S = 0.001  # once it was not heard in that time: until somebody hears again
UNANSWERED_S = STEP_S  # who asks in vain waits by the machine's clock, so time runs no faster than that here
MOST_STEPS = 6000
MOST_WALL_S = 8.0


class Ears:
    """A pipe into which the bridge, in this process or another, says that it has heard something."""

    def __init__(self) -> None:
        self._read, self.write_end = os.pipe()
        for end in (self._read, self.write_end):
            os.set_blocking(end, False)

    def heard(self) -> None:
        """To be called by the bridge's own thread."""
        try:
            os.write(self.write_end, b"h")
        except OSError:
            return  # so much is waiting there that one more says nothing new; or the rig has been taken down

    def fileno(self) -> int:
        return self._read

    def clear(self) -> bool:
        """True where something was heard since the last call."""
        try:
            return bool(os.read(self._read, 65536))
        except BlockingIOError:
            return False

    def close(self) -> None:
        os.close(self._read)
        os.close(self.write_end)


class Rig:
    """`step` is one physics step. Axes follow their drive at once; `blocked` ones stand and pull full torque."""

    def __init__(
        self, folder: Path, make: Callable[[float], SimulatedMotors], axes: int, asks_every_s: float | None = None
    ) -> None:
        """`asks_every_s`: the bridge asks and the controller only answers; None: both speak by themselves."""
        self.clock = ManualClock(1000.0)
        self.port = PseudoTerminal(folder / "motors.tty")
        self.controller = make(self.clock.now())
        self.to_controller, self.to_bridge = BadWire(1, asks_every_s is None), BadWire(2, asks_every_s is None)
        self.ears = Ears()
        self.velocity = (0.0,) * axes  # what the axes really do, rad/s
        self.angles = (0.0,) * axes
        self.blocked: set[int] = set()
        self.deaf = False  # nothing is taken off the wire: what the bridge sends fills the buffers
        self.hung = False  # the controller neither reads nor writes, but its motors do what they last did
        self.each_step: Callable[[], None] = lambda: None  # before anything else happens in it
        self.recorded: list[bytes] | None = None  # what reached the controller, while this is a list
        self._torque = (0.0,) * axes
        self._asks_every_s, self._heard_at = asks_every_s, self.clock.now()
        self._unheard_s = NOBODY_LISTENS_S if asks_every_s is None else UNANSWERED_S
        self._hear_within_s = self._unheard_s
        self._answered = False  # since the bridge was heard last

    def close(self) -> None:
        end = getattr(self.controller, "close", None)  # of the process that runs it, where there is one
        if end is not None:
            end()
        self.port.close()
        self.ears.close()

    # Time

    def step(self, data: bytes = b"") -> None:
        """`data`: bytes put on the wire beside the bridge's."""
        self.clock.advance(STEP_S)
        self.each_step()
        if self.ears.clear():
            self._heard_at = self.clock.now()
        wrote = self._serve(data)
        self._turn()
        if self._due() if self._asks_every_s is not None else wrote:
            self._let_it_hear()

    def _due(self) -> bool:
        """The bridge is to have gone round by now."""
        assert self._asks_every_s is not None
        return self.clock.now() - self._heard_at >= self._asks_every_s - 1e-6

    def _let_it_hear(self) -> None:
        if self.hung or not self.port.plugged:
            return
        heard = self._serve_until_heard(self._hear_within_s)
        # Who gets no answer hears nothing in good time either: it waits for its own time limits, and in a back-off.
        self._hear_within_s = LONGEST_WAIT_S if heard and self._answered else self._unheard_s
        if heard:
            self._heard_at, self._answered = self.clock.now(), False

    def run(self, seconds: float, each: Callable[[], object] = lambda: None) -> None:
        for _ in range(round(seconds / STEP_S)):
            self.step()
            each()

    def until(
        self, condition: Callable[[], bool], each: Callable[[], object] = lambda: None, what: Callable[[], str] = str
    ) -> None:
        """Run on until it holds. Fails after many steps and much wall time, however long they took."""
        begun, steps = time.monotonic(), 0
        while not condition():
            if steps > MOST_STEPS and time.monotonic() - begun > MOST_WALL_S:
                raise AssertionError(f"it never happened: {what()}")
            self._await_bytes(NOBODY_LISTENS_S)  # opening a port takes the bridge some wall time
            self.step()
            steps += 1
            each()

    def let_it_send(self) -> None:
        """Wait until the bridge has put something on the wire, or has gone round. Time stands still."""
        if self._asks_every_s is not None:
            self._let_it_hear()
        elif self.port.plugged and not self.hung and not self.deaf:
            self._await_bytes(LONGEST_WAIT_S)

    def serve_while(self, act: Callable[[], object]) -> None:
        """Answer the bridge while `act` (closing, say) waits for it in a thread of its own. Time stands still."""
        thread = threading.Thread(target=act)
        thread.start()
        while thread.is_alive():
            self._await_bytes(NOBODY_LISTENS_S)
            self._serve()
        thread.join()
        self._serve()

    # The wire

    def heal(self) -> None:
        """Both directions are good from now on."""
        self.to_controller.heal()
        self.to_bridge.heal()

    def _serve(self, data: bytes = b"") -> bool:
        """True where something was written to the bridge."""
        if self.hung:
            return False
        now = self.clock.now()
        came = self.to_controller.carry((b"" if self.deaf else self.port.read()) + data, now)
        if self.recorded is not None and came:
            self.recorded.append(came)
        answer = self.to_bridge.carry(self.controller.feed(came, now), now)
        self.port.write(answer)
        self._answered |= bool(answer)
        return bool(answer) and self.port.plugged

    def _serve_until_heard(self, longest_s: float) -> bool:
        end = time.monotonic() + longest_s
        while (left := end - time.monotonic()) > 0:
            readable, _, _ = select.select([self.ears.fileno(), self.port.fileno()], [], [], left)
            if self.ears.fileno() in readable:
                self.ears.clear()
                return True
            self._serve()
        return False

    def _await_bytes(self, longest_s: float) -> None:
        if self.port.plugged:
            select.select([self.port], [], [], longest_s)

    def nobody_listens(self) -> None:
        """The bridge is gone or frozen: nobody need be waited for."""
        self._hear_within_s = NOBODY_LISTENS_S

    # The axes

    def _turn(self) -> None:
        readings = tuple(map(AxisReading, self.angles, self.velocity, self._torque))
        drives = self.controller.tick(self.clock.now(), readings)
        stuck = [k in self.blocked for k in range(len(drives))]
        self._torque = tuple(d.torque_limit if held else 0.0 for d, held in zip(drives, stuck, strict=True))
        self.velocity = tuple(0.0 if held else d.velocity for d, held in zip(drives, stuck, strict=True))
        self.angles = tuple(a + v * STEP_S for a, v in zip(self.angles, self.velocity, strict=True))
