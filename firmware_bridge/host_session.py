"""Our side of the protocol without any port: bytes and wishes in, bytes and a state out.

A session begins with HELLO after every (re)connection and whenever telemetry shows that the controller no longer holds
ours. Wishes made before it are gone, but for an emergency stop that was not seen to happen (`requests.py`). Only the
newest setpoint is kept, with the deadline of the moment it was made.
"""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Callable

from firmware_bridge.clock_sync import ClockSync
from firmware_bridge.fault_names import fault_names
from firmware_bridge.fit import Expectations, misfit
from firmware_bridge.link_counts import LinkCounts
from firmware_bridge.motors import AxisReadings, MotorState
from firmware_bridge.mounting import Mounting
from firmware_bridge.protocol import (
    PROTOCOL_VERSION,
    Arm,
    AxisSetpoint,
    ClearEmergencyStop,
    Decoder,
    Disarm,
    EmergencyStop,
    Frame,
    Hello,
    HelloAck,
    InputBit,
    Log,
    Message,
    ParameterValue,
    ProtocolError,
    ReadParameter,
    Refusal,
    Refused,
    SequenceWindow,
    Setpoint,
    State,
    Telemetry,
    WriteParameter,
    encode_frame,
    pack,
    unpack,
)
from firmware_bridge.requests import Request, Requests

NO_SESSION = 0
MICRO = 1e6
REMEMBERED_FRAMES = 64
MOST_LOGS = 200  # lines; where nobody fetches them the oldest go
MOST_READINGS = 100  # the same
TELLS_CHARGING = (2, 1)  # firmware: in an older one the bit is never set, which says nothing
SILENT_AFTER_S = 0.25  # without telemetry the controller counts as away


class HostSession:
    """Not thread-safe: one lock around it. `draw` gives a random session number in 1..65535."""

    def __init__(self, expected: Expectations, mounting: Mounting, draw: Callable[[], int]) -> None:
        self.logs: list[tuple[int, str]] = []  # level and text of the controller's lines; whoever reads them clears it
        self.readings: list[AxisReadings] = []  # oldest first; whoever reads them clears it too
        self.answer: ParameterValue | str | None = None  # to the last `ask`; words: why not
        self._expected, self._mounting = expected, mounting
        self._draw = draw
        self._counts, self._requests = LinkCounts(), Requests()
        self._last: tuple[Telemetry, HelloAck, float] | None = None  # what was heard last, ever, and its stamp
        self._reset("not opened yet")

    def _reset(self, message: str) -> None:
        """Forget the session and every wish but an emergency stop."""
        self._session = NO_SESSION
        self._sequence = 0
        self._greeting = False
        self._ack: HelloAck | None = None
        self.refusal: str | None = None  # why who answered is not driven
        self._clock = ClockSync()
        self._window = SequenceWindow()
        self._decoder = Decoder()
        self._sent: OrderedDict[int, float] = OrderedDict()
        self._setpoint: Setpoint | None = None
        self._requests.ended()
        self._ask: ReadParameter | WriteParameter | None = None
        self._asked: int | None = None  # the sequence of the question that waits for its answer
        self._telemetry: Telemetry | None = None  # of this session
        self._heard_at: float | None = None
        self._message = message
        self._shown: MotorState | None = None

    @property
    def ready(self) -> bool:
        """A session is agreed on with a controller that the profile fits."""
        return self._ack is not None and self.refusal is None

    # The port

    def opened(self) -> None:
        """The port is new, or its far end does not answer or has fallen silent: begin anew."""
        self._end(self.refusal or "greeting the motor controller")
        self._session = self._draw()
        self._greeting = True

    def closed(self, why: str) -> None:
        self._end(why)

    def _end(self, message: str) -> None:
        self._counts.ended(self._decoder, self._window)
        self._reset(message)

    # Wishes

    def request(self, request: Request) -> bool:
        """Keep it for the next `outgoing`; False where there is no session to send it in. A stop is always kept.

        Towards a controller that has fallen silent only what stops is sent: whoever is blind does not drive.
        """
        blind = not self.ready or (self._heard_at is None and request is not Request.DISARM)
        if blind and request is not Request.EMERGENCY_STOP:
            return False
        self._shown = self._setpoint = None
        return self._requests.add(request)

    def command(self, axes: tuple[AxisSetpoint, ...], made_at: float) -> bool:
        """Replace whatever setpoint waits; its deadline runs from `made_at`, on our clock.

        False where nobody takes it, or where it is not known what it would do: the controller has fallen silent.
        """
        if not self.ready or self._heard_at is None:
            return False
        if not self._requests.hold:
            self._setpoint = Setpoint(self._deadline(made_at), axes)
        return True

    def ask(self, question: ReadParameter | WriteParameter) -> bool:
        """Its answer will stand in `answer`; a new question replaces the one before."""
        if not self.ready:
            return False
        self._ask, self._asked, self.answer = question, None, None
        return True

    def _deadline(self, now: float) -> int:
        return self._clock.to_theirs(now + self._expected.command_life_s)

    # Bytes out

    def outgoing(self, now: float) -> bytes:
        """All that is to be sent now; each wish once."""
        if self._session == NO_SESSION:
            return b""
        frames = []
        if self._greeting:
            self._greeting = False
            frames.append(self._frame(Hello(PROTOCOL_VERSION, self._expected.telemetry_hz), now))
        frames += [self._frame(self._request_message(request, now), now) for request in self._requests.take()]
        if self._ask is not None:
            frames.append(self._frame(self._ask, now))
            self._ask, self._asked = None, self._sequence
        if self._setpoint is not None:
            frames.append(self._frame(self._setpoint, now))
            self._setpoint = None
        return b"".join(frames)

    def unsent(self, frames: int) -> None:
        """The port did not take the last `frames` of `outgoing`: counted here, so their numbers leave no gap there."""
        self._sequence = (self._sequence - frames) & 0xFFFF
        self._counts.lost += frames
        self._shown = None

    def _request_message(self, request: Request, now: float) -> Message:
        if request is Request.ARM:
            return Arm(self._deadline(now))
        if request is Request.CLEAR_EMERGENCY_STOP:
            return ClearEmergencyStop(self._deadline(now))
        return Disarm() if request is Request.DISARM else EmergencyStop()

    def _frame(self, message: Message, now: float) -> bytes:
        self._sequence = (self._sequence + 1) & 0xFFFF
        self._sent[self._sequence] = now
        while len(self._sent) > REMEMBERED_FRAMES:
            self._sent.popitem(last=False)
        return encode_frame(message.number, self._sequence, self._session, pack(message))

    # Bytes in

    def receive(self, data: bytes, now: float) -> None:
        corrupt = self._decoder.corrupt
        for frame in self._decoder.feed(data):
            try:
                message = unpack(frame.number, frame.payload)
            except ProtocolError:
                self._counts.corrupt += 1
                self._shown = None
                continue
            self._hear(frame, message, now)
        if self._decoder.corrupt != corrupt:
            self._shown = None

    def check(self, now: float) -> bool:
        """False where a session was agreed on and has fallen silent."""
        if self._heard_at is None:
            return True
        self._heard_at = min(self._heard_at, now)  # a clock that was put back must not make silence look young
        if now - self._heard_at <= SILENT_AFTER_S:
            return True
        self._heard_at = self._telemetry = None
        self._message, self._shown = "the motor controller is silent", None
        return False

    def _hear(self, frame: Frame, message: Message, now: float) -> None:
        if frame.session != self._session:
            if self._ack is not None and isinstance(message, Telemetry):
                self.opened()  # it was reset, or serves somebody else: nothing of before may go on
            return
        if not self._window.accept(frame.sequence):
            return
        if isinstance(message, HelloAck):
            self._greeted(message, now)
        elif isinstance(message, Telemetry) and self._ack is not None:
            self._take(message, self._ack, now)
        elif isinstance(message, Refused):
            self._note_refusal(message)
        elif isinstance(message, Log):
            self._log(message.level, message.text)
        elif isinstance(message, ParameterValue) and self._asked is not None:
            self._asked, self.answer = None, message

    def _note_refusal(self, message: Refused) -> None:
        try:
            reason = Refusal(message.reason).name.lower().replace("_", " ")
        except ValueError:
            reason = f"reason {message.reason}"
        if message.sequence == self._asked:
            self._asked, self.answer = None, reason
        else:
            self._log(logging.WARNING, f"refused request 0x{message.refused:02x}: {reason}")

    def _log(self, level: int, text: str) -> None:
        self.logs = [*self.logs, (level, text)][-MOST_LOGS:]

    def _greeted(self, ack: HelloAck, now: float) -> None:
        sent_at = self._sent.get(ack.echo_sequence)
        if sent_at is None:
            return
        self._clock.sample(sent_at, ack.time_ms)
        self._ack = ack
        self._heard_at = now
        self.refusal = misfit(ack, self._expected)
        self._message, self._shown = self.refusal or "agreed on a session", None

    def _take(self, telemetry: Telemetry, ack: HelloAck, now: float) -> None:
        if len(telemetry.axes) != ack.axes:
            self._counts.corrupt += 1
            return
        self._echo(telemetry, now)
        self._counts.told(self._telemetry, telemetry)
        self._requests.seen(telemetry.state)
        self._telemetry, self._heard_at = telemetry, now
        self._message = self.refusal or "connected"
        if self.refusal is None:
            stamp = self._clock.to_ours(telemetry.time_ms)
            self._last = (telemetry, ack, stamp)
            readings = self._mounting.readings(stamp, ack.boot_id, telemetry.axes)
            self.readings = [*self.readings, readings][-MOST_READINGS:]
        self._shown = None

    def _echo(self, telemetry: Telemetry, now: float) -> None:
        """Learn from which of our frames it took in, and when; and from the telemetry itself."""
        self._clock.heard(now, telemetry.time_ms)
        sent_at = self._sent.get(telemetry.echo_sequence)
        if sent_at is None or telemetry.echo_age_ms == 0xFFFF:
            return
        self._clock.sample(sent_at, (telemetry.time_ms - telemetry.echo_age_ms) & 0xFFFF_FFFF)
        self._counts.round_trip = max(0.0, now - sent_at - telemetry.echo_age_ms / 1000.0)

    # What it comes to

    @property
    def state(self) -> MotorState:
        if self._shown is None:
            self._shown = self._show()
        return self._shown

    def _show(self) -> MotorState:
        quality, stopping = self._counts.quality(self._decoder, self._window), self._requests.stopping
        if self._last is None:
            return MotorState(False, self._message, emergency_stop=stopping, quality=quality)
        telemetry, ack, stamp = self._last
        speaks = self._telemetry is not None and self.refusal is None
        inputs = telemetry.inputs
        return MotorState(
            connected=speaks,
            message=self._message,
            armed=speaks and telemetry.state == State.ARMED,
            watchdog=telemetry.state == State.WATCHDOG,
            emergency_stop=stopping or telemetry.state == State.EMERGENCY_STOP,
            clearable=bool(inputs & InputBit.CLEARABLE),
            bumper=bool(inputs & InputBit.BUMPER),
            charging=bool(inputs & InputBit.CHARGING) if _tells_charging(ack) else None,
            faults=fault_names(telemetry.faults),
            axes=self._mounting.readings(stamp, ack.boot_id, telemetry.axes),
            voltage=telemetry.voltage_mv / 1000.0,
            temperature=telemetry.temperature_dc / 10.0,
            highest_velocity=ack.highest_urad_per_s / MICRO,
            quality=quality,
        )


def _tells_charging(ack: HelloAck) -> bool:
    return (ack.firmware_major, ack.firmware_minor) >= TELLS_CHARGING
