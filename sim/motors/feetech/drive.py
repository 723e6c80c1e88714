"""What one servo's motor does by its registers: ramp, position loop, protection, heat, and what it measures.

Angles, velocities and torques are in the servo's own sense; a step is a 4096th of a turn.
"""

from __future__ import annotations

import math

from sim.motors.feetech import memory as m
from sim.motors.feetech.memory import Memory
from sim.motors.simulated import AxisDrive, AxisReading

STEPS = 4096
RAD_PER_STEP = math.tau / STEPS
NO_LOAD_STEPS_PER_S = 3400.0
ACCELERATION_UNIT = 100.0  # steps/s²
BRISK_STEPS_PER_S2 = 40_000.0  # what the gears and the motor make of "as fast as you can"
STALL_TORQUE_NM = 2.94
STALL_CURRENT_A = 2.7
GEAR_FRICTION_NM = 0.15  # an unpowered servo is hard to turn: 1:345
POSITION_GAIN = 12.0  # 1/s
AMBIENT_C = 25.0
HEATING_C_PER_A2_S = 0.05
COOLING_TIME_S = 300.0
VOLTAGE_BIT, SENSOR_BIT, HOT_BIT, CURRENT_BIT, OVERLOAD_BIT = 1, 2, 4, 8, 32


class ServoDrive:
    def __init__(self, memory: Memory, zero_steps: int) -> None:
        self._memory = memory
        self._zero = zero_steps  # the position register at angle 0, while the offset was what it is at the start
        self._offset_then = memory.signed(m.OFFSET, 11)
        self.encoder_stuck = False
        self.sensor_broken = False
        self.temperature = AMBIENT_C
        self.voltage = 12.0  # V at the servo
        self.power_up()

    def power_up(self) -> None:
        self.target = 0.0  # steps/s, of the ramp
        self._overloaded_for = self._over_current_for = 0.0
        self._latched = 0
        self._overload_towards = 0.0
        self._raw = 0

    def released(self) -> None:
        """The torque switch was written: protection begins anew."""
        self._latched = 0
        self._overloaded_for = self._over_current_for = 0.0

    def measure(self, dt: float, reading: AxisReading) -> None:
        """Sensors to registers."""
        memory = self._memory
        if not self.encoder_stuck:
            self._raw = math.floor(reading.angle / RAD_PER_STEP + 1e-6) + self._zero + self._offset_then
            memory.set_signed(m.VELOCITY, round(reading.velocity / RAD_PER_STEP), 15)
        else:
            memory.set_signed(m.VELOCITY, 0, 15)
        memory.set_signed(m.POSITION, self.position(), 15)
        torque = reading.torque if memory[m.TORQUE_ENABLE] == 1 else 0.0
        current = torque / STALL_TORQUE_NM * STALL_CURRENT_A
        memory.set_signed(m.LOAD, round(torque / STALL_TORQUE_NM * 1000), 10)
        memory.set_signed(m.CURRENT, round(current / 0.0065), 15)
        cooling = (self.temperature - AMBIENT_C) / COOLING_TIME_S
        self.temperature += dt * (HEATING_C_PER_A2_S * current**2 - cooling)
        memory[m.TEMPERATURE] = min(255, round(self.temperature))
        memory[m.VOLTAGE] = min(255, round(self.voltage * 10))
        memory[m.MOVING] = int(abs(reading.velocity) > RAD_PER_STEP)
        self._protect(dt, torque, current)

    def position(self) -> int:
        return (self._raw - self._memory.signed(m.OFFSET, 11)) % STEPS

    def calibrate(self) -> None:
        """The present position shall read the middle."""
        offset = (self._raw - m.HALF_TURN + STEPS // 2) % STEPS - STEPS // 2
        self._memory.set_signed(m.OFFSET, offset, 11)
        for place in (m.OFFSET, m.OFFSET + 1):
            self._memory.keep(place, self._memory[place])
        self._memory.set_signed(m.POSITION, self.position(), 15)

    def drive(self, dt: float) -> AxisDrive:
        """The ramp moves on towards the goal."""
        memory = self._memory
        if memory[m.TORQUE_ENABLE] != 1 or memory[m.STATUS] & memory[m.UNLOAD_ON] & ~OVERLOAD_BIT:
            self.target = 0.0
            return AxisDrive(0.0, GEAR_FRICTION_NM)
        ramp = memory[m.ACCELERATION] * ACCELERATION_UNIT or BRISK_STEPS_PER_S2
        wished = self._wished(ramp)
        self.target += max(-ramp * dt, min(ramp * dt, wished - self.target))
        share = min(memory.word(m.TORQUE_LIMIT), memory.word(m.MOST_TORQUE), 1000) / 1000
        if self._latched & OVERLOAD_BIT:
            if wished * self._overload_towards < 0:
                self.released()
            else:
                share = min(share, memory[m.PROTECTIVE_TORQUE] / 100)
        return AxisDrive(self.target * RAD_PER_STEP, share * STALL_TORQUE_NM)

    def _wished(self, ramp: float) -> float:
        memory = self._memory
        if memory[m.MODE] == 1:
            goal = float(memory.signed(m.GOAL_VELOCITY, 15))
            return max(-NO_LOAD_STEPS_PER_S, min(NO_LOAD_STEPS_PER_S, goal))
        if memory[m.MODE] != 0:
            return 0.0
        goal = memory.signed(m.GOAL_POSITION, 15)
        goal = max(memory.word(m.LOWEST_POSITION), min(memory.word(m.HIGHEST_POSITION), goal))
        away = goal - self.position()
        cap = memory.word(m.GOAL_VELOCITY) & 0x7FFF or NO_LOAD_STEPS_PER_S  # zero: as fast as it can
        fast = min(cap, NO_LOAD_STEPS_PER_S, POSITION_GAIN * abs(away), math.sqrt(ramp * abs(away)))
        return math.copysign(fast, away)

    def _protect(self, dt: float, torque: float, current: float) -> None:
        memory = self._memory
        over = abs(torque) >= memory[m.OVERLOAD_TORQUE] / 100 * STALL_TORQUE_NM
        self._overloaded_for = self._overloaded_for + dt if over else 0.0
        if self._overloaded_for > memory[m.PROTECTION_TIME] * 0.01:
            self._latched |= OVERLOAD_BIT
            self._overload_towards = torque
        over = abs(current) > memory.word(m.PROTECTION_CURRENT) * 0.0065
        self._over_current_for = self._over_current_for + dt if over else 0.0
        if self._over_current_for > memory[m.OVER_CURRENT_TIME] * 0.01:
            self._latched |= CURRENT_BIT
        now = VOLTAGE_BIT if not memory[m.LOWEST_VOLTAGE] <= memory[m.VOLTAGE] <= memory[m.HIGHEST_VOLTAGE] else 0
        now |= SENSOR_BIT if self.sensor_broken else 0
        now |= HOT_BIT if self.temperature > memory[m.HOTTEST] else 0
        memory[m.STATUS] = now | self._latched
