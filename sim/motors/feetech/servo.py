"""One simulated STS3215: what it does with a packet, and what it answers."""

from __future__ import annotations

from sim.motors.feetech import memory as m
from sim.motors.feetech.drive import ServoDrive
from sim.motors.feetech.memory import Memory
from sim.motors.feetech.packets import ACTION, EVERYBODY, PING, READ, REG_WRITE, WRITE, Packet, status
from sim.motors.simulated import AxisDrive, AxisReading


class Servo:
    """`zero_steps`: what its position register says at angle 0."""

    def __init__(self, servo_id: int, zero_steps: int = 0) -> None:
        self.memory = Memory()
        self.memory.keep(m.ID, servo_id)
        self.motor = ServoDrive(self.memory, zero_steps)
        self.silent = False  # its cable is off, or its firmware hangs
        self.goal_at: float | None = None  # when it was last given a goal
        self._pending: tuple[int, bytes] | None = None

    @property
    def id(self) -> int:
        return self.memory[m.ID]

    @property
    def baud(self) -> int:
        return m.BAUDS[min(self.memory[m.BAUD], len(m.BAUDS) - 1)]

    def power_up(self) -> None:
        self.memory.power_up()
        self.motor.power_up()
        self._pending = self.goal_at = None

    def hear(self, packet: Packet, now: float) -> bytes:
        """The answer to a packet for this servo or for everybody. Nobody answers to what everybody was told."""
        if self.silent or packet.id not in (self.id, EVERYBODY):
            return b""
        was = self.id
        data = self._obey(packet, now)
        loud = packet.instruction in (PING, READ) or self.memory[m.RESPONSE_LEVEL] != 0
        if data is None or packet.id == EVERYBODY or not loud:
            return b""
        return self._answer(was, data)

    def hear_sync_read(self, address: int, length: int) -> bytes:
        return b"" if self.silent else self._answer(self.id, self.memory.read(address, length))

    def hear_sync_write(self, address: int, data: bytes, now: float) -> None:
        if not self.silent:
            self._write(address, data, now)

    def tick(self, dt: float, reading: AxisReading) -> AxisDrive:
        self.motor.measure(dt, reading)
        return self.motor.drive(dt)

    def _answer(self, servo: int, data: bytes) -> bytes:
        return status(servo, self.memory[m.STATUS], data)

    def _obey(self, packet: Packet, now: float) -> bytes | None:
        given = packet.parameters
        if packet.instruction == PING:
            return b""
        if packet.instruction == READ and len(given) == 2:
            return self.memory.read(given[0], given[1])
        if packet.instruction == WRITE and len(given) >= 2:
            self._write(given[0], given[1:], now)
            return b""
        if packet.instruction == REG_WRITE and len(given) >= 2:
            self._pending = (given[0], given[1:])
            self.memory[m.PENDING] = 1
            return b""
        if packet.instruction == ACTION:
            self._act(now)
            return b""
        return None  # not an instruction of this servo

    def _act(self, now: float) -> None:
        if self._pending is not None:
            self._write(*self._pending, now)
        self._pending = None
        self.memory[m.PENDING] = 0

    def _write(self, address: int, data: bytes, now: float) -> None:
        end = address + len(data)
        if address <= m.TORQUE_ENABLE < end:
            self.motor.released()
            if data[m.TORQUE_ENABLE - address] == m.CALIBRATE:
                self.motor.calibrate()
                return
        self.memory.write(address, data)
        if address < m.TORQUE_LIMIT and end > m.GOAL_POSITION:
            self.goal_at = now
        if address <= m.OFFSET < end:
            self.memory.set_signed(m.POSITION, self.motor.position(), 15)
