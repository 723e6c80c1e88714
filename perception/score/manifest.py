"""The clips to be scored and what is known of them, from a manifest, a folder of recordings or a single one.

Two kinds of manifest lines are read: of films (`clip`, `set`, `kind` fall or adl, `event`, `onset_s`, `impact_s`,
`seconds`, `subject`) and of practice recordings (`clip`, `kind` fall or everyday, `falls`, `seconds`, `camera`,
`actors`, `split`). A recording without labels is everyday life: nobody falls in it.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MANIFEST = "manifest.jsonl"
RECORDINGS = (".npz", ".mcap")
KINDS = {"fall": True, "adl": False, "everyday": False}
SUBJECT = re.compile(r"(S\d+)_")  # many collections begin a clip's name with who is in it


class ManifestError(Exception):
    """The manifest can't be used; the message says which line and what is wrong with it."""


@dataclass(frozen=True, slots=True)
class LabelledFall:
    """When a fall began and when the body met the floor (None: not labelled), s of media time."""

    onset_s: float
    impact_s: float | None = None
    kind: str = ""
    actor: int | None = None


@dataclass(frozen=True, slots=True)
class Act:
    """What somebody in a practice recording was told to do, and when, s."""

    actor: int
    act: str
    from_s: float
    to_s: float


@dataclass(frozen=True, slots=True)
class Clip:
    """One film or recording. `event`: what happened; several cameras may have filmed the same. None: not known."""

    name: str
    path: Path
    set: str
    event: str
    falls: tuple[LabelledFall, ...] = ()
    subject: str | None = None
    seconds: float | None = None
    camera_height_m: float | None = None
    distance_m: float | None = None
    light: str | None = None
    acts: tuple[Act, ...] = ()
    split: str | None = None  # of a practice recording: what the learned judge did with it

    @property
    def is_fall(self) -> bool:
        return bool(self.falls)


def read_manifest(path: Path, sets: Collection[str] = ()) -> list[Clip]:
    """All clips, or those of `sets`. Raises ManifestError."""
    if path.is_dir() and (path / MANIFEST).is_file():
        path = path / MANIFEST
    if path.is_dir():
        files = sorted(file for file in path.rglob("*") if file.suffix in RECORDINGS)
        clips = [_everyday(file, path.name) for file in files]
    elif path.suffix in RECORDINGS and path.is_file():
        clips = [_everyday(path, path.stem)]
    else:
        clips = list(_lines(path))
    if not clips:
        raise ManifestError(f"{path}: names no clip; expected a manifest (JSON lines), or recordings of landmarks")
    wanted = [clip for clip in clips if not sets or clip.set in sets]
    if not wanted:
        there = ", ".join(sorted({clip.set for clip in clips}))
        raise ManifestError(f"{path}: no clip is of {', '.join(sets)}; there are: {there}")
    return wanted


def _everyday(path: Path, name: str) -> Clip:
    return Clip(path.name, path, name, path.stem)


def _lines(path: Path) -> Iterator[Clip]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ManifestError(f"{path}: can't be read as a manifest ({error})") from error
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            given = json.loads(line)
            if given["kind"] in KINDS:
                yield _clip(given, path.parent)
        except json.JSONDecodeError as error:
            raise ManifestError(f"{path}, line {number}: not JSON ({error.msg})") from error
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise ManifestError(f"{path}, line {number}: {type(error).__name__} {error}; a clip needs clip, kind, "
                                "seconds, and for a fall onset_s or falls") from error  # fmt: skip


def _clip(given: dict[str, Any], folder: Path) -> Clip:
    name, camera = str(given["clip"]), given.get("camera") or {}
    event = str(given.get("event") or Path(name).stem)
    return Clip(
        name=name,
        path=folder / name,
        set=str(given.get("set") or given.get("split") or folder.name),
        event=event,
        falls=_falls(given),
        subject=_subject(given, event),
        seconds=_number(given.get("seconds")),
        camera_height_m=_number(camera.get("height_m")),
        distance_m=_number(camera.get("distance_m")),
        light=given.get("light"),
        split=given.get("split"),
        acts=tuple(Act(int(a["actor"]), str(a["act"]), _time(a["from_s"]), _time(a["to_s"])) for a in _acts(given)),
    )


def _acts(given: dict[str, Any]) -> list[dict[str, Any]]:
    return list(given.get("acts") or [])


def _falls(given: dict[str, Any]) -> tuple[LabelledFall, ...]:
    if "falls" in given:
        found = [
            LabelledFall(_time(f["onset_s"]), _number(f.get("impact_s")), str(f.get("kind", "")), f.get("actor"))
            for f in given["falls"]
        ]
        return tuple(sorted(found, key=lambda fall: fall.onset_s))
    if not KINDS[given["kind"]]:
        return ()
    return (LabelledFall(_time(given["onset_s"]), _number(given.get("impact_s"))),)


def _subject(given: dict[str, Any], event: str) -> str | None:
    """Who is in the clip: as labelled, else the body of the first one in it, else by a name such as S2_Fall_14."""
    if given.get("subject") is not None:
        return str(given["subject"])
    actors = given.get("actors") or []
    faller = next((f.get("actor") for f in given.get("falls") or []), 0)
    if actors and faller is not None and faller < len(actors):
        return str(actors[faller].get("body"))
    match = SUBJECT.match(event)
    return match.group(1) if match else None


def _time(value: Any) -> float:
    number = _number(value)
    if number is None:
        raise ValueError("a fall or an act without its time")
    return number


def _number(value: Any) -> float | None:
    number = None if value is None else float(value)
    return number if number is not None and math.isfinite(number) else None
