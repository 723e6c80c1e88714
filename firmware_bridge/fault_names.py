"""Faults in words: the names of FaultBit in lower case, the same for every family."""

from __future__ import annotations

from firmware_bridge.protocol.messages import FaultBit

NAMES = tuple((int(bit), (bit.name or str(bit.value)).lower()) for bit in FaultBit)


def fault_names(bits: int) -> tuple[str, ...]:
    return tuple(name for bit, name in NAMES if bits & bit) if bits else ()
