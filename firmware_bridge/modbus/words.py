"""Registers (16 bits each) to numbers and back, as the map says; pure."""

from __future__ import annotations

import math
from collections.abc import Mapping

from firmware_bridge.modbus.registers import WIDTH, Command, Faults, Quantity, RegisterMap

RPM_PER_RADPS = 60.0 / math.tau
ROUNDING_RPM = 1e-6  # 10 rpm written in rad/s and back is 9.999...: that is 10, not 9
Words = Mapping[int, int]  # register to what it holds


def number(words: Words, address: int, kind: str, word_order: str) -> int:
    """One number. Raises KeyError where its registers were not read."""
    held = [words[address + k] for k in range(WIDTH[kind])]
    if word_order == "low_first":
        held.reverse()
    value = 0
    for word in held:
        value = value << 16 | word
    bits = 16 * len(held)
    return value - (1 << bits) if kind.startswith("int") and value >> (bits - 1) else value


def split(value: int, kind: str, word_order: str) -> list[int]:
    """A number as registers. Raises ValueError where it does not fit."""
    bits = 16 * WIDTH[kind]
    lowest = -(1 << (bits - 1)) if kind.startswith("int") else 0
    if not lowest <= value < lowest + (1 << bits):
        raise ValueError(f"{value} does not fit into {kind}")
    words = [value >> shift & 0xFFFF for shift in range(bits - 16, -1, -16)]
    return words if word_order == "high_first" else words[::-1]


def channel_number(words: Words, registers: RegisterMap, quantity: Quantity, channel: int) -> int:
    """What the driver says of one channel (its place in `channels`), in the map's sense of direction."""
    value = number(words, quantity.addresses[channel], quantity.type, registers.word_order)
    return quantity.signs[channel] * value


def counts_from(command: Command, velocity_radps: float) -> int:
    """Towards zero, so never faster than wished, and at most what the driver takes. Raises ValueError: not finite."""
    if not math.isfinite(velocity_radps):
        raise ValueError(f"velocity {velocity_radps} is not a number to drive with")
    rpm = min(abs(velocity_radps) * RPM_PER_RADPS + ROUNDING_RPM, command.highest_rpm)
    return int(math.copysign(math.floor(rpm / command.rpm_per_count), velocity_radps))


def faults_in(faults: Faults, word: int) -> tuple[frozenset[str], bool]:
    """What is wrong with a channel, as names of FaultBit in lower case; may all of it be cleared?"""
    found: set[str] = set()
    clearable = True
    listed = {meaning.bit: meaning for meaning in faults.bits}
    for bit in range(16):
        if not word >> bit & 1:
            continue
        meaning = listed.get(bit)
        found.add(meaning.fault if meaning else faults.unlisted)
        clearable = clearable and meaning is not None and meaning.clearable
    return frozenset(found), clearable


def wrapped(ticks: int) -> int:
    """As signed 32 bits."""
    return (ticks + 0x8000_0000) % 0x1_0000_0000 - 0x8000_0000
