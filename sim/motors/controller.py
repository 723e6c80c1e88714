"""The simulated motor controller: bytes and axis readings in, bytes and axis drives out, by its own clock.

Pure: no port, no thread; `now` is the world's time in seconds. The world calls `feed` whenever bytes may have come and
`tick` at each physics step. State machine (docs/protocol.md has the table):

    BOOT -> DISARMED -> ARMED -> WATCHDOG | FAULT; EMERGENCY_STOP from every state but BOOT.
"""

from __future__ import annotations

import functools
import math
import operator
from collections import deque

from firmware_bridge.protocol import (
    PROTOCOL_VERSION,
    Arm,
    ClearEmergencyStop,
    Disarm,
    EmergencyStop,
    FaultBit,
    Hello,
    InputBit,
    Log,
    Message,
    Mode,
    ParameterValue,
    ReadParameter,
    Refusal,
    Refused,
    Setpoint,
    State,
    WriteParameter,
    encode_frame,
    milliseconds_until,
    pack,
)
from sim.motors import parameters
from sim.motors.axis import Axis, Wish
from sim.motors.battery import Battery
from sim.motors.receiver import NO_SESSION, Received, Receiver
from sim.motors.report import Seen, acknowledgement, telemetry
from sim.motors.settings import ControllerSettings
from sim.motors.simulated import AxisDrive, AxisReading

LONGEST_LOG_QUEUE = 16
WAITING_TELEMETRY_HZ = 10  # before a session begins
FASTEST_TELEMETRY_HZ = 100
UNDER_VOLTAGE_AFTER_S = 0.5
INFO, WARNING = 20, 30
UNITS = {Mode.VELOCITY: 1e6, Mode.POSITION: 1e6, Mode.TORQUE: 1e3}  # of the wire in one rad/s, rad, N·m


class Controller:
    """Our own controller, as a `SimulatedMotors`."""

    def __init__(self, settings: ControllerSettings, now: float = 0.0) -> None:
        self._built = settings
        self.battery = Battery(settings.battery_full_v, settings.battery_empty_v)
        self.button_down = False
        self.bumper = False
        self.boot_id = 0
        self.reboot(now)

    def reboot(self, now: float) -> None:
        """As after a brown-out: session, clock, counts, parameters and arming are gone; the button stays as it is."""
        s = self.settings = self._built  # with what parameters have changed since
        self.boot_id += 1
        self.state = State.BOOT
        self.axes = tuple(Axis(axis, s.ticks_per_turn) for axis in s.axes)
        self.last_setpoint_made_at: float | None = None  # of those with our session, intact and new; obeyed or not
        self._board_faults = FaultBit(0)
        self._booted = self._ticked = now
        self._receiver = Receiver(len(s.axes), round(s.longest_life_s * 1000))
        self._setpoint: Setpoint | None = None
        self._wishes: tuple[Wish, ...] = ()  # what the setpoint says, in SI units
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

    @property
    def armed(self) -> bool:
        return self.state is State.ARMED

    @property
    def faults(self) -> FaultBit:
        """Of the board and of every axis; held until an ARM is accepted."""
        return functools.reduce(operator.or_, (axis.faults for axis in self.axes), self._board_faults)

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
        """While it is pressed no axis turns the way that its BUMPER_BLOCKS forbids; backing off is allowed."""
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
            seen = Seen(now_ms, self.state, self._inputs(), self.faults, self.battery.voltage)
            replies.append(telemetry(seen, self.axes, self._receiver))
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
        answer = received.refusal or self._request(message, now)
        if isinstance(answer, Refusal):
            return [Refused(message.number, received.sequence, answer)]
        return [] if answer is None else [answer]

    def _take_setpoint(self, message: Setpoint, refusal: Refusal | None, now: float) -> None:
        deadline = now + milliseconds_until(message.deadline_ms, self.time_ms(now)) / 1000.0
        self.last_setpoint_made_at = deadline - self.settings.command_life_s
        if refusal is None:
            self._setpoint = message
            self._wishes = tuple(
                Wish(Mode(row.mode), row.value / UNITS[Mode(row.mode)], row.torque_limit_mnm / 1000.0)
                for row in message.axes
            )
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
        greeting = acknowledgement(self.settings, self.boot_id, self.time_ms(now), received.sequence)
        if message.protocol == protocol:
            return [greeting]
        return [greeting, Refused(message.number, received.sequence, Refusal.VERSION)]

    def _request(self, message: Message, now: float) -> Refusal | ParameterValue | None:
        if isinstance(message, Arm):
            return self._arm(now)
        if isinstance(message, Disarm):
            if self.state in (State.ARMED, State.WATCHDOG):
                self.state = State.DISARMED
        elif isinstance(message, EmergencyStop):
            self._stop("stopped over the wire")
        elif isinstance(message, ClearEmergencyStop):
            return self._clear()
        elif isinstance(message, ReadParameter):
            return parameters.read(self.settings, self._built, message.parameter, message.axis)
        elif isinstance(message, WriteParameter):
            return self._tune(message)
        return None

    def _tune(self, message: WriteParameter) -> Refusal | ParameterValue:
        if self.state is not State.DISARMED:
            return Refusal.STATE
        changed = parameters.write(self.settings, self._built, message.parameter, message.axis, message.value)
        if isinstance(changed, Refusal):
            return changed
        self.settings = changed
        self._receiver.longest_life_ms = round(changed.longest_life_s * 1000)
        for axis, settings in zip(self.axes, changed.axes, strict=True):
            axis.settings = settings
        return parameters.read(self.settings, self._built, message.parameter, message.axis)

    # States

    def _arm(self, now: float) -> Refusal | None:
        if self.state is State.EMERGENCY_STOP:
            return Refusal.STATE
        if self._low_voltage() or any(axis.present_faults() & ~FaultBit.ENCODER for axis in self.axes):
            return Refusal.CAUSE_REMAINS
        self._board_faults = FaultBit(0)
        for axis in self.axes:
            axis.forgive()
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

    def _low_voltage(self) -> FaultBit:
        low = self._under_voltage_for >= UNDER_VOLTAGE_AFTER_S
        return FaultBit.UNDER_VOLTAGE if low else FaultBit(0)

    def _log(self, level: int, text: str) -> None:
        self._logs.append(Log(level, text))

    # The axes

    def tick(self, now: float, axes: tuple[AxisReading, ...]) -> tuple[AxisDrive, ...]:
        """Once a physics step: read the axes, decide what the motors do until the next."""
        dt, self._ticked = max(0.0, now - self._ticked), now
        self._watch(now)
        self.battery.draw(dt, sum(abs(axis.current) for axis in self.axes))
        low = self.battery.voltage < self.settings.under_voltage_v
        self._under_voltage_for = self._under_voltage_for + dt if low else 0.0
        wishes = self._wished(now)
        drives = tuple(
            axis.drive(dt, reading, wish, self.bumper)
            for axis, reading, wish in zip(self.axes, axes, wishes, strict=True)
        )
        self._take_faults()
        return drives

    def _wished(self, now: float) -> tuple[Wish | None, ...]:
        """Nothing (which brakes) unless armed with a living setpoint."""
        setpoint = self._setpoint
        if self.state is not State.ARMED or setpoint is None:
            return (None,) * len(self.axes)
        if milliseconds_until(setpoint.deadline_ms, self.time_ms(now)) <= 0:
            return (None,) * len(self.axes)
        return self._wishes

    def _take_faults(self) -> None:
        if self.state is State.BOOT:
            return
        news = [("board", self._low_voltage() & ~self._board_faults)]
        self._board_faults |= news[0][1]
        for number, axis in enumerate(self.axes):
            new = axis.present_faults() & ~axis.faults
            axis.faults |= new
            news.append((f"axis {number}", new))
        for where, bits in news:
            if bits:
                if self.state is not State.EMERGENCY_STOP:  # which is not left for less
                    self.state = State.FAULT
                self._setpoint = None
                self._log(WARNING, f"fault: {bits.name} of {where}; arm again once its cause is gone")

    def _inputs(self) -> InputBit:
        button = InputBit.BUTTON if self.button_down else InputBit(0)
        bumper = InputBit.BUMPER if self.bumper else InputBit(0)
        free = self.state is State.EMERGENCY_STOP and self._let_go and not self.button_down
        charging = InputBit.CHARGING if self.battery.charging else InputBit(0)
        return button | bumper | charging | (InputBit.CLEARABLE if free else InputBit(0))
