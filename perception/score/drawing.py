"""Pictures of some seconds of a clip: a strip of de-identified pictures, and the signals over time as SVG."""

from __future__ import annotations

import base64
import html
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from perception.deidentify import deidentified
from perception.draw import OTHER, STAGE_COLOURS, draw_skeleton
from perception.score.notes import Scene
from perception.score.why import by_person
from perception.trace import Moment

FRAMES, COLUMNS, FRAME_WIDTH = 8, 4, 300
WIDTH, LEFT, RIGHT, PANEL, GAP, BAND = 1000, 50, 150, 110, 14, 16
LAST_SEEN = (80, 84, 92)
LONG_S = 0.4  # a line is not drawn across a longer gap


@dataclass(frozen=True, slots=True)
class Mark:
    """A moment to be pointed out in the plot."""

    t: float
    label: str
    colour: str


def strip(scene: Scene, who: int | None, from_s: float, to_s: float) -> str:
    """FRAMES pictures, COLUMNS in a row, as the address of an inline image; empty where there is nothing to draw."""
    wanted = [from_s + (to_s - from_s) * k / (FRAMES - 1) for k in range(FRAMES)]
    stamps = sorted({m.stamp for m in scene.moments} | {stamp for stamp, _ in scene.pictures})
    if not stamps:
        return ""
    chosen = sorted({min(stamps, key=lambda s: abs(s - t)) for t in wanted})
    pictures = [_picture(scene, who, t) for t in chosen]
    pictures += [np.full_like(pictures[0], 255)] * (-len(pictures) % min(COLUMNS, len(pictures)))
    rows = [np.hstack(pictures[k : k + COLUMNS]) for k in range(0, len(pictures), COLUMNS)]
    sheet = np.ascontiguousarray(np.vstack(rows)[:, :, ::-1])
    good, data = cv2.imencode(".jpg", sheet, [cv2.IMWRITE_JPEG_QUALITY, 82])
    return f"data:image/jpeg;base64,{base64.b64encode(data.tobytes()).decode()}" if good else ""


def _picture(scene: Scene, who: int | None, t: float) -> NDArray[np.uint8]:
    width, height = FRAME_WIDTH, max(80, round(FRAME_WIDTH * scene.size[1] / scene.size[0]))
    near = min(scene.pictures, key=lambda p: abs(p[0] - t), default=None)
    if near is None:
        out = np.full((height, width, 3), 38, np.uint8)
    else:
        out = deidentified(np.asarray(cv2.resize(near[1], (width, height)), dtype=np.uint8), None)
    caption = f"{t:.1f} s"
    for moment in scene.moments:
        if abs(moment.stamp - t) > 1e-6:
            continue
        hers = moment.person == who
        if hers and moment.pose is None:
            last = [m.pose for m in scene.moments if m.person == who and m.stamp < t and m.pose is not None]
            if last:
                draw_skeleton(out, last[-1].image, LAST_SEEN)
        if moment.pose is not None:
            draw_skeleton(out, moment.pose.image, STAGE_COLOURS[moment.case.stage] if hers else OTHER)
        if hers:
            caption += f"  {moment.case.stage.value}" + ("" if moment.pose is not None else ", not seen")
    out = np.pad(out, ((0, 4), (0, 4), (0, 0)), constant_values=255)
    head = np.full((24, width + 4, 3), 24, np.uint8)
    cv2.putText(head, caption, (6, 17), cv2.FONT_HERSHEY_SIMPLEX, 0.48, (235, 235, 235), 1, cv2.LINE_AA)
    return np.vstack([head, out])


def plot(scene: Scene, who: int | None, marks: Sequence[Mark], shade: tuple[float, float] | None) -> str:
    """Heights, lean, the judge's word and the state over time, as an SVG element."""
    people = by_person(scene.moments)
    hers = people.get(who, []) if who is not None else []
    begin, end = scene.from_s, scene.to_s
    if scene.moments:
        begin, end = max(begin, scene.moments[0].stamp), min(end, scene.moments[-1].stamp)
    canvas = _Canvas(begin, max(end, begin + 0.1))
    if shade is not None:
        canvas.shade(*shade)
    top = max([1.8, *(m.measure.shoulder for m in hers if m.pose is not None)])
    canvas.panel("height, m", 0.0, min(top, 2.6), (0.5, 1.0, 1.5))
    for other in people:
        if other != who:
            canvas.line(people[other], lambda m: m.measure.shoulder, "#bbb", "")
    canvas.line(hers, lambda m: m.measure.shoulder, "#1f5fbf", "shoulders")
    canvas.line(hers, lambda m: m.measure.hip, "#c05a00", "hips")
    canvas.panel("lean, degrees", 0.0, 120.0, (45, 90))
    canvas.line(hers, lambda m: math.degrees(m.measure.tilt), "#6a3d9a", "torso")
    canvas.panel("word of the judge", 0.0, 1.0, (0.5, 1.0))
    canvas.line(hers, lambda m: m.probability, "#b2182b", "in this frame", unseen=True)
    canvas.line(hers, lambda m: m.case.belief, "#555", "smoothed", unseen=True)
    threshold = next((m.threshold for m in hers if m.threshold is not None), None)
    if threshold is not None:
        canvas.level(threshold)
    canvas.band(hers)
    for mark in marks:
        canvas.mark(mark)
    return canvas.svg()


class _Canvas:
    """Panels below one another with one axis of time."""

    def __init__(self, begin: float, end: float) -> None:
        self._begin, self._end = begin, end
        self._top, self._low, self._high = 22.0, 0.0, 1.0
        self._rows = 0
        self._parts: list[str] = []
        self._legend = 0

    def _x(self, t: float) -> float:
        inside = (min(max(t, self._begin), self._end) - self._begin) / (self._end - self._begin)
        return LEFT + inside * (WIDTH - LEFT - RIGHT)

    def _y(self, value: float) -> float:
        inside = (min(max(value, self._low), self._high) - self._low) / (self._high - self._low)
        return self._top + PANEL * (1.0 - inside)

    def shade(self, begin: float, end: float) -> None:
        height = 3 * PANEL + 2 * GAP
        x0, x1 = self._x(begin), self._x(end)
        self._parts.append(f'<rect x="{x0:.1f}" y="22" width="{x1 - x0:.1f}" height="{height}" fill="#fff3cf"/>')

    def panel(self, title: str, low: float, high: float, ticks: Iterable[float]) -> None:
        if self._rows:
            self._top += PANEL + GAP
        self._rows += 1
        self._low, self._high, self._legend = low, high, 0
        self._parts.append(
            f'<rect x="{LEFT}" y="{self._top}" width="{WIDTH - LEFT - RIGHT}" height="{PANEL}" fill="none" '
            'stroke="#ccc"/>'
        )
        self._text(WIDTH - RIGHT + 8, self._top + 12, title, "#333", weight="bold")
        for tick in ticks:
            if low <= tick <= high:
                y = self._y(tick)
                self._parts.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="#eee"/>')
                self._text(LEFT - 6, y + 4, f"{tick:g}", "#666", anchor="end")

    def line(
        self,
        moments: Sequence[Moment],
        value: Callable[[Moment], float | None],
        colour: str,
        name: str,
        unseen: bool = False,
    ) -> None:
        run: list[str] = []
        last = -math.inf
        for moment in moments:
            v = value(moment) if moment.pose is not None or unseen else None
            if v is None or not math.isfinite(v):
                continue
            if moment.stamp - last > LONG_S:
                self._stroke(run, colour)
                run = []
            run.append(f"{self._x(moment.stamp):.1f},{self._y(v):.1f}")
            last = moment.stamp
        self._stroke(run, colour)
        if name:
            self._legend += 1
            self._text(WIDTH - RIGHT + 8, self._top + 14 + 16 * self._legend, f"— {name}", colour)

    def _stroke(self, run: Sequence[str], colour: str) -> None:
        if len(run) > 1:
            points = " ".join(run)
            self._parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>')

    def level(self, value: float) -> None:
        y = self._y(value)
        self._parts.append(
            f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="#b2182b" '
            'stroke-dasharray="4 4"/>'
        )

    def band(self, moments: Sequence[Moment]) -> None:
        """The state, second by second, below the panels."""
        self._top += PANEL + 4
        for before, after in pairwise(moments):
            red, green, blue = STAGE_COLOURS[before.case.stage]
            x0, x1 = self._x(before.stamp), self._x(after.stamp)
            self._parts.append(
                f'<rect x="{x0:.1f}" y="{self._top}" width="{x1 - x0 + 0.3:.1f}" height="{BAND}" '
                f'fill="rgb({red},{green},{blue})" fill-opacity="{1.0 if before.pose is not None else 0.45}"/>'
            )
        self._text(WIDTH - RIGHT + 8, self._top + 13, "state", "#333", weight="bold")
        self._top += BAND
        for second in range(math.ceil(self._begin), math.floor(self._end) + 1):
            self._text(self._x(second), self._top + 15, f"{second} s", "#666", anchor="middle")

    def mark(self, mark: Mark) -> None:
        if not self._begin - 0.05 <= mark.t <= self._end + 0.05:
            return
        x = self._x(mark.t)
        self._parts.append(
            f'<line x1="{x:.1f}" x2="{x:.1f}" y1="18" y2="{self._top}" stroke="{mark.colour}" stroke-width="1.5"/>'
        )
        self._text(x, 13, mark.label, mark.colour, anchor="middle", weight="bold")

    def _text(self, x: float, y: float, words: str, colour: str, anchor: str = "start", weight: str = "normal") -> None:
        self._parts.append(
            f'<text x="{x:.1f}" y="{y:.1f}" fill="{colour}" font-size="13" text-anchor="{anchor}" '
            f'font-weight="{weight}">{html.escape(words)}</text>'
        )

    def svg(self) -> str:
        height = self._top + 24
        return (
            f'<svg viewBox="0 0 {WIDTH} {height:.0f}" role="img" aria-label="signals over time">'
            f"{''.join(self._parts)}</svg>"
        )
