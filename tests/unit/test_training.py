"""What the learned judge is trained on: skeletons that obey the floor, labels that say what was, varied clips."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bench.train import CLASS_SHARES, EASY, HARD, PRACTICE_SHARE, balance, choose, hardness
from bench.training import moves
from bench.training.alarms import Outcome, Traces, outcome, summary
from bench.training.fit import Examples, fit, slopes, start
from bench.training.gather import CHECK_SEED, TRAIN_SEED, Gathered
from bench.training.moves import Timeline
from bench.training.practice import lines, variations
from bench.training.replay import LOW, UPRIGHT, Clip, examples, truth
from bench.training.skeleton import joints, random_build
from bench.training.skeletons import skeleton_clip
from bench.training.stories import everyday_story, fall_story, hard_story
from perception.falls import Evidence
from perception.temporal.features import CHANNELS, STEPS
from perception.temporal.model import FALLEN, logits
from perception.way_down import WayDown


def test_a_skeleton_stands_sits_and_lies_on_the_floor() -> None:
    rng = np.random.default_rng(1)
    build = random_build(rng)
    for posture, hips in ((moves.STAND, 0.45), (moves.SIT, 0.2), (moves.SUPINE, 0.0), (moves.FLOOR_LONG, 0.0)):
        line = Timeline(rng, posture, spread=0.0)
        line.hold(0.5, 0.0)
        body = joints(build, np.concatenate(line.rows))
        assert body[..., 2].min() == pytest.approx(0.02, abs=0.08)
        assert hips * build.height < body[0, 23, 2] < (hips + 0.15) * build.height
        assert body[0, 11, 2] > body[0, 23, 2] - 0.1


def test_who_walks_gets_somewhere_and_feet_do_not_slip() -> None:
    rng = np.random.default_rng(2)
    line = Timeline(rng, moves.STAND, spread=0.0)
    line.walk(3.0, 1.0)
    body = joints(random_build(rng), np.concatenate(line.rows))
    assert np.linalg.norm(body[-1, 23, :2] - body[0, 23, :2]) > 0.7
    still = Timeline(rng, moves.STAND, spread=0.0)
    still.to(moves.SQUAT, 1.0)
    feet = joints(random_build(rng), np.concatenate(still.rows))[:, [27, 28, 31, 32], :2].mean(axis=1)
    assert np.linalg.norm(feet - feet[0], axis=1).max() < 0.08


@pytest.mark.parametrize("seed", range(12))
def test_every_fall_ends_low_and_is_quicker_than_two_seconds(seed: int) -> None:
    rng = np.random.default_rng(seed)
    story = fall_story(rng)
    body = joints(random_build(rng), story.timeline.angles())
    kind, onset, impact = story.falls[0]
    assert 0.3 < impact - onset < 2.3, kind
    after = body[int((impact + 0.05) * moves.HZ)]
    assert after[23, 2] < 0.55, kind


def test_everyday_life_holds_no_fall_and_names_its_acts() -> None:
    story = everyday_story(np.random.default_rng(3), 20.0)
    assert story.falls == ()
    assert story.acts[0][1] >= 0.0
    assert all(begin < end for _, begin, end in story.acts)
    assert story.timeline.seconds >= 20.0


@pytest.mark.parametrize("seed", range(6))
def test_every_other_kind_of_fall_ends_low_too(seed: int) -> None:
    rng = np.random.default_rng(100 + seed)
    story = fall_story(rng, more=True)
    body = joints(random_build(rng), story.timeline.angles())
    kind, onset, impact = story.falls[0]
    assert 0.3 < impact - onset < 2.6, kind
    assert body[int((impact + 0.05) * moves.HZ)][23, 2] < 0.55, kind


def test_hard_acts_hold_no_fall_and_most_go_low() -> None:
    rng = np.random.default_rng(5)
    story = hard_story(rng, 40.0)
    body = joints(random_build(rng), story.timeline.angles())
    assert story.falls == ()
    assert body[:, 11, 2].min() < 0.7
    assert skeleton_clip(7, False, hard=True).acts != skeleton_clip(7, False).acts


def test_what_looks_like_a_fall_counts_more(monkeypatch: pytest.MonkeyPatch) -> None:
    said = np.array([[0.9, 0.1, 0.0], [0.1, 0.1, 0.8], [0.5, 0.4, 0.1]])
    monkeypatch.setattr("bench.train.probabilities", lambda members, grids: said)
    names = np.array(["skeleton-a"] * 3)
    data = Gathered(np.zeros((3, STEPS, len(CHANNELS)), np.float16), np.array([0, 1, FALLEN]), names, names)
    assert hardness(data, None).tolist() == pytest.approx([EASY, EASY + 0.8 * HARD, 1.0])


def test_a_seed_is_a_clip_and_check_seeds_are_others() -> None:
    one, again, other = skeleton_clip(7, True), skeleton_clip(7, True), skeleton_clip(8, True)
    np.testing.assert_array_equal(one.lm, again.lm)
    assert one.lm.shape != other.lm.shape or not np.array_equal(one.lm, other.lm)
    assert TRAIN_SEED + 100_000 < CHECK_SEED


def clip(head: float = 1.5) -> Clip:
    n = 100
    empty = np.full((n, 1, 33, 5), np.nan), np.full((n, 1, 33, 3), np.nan)
    return Clip("made", np.linspace(0.0, 9.9, n), *empty, (640, 480), np.full((n, 1, 2), 0.5), np.full((n, 1), head),
                (1.6,),
                ((0, "topple", 3.0, 4.0),), ((0, "walk", 0.0, 2.0),))  # fmt: skip


@pytest.mark.parametrize(
    ("now", "head", "expected"),
    [
        (1.0, 1.5, UPRIGHT), (1.0, 0.6, LOW), (3.5, 1.0, None), (4.0, 0.2, FALLEN), (6.0, 0.2, FALLEN),
        (7.0, 0.2, None), (9.5, 1.5, UPRIGHT), (7.0, 1.5, None),
    ],
)  # fmt: skip
def test_labels_say_what_was(now: float, head: float, expected: int | None) -> None:
    assert truth(clip(head), 0, now, round(now * 10), 0.0)[0] == expected


def test_who_was_never_seen_falling_is_no_example() -> None:
    assert truth(clip(0.2), 0, 4.5, 45, first_seen=3.9)[0] is None
    assert truth(clip(1.5), 0, 1.0, 10, first_seen=0.9) == (UPRIGHT, "walk")


def test_a_fall_gives_examples_of_all_that_it_shows() -> None:
    found = [e for seed in range(4) for e in examples(skeleton_clip(seed, True))]
    assert {e.label for e in found} >= {UPRIGHT, FALLEN}
    assert all(e.grid.shape == (STEPS, len(CHANNELS)) and np.isfinite(e.grid).all() for e in found)


def test_variations_begin_with_the_clip_and_stay_true_to_it() -> None:
    first = skeleton_clip(3, True)
    got = list(variations(first, 4, 5))
    assert got[0] is first
    for other in got[1:]:
        stretch = other.falls[0][3] / first.falls[0][3]
        assert 0.7 < stretch < 1.4
        assert len(other.t) == len(other.lm) == len(other.head) <= len(first.t)
        assert other.t[-1] <= first.t[-1] * stretch + 1e-6
        assert len(other.t) < 2 or np.diff(other.t).min() > 0
    names = [other.name for other in got]
    assert len(set(names)) == 4


def test_examples_are_weighed_by_class_and_kind() -> None:
    labels = np.array([0, 0, 0, 1, 1, 2, 0, 1, 2])
    clips = np.array(["skeleton-a"] * 6 + ["practice-b"] * 3)
    weights = balance(Gathered(np.zeros((9, STEPS, len(CHANNELS)), np.float16), labels, clips, clips))
    assert weights.sum() == pytest.approx(1.0)
    assert weights[6:].sum() == pytest.approx(PRACTICE_SHARE)
    assert weights[labels == 2].sum() == pytest.approx(CLASS_SHARES[2])


def test_the_slopes_are_those_of_the_loss() -> None:
    rng = np.random.default_rng(0)
    weights = start(rng)
    grids = rng.normal(0.0, 1.0, (6, STEPS, len(CHANNELS))).astype(np.float32)
    goal = np.eye(3, dtype=np.float32)[[0, 1, 2, 2, 1, 0]]
    cost, slope = slopes(weights, grids, goal)
    for name, value in weights.items():
        way = rng.normal(0.0, 1.0, value.shape).astype(np.float32)
        h = 1e-3
        ahead = slopes({**weights, name: value + h * way}, grids, goal)[0]
        behind = slopes({**weights, name: value - h * way}, grids, goal)[0]
        assert (ahead - behind) / (2 * h) == pytest.approx(float((slope[name] * way).sum()), rel=0.03, abs=2e-3), name
    assert cost > 0.0


def test_fitting_learns_what_can_be_told_and_is_the_same_with_the_same_seed() -> None:
    rng = np.random.default_rng(1)
    labels = rng.integers(0, 3, 90)
    grids = rng.normal(0.0, 0.3, (90, STEPS, len(CHANNELS)))
    grids[:, 15:, 0] += 2.0 * labels[:, None]
    data = Examples(grids.astype(np.float16), labels, np.ones(90))
    weights, again = fit(data, 3, 100), fit(data, 3, 100)
    assert all(np.array_equal(weights[name], again[name]) for name in weights)
    right = logits(weights, grids.astype(np.float32)).argmax(axis=1) == labels
    assert right.mean() > 0.9


DOWN = Evidence(True, True, False, WayDown(0.9, 0.5), False, None, False, 0.9, WayDown(0.9, 0.5))
STANDS = Evidence(True, False, True, None, False, None, False, 0.9)


def watched(name: str, low_from: float, falls: tuple[tuple[int, str, float, float], ...]) -> Traces:
    """Ten seconds of somebody who stands, and is down from a moment on; the judge is asked in each."""
    rows = tuple((0.1 * k, 1, DOWN if 0.1 * k >= low_from else STANDS, k) for k in range(100))
    made = replace(clip(), name=name, falls=falls, acts=((0, "walk", 0.0, 10.0),))
    return Traces(made, rows, np.zeros((100, STEPS, len(CHANNELS)), np.float16))


def test_alarms_are_counted_against_the_truth() -> None:
    said = np.where(0.1 * np.arange(100) >= 4.0, 0.95, 0.01)
    fall, nothing = watched("a", 4.0, ((0, "topple", 3.0, 4.0),)), watched("b", 4.0, ())
    found = outcome(fall, said, 0.7)
    assert found.delays[0] is not None
    assert 0.0 < found.delays[0] < 1.0
    assert found.false == ()
    false = outcome(nothing, said, 0.7)
    assert [act for act, _ in false.false] == ["walk"]
    missed = outcome(fall, np.zeros(100), 0.7)
    assert missed.delays == (None,)
    figures = summary([found, false, missed])
    assert (figures.falls, figures.found, figures.false) == (2, 1, 1)
    assert figures.by_kind == {"topple": "1 of 2"}
    assert figures.false_in == {"walk": 1}
    assert summary([Outcome("none", 0.0, (), (), (), ())]).sensitivity is None


def test_the_threshold_is_the_lowest_of_those_that_err_least_and_are_quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Falls of which the judge says 0.96, everyday life in which she then moves, of which it says 0.78."""
    sure = np.where(0.1 * np.arange(100) >= 4.0, 0.96, 0.01)
    doubt = np.where(0.1 * np.arange(100) >= 4.0, 0.78, 0.01)
    slow = replace(DOWN, way=None)
    fall, everyday = watched("fall", 4.0, ((0, "topple", 3.0, 4.0),)), watched("everyday", 4.0, ())
    everyday = replace(
        everyday, evidence=tuple((t, p, slow if e is DOWN else e, k) for t, p, e, k in everyday.evidence)
    )
    monkeypatch.setattr("bench.train.words", lambda seen, members: sure if seen.clip.name == "fall" else doubt)
    threshold, told = choose([], [fall, everyday])
    assert threshold == 0.8
    assert {row["threshold"]: row["false_per_hour"] == 0 for row in told}[0.7] is False


def test_a_threshold_that_makes_alarms_late_is_not_chosen_for_its_peace(monkeypatch: pytest.MonkeyPatch) -> None:
    """The judge says 0.78 at once and 0.96 only after a second and a half; of everyday life it says 0.78."""
    t = 0.1 * np.arange(100)
    sure_late, doubt = np.where(t >= 5.5, 0.96, np.where(t >= 4.0, 0.78, 0.01)), np.where(t >= 4.0, 0.78, 0.01)
    fall, everyday = watched("fall", 4.0, ((0, "topple", 3.0, 4.0),)), watched("everyday", 4.0, ())
    slow = [
        replace(clip, evidence=tuple((t, p, replace(e, way=None), k) for t, p, e, k in clip.evidence))
        for clip in (fall, everyday)
    ]
    monkeypatch.setattr("bench.train.words", lambda seen, members: sure_late if seen.clip.name == "fall" else doubt)
    threshold, told = choose([], slow)
    assert threshold <= 0.75
    assert {row["threshold"]: row["false_per_hour"] == 0 for row in told}[0.8] is True


def test_practice_clips_come_by_their_seed_however_they_were_done(tmp_path: Path) -> None:
    rows = [{"clip": f"{seed}.npz", "seed": seed, "take": 0, "split": "train"} for seed in (7, 3, 5)]
    (tmp_path / "manifest.jsonl").write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    for row in rows:
        (tmp_path / str(row["clip"])).touch()
    assert [row["seed"] for row in lines(tmp_path, "train")] == [3, 5, 7]
