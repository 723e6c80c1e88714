"""The latched stop: once engaged the robot stands until a person releases it by a deliberate act (IEC 60204-1, 9.2.5).

Pure; `latch_file.py` keeps it on disk. The controller's emergency button engages it too, so that pulling the button out
again moves nothing by itself.
"""

from __future__ import annotations

from dataclasses import dataclass

from kangban.values import ControllerState

BUTTON = "emergency_stop: the button on the robot is pressed"


@dataclass(frozen=True, slots=True)
class Latch:
    """`who` and `reason` belong to the cause that engaged it first; empty while released."""

    latched: bool = False
    who: str = ""
    reason: str = ""


def engage(latch: Latch, who: str, reason: str) -> Latch:
    """Stop and stay. The first cause is kept, because that is the one a person must look into."""
    if latch.latched:
        return latch
    return Latch(True, who.strip() or "unknown", reason.strip() or "no reason given")


def watch(latch: Latch, controller: ControllerState | None) -> Latch:
    """Engage while the emergency button is pressed."""
    return engage(latch, "robot", BUTTON) if controller is not None and controller.emergency_stop else latch


def release(latch: Latch, who: str, controller: ControllerState | None) -> tuple[Latch, str | None]:
    """Release it, or say why not. `controller` is None where its state is unknown (stale or never heard)."""
    if not who.strip():
        return latch, "say who releases the stop"
    if not latch.latched:
        return latch, None
    if controller is None:
        return latch, "the motor controller is silent, so whether its emergency stop is pressed is unknown"
    if controller.emergency_stop:
        return latch, "the emergency stop on the robot is still pressed; pull it out first"
    return Latch(), None
