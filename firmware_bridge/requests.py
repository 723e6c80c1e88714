"""What the bridge asks of our own controller beside setpoints: once, or until it is seen to have happened.

A frame may get lost on any wire. What starts something is then not done, and whoever wants it asks again. What stops
something is said again with each telemetry until the controller shows that it obeyed, and the emergency stop also
outlives a break: ordered while nobody is there, it is the first thing that whoever comes back hears.
"""

from __future__ import annotations

from enum import Enum

from firmware_bridge.protocol import State


class Request(Enum):
    ARM = "arm"
    DISARM = "disarm"
    EMERGENCY_STOP = "emergency_stop"
    CLEAR_EMERGENCY_STOP = "clear_emergency_stop"


class Requests:
    def __init__(self) -> None:
        self._waiting: list[Request] = []  # for the next bytes out
        self._disarming = False
        self.stopping = False  # ordered, and not seen yet

    @property
    def hold(self) -> bool:
        """Something that stops is under way: nothing is to drive on behind it."""
        return self.stopping or self._disarming

    def add(self, request: Request) -> bool:
        """False where it is not taken: while a stop is under way nothing is armed or cleared."""
        if self.stopping and request in (Request.ARM, Request.CLEAR_EMERGENCY_STOP):
            return False
        if request is Request.EMERGENCY_STOP:
            self.stopping = True
            self._waiting.clear()
        self._disarming = request is Request.DISARM or (self._disarming and request is not Request.ARM)
        if request not in self._waiting:
            self._waiting.append(request)
        return True

    def ended(self) -> None:
        """The session is over: all wishes are dropped but the stop. A new session disarms by itself."""
        self._waiting = [Request.EMERGENCY_STOP] if self.stopping else []
        self._disarming = False

    def seen(self, state: int) -> None:
        """The controller says what it does now."""
        self.stopping = self.stopping and state != State.EMERGENCY_STOP
        self._disarming = self._disarming and state == State.ARMED
        for wanted, request in ((self.stopping, Request.EMERGENCY_STOP), (self._disarming, Request.DISARM)):
            if wanted and request not in self._waiting:
                self._waiting.append(request)

    def take(self) -> list[Request]:
        """What is to be sent now."""
        taken, self._waiting = self._waiting, []
        return taken
