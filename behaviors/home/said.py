"""What one message of a sensor says, whatever the convention; and how a payload that can't be trusted is read. Pure."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import Any

LARGEST = 8192  # bytes of a payload; a sensor's message has some hundred
LONGEST_WORD = 60
COLDEST, HOTTEST = -60.0, 300.0  # degrees Celsius that a sensor can mean


class RefusedError(Exception):
    """A message that can't be used; the text says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Message:
    """As it came from the broker. `retained`: kept by the broker from before we were there."""

    topic: str
    payload: bytes
    retained: bool


@dataclass(frozen=True, slots=True)
class Said:
    """None: it says nothing of that. `pressed`: a button was, just now. `seen_wall`: when the device said so itself (s
    since 1970). `battery`: percent."""

    active: bool | None = None
    value: float | None = None
    pressed: bool = False
    seen_wall: float | None = None
    battery: float | None = None


def text_of(payload: bytes) -> str:
    """Raises RefusedError."""
    if len(payload) > LARGEST:
        raise RefusedError(f"{len(payload)} bytes, at most {LARGEST} are read")
    try:
        return payload.decode("utf-8")
    except UnicodeDecodeError as error:
        raise RefusedError("not text (UTF-8)") from error


def json_of(payload: bytes) -> Any:
    """Raises RefusedError."""
    try:
        return json.loads(text_of(payload))
    except (ValueError, RecursionError) as error:
        raise RefusedError(f"not JSON: {shown(payload)}") from error


def object_of(payload: bytes) -> dict[str, Any]:
    data = json_of(payload)
    if not isinstance(data, dict):
        raise RefusedError(f"expected a JSON object, got {shown(payload)}")
    return data


def boolean(data: dict[str, Any], key: str) -> bool:
    value = data[key]
    if not isinstance(value, bool):
        raise RefusedError(f"{key} must be true or false, is {shown(value)}")
    return value


def number(value: object, name: str, low: float, high: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise RefusedError(f"{name} must be a number, is {shown(value)}")
    try:
        number_ = float(value)
    except OverflowError:
        number_ = math.inf
    if not low <= number_ <= high:  # also false for NaN
        raise RefusedError(f"{name} must be {low:g} to {high:g}, is {shown(value)}")
    return number_


def shown(value: object) -> str:
    """Part of what came, fit for a line of diagnostics: short, and no control characters."""
    text = value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)[:200]
    plain = "".join(c if c.isprintable() else "?" for c in text[:40])
    return f"'{plain}'" + ("..." if len(text) > 40 else "")
