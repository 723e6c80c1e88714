"""The simulated motor controller: bytes and wheel readings in, bytes and wheel drives out, by its own clock.

Pure: no port, no thread; `now` is the world's time in seconds. The world calls `feed` whenever bytes may have come and
`tick` at each physics step. State machine (docs/protocol.md has the table):

    BOOT -> DISARMED -> ARMED -> WATCHDOG | FAULT; EMERGENCY_STOP from every state but BOOT.
"""

from __future__ import annotations

import math
from collections import deque

from firmware_bridge.protocol import (
    PROTOCOL_VERSION,
    Arm,
    ClearEmergencyStop,
    Disarm,
    EmergencyStop,
    FaultBit,
    Hello,
    HelloAck,
    InputBit,
    Log,
    Message,
    Refusal,
    Refused,
    Setpoint,
    State,
    Telemetry,
    encode_frame,
    milliseconds_until,
    pack,
)
from sim.motors.battery import Battery
from sim.motors.receiver import NO_SESSION, Received, Receiver
from sim.motors.settings import ControllerSettings
from sim.motors.wheel import Wheel, WheelDrive, WheelReading

FIRMWARE = (1, 0)
LONGEST_LOG_QUEUE = 16
WAITING_TELEMETRY_HZ = 10  # before a session begins
FASTEST_TELEMETRY_HZ = 100
MICRO = 1e6
UNDER_VOLTAGE_AFTER_S = 0.5
INFO, WARNING = 20, 30


class Controller:
    def __init__(self, settings: ControllerSettings, now: float = 0.0) -> None:
        self.settings = settings
        self.battery = Battery(settings.battery_full_v, settings.battery_empty_v)
        self.button_down = False
        self.bumper = False
        self.boot_id = 0
        self.reboot(now)

    def reboot(self, now: float) -> None:
        """As after a brown-out: session, clock, encoder counts and arming are gone; the button stays as it is."""
        s = self.settings
        self.boot_id += 1
        self.state = State.BOOT
        self.faults = FaultBit(0)
        self.wheels = (Wheel(s.wheel, s.ticks_per_turn), Wheel(s.wheel, s.ticks_per_turn))
        self.setpoints_received = 0  # with our session, intact and new; whether obeyed or not
        self.last_setpoint_deadline: float | None = None  # of the last one received, in the world's time
        self._booted = self._ticked = now
        self._receiver = Receiver(round(s.longest_life_s * 1000))
        self._setpoint: Setpoint | None = None
        self._valid_at = now  # when the last valid setpoint (or ARM) came
        self._let_go = False  # the button has been let go since the stop
        self._sequence = 0
        self._telemetry_hz = WAITING_TELEMETRY_HZ
        self._telemetry_turn = -1
        self._under_voltage_for = 0.0
        self._logs: deque[Log] = deque(maxlen=LONGEST_LOG_QUEUE)

    @property
    def session(self) -> int | None:
        """The number of the session that a bridge holds; None while none does."""
        return None if self._receiver.session == NO_SESSION else self._receiver.session

    def time_ms(self, now: float) -> int:
        """The controller's own clock, 32 bits of milliseconds since it booted."""
        return math.floor((now - self._booted) * 1000.0 + 1e-6) & 0xFFFF_FFFF

    # Inputs at the robot

    def press_estop(self, down: bool) -> None:
        if self.button_down and not down:
            self._let_go = True
        self.button_down = down
        if down:
            self._stop("the emergency-stop button was pressed")

    def set_bumper(self, pressed: bool) -> None:
        """While it is pressed no wheel turns forwards; backing off is allowed."""
        self.bumper = pressed

    # The wire

    def feed(self, data: bytes, now: float) -> bytes:
        """Take what came over the wire; return what goes out, telemetry that is due included."""
        self._watch(now)
        if self.state is State.BOOT:
            return b""
        now_ms = self.time_ms(now)
        replies = [r for received in self._receiver.receive(data, now_ms) for r in self._obey(received, now)]
        turn = math.floor((now - self._booted) * self._telemetry_hz + 1e-6)
        if turn > self._telemetry_turn:
            self._telemetry_turn = turn
            replies.extend(self._logs)
            self._logs.clear()
            replies.append(self._telemetry(now_ms))
        return b"".join(self._frame(message) for message in replies)

    def _frame(self, message: Message) -> bytes:
        self._sequence = (self._sequence + 1) & 0xFFFF
        return encode_frame(message.number, self._sequence, self._receiver.session, pack(message))

    def _obey(self, received: Received, now: float) -> list[Message]:
        message = received.message
        if isinstance(message, Setpoint):
            self._take_setpoint(message, received.refusal, now)
            return []
        if isinstance(message, Hello):
            return self._greet(message, received, now)
        refusal = received.refusal or self._request(message, now)
        return [] if refusal is None else [Refused(message.number, received.sequence, refusal)]

    def _take_setpoint(self, message: Setpoint, refusal: Refusal | None, now: float) -> None:
        self.setpoints_received += 1
        self.last_setpoint_deadline = now + milliseconds_until(message.deadline_ms, self.time_ms(now)) / 1000.0
        if refusal is None:
            self._setpoint = message
            self._valid_at = now

    def _greet(self, message: Hello, received: Received, now: float) -> list[Message]:
        """A session begins (or is asked for again): whatever the one before had wished ends here."""
        if self.state in (State.ARMED, State.WATCHDOG):
            self._log(INFO, "disarmed: a session began")
            self.state = State.DISARMED
        self._setpoint = None
        protocol = self.settings.protocol or PROTOCOL_VERSION
        self._telemetry_hz = max(1, min(FASTEST_TELEMETRY_HZ, message.telemetry_hz))
        self._telemetry_turn = math.floor((now - self._booted) * self._telemetry_hz + 1e-6)
        acknowledgement = self._acknowledgement(protocol, received.sequence, now)
        if message.protocol == protocol:
            return [acknowledgement]
        return [acknowledgement, Refused(message.number, received.sequence, Refusal.VERSION)]

    def _acknowledgement(self, protocol: int, sequence: int, now: float) -> HelloAck:
        s = self.settings
        return HelloAck(
            protocol=protocol,
            firmware_major=FIRMWARE[0],
            firmware_minor=FIRMWARE[1],
            boot_id=self.boot_id,
            time_ms=self.time_ms(now),
            echo_sequence=sequence,
            ticks_per_turn=s.ticks_per_turn,
            watchdog_ms=round(s.watchdog_s * 1000),
            longest_life_ms=round(s.longest_life_s * 1000),
            highest_urad_per_s=round(s.wheel.velocity * MICRO),
            highest_torque_mnm=round(s.wheel.torque * 1000),
        )

    def _request(self, message: Message, now: float) -> Refusal | None:
        if isinstance(message, Arm):
            return self._arm(now)
        if isinstance(message, Disarm):
            if self.state in (State.ARMED, State.WATCHDOG):
                self.state = State.DISARMED
        elif isinstance(message, EmergencyStop):
            self._stop("stopped over the wire")
        elif isinstance(message, ClearEmergencyStop):
            return self._clear()
        return None

    # States

    def _arm(self, now: float) -> Refusal | None:
        if self.state is State.EMERGENCY_STOP:
            return Refusal.STATE
        if self._present_faults():
            return Refusal.CAUSE_REMAINS
        self.faults = FaultBit(0)
        for wheel in self.wheels:
            wheel.forgive()
        self._setpoint = None
        self._valid_at = now
        self.state = State.ARMED
        return None

    def _stop(self, why: str) -> None:
        if self.state is not State.EMERGENCY_STOP:
            self._log(WARNING, f"emergency stop: {why}")
            self._let_go = False
        self.state = State.EMERGENCY_STOP
        self._setpoint = None

    def _clear(self) -> Refusal | None:
        if self.state is not State.EMERGENCY_STOP:
            return Refusal.STATE
        if self.button_down:
            return Refusal.BUTTON_DOWN
        if not self._let_go:
            return Refusal.NOT_RELEASED_HERE
        self.state = State.DISARMED
        self._log(INFO, "emergency stop cleared")
        return None

    def _watch(self, now: float) -> None:
        """What time alone brings about: the end of booting, and the watchdog."""
        if self.state is State.BOOT and now - self._booted >= self.settings.boot_s:
            self.state = State.EMERGENCY_STOP if self.button_down else State.DISARMED
        if self.state is State.ARMED and now - self._valid_at > self.settings.watchdog_s + 1e-9:
            self.state = State.WATCHDOG
            self._setpoint = None
            self._log(WARNING, "watchdog: no valid setpoint came; arm again to go on")

    def _present_faults(self) -> FaultBit:
        low = self._under_voltage_for >= UNDER_VOLTAGE_AFTER_S
        mine = FaultBit.UNDER_VOLTAGE if low else FaultBit(0)
        return mine | self.wheels[0].faults() | self.wheels[1].faults()

    def _log(self, level: int, text: str) -> None:
        self._logs.append(Log(level, text))

    # The wheels

    def tick(self, now: float, left: WheelReading, right: WheelReading) -> tuple[WheelDrive, WheelDrive]:
        """Once a physics step: read the wheels, decide what the motors do until the next."""
        dt, self._ticked = max(0.0, now - self._ticked), now
        self._watch(now)
        self.battery.draw(dt, self.wheels[0].current + self.wheels[1].current)
        low = self.battery.voltage < self.settings.under_voltage_v
        self._under_voltage_for = self._under_voltage_for + dt if low else 0.0
        wished_left, wished_right, torque = self._wished(now)
        drives = (
            self.wheels[0].drive(dt, left, wished_left, torque),
            self.wheels[1].drive(dt, right, wished_right, torque),
        )
        self._take_faults()
        return drives

    def _wished(self, now: float) -> tuple[float, float, float]:
        """Wheel velocities (rad/s) and the torque (N·m) they may use; zero unless armed with a living setpoint."""
        setpoint, full = self._setpoint, self.settings.wheel.torque
        if self.state is not State.ARMED or setpoint is None:
            return 0.0, 0.0, full
        if milliseconds_until(setpoint.deadline_ms, self.time_ms(now)) <= 0:
            return 0.0, 0.0, full
        left, right = setpoint.left_urad_per_s / MICRO, setpoint.right_urad_per_s / MICRO
        if self.bumper:
            left, right = min(left, 0.0), min(right, 0.0)
        return left, right, setpoint.torque_limit_mnm / 1000.0

    def _take_faults(self) -> None:
        new = self._present_faults() & ~self.faults
        if new and self.state not in (State.BOOT, State.EMERGENCY_STOP):
            self.faults |= new
            self.state = State.FAULT
            self._setpoint = None
            self._log(WARNING, f"fault: {new.name}; arm again once its cause is gone")

    def _telemetry(self, now_ms: int) -> Telemetry:
        left, right = self.wheels
        receiver = self._receiver
        return Telemetry(
            time_ms=now_ms,
            state=self.state,
            inputs=self._inputs(),
            faults=self.faults,
            left_ticks=left.ticks,
            right_ticks=right.ticks,
            left_urad_per_s=round(left.velocity * MICRO),
            right_urad_per_s=round(right.velocity * MICRO),
            left_ma=_int16(left.current * 1000),
            right_ma=_int16(right.current * 1000),
            voltage_mv=round(self.battery.voltage * 1000),
            temperature_dc=_int16(10 * max(left.temperature, right.temperature)),
            echo_sequence=receiver.echo_sequence,
            echo_age_ms=min(0xFFFF, max(0, milliseconds_until(now_ms, receiver.echo_ms))),
            accepted=receiver.accepted & 0xFFFF,
            corrupt=receiver.corrupt & 0xFFFF,
            stale=receiver.stale & 0xFFFF,
            late=receiver.late & 0xFFFF,
            lost=receiver.lost & 0xFFFF,
        )

    def _inputs(self) -> InputBit:
        button = InputBit.BUTTON if self.button_down else InputBit(0)
        bumper = InputBit.BUMPER if self.bumper else InputBit(0)
        free = self.state is State.EMERGENCY_STOP and self._let_go and not self.button_down
        return button | bumper | (InputBit.CLEARABLE if free else InputBit(0))


def _int16(value: float) -> int:
    return max(-0x8000, min(0x7FFF, round(value)))
