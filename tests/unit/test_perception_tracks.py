"""Who is who: crossings, a bystander, being lost and found, newcomers."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perception.landmarks import Pose
from perception.measure import measure
from perception.tracks import Tracks
from perception.way_down import remember
from tests.unit import perception_bodies as b

VIEW = b.camera(fov=1.4)
SIZE = (640, 480)


def at(x: float, y: float, make=b.standing, yaw: float = 3.1) -> Pose:  # type: ignore[no-untyped-def]
    return b.seen(b.placed(make(), x, y, yaw), VIEW)


def follow(tracks: Tracks, now: float, *poses: Pose) -> None:
    tracks.follow(poses, [None] * len(poses), now, SIZE)


def watch(tracks: Tracks, now: float, *poses: Pose, in_fall: int) -> None:
    """As a whole frame does: who is who, whose track is whose, and how each is held."""
    follow(tracks, now, *poses)
    tracks.join(frozenset({in_fall}))
    for track in tracks.all:
        if track.pose is not None:
            newest, track.footing = measure(track.pose, None, VIEW, track.footing, SIZE, now)
            track.history = remember(track.history, newest)


def ids(tracks: Tracks) -> list[int]:
    return [t.id for t in tracks.all if t.pose is not None]


def test_two_people_cross_and_keep_their_numbers() -> None:
    tracks = Tracks()
    for k in range(41):  # one walks left to right, the other right to left and a metre farther away
        follow(tracks, 0.1 * k, at(2.5, -1.0 + 0.05 * k), at(3.6, 1.0 - 0.05 * k))
    by_id = {t.id: t for t in tracks.all}
    assert sorted(by_id) == [1, 2]
    assert by_id[1].scale > by_id[2].scale
    assert by_id[1].hips[0] < by_id[2].hips[0]  # left of the image is +y


def test_order_of_the_poses_does_not_matter() -> None:
    tracks = Tracks()
    rng = np.random.default_rng(3)
    for k in range(20):
        poses = [at(2.5, -0.8), at(3.0, 0.6)]
        follow(tracks, 0.1 * k, *(poses if rng.random() < 0.5 else poses[::-1]))
    assert sorted(t.id for t in tracks.all) == [1, 2]


def test_a_seated_bystander_does_not_become_who_fell() -> None:
    tracks = Tracks()
    for k in range(10):
        follow(tracks, 0.1 * k, at(2.5, -0.7))
    faller = tracks.all[0]
    for k in range(10, 30):  # the model has jumped to somebody on a chair 1.7 m away
        follow(tracks, 0.1 * k, at(3.0, 1.0, b.sitting))
    assert faller.pose is None
    assert faller.last_seen < 1.0
    assert [t.id for t in tracks.all if t.pose is not None] == [2]


def test_who_fell_is_found_again_where_she_fell() -> None:
    tracks = Tracks()
    standing, lying = b.placed(b.standing(), 2.5, 0.0), b.placed(b.lying(), 2.5, 0.3, 1.4)
    for k in range(10):
        follow(tracks, 0.1 * k, b.seen(standing, VIEW))
    for k in range(10, 14):  # unseen while falling
        follow(tracks, 0.1 * k)
    follow(tracks, 1.4, b.seen(lying, VIEW))
    assert ids(tracks) == [1]


def test_a_second_look_may_find_the_lost_but_not_take_a_neighbour() -> None:
    tracks = Tracks()
    for k in range(10):
        follow(tracks, 0.1 * k, at(2.5, -0.3), at(2.6, 0.5))
    for k in range(10, 15):
        follow(tracks, 0.1 * k, at(2.6, 0.5))
    lost = next(t for t in tracks.all if t.pose is None)
    assert not tracks.find_again([at(2.6, 0.5)], lost, 1.4, SIZE)
    assert tracks.find_again([at(2.5, -0.2, b.lying, 1.5)], lost, 1.4, SIZE)
    assert lost.pose is not None


def test_nobody_jumps_a_metre_between_two_frames() -> None:
    tracks = Tracks()
    for k in range(10):
        follow(tracks, 0.1 * k, at(2.5, 0.5))
    follow(tracks, 1.0, at(2.5, -0.5))
    assert ids(tracks) == [2]


def test_a_helper_who_stands_where_she_fell_is_somebody_else() -> None:
    for low, expected in ((True, [2]), (False, [1])):
        tracks = Tracks()
        for k in range(10):
            follow(tracks, 0.1 * k, at(2.5, 0.0))
        tracks.all[0].going_down = low
        follow(tracks, 1.0)
        follow(tracks, 3.0, at(2.6, 0.1))
        assert ids(tracks) == expected


def test_a_ghost_of_one_frame_is_told_to_nobody() -> None:
    tracks = Tracks()
    follow(tracks, 0.0, at(2.5, 0.0))
    for k in range(1, 10):
        follow(tracks, 0.1 * k)
        assert not any(t.known for t in tracks.all)
        tracks.forget(0.1 * k - 3.0, frozenset(), 0.1 * k)
    assert tracks.all == []


def test_the_place_on_the_map_counts_after_a_while_away() -> None:
    """The robot has turned: the same person now stands elsewhere in the image."""
    tracks = Tracks()
    here = (4.0, 2.0, 0.9)
    for k in range(10):
        tracks.follow([at(2.5, 0.8)], [here], 0.1 * k, SIZE)
        tracks.all[0].hip_in_map = here
    tracks.follow([], [], 1.0, SIZE)
    tracks.follow([at(2.5, -0.8)], [(4.1, 2.1, 0.9)], 2.5, SIZE)
    assert ids(tracks) == [1]
    tracks.follow([], [], 3.0, SIZE)
    tracks.follow([at(2.5, -0.8)], [(8.0, 2.1, 0.9)], 4.5, SIZE)
    assert ids(tracks) == [2]


def test_people_kept_are_not_forgotten() -> None:
    tracks = Tracks()
    pose = at(2.5, 0.0)
    for k in range(5):
        follow(tracks, 0.1 * k, pose)
    follow(tracks, 60.0)
    assert tracks.forget(57.0, frozenset({1}), 60.0) == []
    assert [t.id for t in tracks.forget(57.0, frozenset(), 60.0)] == [1]


def test_four_people_cross_and_keep_their_numbers() -> None:
    """Each at another distance, two each way; the order in which the model gives them is a lottery."""
    tracks, rng = Tracks(), np.random.default_rng(5)
    ways = [(2.2, 1.0), (2.9, -1.0), (3.8, 1.0), (4.8, -1.0)]
    for k in range(51):
        poses = [at(x, side * (-1.1 + 0.044 * k), yaw=3.1) for x, side in ways]
        follow(tracks, 0.1 * k, *(poses[i] for i in rng.permutation(4)))
        if k == 0:
            number = {t.id: t.scale for t in tracks.all}
    assert len(tracks.all) == 4
    for track in tracks.all:
        assert abs(track.scale / number[track.id] - 1.0) < 0.25


@pytest.mark.parametrize("seconds", [1.0, 2.0, 3.0])
def test_who_walks_behind_something_comes_out_as_herself(seconds: float) -> None:
    tracks = Tracks()
    for k in range(15):
        follow(tracks, 0.1 * k, at(3.5, 1.4 - 0.06 * k), at(2.2, -1.3, b.sitting))
    hidden = round(10 * seconds)
    for k in range(15, 15 + hidden):
        follow(tracks, 0.1 * k, at(2.2, -1.3, b.sitting))
    k = 15 + hidden
    follow(tracks, 0.1 * k, at(3.5, 1.4 - 0.06 * k), at(2.2, -1.3, b.sitting))
    assert sorted(ids(tracks)) == [1, 2]


def test_a_fast_fall_that_nobody_saw_the_middle_of_is_still_hers() -> None:
    """Upright, two frames unseen, then half a metre lower on the floor."""
    tracks = Tracks()
    for k in range(15):
        follow(tracks, k / 18, at(3.0, 0.0))
    for k in (15, 16):
        follow(tracks, k / 18)
    follow(tracks, 17 / 18, at(2.8, 0.1, b.lying, 1.5))
    assert ids(tracks) == [1]


def fallen(tracks: Tracks) -> None:
    """Person 1 has come down at (2.6, 0) and lies."""
    standing, lying = b.placed(b.standing(), 2.6, 0.0), b.placed(b.lying(), 2.6, 0.2, 1.5)
    for k in range(25):
        share = min(1.0, max(0.0, (k - 10) / 6))
        follow(tracks, 0.1 * k, b.seen(b.between(standing, lying, share), VIEW))
        track = tracks.all[0]
        assert track.pose is not None
        newest, track.footing = measure(track.pose, None, None, track.footing, SIZE, 0.1 * k)
        track.history = (*track.history, newest)[-40:]


@pytest.mark.parametrize("make", [b.kneeling, b.standing], ids=["kneels", "stands"])
def test_a_helper_beside_the_fallen_is_somebody_else(make) -> None:  # type: ignore[no-untyped-def]
    tracks = Tracks()
    fallen(tracks)
    assert tracks.all[0].low
    for k in range(25, 45):
        follow(tracks, 0.1 * k)
    for k in range(45, 60):
        follow(tracks, 0.1 * k, at(2.7, 0.5, make))
    assert ids(tracks) == [2]
    follow(tracks, 6.0, at(2.7, 0.5, make), at(2.6, 0.2, b.lying, 1.5))
    assert sorted(ids(tracks)) == [1, 2]


def test_the_fallen_seen_again_where_she_lies_is_herself_after_a_long_while() -> None:
    tracks = Tracks()
    fallen(tracks)
    follow(tracks, 2.5)
    tracks.forget(20.0, frozenset({1}), 23.0)
    follow(tracks, 23.0, at(2.7, 0.3, b.lying, 1.2))
    assert ids(tracks) == [1]


def test_two_poses_on_one_body_are_one_person() -> None:
    tracks = Tracks()
    for k in range(12):
        pose = at(2.5, 0.1)
        mirrored = Pose(pose.image.copy(), pose.body.copy())
        for left in range(11, 33, 2):
            mirrored.image[[left, left + 1]] = pose.image[[left + 1, left]]
        nearly = Pose(pose.image + [0.012, 0.008, 0.0, -0.1, 0.0], pose.body)
        follow(tracks, 0.1 * k, *((pose, nearly, mirrored)[: 1 + k % 3]))
    assert len(tracks.all) == 1


def test_two_people_side_by_side_are_two() -> None:
    tracks = Tracks()
    for k in range(6):
        follow(tracks, 0.1 * k, at(4.5, 0.2), at(4.5, -0.2))
    assert len(tracks.all) == 2


def test_a_faint_ghost_is_believed_late_a_clear_person_soon() -> None:
    for visible, frames, known in ((0.4, 8, False), (0.4, 14, True), (1.0, 4, True)):
        tracks = Tracks()
        for k in range(frames):
            follow(tracks, 0.1 * k, b.seen(b.placed(b.sitting(), 3.0, 0.0), VIEW, visible))
        assert tracks.all[0].known is known, (visible, frames)


def test_who_leaves_is_forgotten_and_who_comes_is_new() -> None:
    tracks = Tracks()
    for k in range(10):
        follow(tracks, 0.1 * k, at(3.0, 1.0))
    follow(tracks, 8.9)
    tracks.forget(6.0, frozenset(), 8.9)
    for k in range(10):
        follow(tracks, 9.0 + 0.1 * k, at(3.0, 1.0))
    assert ids(tracks) == [2]


@settings(max_examples=40, deadline=None, derandomize=True)
@given(
    st.lists(
        st.lists(st.tuples(st.floats(2.0, 5.0), st.floats(-1.5, 1.5), st.sampled_from(range(4))), max_size=5),
        min_size=1,
        max_size=12,
    ),
    st.floats(0.03, 1.5),
)
def test_whatever_comes_each_pose_is_at_most_one_persons(
    frames: list[list[tuple[float, float, int]]], period: float
) -> None:
    tracks, makes = Tracks(), (b.standing, b.sitting, b.lying, b.bending)
    begun: dict[int, float] = {}
    gone: set[int] = set()
    for k, people in enumerate(frames):
        now = k * period
        poses = [at(x, y, makes[which]) for x, y, which in people]
        follow(tracks, now, *poses)
        held = [id(t.pose) for t in tracks.all if t.pose is not None]
        assert len(held) == len(set(held))
        assert set(held) <= {id(p) for p in poses}
        present = {t.id for t in tracks.all}
        assert len(present) == len(tracks.all)
        assert not present & gone
        for track in tracks.all:
            assert begun.setdefault(track.id, track.first_seen) == track.first_seen
        tracks.forget(now - 1.0, frozenset(), now)
        gone |= present - {t.id for t in tracks.all}


@pytest.mark.parametrize("fallen", [1, 2])
@pytest.mark.parametrize("stays", ["right", "wrong"])
def test_a_body_that_is_seen_twice_for_a_moment_stays_one_person(fallen: int, stays: str) -> None:
    """The model takes the lying body the wrong way round too, and then sees it in one of the two ways only."""
    tracks = Tracks()
    right, wrong = at(2.5, 0.0, b.lying, 1.4), at(2.5, 0.0, b.lying, 1.4 + math.pi)
    for k in range(20):
        after = [right if stays == "right" else wrong]
        watch(tracks, 0.1 * k, *([right] if k < 8 else [right, wrong] if k < 14 else after), in_fall=fallen)
        assert k < 14 or ids(tracks) == [fallen]
    assert len(tracks.all) == 1


def test_who_lies_beside_somebody_out_of_sight_stays_herself() -> None:
    tracks = Tracks()
    for k in range(20):
        one, other = at(2.5, 0.0, b.lying, 1.4), at(2.5, 0.7, b.lying, 1.4)
        watch(tracks, 0.1 * k, *([one, other] if k < 10 else [other]), in_fall=1)
    assert len(tracks.all) == 2
    assert tracks.all[0].pose is None or tracks.all[1].pose is None
