"""A process that scores clip after clip: a JSON line in for each (`Job`), a JSON line out.

It is one of several, started by `runner.py`: what breaks it costs one clip. Libraries that write to standard output
are sent to standard error.
"""

from __future__ import annotations

import dataclasses
import json
import os
import sys
from pathlib import Path
from typing import Any

from kangban.config import load_profile
from kangban.profile import Perception
from perception.score.cases import cases, spans
from perception.score.manifest import Act, Clip, LabelledFall
from perception.score.marking import mark
from perception.score.notes import Notes
from perception.score.watching import names_the_faller, watch_clip

NICENESS = 10


def main() -> int:
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    os.nice(NICENESS)
    limits: dict[str, Perception] = {}
    for line in sys.stdin:
        job = json.loads(line)
        try:
            profile = job["profile"]
            if profile not in limits:
                limits[profile] = load_profile(profile).perception
            answer = score(clip_of(job["clip"]), limits[profile], job["explain"], job["hits"])
        except Exception as error:  # noqa: BLE001  (told to the parent, which goes on with the other clips)
            answer = {"error": f"{type(error).__name__}: {error}"}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()
    return 0


def score(clip: Clip, limits: Perception, explain: bool, hits: bool) -> dict[str, Any]:
    """Watch a clip from a fresh state. `explain`: with words and pictures; `hits`: of the falls that were found too."""
    notes = Notes(spans(clip)) if explain else None
    seen = watch_clip(clip.path, limits, notes)
    seconds = seen.seconds if clip.seconds is None else clip.seconds
    marks = mark(clip, [alarm.t for alarm in seen.alarms], seconds)
    hit_at = {found.alarm_s for found in marks.falls}
    named = [names_the_faller(clip, alarm) for alarm in seen.alarms if alarm.t in hit_at]
    return {
        "alarms": [{"t": a.t, "person": a.person, "evidence": a.evidence} for a in seen.alarms],
        "seconds": round(seconds, 3),
        "frames": seen.frames,
        "fps": seen.fps,
        "fps_ratio": None if seen.fps_ratio is None else round(seen.fps_ratio, 3),
        "named_right": all(named) if named and None not in named else None,
        "cases": [] if notes is None else cases(clip, marks, seen.alarms, notes.scenes(), hits),
    }


def clip_as_json(clip: Clip) -> dict[str, Any]:
    return {**dataclasses.asdict(clip), "path": str(clip.path)}


def clip_of(given: dict[str, Any]) -> Clip:
    falls = tuple(LabelledFall(**fall) for fall in given["falls"])
    acts = tuple(Act(**act) for act in given["acts"])
    return Clip(**{**given, "path": Path(given["path"]), "falls": falls, "acts": acts})


if __name__ == "__main__":
    raise SystemExit(main())
