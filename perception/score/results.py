"""All answers of a run put together: what is printed, written as JSON, and shown on the page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from perception.score.manifest import Clip
from perception.score.marking import mark
from perception.score.sums import Scored, figures


@dataclass
class Results:
    """Of one detector. `cases`: what there is to show of a clip; `failed`: clips that could not be scored, and why."""

    clips: Sequence[Clip]
    scored: dict[str, Scored] = field(default_factory=dict)
    answers: dict[str, dict[str, Any]] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)

    def take(self, clip: Clip, answer: dict[str, Any]) -> None:
        if "error" in answer:
            self.failed[clip.name] = answer["error"]
            return
        marks = mark(clip, [alarm["t"] for alarm in answer["alarms"]], answer["seconds"])
        self.answers[clip.name] = answer
        self.scored[clip.name] = Scored(clip, marks, answer["fps_ratio"], answer["named_right"])

    def in_order(self) -> list[Scored]:
        return [self.scored[clip.name] for clip in self.clips if clip.name in self.scored]

    def figures(self) -> dict[str, Any]:
        return {**figures(self.in_order()), "failed": self.failed}

    def by_clip(self) -> list[dict[str, Any]]:
        return [self._one(scored) for scored in self.in_order()]

    def _one(self, scored: Scored) -> dict[str, Any]:
        clip, marks, answer = scored.clip, scored.marks, self.answers[scored.clip.name]
        return {
            "clip": clip.name,
            "set": clip.set,
            "event": clip.event,
            "kind": "fall" if clip.is_fall else "adl",
            "found": [found.alarm_s is not None for found in marks.falls],
            "delay_s": [None if found.delay_s is None else round(found.delay_s, 3) for found in marks.falls],
            "false_s": list(marks.false_s),
            "named_right": scored.named_right,
            "alarms": answer["alarms"],
            "seconds": answer["seconds"],
            "fps_ratio": scored.fps_ratio,
        }


def in_words(s: Scored | None, failed: str | None) -> str:
    """One clip's result in a few words."""
    if s is None:
        return f"failed: {failed}" if failed else "not run"
    words = []
    for found in s.marks.falls:
        since = "the onset" if found.fall.impact_s is None else "impact"
        words.append("missed" if found.delay_s is None else f"found {found.delay_s:+.2f} s from {since}")
    if s.marks.false_s:
        words.append("FALSE at " + ", ".join(f"{t:.1f} s" for t in s.marks.false_s))
    if s.named_right is False:
        words.append("names somebody else")
    return "; ".join(words) or "no alarm"
