"""A hand-made conversation with a Kangban controller in simulated time: no bridge, no port."""

from __future__ import annotations

from firmware_bridge.protocol import (
    PROTOCOL_VERSION,
    Decoder,
    Hello,
    HelloAck,
    Message,
    Telemetry,
    encode_frame,
    pack,
    unpack,
)
from kangban.config import load_profile
from sim.motors.families import QEMU, emulator_for
from sim.motors.simulated import AxisReading, SimulatedMotors

ROBOT = "companion"
STEP_S = 1.0 / 240.0
TELEMETRY_HZ = 100
MOST_STEPS = 480


class Talk:
    """The firmware of the companion robot with wheels that follow at once; `session` is ours."""

    def __init__(self, controller: str = QEMU, session: int = 0x5151) -> None:
        self.profile = load_profile(ROBOT)
        self.now = 100.0
        self.controller: SimulatedMotors = emulator_for(self.profile, controller, self.now)
        self.session = session
        self.velocity: tuple[float, ...] = (0.0,) * len(self.profile.motors.wheels)  # rad/s
        self.telemetry: Telemetry | None = None
        self.greeted = 0  # answers to our greetings
        self.time_ms = 0  # the controller's clock, by its last telemetry
        self._angles = self.velocity
        self._sequence = 0
        self._decoder = Decoder()

    def greet(self) -> None:
        """Raises RuntimeError where it does not answer."""
        while self.telemetry is None:
            self.step()
        if not self.hello():
            raise RuntimeError("the firmware does not answer a greeting")
        self.hear_anew()

    def hello(self) -> bool:
        """A good frame; True where it was heard and answered."""
        before = self.greeted
        self.send(Hello(PROTOCOL_VERSION, TELEMETRY_HZ))
        return self.greeted > before

    def send(self, message: Message) -> None:
        self._sequence = (self._sequence + 1) & 0xFFFF
        self._hear(self.controller.feed(self._frame(message), self.now))

    def feed(self, data: bytes) -> None:
        """Any bytes on its wire."""
        self._hear(self.controller.feed(data, self.now))

    def step(self) -> None:
        """One physics step."""
        self.now += STEP_S
        self.feed(b"")
        torque = 0.0
        readings = tuple(AxisReading(a, v, torque) for a, v in zip(self._angles, self.velocity, strict=True))
        drives = self.controller.tick(self.now, readings)
        self.velocity = tuple(drive.velocity for drive in drives)
        self._angles = tuple(a + v * STEP_S for a, v in zip(self._angles, self.velocity, strict=True))

    def hear_anew(self) -> Telemetry:
        """The next telemetry. Raises RuntimeError where none comes."""
        before = self.telemetry
        for _ in range(MOST_STEPS):
            self.step()
            if self.telemetry is not None and self.telemetry is not before:
                return self.telemetry
        raise RuntimeError("the firmware sends no telemetry any more")

    def close(self) -> None:
        end = getattr(self.controller, "close", None)
        if end is not None:
            end()

    def _frame(self, message: Message) -> bytes:
        return encode_frame(message.number, self._sequence, self.session, pack(message))

    def _hear(self, data: bytes) -> None:
        for frame in self._decoder.feed(data):
            message = unpack(frame.number, frame.payload)
            if isinstance(message, Telemetry | HelloAck):
                self.time_ms = message.time_ms
                self.greeted += isinstance(message, HelloAck)
            if isinstance(message, Telemetry):
                self.telemetry = message
