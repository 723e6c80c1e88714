"""What a bad line does to whole frames, one row of the fault table each; all from one seed.

`FaultyWire` (sim/motors/faults.py) knows frames that end with a zero. Where the bridge asks and devices answer, a frame
is what one end wrote at once, so those go through here as well.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from itertools import pairwise

Way = Callable[[random.Random, bytes], list[bytes]]


class BadWire:
    """One direction. `way` makes of each frame what arrives instead; `delay_s` holds everything back."""

    def __init__(self, seed: int, ends_with_zero: bool) -> None:
        self.way: Way | None = None
        self.delay_s = 0.0
        self._dice = random.Random(seed)
        self._zero = ends_with_zero
        self._held = b""
        self._under_way: list[tuple[float, bytes]] = []

    def carry(self, data: bytes, now: float) -> bytes:
        """What the other end hears by `now`; clean and idle it is what was given."""
        frames = self._frames(data)
        if self.way is not None:
            frames = [piece for frame in frames for piece in self.way(self._dice, frame)]
        self._under_way.extend((now + self.delay_s, frame) for frame in frames)
        arrived = b"".join(frame for due, frame in self._under_way if due <= now)
        self._under_way = [(due, frame) for due, frame in self._under_way if due > now]
        return arrived

    def heal(self) -> None:
        """Good from now on; what was held back still arrives when it was to."""
        self.way, self.delay_s = None, 0.0

    def cut(self) -> None:
        """The cable was pulled: what is under way is lost."""
        self._held, self._under_way = b"", []

    def _frames(self, data: bytes) -> list[bytes]:
        if not self._zero or self.way is None:
            held, self._held = self._held, b""
            return [held + data] if held + data else []
        *whole, self._held = (self._held + data).split(b"\0")
        return [frame + b"\0" for frame in whole]


def half(dice: random.Random, frame: bytes) -> list[bytes]:
    """Each frame ends in its middle."""
    return [frame[: dice.randrange(1, max(2, len(frame) - 1))]]


def flipped(dice: random.Random, frame: bytes) -> list[bytes]:
    """One to three bits of each frame are wrong, as many as a CRC of 16 bits is sure to notice."""
    places = dice.sample(range(8 * len(frame)), dice.randrange(1, 4))
    wrong = bytearray(frame)
    for place in places:
        wrong[place // 8] ^= 1 << place % 8
    return [bytes(wrong)]


def noise(dice: random.Random, frame: bytes) -> list[bytes]:
    """A burst drowns each frame."""
    return [dice.randbytes(max(8, len(frame)))]


def doubled(_dice: random.Random, frame: bytes) -> list[bytes]:
    return [frame, frame]


def swapped() -> Way:
    """Every second frame arrives after the one behind it."""
    waiting: list[bytes] = []

    def way(_dice: random.Random, frame: bytes) -> list[bytes]:
        waiting.append(frame)
        return [waiting.pop(), waiting.pop()] if len(waiting) == 2 else []

    return way


def lost(_dice: random.Random, _frame: bytes) -> list[bytes]:
    return []


def sometimes(share: float, way: Way) -> Way:
    return lambda dice, frame: way(dice, frame) if dice.random() < share else [frame]


def other_baud(ratio: float) -> Way:
    """The receiver runs at `ratio` of the sender's rate: it samples the line's 8N1 bits at its own times."""

    def way(_dice: random.Random, frame: bytes) -> list[bytes]:
        line = [1] * 2 + [bit for byte in frame for bit in (0, *(byte >> k & 1 for k in range(8)), 1)] + [1] * 40
        heard, at = bytearray(), 0.0
        while (start := _next_start(line, at)) is not None:
            samples = [line[min(len(line) - 1, int(start + (k + 1.5) / ratio))] for k in range(9)]
            if samples[8]:  # a stop bit where it belongs; else the receiver drops the byte
                heard.append(sum(bit << k for k, bit in enumerate(samples[:8])))
            at = start + 9.5 / ratio
        return [bytes(heard)] if heard else []

    return way


def _next_start(line: list[int], at: float) -> int | None:
    """Where the line falls next, at or after `at` in the sender's bits."""
    here = int(at)
    falls = (k + 1 for k, (high, low) in enumerate(pairwise(line[here:])) if high and not low)
    first = next(falls, None)
    return None if first is None else here + first
