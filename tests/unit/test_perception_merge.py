"""Several cameras, one home: what is one fall is told once, whoever sees it, and keeps its name."""

from __future__ import annotations

import itertools

import pytest

from kangban.config import ConfigError, load_site
from kangban.processes import Mode, table
from kangban.values import CareEvent, CareEventKind, Fall, FallState, Point3
from perception.merge import Merged, merge

CAMERA = (
    "cameras=[{name: ceiling, device: 'rtsp://camera/1', width_px: 640, height_px: 480, vertical_fov_rad: 1.0, "
    "rate_hz: 15.0, mount: {x_m: 0.2, y_m: 0.2, z_m: 2.3, yaw_rad: 0.8, pitch_rad: 0.5}}]"
)


def fall(
    name: str, state: FallState = FallState.CONFIRMED, at: Point3 | None = (2.0, 2.0, 0.1), since: float = 10.0
) -> Fall:
    return Fall(name, 1, state, since, 0.8, at, (f"said by {name}",))


def event(name: str, at: Point3 | None = (2.0, 2.0, 0.5), kind: CareEventKind = CareEventKind.BED_EXIT) -> CareEvent:
    return CareEvent(name, kind, 1, 5.0, 6.0, False, 0.9, at, "bedroom", ("left the bed",))


def test_a_fall_seen_by_two_cameras_is_one_with_the_first_name() -> None:
    first = merge(Merged(), [[], [fall("room")]], [])
    assert [f.id for f in first.falls] == ["room"]
    both = merge(first, [[fall("robot", since=12.0, at=(2.6, 2.3, 0.1))], [fall("room")]], [])
    assert [f.id for f in both.falls] == ["room"]
    together = merge(Merged(), [[fall("robot", since=12.0, at=(2.6, 2.3, 0.1))], [fall("room")]], [])
    assert [f.id for f in together.falls] == ["robot"]
    # The robot looks elsewhere; the room's camera goes on under the name that was told.
    alone = merge(together, [[], [fall("room")]], [])
    assert [f.id for f in alone.falls] == ["robot"]


@pytest.mark.parametrize(("a", "b"), list(itertools.product(FallState, repeat=2)))
def test_of_two_words_on_one_fall_the_graver_counts(a: FallState, b: FallState) -> None:
    grave = {FallState.CONFIRMED: 2, FallState.SUSPECTED: 1, FallState.RECOVERED: 0}
    told = merge(Merged(), [[fall("x", a)], [fall("y", b)]], []).falls
    assert [f.state for f in told] == [max(a, b, key=lambda s: grave[s])]


@pytest.mark.parametrize("other", [fall("y", at=(5.0, 2.0, 0.1)), fall("y", since=100.0), fall("y", at=None)])
def test_elsewhere_at_another_time_or_at_an_unknown_place_it_is_another_fall(other: Fall) -> None:
    assert [f.id for f in merge(Merged(), [[fall("x")], [other]], []).falls] == ["x", "y"]


def test_two_falls_of_one_camera_side_by_side_stay_two() -> None:
    assert len(merge(Merged(), [[fall("x"), fall("y")]], []).falls) == 2


def test_care_events_are_told_once_by_kind_and_place() -> None:
    told = merge(Merged(), [], [[event("a")], [event("b"), event("c", at=(6.0, 5.0, 0.5))]])
    assert [e.id for e in told.care] == ["a", "c"]
    assert [e.id for e in merge(told, [], [[], [event("b")]]).care] == ["a"]
    other = merge(Merged(), [], [[event("a")], [event("b", kind=CareEventKind.HELP_GESTURE)]])
    assert [e.id for e in other.care] == ["a", "b"]


def test_each_camera_of_the_site_has_a_process_on_a_robot_and_none_in_simulation() -> None:
    site = load_site("demo_flat", [CAMERA])
    fresh = {p.name: p for p in table(Mode.ROBOT, site)}
    assert fresh.keys() - {p.name for p in table(Mode.ROBOT)} == {"camera_ceiling"}
    assert fresh["camera_ceiling"].arguments == ("--camera", "ceiling")
    assert table(Mode.SIM, site) == table(Mode.SIM)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (CAMERA.replace("z_m: 2.3", "z_m: 230"), "z_m"),
        (CAMERA.replace("rate_hz: 15.0, ", ""), "missing; it has no default"),
        (CAMERA.replace("]", ", " + CAMERA.removeprefix("cameras=[")), "used twice"),
    ],
)
def test_a_camera_that_is_none_is_refused(change: str, words: str) -> None:
    with pytest.raises(ConfigError, match="cameras") as caught:
        load_site("demo_flat", [change])
    assert words in str(caught.value)
