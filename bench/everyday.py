"""False alarms in hours of simulated everyday life, and the share of simulated falls that are found.

Films of `sim/practice` with seeds that no training has seen go through the whole of perception, pictures and second
look and all, as `kangban watch` runs it: shoes, sofa, bed, floor exercise, kneeling, a playing child, a kneeling carer,
dropped things, bright and dim light. False alarms come with their one-sided 95 % Poisson bound; falls by camera height
and distance, as a table and, with `--out`, as a plot. The reference is the truth of the simulation.

Long: two hours of film take about half an hour on two idle cores. `--hours 0.1 --falls 10` is a quick look; `--out
FOLDER` keeps each film's result, and the same command goes on where it was stopped. Take a new folder when the code has
changed.
"""

from __future__ import annotations

import json
import math
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from bench.everyday_plot import plot
from bench.practice import KEPT_FOR_BENCHES
from bench.workers import Failed, Pool
from kangban.config import load_profile
from kangban.values import FallState, Persons
from perception.events.home import Home
from perception.follow import Scene
from perception.life import Household
from perception.perceive import Perceiver
from perception.pose import PoseModel
from perception.score.sums import poisson_upper
from sim.practice.film import Film, NoFilm, make_film, shoot

EVERYDAY_S = 60.0  # a film of everyday life
AFTER_S = 8.0  # of a film after the impact: found later is not found
HEIGHTS = (0.4, 1.0, 1.7, 2.4)
DISTANCES = (1.0, 2.0, 3.0, 4.0, 6.5)
RESULTS = "results.jsonl"
MOST_FAILED = 10  # films that fail are replaced by others: up to here
_FALLS_FROM = KEPT_FOR_BENCHES + 50_000
Row = dict[str, Any]


def run(hours: float = 2.0, falls: int = 200, jobs: int = 2, out: Path | None = None) -> dict[str, Any]:
    """Play `hours` of everyday life and so many `falls`; `out`: a folder for results so far and the plot."""
    with tempfile.TemporaryDirectory() as folder:
        kept = out or Path(folder)
        kept.mkdir(parents=True, exist_ok=True)
        return sums(play(kept, hours, falls, jobs), out)


def play(folder: Path, hours: float, falls: int, jobs: int) -> list[Row]:
    """The rows of all films, those there already included. Films that come to nothing are replaced by the next seed."""
    path = folder / RESULTS
    rows = {row["seed"]: row for row in _read(path)}
    wanted = {"everyday": round(3600 * hours, 3), "fall": float(falls)}
    next_seed = {"everyday": KEPT_FOR_BENCHES, "fall": _FALLS_FROM}
    begun, failed = time.monotonic(), 0
    with path.open("a", encoding="utf-8") as results, Pool(_Worker, (), jobs) as pool:
        while True:
            batch, chosen = [], []
            for kind, amount in wanted.items():
                seed = next_seed[kind]
                while amount > 1e-6:
                    row = rows.get(seed)
                    if row is None:
                        batch.append((seed, kind, min(EVERYDAY_S, amount)))
                        amount -= EVERYDAY_S if kind == "everyday" else 1
                    elif row["kind"] == kind:
                        chosen.append(row)
                        amount -= row["seconds"] if kind == "everyday" else 1
                    seed += 1
            if not batch:
                return chosen
            for done, (job, row) in enumerate(pool.each(batch), start=1):
                if isinstance(row, Failed):
                    failed += 1
                    if failed > MOST_FAILED:
                        raise RuntimeError(f"{failed} films failed, the last one because: {row.why}")
                    sys.stderr.write(f"film {job[0]}: {row.why}\n")
                    row = {"seed": job[0], "kind": "none"}
                rows[row["seed"]] = row
                results.write(json.dumps(row) + "\n")
                results.flush()
                sys.stderr.write(f"{done} of {len(batch)} films after {time.monotonic() - begun:.0f} s\n")


def _read(path: Path) -> list[Row]:
    rows = []
    for text in path.read_text(encoding="utf-8").splitlines() if path.is_file() else ():
        try:
            rows.append(json.loads(text))
        except json.JSONDecodeError:  # half a line of a stopped run
            continue
    return rows


class _Worker:
    """One process: it films and perceives."""

    def __init__(self) -> None:
        self._profile = load_profile("companion")

    def __call__(self, job: tuple[int, str, float]) -> Row:
        seed, kind, seconds = job
        split = "test" if seed % 2 else "check"  # half of the films with bodies that no training has seen
        try:
            film = make_film(seed, kind, split, seconds=seconds, after_s=AFTER_S)
        except NoFilm:
            return {"seed": seed, "kind": "none"}
        limits = self._profile.perception
        model = PoseModel(limits.max_people, limits.pose_confidence)
        nowhere = Household(self._profile.care, Home(), lambda stamp: None)
        try:
            return watch(film, Perceiver(model, limits, household=nowhere))
        finally:
            model.close()


def watch(film: Film, perceiver: Perceiver) -> Row:
    """What perception makes of one film: its alarms, each with the act that it fell into."""
    size = film.plan.lens.width, film.plan.lens.height
    hips = film.hips_in_picture()
    alarms: dict[str, Row] = {}
    others: set[tuple[str, str]] = set()
    boxes: dict[int, tuple[float, float, float, float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for k, (frame, pixels) in enumerate(zip(film.frames, shoot(film, Path(folder)), strict=True)):
            seen = perceiver.step(pixels, Scene(frame.stamp, size))
            _remember(boxes, seen.persons)
            for fall in seen.falls.falls:
                if fall.state is FallState.CONFIRMED and fall.id not in alarms:
                    alarms[fall.id] = {
                        "t": frame.stamp,
                        "actor": nearest(boxes.get(fall.person_id), hips[k]),
                        "doing": [act_at(film, a, frame.stamp) for a in range(len(film.acts))],
                        "evidence": list(fall.evidence),
                    }
            if seen.care is not None:
                others |= {(event.id, event.kind.value) for event in seen.care.events}
    plan = film.plan
    tumble = film.tumbles[0][-1] if film.tumbles[0] else None
    return {
        "seed": plan.seed,
        "kind": plan.kind,
        "seconds": round(film.frames[-1].stamp, 3),
        "height_m": round(plan.lens.eye[2], 3),
        "distance_m": round(film.distance_m, 3),
        "light": plan.light.kind,
        "people": len(plan.parts),
        "fall": None
        if tumble is None
        else {"kind": tumble.kind, "onset_s": tumble.onset_s, "impact_s": tumble.impact_s},
        "alarms": sorted(alarms.values(), key=lambda alarm: alarm["t"]),
        "other_events": sorted(kind for _, kind in others),
        "acts": [act.act for acts in film.acts for act in acts],
    }


def _remember(boxes: dict[int, tuple[float, float, float, float]], persons: Persons) -> None:
    for person in persons.people:
        if person.box_in_image is not None:
            boxes[person.id] = person.box_in_image


def nearest(box: tuple[float, float, float, float] | None, hips: np.ndarray) -> int | None:
    """Whose hips (actors, 2) lie nearest to the middle of a box; None where nobody's are in the picture."""
    if box is None or not np.isfinite(hips).all(axis=1).any():
        return None
    middle = np.array([(box[0] + box[2]) / 2, (box[1] + box[3]) / 2])
    return int(np.nanargmin(np.linalg.norm(hips - middle, axis=1)))


def act_at(film: Film, actor: int, t: float) -> str:
    return next((act.act for act in film.acts[actor] if act.from_s <= t <= act.to_s), "")


def sums(rows: Sequence[Row], out: Path | None) -> dict[str, Any]:
    everyday, falls = [r for r in rows if r["kind"] == "everyday"], [r for r in rows if r["kind"] == "fall"]
    hours = sum(row["seconds"] for row in everyday) / 3600
    false = [{"seed": row["seed"], **alarm} for row in everyday for alarm in row["alarms"]]
    found = [row for row in falls if found_after(row) is not None]
    delays = sorted(delay for row in falls if (delay := found_after(row)) is not None)
    table = by_camera(falls)
    result: dict[str, Any] = {
        "hours": round(hours, 3),
        "false_alarms": len(false),
        "false_per_hour": round(len(false) / hours, 3) if hours else None,
        "false_per_hour_upper95": _rounded(poisson_upper(len(false), hours)),
        "falls": len(falls),
        "found": len(found),
        "sensitivity": round(len(found) / len(falls), 4) if falls else None,
        "alarms_before_the_fall": sum(a["t"] < row["fall"]["onset_s"] for row in falls for a in row["alarms"]),
        "faller_named": _share([row for row in found if row["people"] > 1]),
        "delay_median_s": round(statistics.median(delays), 2) if delays else None,
        "delay_p90_s": round(delays[math.ceil(0.9 * len(delays)) - 1], 2) if delays else None,
        "by_camera": table,
        "by_kind": _by(falls, lambda row: row["fall"]["kind"]),
        "by_light": _by(falls, lambda row: row["light"]),
        "other_events": sorted(kind for row in everyday for kind in row["other_events"]),
        "acts": dict(Counter(act for row in everyday for act in row["acts"]).most_common()),
        "false": false,
        "missed": [{"seed": row["seed"], **row["fall"], "light": row["light"], "height_m": row["height_m"],
                    "distance_m": row["distance_m"], "people": row["people"]}
                   for row in falls if found_after(row) is None],
    }  # fmt: skip
    if out is not None and falls:
        plot(table, out / "sensitivity.png")
        result["plot"] = str(out / "sensitivity.png")
    return result


def found_after(row: Row) -> float | None:
    """Seconds from the impact to the first alarm after the fall began; None where there was none."""
    times = [alarm["t"] for alarm in row["alarms"] if alarm["t"] >= row["fall"]["onset_s"]]
    return min(times) - float(row["fall"]["impact_s"]) if times else None


def _share(rows: Sequence[Row]) -> dict[str, int]:
    """Of the falls found with several people in the room: how often the alarm named the one who fell."""
    first = [next(a for a in row["alarms"] if a["t"] >= row["fall"]["onset_s"]) for row in rows]
    return {"falls": len(rows), "named": sum(alarm["actor"] == 0 for alarm in first)}


def by_camera(falls: Sequence[Row]) -> list[Row]:
    """Falls and found falls for each span of camera heights and distances, m."""
    cells = []
    for low, high in pairwise(HEIGHTS):
        for near, far in pairwise(DISTANCES):
            here = [
                r for r in falls
                if _within(r["height_m"], low, high, HEIGHTS) and _within(r["distance_m"], near, far, DISTANCES)
            ]  # fmt: skip
            cells.append({"height_m": [low, high], "distance_m": [near, far], "falls": len(here),
                          "found": sum(found_after(row) is not None for row in here)})  # fmt: skip
    return cells


def _within(value: float, low: float, high: float, edges: Sequence[float]) -> bool:
    return low <= min(max(value, edges[0]), edges[-1] - 1e-9) < high


def _by(falls: Sequence[Row], key: Any) -> dict[str, str]:
    names = sorted({key(row) for row in falls})
    groups = {name: [row for row in falls if key(row) == name] for name in names}
    return {name: f"{sum(found_after(r) is not None for r in g)} of {len(g)}" for name, g in groups.items()}


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)
