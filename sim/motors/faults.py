"""A wire that misbehaves on purpose: frames dropped, corrupted, doubled, swapped or held back, from a seed."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

DELIMITER = b"\0"


@dataclass(frozen=True)
class WireFaults:
    """Chances by frame, 0..1, and a delay in seconds."""

    drop: float = 0.0
    corrupt: float = 0.0
    duplicate: float = 0.0
    reorder: float = 0.0
    delay_s: float = 0.0


CLEAN = WireFaults()


class FaultyWire:
    """One direction of the wire. `carry` takes what one end sends and gives what the other end hears by `now`."""

    def __init__(self, seed: int, faults: WireFaults = CLEAN) -> None:
        self.faults = faults
        self._random = random.Random(seed)
        self._partial = b""
        self._under_way: list[tuple[float, bytes]] = []

    def carry(self, data: bytes, now: float) -> bytes:
        """Whole frames; clean and idle it gives back exactly what it was given."""
        if self.faults == CLEAN and not self._under_way and not self._partial:
            return data
        *frames, self._partial = (self._partial + data).split(DELIMITER)
        for frame in frames:
            self._under_way.extend((now + self.faults.delay_s, f) for f in self._spoil(frame + DELIMITER))
        self._swap()
        arrived = b"".join(frame for due, frame in self._under_way if due <= now)
        self._under_way = [(due, frame) for due, frame in self._under_way if due > now]
        return arrived

    def cut(self) -> None:
        """Lose what is under way (the cable was pulled)."""
        self._partial, self._under_way = b"", []

    def _chance(self, share: float) -> bool:
        return share > 0 and self._random.random() < share

    def _spoil(self, frame: bytes) -> list[bytes]:
        if self._chance(self.faults.drop):
            return []
        if self._chance(self.faults.corrupt):
            frame = self._random.choice(_WAYS)(self._random, frame)
        return [frame, frame] if self._chance(self.faults.duplicate) else [frame]

    def _swap(self) -> None:
        if len(self._under_way) >= 2 and self._chance(self.faults.reorder):
            self._under_way[-2:] = self._under_way[:-3:-1]


def _flip(dice: random.Random, frame: bytes) -> bytes:
    place = dice.randrange(max(1, len(frame) - 1))
    return frame[:place] + bytes([frame[place] ^ (1 << dice.randrange(8))]) + frame[place + 1 :]


def _cut_short(dice: random.Random, frame: bytes) -> bytes:
    return frame[: dice.randrange(len(frame))] + DELIMITER


def _burst(dice: random.Random, frame: bytes) -> bytes:
    return bytes(dice.randrange(256) for _ in range(dice.randrange(1, 300))) + frame


def _merge(dice: random.Random, frame: bytes) -> bytes:
    return frame[:-1] + bytes([dice.randrange(1, 256)]) + frame


_WAYS: tuple[Callable[[random.Random, bytes], bytes], ...] = (_flip, _cut_short, _burst, _merge)
