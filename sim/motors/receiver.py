"""The controller's ear: frames in, and only what is intact, ours, new and in time comes out."""

from __future__ import annotations

from dataclasses import dataclass

from firmware_bridge.protocol import (
    Arm,
    ClearEmergencyStop,
    Decoder,
    EmergencyStop,
    Frame,
    Hello,
    Message,
    Mode,
    ProtocolError,
    Refusal,
    SequenceWindow,
    Setpoint,
    milliseconds_until,
    unpack,
)

NO_SESSION = 0
MODES = frozenset(Mode)
TO_THE_BRIDGE = 0x80  # and above: nothing that a controller listens to


@dataclass(frozen=True, slots=True)
class Received:
    """A message to act on, or a request to refuse."""

    message: Message
    sequence: int
    session: int
    refusal: Refusal | None = None


class Receiver:
    """Counters are since power-on; the session ends when another begins."""

    def __init__(self, axes: int, longest_life_ms: int) -> None:
        self.longest_life_ms = longest_life_ms
        self.session = NO_SESSION
        self.accepted = 0
        self.stale = 0  # duplicates, the reordered, and frames of another session
        self.late = 0  # deadlines that had passed, or that no honest clock would give
        self.echo_sequence = 0
        self.echo_ms = 0  # when the last accepted frame came
        self._bad_payload = 0
        self._lost_before = 0
        self._decoder = Decoder()
        self._window = SequenceWindow()
        self._axes = axes

    @property
    def corrupt(self) -> int:
        return self._decoder.corrupt + self._bad_payload

    @property
    def lost(self) -> int:
        return self._lost_before + self._window.lost

    def receive(self, data: bytes, now_ms: int) -> list[Received]:
        heard = (self._judge(frame, now_ms) for frame in self._decoder.feed(data))
        return [received for received in heard if received is not None]

    def _judge(self, frame: Frame, now_ms: int) -> Received | None:
        message = self._read(frame)
        if message is None:
            self._bad_payload += 1
            return None
        if isinstance(message, EmergencyStop):
            return Received(message, frame.sequence, frame.session)
        if isinstance(message, Hello) and frame.session != self.session and frame.session != NO_SESSION:
            self._begin(frame.session)
        if frame.session != self.session or self.session == NO_SESSION or not self._window.accept(frame.sequence):
            self.stale += 1
            return None
        self.accepted += 1
        self.echo_sequence, self.echo_ms = frame.sequence, now_ms
        refusal = self._in_time(message, now_ms)
        if refusal is not None and isinstance(message, Setpoint):
            self.late += 1
        return Received(message, frame.sequence, frame.session, refusal)

    def _read(self, frame: Frame) -> Message | None:
        """None for what is no message to a controller of so many axes."""
        try:
            message = unpack(frame.number, frame.payload)
        except ProtocolError:
            return None
        if frame.number >= TO_THE_BRIDGE or (isinstance(message, Setpoint) and not self._fits(message)):
            return None
        return message

    def _fits(self, setpoint: Setpoint) -> bool:
        """A row for every axis, in a mode that exists."""
        return len(setpoint.axes) == self._axes and all(row.mode in MODES for row in setpoint.axes)

    def _begin(self, session: int) -> None:
        self._lost_before += self._window.lost
        self.session, self._window = session, SequenceWindow()

    def _in_time(self, message: Message, now_ms: int) -> Refusal | None:
        if not isinstance(message, Setpoint | Arm | ClearEmergencyStop):
            return None
        left = milliseconds_until(message.deadline_ms, now_ms)
        if left <= 0:
            return Refusal.LATE
        return Refusal.TOO_FAR_AHEAD if left > self.longest_life_ms else None
