"""How a drive ended: reached, or a reason that starts with one of few words."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Reason(StrEnum):
    UNKNOWN_POSE = "unknown_pose"
    NO_PATH = "no_path"
    BLOCKED = "blocked"
    CANCELLED = "cancelled"
    STOPPED = "stopped"
    NO_DOCK = "no_dock"  # there is none, or it is not where it should be
    NOT_SURE = "not_sure"  # something is there that may be the dock
    NO_CONTACT = "no_contact"  # it stood before the dock and was not fed


@dataclass(frozen=True, slots=True)
class Outcome:
    """`reason` is empty where the goal was reached, else a Reason, a colon and a sentence."""

    reached: bool
    reason: str

    @classmethod
    def failed(cls, reason: Reason, sentence: str) -> Outcome:
        return cls(False, f"{reason.value}: {sentence}")


REACHED = Outcome(True, "")
