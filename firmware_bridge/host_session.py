"""Our side of the protocol without any port: bytes and wishes in, bytes and a state out.

A session begins with HELLO after every (re)connection and whenever telemetry shows that the controller no longer holds
ours. Wishes made before it are gone. Only the newest setpoint is kept, with the deadline of the moment it was made.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace
from enum import Enum

from firmware_bridge.clock_sync import ClockSync
from firmware_bridge.fit import Expectations, misfit
from firmware_bridge.motors import LinkQuality, MotorState, WheelReadings
from firmware_bridge.protocol import (
    PROTOCOL_VERSION,
    Arm,
    ClearEmergencyStop,
    Decoder,
    Disarm,
    EmergencyStop,
    FaultBit,
    Frame,
    Hello,
    HelloAck,
    InputBit,
    Log,
    Message,
    ProtocolError,
    Refusal,
    Refused,
    SequenceWindow,
    Setpoint,
    State,
    Telemetry,
    encode_frame,
    pack,
    unpack,
)

MICRO = 1e6
REMEMBERED_FRAMES = 64
SILENT_AFTER_S = 0.25  # without telemetry the controller counts as away


class Request(Enum):
    ARM = "arm"
    DISARM = "disarm"
    EMERGENCY_STOP = "emergency_stop"
    CLEAR_EMERGENCY_STOP = "clear_emergency_stop"


class HostSession:
    """Not thread-safe: one lock around it. `draw` gives a random session number in 1..65535."""

    def __init__(self, expected: Expectations, draw: Callable[[], int]) -> None:
        self.state = MotorState(False, "not opened yet")
        self.logs: list[tuple[int, str]] = []  # level and text of the controller's lines; whoever reads them clears it
        self._expected = expected
        self._draw = draw
        self._corrupt_before = self._lost_before = self._bad_payload = 0
        self._theirs = {"corrupt": 0, "stale": 0, "late": 0, "lost": 0}  # as the controller counted
        self._reset("not opened yet")

    def _reset(self, message: str) -> None:
        """Forget the session and every wish."""
        self._session = 0
        self._sequence = 0
        self._greeting = False
        self._ack: HelloAck | None = None
        self._refusal: str | None = None
        self._clock = ClockSync()
        self._window = SequenceWindow()
        self._decoder = Decoder()
        self._sent: OrderedDict[int, float] = OrderedDict()
        self._setpoint: Setpoint | None = None
        self._requests: list[Request] = []
        self._telemetry: Telemetry | None = None
        self._heard_at: float | None = None
        self.state = replace(self.state, connected=False, armed=False, message=message)

    @property
    def ready(self) -> bool:
        """A session is agreed on with a controller that the profile fits."""
        return self._ack is not None and self._refusal is None

    # The port

    def opened(self) -> None:
        """The port is new, or its far end does not answer or has fallen silent: begin anew."""
        self._end("greeting the motor controller")
        self._session = self._draw()
        self._greeting = True

    def closed(self, why: str) -> None:
        self._end(why)

    def _end(self, message: str) -> None:
        self._corrupt_before += self._decoder.corrupt
        self._lost_before += self._window.lost
        self._reset(message)

    # Wishes

    def request(self, request: Request) -> bool:
        """Keep it for the next `outgoing`; False where there is no session to send it in."""
        if not self.ready:
            return False
        if request not in self._requests:
            self._requests.append(request)
        return True

    def command(self, left: float, right: float, torque_limit: float, made_at: float) -> bool:
        """Replace whatever setpoint waits. rad/s, N·m; the deadline runs from `made_at`, on our clock."""
        if not self.ready:
            return False
        deadline = self._deadline(made_at)
        torque = max(0, min(0xFFFF, round(torque_limit * 1000)))
        self._setpoint = Setpoint(deadline, round(left * MICRO), round(right * MICRO), torque)
        return True

    def _deadline(self, now: float) -> int:
        return self._clock.to_theirs(now + self._expected.command_life_s)

    # Bytes out

    def outgoing(self, now: float) -> bytes:
        """All that is to be sent now; each wish once."""
        if self._greeting:
            self._greeting = False
            return self._frame(Hello(PROTOCOL_VERSION, self._expected.telemetry_hz), now)
        messages = [self._request_message(request, now) for request in self._requests]
        self._requests = []
        setpoint, self._setpoint = self._setpoint, None
        return b"".join(self._frame(m, now) for m in (*messages, *([setpoint] if setpoint else ())))

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
        for frame in self._decoder.feed(data):
            try:
                message = unpack(frame.number, frame.payload)
            except ProtocolError:
                self._bad_payload += 1
                continue
            self._hear(frame, message, now)
        if self.state.connected:
            self.state = replace(self.state, quality=self._quality(self.state.quality.round_trip))

    def check(self, now: float) -> bool:
        """False where a session was agreed on and has fallen silent."""
        if self._heard_at is None or now - self._heard_at <= SILENT_AFTER_S:
            return True
        self._heard_at = None
        self.state = replace(self.state, connected=False, armed=False, message="the motor controller is silent")
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
            self.logs.append((message.level, message.text))

    def _note_refusal(self, message: Refused) -> None:
        try:
            reason = Refusal(message.reason).name.lower().replace("_", " ")
        except ValueError:
            reason = f"reason {message.reason}"
        self.logs.append((30, f"refused request 0x{message.refused:02x}: {reason}"))

    def _greeted(self, ack: HelloAck, now: float) -> None:
        sent_at = self._sent.get(ack.echo_sequence)
        if sent_at is None:
            return
        self._clock.sample(sent_at, ack.time_ms)
        self._ack = ack
        self._heard_at = now
        self._refusal = misfit(ack, self._expected)
        self.state = replace(self.state, message=self._refusal or "agreed on a session")

    def _take(self, telemetry: Telemetry, ack: HelloAck, now: float) -> None:
        round_trip = self._echo(telemetry, now)
        self._count(telemetry)
        self._telemetry, self._heard_at = telemetry, now
        inputs = InputBit(telemetry.inputs)
        self.state = MotorState(
            connected=self._refusal is None,
            message=self._refusal or "connected",
            armed=telemetry.state == State.ARMED,
            watchdog=telemetry.state == State.WATCHDOG,
            emergency_stop=telemetry.state == State.EMERGENCY_STOP,
            clearable=InputBit.CLEARABLE in inputs,
            bumper=InputBit.BUMPER in inputs,
            faults=fault_names(telemetry.faults),
            wheels=WheelReadings(
                stamp=self._clock.to_ours(telemetry.time_ms),
                boot_id=ack.boot_id,
                ticks=(telemetry.left_ticks, telemetry.right_ticks),
                velocity=(telemetry.left_urad_per_s / MICRO, telemetry.right_urad_per_s / MICRO),
                current=(telemetry.left_ma / 1000.0, telemetry.right_ma / 1000.0),
            ),
            voltage=telemetry.voltage_mv / 1000.0,
            temperature=telemetry.temperature_dc / 10.0,
            highest_velocity=ack.highest_urad_per_s / MICRO,
            quality=self._quality(round_trip),
        )

    def _echo(self, telemetry: Telemetry, now: float) -> float | None:
        """Learn from which of our frames it took in, and when. The round trip (s), None where it is too long ago."""
        sent_at = self._sent.get(telemetry.echo_sequence)
        if sent_at is None or telemetry.echo_age_ms == 0xFFFF:
            return self.state.quality.round_trip
        self._clock.sample(sent_at, (telemetry.time_ms - telemetry.echo_age_ms) & 0xFFFF_FFFF)
        return max(0.0, now - sent_at - telemetry.echo_age_ms / 1000.0)

    def _count(self, telemetry: Telemetry) -> None:
        """Add what the controller's wrapping counters went up by within this session."""
        before = self._telemetry
        if before is not None:
            for name in self._theirs:
                self._theirs[name] += (getattr(telemetry, name) - getattr(before, name)) & 0xFFFF

    def _quality(self, round_trip: float | None) -> LinkQuality:
        theirs = self._theirs
        return LinkQuality(
            lost=theirs["lost"] + self._lost_before + self._window.lost,
            corrupt=theirs["corrupt"] + self._corrupt_before + self._decoder.corrupt + self._bad_payload,
            stale=theirs["stale"],
            late=theirs["late"],
            round_trip=round_trip,
        )


def fault_names(bits: int) -> tuple[str, ...]:
    return tuple((bit.name or str(bit.value)).lower() for bit in FaultBit if bits & bit)
