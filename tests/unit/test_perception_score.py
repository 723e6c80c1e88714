"""What counts as found, late and false; the figures made of it; the manifests it is read from."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest

from perception.score.manifest import Clip, LabelledFall, ManifestError, read_manifest
from perception.score.marking import mark, thinned
from perception.score.sums import Scored, camera_height, figures, poisson_upper, quantile, share_lower, tally

ONSET, IMPACT, SECONDS = 20.0, 21.0, 40.0


def fall(*falls: tuple[float, float | None], name: str = "a", **more: Any) -> Clip:
    labelled = tuple(LabelledFall(onset, impact) for onset, impact in falls)
    return Clip(f"{name}.mp4", Path(f"{name}.mp4"), more.pop("set", "x"), more.pop("event", name), labelled, **more)


def everyday(name: str = "b", **more: Any) -> Clip:
    return Clip(f"{name}.mp4", Path(f"{name}.mp4"), "x", name, **more)


def test_an_alarm_in_the_window_finds_the_fall_and_its_delay_is_from_the_impact() -> None:
    marks = mark(fall((ONSET, IMPACT)), [21.75], SECONDS)
    assert marks.all_found
    assert marks.falls[0].delay_s == pytest.approx(0.75)
    assert marks.false_s == ()
    assert marks.watched_s == pytest.approx(ONSET - 0.5)


@pytest.mark.parametrize(
    ("alarm", "found", "false"),
    [
        (19.49, False, 1),  # before the window: an alarm for nothing, and the fall is missed
        (19.5, True, 0),
        (26.0, True, 0),
        (26.01, False, 0),  # too late: missed, but somebody does lie there
    ],
)
def test_the_window_is_from_half_a_second_before_the_onset_to_five_after_the_impact(
    alarm: float, found: bool, false: int
) -> None:
    marks = mark(fall((ONSET, IMPACT)), [alarm], SECONDS)
    assert (marks.all_found, len(marks.false_s)) == (found, false)


def test_without_a_labelled_impact_the_window_and_the_delay_are_from_the_onset() -> None:
    assert mark(fall((ONSET, None)), [27.0], SECONDS).falls[0].delay_s == pytest.approx(7.0)
    assert not mark(fall((ONSET, None)), [27.1], SECONDS).all_found


def test_the_first_alarm_counts_and_further_ones_say_nothing() -> None:
    marks = mark(fall((ONSET, IMPACT)), [24.0, 22.0, 39.0], SECONDS)
    assert marks.falls[0].alarm_s == 22.0
    assert marks.false_s == ()


def test_an_alarm_before_the_onset_is_false_even_when_the_fall_is_found_later() -> None:
    marks = mark(fall((ONSET, IMPACT)), [3.0, 21.5], SECONDS)
    assert marks.all_found
    assert marks.false_s == (3.0,)


def test_of_alarms_within_ten_seconds_one_counts() -> None:
    assert thinned([1.0, 5.0, 10.9, 11.0, 20.9, 21.0]) == [1.0, 11.0, 21.0]
    assert mark(everyday(), [1.0, 4.0, 12.0], 60.0).false_s == (1.0, 12.0)


def test_where_time_goes_back_another_recording_begins_and_its_alarms_count() -> None:
    assert thinned([30.0, 2.0, 3.0]) == [30.0, 2.0]


def test_every_alarm_of_an_everyday_clip_is_false_and_all_of_it_was_watched() -> None:
    marks = mark(everyday(), [30.0], 60.0)
    assert (marks.falls, marks.false_s, marks.watched_s) == ((), (30.0,), 60.0)


def test_each_of_two_falls_needs_an_alarm_of_its_own() -> None:
    two = fall((10.0, 11.0), (30.0, 31.0))
    assert [f.alarm_s for f in mark(two, [11.5], 60.0).falls] == [11.5, None]
    assert [f.alarm_s for f in mark(two, [11.5, 31.5], 60.0).falls] == [11.5, 31.5]
    at_once = fall((10.0, 11.0), (12.0, 13.0))
    assert [f.alarm_s for f in mark(at_once, [13.5], 60.0).falls] == [13.5, None]


def test_between_two_falls_an_alarm_outside_of_their_windows_is_false() -> None:
    marks = mark(fall((10.0, 11.0), (30.0, 31.0)), [11.5, 20.0, 31.5], 60.0)
    assert marks.false_s == (20.0,)
    assert marks.watched_s == pytest.approx(9.5 + (29.5 - 16.0))


@pytest.mark.parametrize(("count", "upper"), [(0, 2.9957), (1, 4.7439), (2, 6.2958), (10, 16.9622), (100, 118.0788)])
def test_the_poisson_bound_is_the_tables(count: int, upper: float) -> None:
    assert poisson_upper(count, 1.0) == pytest.approx(upper, abs=1e-3)
    assert poisson_upper(count, 4.0) == pytest.approx(upper / 4, abs=1e-3)


def test_the_poisson_bound_leaves_five_percent_below_it() -> None:
    mean = poisson_upper(3, 1.0)
    assert mean is not None
    assert sum(math.exp(-mean) * mean**k / math.factorial(k) for k in range(4)) == pytest.approx(0.05)
    assert poisson_upper(3, 0.0) is None


def test_the_bound_of_a_share() -> None:
    assert share_lower(36, 36) == pytest.approx(0.05 ** (1 / 36))
    assert share_lower(0, 5) == 0.0
    assert share_lower(0, 0) is None


def test_the_ninetieth_of_a_hundred() -> None:
    assert quantile(range(10), 0.9) == 9
    assert quantile([1.0], 0.9) == 1.0
    assert quantile([], 0.9) is None


def test_a_tally_adds_up() -> None:
    scored = [
        Scored(c, mark(c, alarms, 60.0), ratio)
        for c, alarms, ratio in (
            (fall((ONSET, IMPACT), name="cam1", event="e"), [21.5], 0.9),
            (fall((ONSET, IMPACT), name="cam2", event="e"), [], 0.8),
            (fall((ONSET, None), name="c"), [23.0], None),
            (everyday(), [5.0, 30.0], 0.7),
            (everyday("d"), [], None),
        )
    ]
    t = tally(scored)
    assert (t["falls"], t["found"], t["events"], t["events_found"]) == (3, 2, 2, 2)
    assert (t["adl_clips"], t["adl_clips_with_alarm"], t["false_alarms"]) == (2, 1, 2)
    assert t["hours"] == pytest.approx((3 * 19.5 + 120.0) / 3600, abs=1e-4)
    assert (t["delay_median_s"], t["delay_from_onset_median_s"]) == (0.5, 3.0)
    assert t["fps_over_pose_fps"] == 0.8
    assert t["false_per_hour"] == pytest.approx(2 / ((3 * 19.5 + 120.0) / 3600), abs=0.01)


def test_what_was_not_measured_is_none_and_not_zero() -> None:
    t = tally([Scored(everyday(), mark(everyday(), [], 60.0))])
    unknown = (
        "sensitivity",
        "sensitivity_lower95",
        "delay_median_s",
        "delay_p90_s",
        "fps_over_pose_fps",
        "named_right",
    )
    assert [t[key] for key in unknown] == [None] * len(unknown)


def test_figures_by_set_by_person_and_by_camera() -> None:
    clips = [
        fall((ONSET, IMPACT), name="a", subject="S1", camera_height_m=0.5),
        fall((ONSET, IMPACT), name="b", subject="S2", camera_height_m=2.4),
        fall((ONSET, IMPACT), name="c", set="y"),
    ]
    scored = [Scored(c, mark(c, [21.0] if c.name != "b.mp4" else [], 40.0)) for c in clips]
    f = figures(scored)
    assert {name: t["found"] for name, t in f["sets"].items()} == {"x": 1, "y": 1, "all": 2}
    assert {name: t["found"] for name, t in f["subjects"].items()} == {"x S1": 1, "x S2": 0}
    assert {name: t["found"] for name, t in f["camera_heights"].items()} == {"0.4 to 0.8 m": 1, "2.4 m and more": 0}
    assert f["distances"] == {}
    assert camera_height(everyday(camera_height_m=0.3)) == "under 0.4 m"


def lines(path: Path, *rows: dict[str, Any]) -> Path:
    path.write_text("\n".join(json.dumps(row) for row in rows) + "\n", encoding="utf-8")
    return path


FILM = {"clip": "u/S2_Fall_1.mp4", "set": "u", "kind": "fall", "event": "S2_Fall_1", "onset_s": 1.5, "impact_s": None,
        "seconds": 9.0, "held_s": 3.0}  # fmt: skip
PRACTICE = {"clip": "000007.npz", "kind": "fall", "seconds": 12.0, "split": "test", "light": "dim",
            "camera": {"height_m": 1.1, "distance_m": 2.5}, "actors": [{"body": "carer"}, {"body": "old_man"}],
            "falls": [{"actor": 1, "kind": "trip", "onset_s": 4.0, "impact_s": 4.8}],
            "acts": [{"actor": 0, "act": "sit", "from_s": 0.0, "to_s": 3.0}]}  # fmt: skip


def test_a_manifest_of_films(tmp_path: Path) -> None:
    everyday_line = {**FILM, "clip": "v/x.mp4", "set": "v", "kind": "adl", "onset_s": None, "event": "x"}
    clips = read_manifest(lines(tmp_path / "m.jsonl", FILM, everyday_line, {**FILM, "kind": "other"}))
    assert [(c.set, c.is_fall, c.subject) for c in clips] == [("u", True, "S2"), ("v", False, None)]
    assert clips[0].path == tmp_path / "u/S2_Fall_1.mp4"
    assert clips[0].falls == (LabelledFall(1.5, None),)
    assert [c.name for c in read_manifest(tmp_path / "m.jsonl", ["v"])] == ["v/x.mp4"]


def test_a_manifest_of_practice_recordings(tmp_path: Path) -> None:
    lines(tmp_path / "manifest.jsonl", PRACTICE, {**PRACTICE, "clip": "000008.npz", "kind": "everyday", "falls": []})
    hurt, well = read_manifest(tmp_path)
    assert hurt.falls == (LabelledFall(4.0, 4.8, "trip", 1),)
    assert (hurt.set, hurt.subject, hurt.camera_height_m, hurt.distance_m) == ("test", "old_man", 1.1, 2.5)
    assert (well.is_fall, well.subject, well.acts[0].act) == (False, "carer", "sit")


def test_recordings_without_labels_are_everyday_life(tmp_path: Path) -> None:
    for name in ("b.npz", "a.npz"):
        (tmp_path / name).write_bytes(b"")
    assert [(c.name, c.is_fall, c.seconds) for c in read_manifest(tmp_path)] == [
        ("a.npz", False, None),
        ("b.npz", False, None),
    ]
    assert [c.name for c in read_manifest(tmp_path / "a.npz")] == ["a.npz"]


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ([], "names no clip"),
        ([{**FILM, "onset_s": None}], "line 1"),
        ([FILM, {"kind": "fall", "onset_s": 1.0}], "line 2"),
        ([{**FILM, "seconds": "long"}], "line 1"),
        ([{**FILM, "kind": ["fall"]}], "line 1"),
    ],
)
def test_a_manifest_that_cannot_be_used_is_refused_with_its_line(
    tmp_path: Path, rows: list[dict[str, Any]], says: str
) -> None:
    with pytest.raises(ManifestError, match=says):
        read_manifest(lines(tmp_path / "m.jsonl", *rows))


def test_a_file_that_is_no_manifest_is_refused(tmp_path: Path) -> None:
    (tmp_path / "m.jsonl").write_bytes(b"\xff\xfe\x00")
    for path in (tmp_path / "m.jsonl", tmp_path / "none.jsonl"):
        with pytest.raises(ManifestError, match="can't be read"):
            read_manifest(path)
    with pytest.raises(ManifestError, match=r"there are: u"):
        read_manifest(lines(tmp_path / "n.jsonl", FILM), ["w"])
