"""The motors of a profile, opened for a person at the bench and let go of in the end."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from firmware_bridge.families import make
from firmware_bridge.motors import MotorController, MotorsError
from kangban.config import load_profile
from kangban.profile import Profile

CONNECT_WITHIN_S = 3.0
LOOK_EVERY_S = 0.1


@dataclass(frozen=True)
class Session:
    profile: Profile
    motors: MotorController
    heard: threading.Event

    @property
    def axis_names(self) -> tuple[str, ...]:
        """Wheels, then joints, as everywhere."""
        section = self.profile.motors
        return (*(wheel.name for wheel in section.wheels), *(joint.name for joint in section.joints))

    def until(self, condition: Callable[[], bool], longest_s: float) -> bool:
        end = time.monotonic() + longest_s
        while not condition():
            if time.monotonic() > end:
                return False
            self.heard.wait(LOOK_EVERY_S)
            self.heard.clear()
        return True


@contextlib.contextmanager
def opened(profile_name: str, port: str | None, connected: bool = True) -> Iterator[Session]:
    """`connected`: raise MotorsError where nobody answers in time. Raises ConfigError for a wrong profile."""
    profile = load_profile(profile_name, [f"motors.port={port}"] if port else [])
    heard = threading.Event()
    motors = make(profile.motors, time.monotonic, heard.set)
    session = Session(profile, motors, heard)
    try:
        motors.connect()
        answers = session.until(lambda: motors.state().connected, CONNECT_WITHIN_S)
        if connected and not answers:
            raise MotorsError(motors.state().message)
        yield session
    finally:
        motors.close()
