"""The number types a message field may have, each with its struct code and its C name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated


@dataclass(frozen=True)
class WireType:
    """`code` is struct's letter in little-endian order; None is text that fills the rest of the payload."""

    code: str | None
    c_name: str
    lowest: int = 0
    highest: int = 0


U8 = Annotated[int, WireType("B", "uint8_t", 0, 0xFF)]
U16 = Annotated[int, WireType("H", "uint16_t", 0, 0xFFFF)]
U32 = Annotated[int, WireType("I", "uint32_t", 0, 0xFFFF_FFFF)]
I16 = Annotated[int, WireType("h", "int16_t", -0x8000, 0x7FFF)]
I32 = Annotated[int, WireType("i", "int32_t", -0x8000_0000, 0x7FFF_FFFF)]
MOST_AXES = 9  # an arm of six joints on three wheels


@dataclass(frozen=True)
class Group:
    """Rows of one plain layout that fill the rest of the payload, one for each axis; at most MOST_AXES."""

    row: type


Text = Annotated[str, WireType(None, "char")]  # UTF-8, at the end of a payload
