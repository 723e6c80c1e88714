"""Practice films: drawn from the seed alone, true about who falls when, and kept as whole clips."""

from __future__ import annotations

import json
import operator
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench import practice
from bench.everyday import by_camera, found_after, sums
from bench.workers import Failed, Pool
from perception.recording import read_recording
from sim.practice.cast import TEST_BODIES, bodies
from sim.practice.film import Film, Frame, NoFilm, act, draw_plan, make_film, shoot

FALL, EVERYDAY = 21, 22
SHORT = {"seconds": 6.0, "after_s": 3.5}


@pytest.fixture(scope="module")
def fall() -> Film:
    return make_film(FALL, "fall", "train", **SHORT)


@pytest.fixture(scope="module")
def everyday() -> Film:
    return make_film(EVERYDAY, "everyday", "train", **SHORT)


def test_the_same_seed_gives_the_same_film(fall: Film) -> None:
    again = make_film(FALL, "fall", "train", **SHORT)
    assert again.plan == fall.plan
    assert again.tumbles == fall.tumbles
    assert again.acts == fall.acts
    for one, other in zip(fall.frames, again.frames, strict=True):
        assert one.postures == other.postures
        np.testing.assert_array_equal(one.hips, other.hips)
        np.testing.assert_array_equal(one.links[0][0], other.links[0][0])


def test_another_seed_gives_another_room_camera_and_people() -> None:
    plans = [draw_plan(seed, "everyday", "train") for seed in range(12)]
    assert len({plan.room.size for plan in plans}) == 12
    assert len({plan.lens.eye for plan in plans}) == 12
    assert len({plan.parts[0].looks for plan in plans}) == 12
    assert len({plan.light.kind for plan in plans}) >= 3
    assert len({len(plan.parts) for plan in plans}) >= 2


def test_cameras_are_where_people_put_them() -> None:
    for seed in range(60):
        plan = draw_plan(seed, "fall", "train")
        lens, (wide, deep) = plan.lens, plan.room.size
        assert 0.4 <= lens.eye[2] <= 2.4
        assert 0 < lens.eye[0] < wide and 0 < lens.eye[1] < deep
        assert 0.6 <= lens.vertical_fov <= 1.4
        focus = np.array([*plan.room.focus, 0.5])
        assert lens.project(focus[None])[0] == pytest.approx([0.5, 0.5], abs=1.0)


def test_a_fall_is_labelled_as_it_happened(fall: Film) -> None:
    (tumble,) = fall.tumbles[0]
    assert tumble.impact_s is not None
    assert 0.2 < tumble.impact_s - tumble.onset_s < 4.0
    assert fall.frames[-1].stamp >= tumble.impact_s + 3.4
    low = [frame.hips[0, 2] for frame in fall.frames if frame.stamp > tumble.impact_s + 0.5]
    high = [frame.hips[0, 2] for frame in fall.frames if frame.stamp < tumble.onset_s]
    assert max(low) < 0.5 < max(high)
    falling = [frame.stamp for frame in fall.frames if frame.postures[0] == "falling"]
    assert falling[0] == pytest.approx(tumble.onset_s, abs=2 / fall.plan.fps)
    assert falling[0] < tumble.impact_s


def test_nobody_falls_in_everyday_life(everyday: Film) -> None:
    assert not any(everyday.tumbles)
    assert everyday.frames[-1].stamp == pytest.approx(6.0, abs=1 / everyday.plan.fps)
    assert all("fall" not in posture for frame in everyday.frames for posture in frame.postures)
    acts = everyday.acts[0]
    assert acts and acts[-1].to_s == pytest.approx(6.0, abs=0.2)
    assert all(before.to_s <= after.from_s + 1e-6 for before, after in pairwise(acts))


def test_a_fall_that_does_not_come_about_makes_no_film() -> None:
    plan = draw_plan(FALL, "fall", "train")
    away = replace(plan.lens, yaw=plan.lens.yaw + np.pi)
    with pytest.raises(NoFilm):
        act(replace(plan, lens=away))


def test_people_are_drawn_where_the_truth_says(fall: Film, tmp_path: Path) -> None:
    """Pictures with her and without her differ around her hips, and nowhere far from her joints."""
    lens = fall.plan.lens
    chosen = [fall.frames[0], fall.frames[len(fall.frames) // 2], fall.frames[-1]]
    with_her = replace(fall, frames=tuple(chosen))
    without = replace(fall, frames=tuple(_gone(frame) for frame in chosen))
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    there = list(shoot(with_her, tmp_path / "a"))
    empty = list(shoot(without, tmp_path / "b"))
    seen = 0
    for frame, one, other in zip(chosen, there, empty, strict=True):
        assert one.shape == (lens.height, lens.width, 3)
        rows, columns = np.nonzero(np.abs(one.astype(int) - other).max(axis=2) > 40)
        x, y = lens.project(frame.hips[:1])[0] * [lens.width, lens.height]
        if not (0 <= x < lens.width and 0 <= y < lens.height) or not len(rows):
            continue
        seen += 1
        spots = np.concatenate([lens.project(positions) for positions, _ in frame.links]) * [lens.width, lens.height]
        size = np.ptp(spots, axis=0).max()
        left, right, top, bottom = columns.min(), columns.max(), rows.min(), rows.max()
        assert left - 0.1 * size <= x <= right + 0.1 * size
        assert top - 0.1 * size <= y <= bottom + 0.1 * size
    assert seen >= 2


def _gone(frame: Frame) -> Frame:
    under = np.array([0.0, 0.0, -50.0])
    return replace(frame, links=tuple((positions + under, turns) for positions, turns in frame.links))


def test_test_bodies_play_in_test_films_only() -> None:
    assert set(bodies("test")) == set(TEST_BODIES)
    for split in ("train", "check"):
        for seed in range(40):
            assert not {part.body for part in draw_plan(seed, "fall", split).parts} & set(TEST_BODIES)
    shares = [practice.lot(seed) for seed in range(400)]
    assert {split for split, _ in shares} == set(practice.SPLITS)
    assert 0.33 < sum(kind == "fall" for _, kind in shares) / 400 < 0.5


def test_a_clip_holds_landmarks_and_truth(fall: Film, tmp_path: Path) -> None:
    short = replace(fall, frames=fall.frames[:8])
    line = practice.record(short, tmp_path / "000021.npz", 0.5)
    assert [path.name for path in tmp_path.iterdir()] == ["000021.npz"]
    assert line["clip"] == "000021.npz" and line["kind"] == "fall" and line["seed"] == FALL
    assert line["falls"][0]["onset_s"] < line["falls"][0]["impact_s"]
    json.dumps(line)
    frames = list(read_recording(tmp_path / "000021.npz"))
    assert [frame.stamp for frame in frames] == [frame.stamp for frame in short.frames]
    assert frames[0].size == (fall.plan.lens.width, fall.plan.lens.height)
    with np.load(tmp_path / "000021.npz") as clip:
        people = len(fall.plan.parts)
        assert clip["truth_hip_image"].shape == (8, people, 2)
        assert clip["truth_hip_height"].shape == clip["truth_head_height"].shape == (8, people)
        assert clip["truth_posture"].tolist() == [list(frame.postures) for frame in short.frames]
        np.testing.assert_allclose(clip["truth_hip_height"][:, 0], [f.hips[0, 2] for f in short.frames], atol=1e-3)


class _InProcess:
    """In place of the processes: makes each clip at once; seed 3 fails."""

    asked: list[int] = []

    def __init__(self, make: Callable[..., Any], arguments: tuple[Path], processes: int) -> None:
        self._folder = arguments[0]

    def __enter__(self) -> _InProcess:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def each(self, seeds: Sequence[int]) -> Iterator[tuple[int, Any]]:
        for seed in seeds:
            self.asked.append(seed)
            if seed == 3:
                yield seed, Failed("it broke")
                continue
            (self._folder / f"{seed}.npz").write_bytes(b"")
            yield (
                seed,
                {"clip": f"{seed}.npz", "seed": seed, "frames": 5, "seconds": 1.0, "split": "train", "kind": "fall"},
            )


def test_a_set_is_gone_on_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(practice, "Pool", _InProcess)
    monkeypatch.setattr(_InProcess, "asked", [])
    first = practice.make(tmp_path, [1, 2, 3], 2)
    assert (first["clips"], first["failed"], _InProcess.asked) == (2, 1, [1, 2, 3])
    with (tmp_path / practice.MANIFEST).open("a") as manifest:
        manifest.write('{"clip": "4.npz", "se')  # stopped in the middle of a line
    (tmp_path / "2.npz").unlink()
    _InProcess.asked.clear()
    second = practice.make(tmp_path, [1, 4, 2], 2)
    assert _InProcess.asked == [4, 2]  # made again: the lost one, and the one with half a line
    assert second["clips"] == 3
    assert sorted(line["seed"] for line in practice.read_manifest(tmp_path)) == [1, 2, 4]


def test_seeds_of_the_bench_are_refused_and_splits_chosen(tmp_path: Path) -> None:
    assert practice.wanted(3, 5, None) == [5, 6, 7]
    assert all(practice.lot(seed)[0] == "test" for seed in practice.wanted(10, 0, "test"))
    assert practice.wanted(5, practice.KEPT_FOR_BENCHES - 2, None) == [899_998, 899_999]


def test_one_broken_job_does_not_end_the_others() -> None:
    with Pool(operator.itemgetter, (0,), 2) as pool:
        results = {str(job): result for job, result in pool.each([[1, 2], 7, [3]])}
    assert results["[1, 2]"] == 1 and results["[3]"] == 3
    assert isinstance(results["7"], Failed) and "TypeError" in results["7"].why


def _row(seed: int, kind: str, alarms: list[float], **more: Any) -> dict[str, Any]:
    told = [{"t": t, "actor": 0, "doing": ["x"], "evidence": []} for t in alarms]
    fall = {"kind": "slump", "onset_s": 3.0, "impact_s": 4.0} if kind == "fall" else None
    return {"seed": seed, "kind": kind, "seconds": 1800.0, "height_m": 1.2, "distance_m": 2.5, "light": "dim",
            "people": 1, "fall": fall, "alarms": told, "other_events": [], "acts": ["walk"], **more}  # fmt: skip


def test_the_bench_counts_alarms_by_the_hour_and_falls_by_the_camera() -> None:
    rows = [_row(1, "everyday", [5.0]), _row(2, "everyday", []), _row(3, "fall", [5.0], people=2),
            _row(4, "fall", [2.0]), _row(5, "fall", [], height_m=2.4, distance_m=6.9)]  # fmt: skip
    result = sums(rows, None)
    assert (result["hours"], result["false_alarms"], result["false_per_hour"]) == (1.0, 1, 1.0)
    assert result["false_per_hour_upper95"] == pytest.approx(4.744, abs=0.001)  # of Garwood's table, one event
    assert (result["falls"], result["found"], result["alarms_before_the_fall"]) == (3, 1, 1)
    assert result["delay_median_s"] == 1.0
    assert result["faller_named"] == {"falls": 1, "named": 1}
    assert found_after(rows[3]) is None
    filled = {(tuple(c["height_m"]), tuple(c["distance_m"])): (c["found"], c["falls"])
              for c in by_camera(rows[2:]) if c["falls"]}  # fmt: skip
    assert filled == {((1.0, 1.7), (2.0, 3.0)): (1, 2), ((1.7, 2.4), (4.0, 6.5)): (0, 1)}
