"""Colours of clothes: told apart, steady in other light, unknown where nothing is seen; and what they decide."""

from __future__ import annotations

import numpy as np
import pytest

from perception.appearance import Appearance, appearance, blended, difference
from perception.landmarks import Pose, pixels
from perception.tracks import Tracks
from tests.unit import perception_bodies as b

VIEW = b.camera(fov=1.4)
SIZE = (640, 480)
RED, BLUE, BLACK, WHITE, GREEN = (190, 40, 40), (40, 60, 190), (25, 25, 25), (220, 220, 220), (40, 160, 60)


def at(x: float, y: float, make=b.standing, yaw: float = 3.1) -> Pose:  # type: ignore[no-untyped-def]
    return b.seen(b.placed(make(), x, y, yaw), VIEW)


def dressed(*people: tuple[Pose, tuple[int, int, int], tuple[int, int, int]], seed: int = 0) -> np.ndarray:
    """A picture in which each pose wears a top and trousers, with a sensor's noise."""
    picture = np.full((480, 640, 3), 128, np.uint8)
    for pose, top, trousers in people:
        where = pixels(pose, *SIZE)
        for joints, colour in (((11, 12, 23, 24), top), ((23, 24, 25, 26), trousers)):
            low, high = where[list(joints)].min(axis=0).astype(int), where[list(joints)].max(axis=0).astype(int)
            low = np.maximum(low, 0)
            picture[low[1] : high[1] + 1, low[0] : high[0] + 1] = colour
    noisy = picture + np.random.default_rng(seed).normal(0.0, 6.0, picture.shape)
    return np.clip(noisy, 0, 255).astype(np.uint8)


def looks(pose: Pose, top: tuple[int, int, int], trousers: tuple[int, int, int], seed: int = 0) -> Appearance:
    seen = appearance(dressed((pose, top, trousers), seed=seed), pose)
    assert seen is not None
    return seen


def test_the_same_clothes_are_alike_and_others_are_not() -> None:
    here, there = at(2.5, 0.0), at(3.2, 0.7)
    same = difference(looks(here, RED, BLACK), looks(there, RED, BLACK, seed=1))
    other = difference(looks(here, RED, BLACK), looks(there, BLUE, WHITE))
    assert same is not None
    assert other is not None
    assert same < 0.2
    assert other > 0.75


def test_half_the_light_is_not_another_shirt() -> None:
    pose = at(2.5, 0.0)
    dim = (dressed((pose, RED, BLUE)) * 0.6).astype(np.uint8)
    apart = difference(looks(pose, RED, BLUE), appearance(dim, pose))
    assert apart is not None
    assert apart < 0.4


def test_what_is_not_seen_is_unknown() -> None:
    hidden = b.seen(b.placed(b.standing(), 2.5, 0.0), VIEW, visible=0.1)
    assert appearance(dressed(), hidden) is None
    assert difference(None, looks(at(2.5, 0.0), RED, BLACK)) is None
    outside = Pose(at(2.5, 0.0).image + [2.0, 0.0, 0.0, 0.0, 0.0], at(2.5, 0.0).body)
    assert appearance(dressed(), outside) is None


def test_parts_seen_only_of_one_say_nothing() -> None:
    whole = looks(at(2.5, 0.0), RED, BLACK)
    assert difference(Appearance(whole.torso, None), Appearance(None, whole.legs)) is None


def test_the_mean_follows_slowly_and_keeps_what_is_hidden_now() -> None:
    red, blue = looks(at(2.5, 0.0), RED, BLACK), looks(at(2.5, 0.0), BLUE, WHITE)
    mean = blended(red, Appearance(blue.torso, None))
    assert difference(mean, red) < difference(mean, blue)  # type: ignore[operator]
    assert mean.legs is red.legs
    assert mean.torso is not None
    assert mean.torso.sum() == pytest.approx(1.0)


def follow(tracks: Tracks, now: float, *people: tuple[Pose, tuple[int, int, int]]) -> None:
    """People in tops of these colours and black trousers."""
    picture = dressed(*((pose, top, BLACK) for pose, top in people))
    poses = [pose for pose, _ in people]
    tracks.follow(poses, [None] * len(poses), now, SIZE, lambda pose: appearance(picture, pose))


def test_clothes_tell_who_comes_out_from_behind_a_screen() -> None:
    """Two people go behind something together; who comes back half way between is told by the shirt."""
    for top, expected in ((RED, 1), (GREEN, 2)):
        tracks = Tracks()
        for k in range(14):
            follow(tracks, 0.1 * k, (at(2.8, 0.35), RED), (at(2.8, -0.35), GREEN))
        for k in range(14, 24):
            follow(tracks, 0.1 * k)
        follow(tracks, 2.4, (at(2.8, 0.0), top))
        assert [t.id for t in tracks.all if t.pose is not None] == [expected]


def test_a_stranger_where_she_was_is_a_stranger_by_the_clothes() -> None:
    tracks = Tracks()
    for k in range(14):
        follow(tracks, 0.1 * k, (at(2.8, 0.2), RED))
    for k in range(14, 24):
        follow(tracks, 0.1 * k)
    white = dressed((at(2.8, 0.1), BLUE, WHITE))
    tracks.follow([at(2.8, 0.1)], [None], 2.4, SIZE, lambda pose: appearance(white, pose))
    assert [t.id for t in tracks.all if t.pose is not None] == [2]


def test_identical_clothes_leave_it_to_movement() -> None:
    tracks = Tracks()
    for k in range(41):
        follow(tracks, 0.1 * k, (at(2.5, -1.0 + 0.05 * k), BLUE), (at(3.6, 1.0 - 0.05 * k), BLUE))
    by_id = {t.id: t for t in tracks.all}
    assert sorted(by_id) == [1, 2]
    assert by_id[1].scale > by_id[2].scale
