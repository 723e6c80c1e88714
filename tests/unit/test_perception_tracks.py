"""Who is who: crossings, a bystander, being lost and found, newcomers."""

from __future__ import annotations

import numpy as np

from perception.landmarks import Pose
from perception.tracks import Tracks
from tests.unit import perception_bodies as b

VIEW = b.camera(fov=1.4)
SIZE = (640, 480)


def at(x: float, y: float, make=b.standing, yaw: float = 3.1) -> Pose:  # type: ignore[no-untyped-def]
    return b.seen(b.placed(make(), x, y, yaw), VIEW)


def follow(tracks: Tracks, now: float, *poses: Pose) -> None:
    tracks.follow(poses, [None] * len(poses), now, SIZE)


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
