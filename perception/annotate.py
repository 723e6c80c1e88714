"""`--annotate`: a video of what perception saw and why it thought so.

On the picture: skeletons, numbers, postures, the learned judge's word as a bar, fall and evidence in words, and, where
the camera's place is known, the furniture. Below it: the heights of the last seconds, and the state. Small pictures are
enlarged so that the words can be read; everything is sized by the picture.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from kangban.site import Furniture
from kangban.values import CareEvent, Fall, FallState, Person
from perception.draw import ALARM, OTHER, STAGE_COLOURS, Colour, Pixels, colour_of, draw_skeleton, write
from perception.falls import Stage
from perception.follow import Scene
from perception.perceive import Perceived
from perception.sources import Picture
from perception.trace import Moment
from perception.zones import draw_zones

LEAST_PX, MOST_PX = 480, 1080  # of the shorter side of what is written
SHOWN_S = 10.0
STRIP = 0.25  # its height, of the shorter side of the picture
TOP_M = 1.8
DARK, PALE, GRID = (20, 23, 28), (235, 238, 242), (60, 66, 74)
LINES = ((120, 190, 255), (255, 190, 110), (190, 150, 255), (150, 220, 150))  # by person
SHOWN_AS = {FallState.SUSPECTED: "fall suspected", FallState.CONFIRMED: "FALL", FallState.RECOVERED: "up again"}


@dataclass(frozen=True, slots=True)
class Point:
    """What the strip shows of a person at a moment."""

    stamp: float
    shoulder: float
    hip: float
    stage: Stage
    seen: bool


class Annotator:
    """Draws one camera's frames, one after the other. Give `hear` to the follower as its trace."""

    def __init__(self, furniture: tuple[Furniture, ...] = ()) -> None:
        self._furniture = furniture
        self._now: dict[int, Moment] = {}
        self._points: dict[int, deque[Point]] = {}
        self._last: dict[int, NDArray[np.float64]] = {}  # landmarks in which somebody was last seen

    def hear(self, moment: Moment) -> None:
        self._now[moment.person] = moment
        if moment.pose is not None:
            self._last[moment.person] = moment.pose.image
        m = moment.measure
        points = self._points.setdefault(moment.person, deque())
        points.append(Point(moment.stamp, m.shoulder, m.hip, moment.case.stage, moment.pose is not None))
        while points[0].stamp < moment.stamp - SHOWN_S:
            points.popleft()

    def picture(self, pixels: Pixels, seen: Perceived, scene: Scene) -> Pixels:
        """A copy of a readable size with everything on it; (height, width, 3) RGB, both even."""
        out = sized(pixels)
        unit = min(out.shape[:2]) / LEAST_PX
        draw_zones(out, scene, self._furniture, unit)
        falls = {fall.person_id: fall for fall in seen.falls.falls}
        for person in seen.persons.people:
            self._person(out, person, falls.get(person.id), unit)
        _words(out, list(_telling(seen)), unit)
        whole = np.vstack([out, self._strip(out, scene.stamp, set(falls), unit)])
        self._forget({p.id for p in seen.persons.people}, scene.stamp)
        return np.ascontiguousarray(whole[: whole.shape[0] // 2 * 2, : whole.shape[1] // 2 * 2])

    def _forget(self, present: set[int], now: float) -> None:
        for person in [p for p in self._now if p not in present]:
            self._now.pop(person)
            self._last.pop(person, None)
        for person, points in list(self._points.items()):
            if points[-1].stamp < now - SHOWN_S or points[-1].stamp > now:
                del self._points[person]

    def _person(self, out: Pixels, person: Person, fall: Fall | None, unit: float) -> None:
        colour = colour_of(fall)
        landmarks = person.landmarks_in_image
        where = person.box_in_image
        if landmarks is None or where is None:
            ghost = self._last.get(person.id)
            if ghost is None or fall is None:
                return
            draw_skeleton(out, ghost, OTHER)
            where = _box_of(ghost)
        else:
            draw_skeleton(out, landmarks, colour)
        height, width = out.shape[:2]
        name = f"{person.id} " + (f"{person.posture.value.replace('_', ' ')} {person.confidence:.2f}"
                                  if person.seen else "not seen")  # fmt: skip
        lines = [name] + ([] if fall is None else [SHOWN_AS[fall.state]])
        x, y = where[0] * width, where[1] * height - 10 * unit
        tall = round(18 * unit)
        x = min(max(2.0, x), width - 130 * unit)
        y = max(y, tall * len(lines) + 8 * unit)
        for line in reversed(lines):
            write(out, line, (int(x), int(y)), unit, colour)
            y -= tall
        self._bar(out, person.id, (int(x), int(y + 2 * unit)), unit)

    def _bar(self, out: Pixels, person: int, at: tuple[int, int], unit: float) -> None:
        """The learned judge's smoothed word, with a mark where it speaks for a fall."""
        moment = self._now.get(person)
        if moment is None or moment.case.belief is None or moment.threshold is None:
            return
        wide, tall = round(90 * unit), max(3, round(6 * unit))
        (x, y), filled = at, round(90 * unit * min(1.0, moment.case.belief))
        y = max(0, y - tall)
        cv2.rectangle(out, (x, y), (x + wide, y + tall), DARK, -1)
        colour = ALARM if moment.case.belief >= moment.threshold else (200, 205, 212)
        cv2.rectangle(out, (x, y), (x + filled, y + tall), colour, -1)
        tick = x + round(wide * moment.threshold)
        cv2.line(out, (tick, y - 1), (tick, y + tall + 1), PALE, max(1, round(unit)))
        write(out, f"{moment.case.belief:.2f}", (x + wide + round(4 * unit), y + tall), 0.8 * unit, colour)

    def _strip(self, out: Pixels, now: float, fallen: set[int], unit: float) -> Pixels:
        height, width = round(STRIP * LEAST_PX * unit), out.shape[1]
        strip = np.full((height, width, 3), DARK, np.uint8)
        band = round(12 * unit)
        chart = _Chart(strip, now, round(34 * unit), height - band - round(6 * unit), unit)
        who = self._main(fallen)
        for person in sorted(self._points, key=lambda p: p == who):
            colour = LINES[person % len(LINES)] if person == who or who is None else tuple(
                c // 2 for c in LINES[person % len(LINES)])  # fmt: skip
            chart.line(self._points[person], "shoulder", colour, max(1, round(2 * unit)))
            chart.line(self._points[person], "hip", tuple(round(0.7 * c) for c in colour), max(1, round(unit)))
        if who is not None:
            chart.states(self._points[who], height - band, height - round(3 * unit))
        named = "" if who is None else f"  person {who}: shoulders (thick) and hips (thin) above the floor, state"
        write(strip, f"{now:.1f} s{named}", (round(40 * unit), round(16 * unit)), 0.95 * unit, PALE)
        return strip

    def _main(self, fallen: set[int]) -> int | None:
        """Whose state is shown: who has fallen, else who was seen low last, else anybody."""
        here = [p for p in self._points if p in fallen] or [p for p in self._points if p in self._now]
        return min(here, key=lambda p: self._points[p][-1].shoulder) if here else None


class _Chart:
    """Heights over the last seconds; the right edge is now."""

    def __init__(self, strip: Pixels, now: float, left: int, bottom: int, unit: float) -> None:
        self._strip, self._now, self._left, self._bottom = strip, now, left, bottom
        self._top = round(22 * unit)
        for metres in (0, 1):
            y = self._y(metres)
            cv2.line(strip, (left, y), (strip.shape[1], y), GRID, 1)
            write(strip, f"{metres} m", (round(4 * unit), y + round(4 * unit)), 0.85 * unit, PALE)
        for second in range(math.ceil(now - SHOWN_S), math.floor(now) + 1):
            x = self._x(second)
            cv2.line(strip, (x, bottom - round(4 * unit)), (x, bottom), GRID, 1)

    def _x(self, stamp: float) -> int:
        share = 1.0 - (self._now - stamp) / SHOWN_S
        return int(self._left + share * (self._strip.shape[1] - self._left))

    def _y(self, metres: float) -> int:
        return round(self._bottom - min(max(metres, 0.0), TOP_M) / TOP_M * (self._bottom - self._top))

    def line(self, points: Sequence[Point], joint: str, colour: Colour, thick: int) -> None:
        seen = [p for p in points if p.seen and p.stamp >= self._now - SHOWN_S]
        for a, b in pairwise(seen):
            if b.stamp - a.stamp < 0.4:
                start, end = ((self._x(p.stamp), self._y(getattr(p, joint))) for p in (a, b))
                cv2.line(self._strip, start, end, colour, thick, cv2.LINE_AA)

    def states(self, points: Sequence[Point], top: int, bottom: int) -> None:
        for k, point in enumerate(points):
            if point.stamp < self._now - SHOWN_S:
                continue
            end = points[k + 1].stamp if k + 1 < len(points) else self._now
            colour = STAGE_COLOURS[point.stage]
            shown = colour if point.seen else tuple(c // 2 for c in colour)
            cv2.rectangle(self._strip, (self._x(point.stamp), top), (self._x(end), bottom), shown, -1)
            if k and point.stage is Stage.CONFIRMED and points[k - 1].stage is not Stage.CONFIRMED:
                x = self._x(point.stamp)
                cv2.line(self._strip, (x, self._top), (x, bottom), ALARM, max(2, bottom - top >> 2))


def sized(pixels: Pixels) -> Pixels:
    """A copy, enlarged or made smaller by a whole factor, so that its shorter side is of LEAST_PX to MOST_PX."""
    height, width = pixels.shape[:2]
    shorter = min(height, width)
    factor = max(1, math.ceil(LEAST_PX / shorter)) / max(1, math.ceil(shorter / MOST_PX))
    if factor == 1:
        return pixels.copy()
    how = cv2.INTER_CUBIC if factor > 1 else cv2.INTER_AREA
    return np.asarray(cv2.resize(pixels, (round(width * factor), round(height * factor)), interpolation=how), np.uint8)


def _telling(seen: Perceived) -> Iterator[tuple[str, Colour]]:
    if seen.persons.blind:
        yield f"BLIND: {seen.why_blind}", ALARM
    for fall in seen.falls.falls:
        yield f"{SHOWN_AS[fall.state]}, person {fall.person_id}: {'; '.join(fall.evidence)}", colour_of(fall)
    care: tuple[CareEvent, ...] = () if seen.care is None else seen.care.events
    for event in care:
        if not event.over:
            name = event.kind.value.replace("_", " ")
            yield f"{name}, person {event.person_id}: {'; '.join(event.evidence)}", STAGE_COLOURS[Stage.SUSPECTED]


def _words(out: Pixels, lines: Sequence[tuple[str, Colour]], unit: float) -> None:
    """Sentences at the top left, wrapped."""
    wide = max(20, int(out.shape[1] / (8.2 * unit)))
    rows = [(row, colour) for words, colour in lines for row in _wrapped(words, wide)]
    if not rows:
        return
    tall = round(18 * unit)
    for k, (row, colour) in enumerate(rows, start=1):
        write(out, row, (round(6 * unit), k * tall), unit, colour)


def _wrapped(words: str, wide: int) -> list[str]:
    rows = [""]
    for word in words.split():
        if rows[-1] and len(rows[-1]) + 1 + len(word) > wide:
            rows.append("   " + word)
        else:
            rows[-1] += (" " if rows[-1] else "") + word
    return rows


def _box_of(landmarks: NDArray[np.float64]) -> tuple[float, float, float, float]:
    low, high = landmarks[:, :2].min(axis=0), landmarks[:, :2].max(axis=0)
    left, top, right, bottom = np.clip([*low, *high], 0.0, 1.0)
    return float(left), float(top), float(right), float(bottom)


class AnnotatedVideo:
    """Writes annotated pictures to an MP4 file; the rate is that of the first pictures' time stamps."""

    def __init__(self, path: str, annotator: Annotator | None = None) -> None:
        self.annotator = annotator or Annotator()
        self._path = path
        self._writer: cv2.VideoWriter | None = None
        self._held: tuple[float, Pixels] | None = None
        self._black: Pixels = np.zeros((LEAST_PX, LEAST_PX * 4 // 3, 3), np.uint8)

    def write(self, shown: Picture, seen: Perceived) -> None:
        """Raises OSError where the file can't be written."""
        pixels = self._black if shown.pixels is None else shown.pixels
        if pixels.shape != self._black.shape:
            self._black = np.zeros_like(pixels)
        scene = Scene(shown.stamp, (pixels.shape[1], pixels.shape[0]))
        picture = np.ascontiguousarray(self.annotator.picture(pixels, seen, scene)[:, :, ::-1])
        if self._held is not None and picture.shape != self._held[1].shape:  # a video has one size
            height, width = self._held[1].shape[:2]
            picture = np.asarray(cv2.resize(picture, (width, height)), dtype=np.uint8)
        if self._writer is None and self._held is not None:
            period = min(1.0, max(1e-3, scene.stamp - self._held[0]))
            self._writer = self._open(1.0 / period, self._held[1])
        if self._writer is None:
            self._open(1.0, picture).release()  # what can't be written is told at once
            self._held = (scene.stamp, picture)
        else:
            self._writer.write(picture)

    def _open(self, rate: float, first: Pixels) -> cv2.VideoWriter:
        height, width = first.shape[:2]
        writer = cv2.VideoWriter(self._path, cv2.VideoWriter.fourcc(*"mp4v"), rate, (width, height))
        if not writer.isOpened():
            raise OSError(f"{self._path}: can't write a video there; is the folder writable, does it end in .mp4?")
        writer.write(first)
        return writer

    def close(self) -> None:
        if self._writer is None and self._held is not None:
            self._writer = self._open(1.0, self._held[1])
        if self._writer is not None:
            self._writer.release()
