"""The home's own sensors, the tree as it stands, and pictures for a round. Rooms import them from `values.py`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class SensorKind(StrEnum):
    DOOR = "door"
    MOTION = "motion"
    SMOKE = "smoke"
    GAS = "gas"
    WATER = "water"
    STOVE = "stove"
    MATTRESS = "mattress"
    BUTTON = "button"
    TEMPERATURE = "temperature"


@dataclass(frozen=True, slots=True)
class HomeReading:
    """What a sensor of the home says. `stamp`: robot time at which it began to say so, or said it last (a figure).

    `active`: open, moving, burning, wet, on, lain on, pressed; None: unknown. `value` in SI units, degrees Celsius.
    """

    stamp: float
    sensor: str
    kind: SensorKind
    room: str  # empty: none
    active: bool | None
    value: float | None = None


@dataclass(frozen=True, slots=True)
class HomeReadings:
    """All sensors of the home; `connected`: is the broker there?"""

    stamp: float
    connected: bool
    readings: tuple[HomeReading, ...]


@dataclass(frozen=True, slots=True)
class TreeLine:
    """A node of the behaviour tree: how deep it is, its status (running, success, failure, idle), what it says."""

    depth: int
    name: str
    status: str
    feedback: str


@dataclass(frozen=True, slots=True)
class TreeState:
    """The behaviour tree as it stands, top-down."""

    stamp: float
    lines: tuple[TreeLine, ...]


@dataclass(frozen=True, slots=True)
class PictureWish:
    """Keep a picture, without anybody's looks, of what the camera sees next, under this name."""

    stamp: float
    name: str


@dataclass(frozen=True, slots=True)
class PictureKept:
    """What became of a wish: `why` it was not kept (a code: no_look, unknown_place, blind, disk); empty: it was."""

    stamp: float
    name: str
    why: str
