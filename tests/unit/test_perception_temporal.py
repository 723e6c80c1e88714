"""The learned judge: what it sees does not depend on the camera, and what it says on known ways down."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from kangban.values import Array
from perception.landmarks import Pose
from perception.measure import Footing, Measure, measure
from perception.temporal.features import BRIDGE_S, CHANNELS, SIGNALS, STEP_S, STEPS, VERSION, Window, signals
from perception.temporal.judge import Judge
from perception.temporal.model import CLASSES, FALLEN, WEIGHTS, FallModel, WeightsError, load_model, save_model
from tests.unit import perception_bodies as b

SIZE = (640, 480)
SEEN, UNSEEN_FOR = CHANNELS.index("seen"), CHANNELS.index("unseen_for")
POSTURES = [b.standing, b.sitting, b.bending, b.kneeling, b.squatting, b.lying]


def of(pose: Pose, size: tuple[int, int] = SIZE) -> Array:
    """The signals of a pose over a floor learned from itself."""
    found, footing = measure(pose, None, None, None, size, 0.0)
    return signals(pose, found, footing, size, footing.scale, 0.2)


def at(make: object, x: float = 2.5, y: float = 0.2, yaw: float = 2.4) -> Pose:
    return b.seen(b.placed(make(), x, y, yaw), b.camera(fov=1.4))  # type: ignore[operator]


@pytest.mark.parametrize("make", POSTURES)
def test_the_size_of_the_picture_does_not_matter(make: object) -> None:
    pose = at(make)
    np.testing.assert_allclose(of(pose, (1280, 960)), of(pose, (320, 240)), atol=1e-6)


@pytest.mark.parametrize("make", POSTURES)
def test_left_and_right_are_one(make: object) -> None:
    pose = at(make)
    image, body = pose.image.copy(), pose.body.copy()
    image[:, 0], body[:, 0] = 1.0 - image[:, 0], -body[:, 0]
    order = list(range(11)) + [k + 1 if k % 2 else k - 1 for k in range(11, 33)]
    np.testing.assert_allclose(of(Pose(image[order], body[order])), of(pose), atol=1e-6)


def test_distance_matters_little() -> None:
    near, far = of(at(b.standing, 2.0, 0.0)), of(at(b.standing, 4.0, 0.0))
    heights = slice(0, SIGNALS.index("torso_up"))
    np.testing.assert_allclose(near[heights], far[heights], atol=0.15)


def test_signals_tell_postures_apart_and_are_finite() -> None:
    standing, lying = of(at(b.standing)), of(at(b.lying))
    assert np.isfinite([*standing, *lying]).all()
    named = dict(zip(SIGNALS, standing - lying, strict=True))
    assert named["hip"] > 0.4
    assert named["thigh_down"] > 0.5
    assert dict(zip(SIGNALS, of(at(b.sitting)), strict=True))["knee_bend"] < 0.3


def test_measured_heights_move_every_height() -> None:
    pose = at(b.standing)
    found, footing = measure(pose, None, None, None, SIZE, 0.0)
    lifted = Measure(0.0, found.hip + 0.5, found.shoulder + 0.5, found.knee + 0.5, found.tilt, True, 1.0)
    moved = signals(pose, lifted, footing, SIZE, footing.scale, None) - of(pose)
    for name in ("hip", "shoulder", "head", "knee", "wrist", "ankle"):
        assert moved[SIGNALS.index(name)] == pytest.approx(0.5)


def test_the_grid_does_not_depend_on_the_frame_rate() -> None:
    grids = []
    for fps in (5.0, 12.0, 30.0):
        window = Window()
        for k in range(round(4 * fps) + 1):
            t = k / fps
            window.push(t, np.full(len(SIGNALS), np.sin(t)))
        grids.append(window.grid(4.0))
    for grid in grids:
        assert grid is not None
        assert grid.shape == (STEPS, len(CHANNELS))
        assert grid[:, SEEN].min() == 1.0
        np.testing.assert_allclose(grid[:, 0], np.sin(4.0 - STEP_S * np.arange(STEPS - 1, -1, -1)), atol=0.01)


def test_out_of_sight_the_last_is_held_and_said_to_be_old() -> None:
    window = Window()
    assert window.grid(0.0) is None
    for k in range(20):
        window.push(0.1 * k, np.full(len(SIGNALS), float(k)))
    grid = window.grid(1.9 + 1.0)
    assert grid is not None
    assert grid[-1, 0] == 19.0
    assert grid[-1, SEEN] == 0.0
    assert grid[-1, UNSEEN_FOR] == pytest.approx(1.0)
    assert grid[-11, SEEN] == 1.0  # when she was last seen


def test_a_short_gap_is_bridged_and_a_long_one_is_not() -> None:
    for gap, bridged in ((BRIDGE_S - 0.1, True), (BRIDGE_S + 0.4, False)):
        window = Window()
        window.push(0.0, np.zeros(len(SIGNALS)))
        window.push(gap, np.ones(len(SIGNALS)))
        grid = window.grid(gap)
        assert grid is not None
        assert bool(grid[-3, 0] > 0.0) is bridged
        assert bool(grid[-3, SEEN]) is bridged


def test_a_window_stays_small() -> None:
    window = Window()
    for k in range(3000):
        window.push(k / 30, np.zeros(len(SIGNALS)))
    assert len(window.stamps) < 30 * (STEPS * STEP_S + BRIDGE_S) + 3


def test_weights_fit_the_features_and_are_small() -> None:
    model = load_model()
    assert WEIGHTS.stat().st_size < 2_000_000
    assert 0.2 < model.threshold < 1.0
    with np.load(WEIGHTS) as held:
        assert int(held["version"]) == VERSION


def test_weights_of_other_features_are_refused(tmp_path: Path) -> None:
    with np.load(WEIGHTS) as held:
        weights = {name: held[name] for name in held.files}
    other = tmp_path / "weights.npz"
    np.savez(other, **{**weights, "version": VERSION + 1})
    with pytest.raises(WeightsError, match="make train"):
        load_model(other)
    np.savez(other, **{**weights, "1_mean": weights["1_mean"][:-1]})
    with pytest.raises(WeightsError, match="shapes"):
        load_model(other)
    np.savez(other, **{name: value for name, value in weights.items() if name != "0_conv2_b"})
    with pytest.raises(WeightsError, match="shapes"):
        load_model(other)
    np.savez(other, version=VERSION, threshold=0.5)
    with pytest.raises(WeightsError, match="no network"):
        load_model(other)
    with pytest.raises(WeightsError, match="cannot be read"):
        load_model(tmp_path / "none.npz")


def test_probabilities_are_shares_and_always_the_same() -> None:
    model, rng = load_model(), np.random.default_rng(4)
    grid = rng.normal(0.0, 1.0, (STEPS, len(CHANNELS))).astype(np.float32)
    first = model.probabilities(grid)
    assert first.shape == (len(CLASSES),)
    assert first.sum() == pytest.approx(1.0, abs=1e-5)
    np.testing.assert_array_equal(first, load_model().probabilities(grid))


def test_the_members_are_heard_alike(tmp_path: Path) -> None:
    model, rng = load_model(), np.random.default_rng(4)
    grid = rng.normal(0.0, 1.0, (STEPS, len(CHANNELS))).astype(np.float32)
    assert len(model.members) > 1
    alone = [FallModel((member,), 0.5).probabilities(grid) for member in model.members]
    np.testing.assert_allclose(model.probabilities(grid), np.mean(alone, axis=0), atol=1e-6)
    save_model(tmp_path / "kept.npz", model.members, 0.7)
    kept = load_model(tmp_path / "kept.npz")
    assert kept.threshold == 0.7
    np.testing.assert_array_equal(kept.probabilities(grid), model.probabilities(grid))


def most_fallen(*keys: tuple[float, Array], fps: float = 12.0, height: float = 1.6, until: float = 2.0) -> float:
    """The judge's highest word, over a motion through placed joints at times, then `until` s longer."""
    view, judge = b.camera(height=height, pitch=0.3, fov=1.4), Judge.trained()
    words: list[float] = []
    footing: Footing | None = None
    rng = np.random.default_rng(1)
    for now in np.arange(0.0, keys[-1][0] + until, 1 / fps):
        k = max(i for i, (t, _) in enumerate(keys) if t <= now + 1e-9)
        joints = keys[k][1]
        if k + 1 < len(keys):
            share = (now - keys[k][0]) / (keys[k + 1][0] - keys[k][0])
            joints = b.between(keys[k][1], keys[k + 1][1], share)
        pose = b.seen(joints + rng.normal(0.0, 0.008, (33, 3)), view)
        found, footing = measure(pose, None, None, footing, SIZE, float(now))
        judge.see(1, pose, found, footing, SIZE, 0.1)
        words.append(judge.fallen(1, float(now)) or 0.0)
    return max(words)


UP, DOWN = b.placed(b.standing(), 2.6, 0.0, 2.0), b.placed(b.lying(), 2.6, 0.3, 1.5)
SEAT, SQUAT = b.placed(b.sitting(), 2.6, 0.0, 2.0), b.placed(b.squatting(), 2.6, 0.0, 2.0)
BENT, KNELT = b.placed(b.bending(), 2.6, 0.0, 2.0), b.placed(b.kneeling(), 2.6, 0.0, 2.0)


@pytest.mark.parametrize("fps", [5.0, 12.0, 30.0])
def test_down_in_one_go_is_a_fall(fps: float) -> None:
    assert most_fallen((0.0, UP), (2.0, UP), (2.7, DOWN), fps=fps) > load_model().threshold


@pytest.mark.parametrize(
    "keys",
    [
        [(0.0, UP), (6.0, UP)],
        [(0.0, UP), (2.0, UP), (2.7, SEAT)],
        [(0.0, UP), (2.0, UP), (2.6, SQUAT), (3.2, UP), (3.8, SQUAT), (4.4, UP)],
        [(0.0, UP), (2.0, UP), (2.6, BENT), (3.6, BENT), (4.2, UP)],
        [(0.0, UP), (2.0, UP), (2.8, KNELT), (5.0, KNELT)],
        [(0.0, UP), (2.0, UP), (3.2, KNELT), (4.5, KNELT), (6.5, DOWN)],
        [(0.0, DOWN), (6.0, DOWN)],
    ],
    ids=["stands", "sits", "squats", "bends", "kneels", "lies down slowly", "lies"],
)
def test_everyday_ways_of_getting_low_are_not(keys: list[tuple[float, Array]]) -> None:
    assert most_fallen(*keys) < 0.5


def test_a_judge_without_a_model_or_of_strangers_says_nothing() -> None:
    assert Judge.trained().fallen(7, 1.0) is None
    silent = Judge(None)
    pose = at(b.standing)
    found, footing = measure(pose, None, None, None, SIZE, 0.0)
    silent.see(1, pose, found, footing, SIZE, None)
    assert silent.fallen(1, 0.0) is None
    assert silent.grid(1, 0.0) is not None
    silent.forget_all_but([])
    assert silent.grid(1, 0.0) is None


def test_the_model_knows_the_class_it_is_asked_for() -> None:
    assert CLASSES[FALLEN] == "fallen"
