"""What a motion is: data that splits into makers, each of which makes one clip."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np

from sim.person.body import Body
from sim.person.clip import Clip, Situation

Maker = Callable[[Body, Situation, np.random.Generator], Clip]
"""Makes a clip once the one before it has ended."""


class Motion(Protocol):
    """`steps` raises ValueError where the motion cannot begin from that posture."""

    def steps(self, posture: str) -> Sequence[Maker]: ...


def must(posture: str, allowed: tuple[str, ...], what: str) -> None:
    if posture not in allowed:
        raise ValueError(f"cannot {what} while {posture}; she must be {' or '.join(allowed)}")
