"""The simulated person: bodies, postures, everyday motions and falls, by PyBullet without rendering."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest

p = pytest.importorskip("pybullet", reason="pybullet is not installed: the simulation cannot be tested")

from sim.person.body import all_names, load, names  # noqa: E402
from sim.person.clip import Situation  # noqa: E402
from sim.person.fall import Fall  # noqa: E402
from sim.person.motions import (  # noqa: E402
    Gesture,
    GetUp,
    LieDown,
    Motion,
    PickUp,
    SitDown,
    StandUp,
    Stay,
    TurnTo,
    Walk,
)
from sim.person.person import Person, PersonState  # noqa: E402
from sim.person.pose import feet_of  # noqa: E402
from sim.person.ragdoll import SELF_COLLISIONS  # noqa: E402
from sim.person.rotation import matrix  # noqa: E402
from sim.person.skeleton import DOF, DOFS, LINK, LOWER, UPPER  # noqa: E402

SLICE = 0.025
SEAT = 0.45
OLD_KINDS = ("slide_off_chair", "slump", "topple_backward", "topple_forward", "topple_left", "topple_right")
"""The further kinds are tested in `test_person_low.py`."""
LIMIT_SLACK = 0.12
"""How far an impact may press a hinge beyond its limit before the solver pushes it back, rad."""


@pytest.fixture
def client() -> Iterator[int]:
    number = p.connect(p.DIRECT)
    p.setGravity(0, 0, -9.81, physicsClientId=number)
    p.setTimeStep(1 / 240, physicsClientId=number)
    box(number, (6, 6, 0.5), (0, 0, -0.5))
    yield number
    p.disconnect(physicsClientId=number)


def box(client: int, half: tuple[float, float, float], place: tuple[float, float, float]) -> int:
    shape = p.createCollisionShape(p.GEOM_BOX, halfExtents=half, physicsClientId=client)
    return int(p.createMultiBody(0, shape, -1, place, physicsClientId=client))


def chair(client: int) -> list[int]:
    """A chair whose seat is `SEAT` high around (0, 0), open towards +x."""
    legs = [box(client, (0.02, 0.02, 0.205), (x, y, 0.205)) for x in (-0.2, 0.2) for y in (-0.2, 0.2)]
    back = box(client, (0.02, 0.23, 0.28), (-0.26, 0, 0.72))
    return [box(client, (0.22, 0.23, 0.02), (0, 0, SEAT - 0.02)), back, *legs]


def play(
    client: int, person: Person, seconds: float = 30.0, see: Callable[[Person], None] = lambda person: None
) -> list[PersonState]:
    """Step the person and the physics until she is idle, at most so many seconds; her state after every slice."""
    states = []
    while person.busy and len(states) * SLICE < seconds:
        person.step(SLICE)
        for _ in range(6):
            p.stepSimulation(physicsClientId=client)
        states.append(person.state)
        see(person)
    return states


def person(client: int, body: str = "old_woman", seed: int = 1) -> Person:
    return Person(client, body, np.random.default_rng(seed))


def lowest(who: Person, links: tuple[str, ...]) -> float:
    points = who.body.surface(who.pose.root, matrix(who.pose.turn), who.pose.angles)
    return float(points[[LINK[link] for link in links], :, 2].min())


@pytest.mark.parametrize("name", ["carer", "old_man", "old_woman"])
def test_masses_sum_to_the_bodys_weight(client: int, name: str) -> None:
    body = load(name)
    loaded = p.loadURDF(str(body.urdf), physicsClientId=client)
    joints = range(-1, p.getNumJoints(loaded, physicsClientId=client))
    masses = [p.getDynamicsInfo(loaded, link, physicsClientId=client)[0] for link in joints]
    assert sum(masses) == pytest.approx(body.weight, abs=0.05)
    assert all(mass > 0 for mass in masses)


def test_there_are_three_different_bodies() -> None:
    assert names() == ("carer", "old_man", "old_woman")
    assert len({(load(name).stature, load(name).weight) for name in names()}) == 3


def test_committed_files_stay_small() -> None:
    files = [path for name in all_names() for path in load(name).urdf.parent.rglob("*") if path.is_file()]
    assert max(path.stat().st_size for path in files) < 1_000_000
    assert max(load(name).texture.stat().st_size for name in all_names()) <= 512 * 1024
    assert sum(path.stat().st_size for path in files) < 12_000_000


def test_urdf_has_the_limits_of_the_skeleton(client: int) -> None:
    loaded = p.loadURDF(str(load("old_man").urdf), physicsClientId=client)
    count = p.getNumJoints(loaded, physicsClientId=client)
    infos = [p.getJointInfo(loaded, joint, physicsClientId=client) for joint in range(count)]
    limits = {info[1].decode(): (info[8], info[9]) for info in infos}
    assert limits == {dof.name: (pytest.approx(dof.lower), pytest.approx(dof.upper)) for dof in DOFS}


@pytest.mark.parametrize("name", ["carer", "old_man", "old_woman"])
def test_she_stands_with_her_feet_on_the_floor(client: int, name: str) -> None:
    who = person(client, name)
    who.place((1.0, 2.0), 0.7)
    assert lowest(who, ("foot_r", "foot_l")) == pytest.approx(0.0, abs=0.006)
    middle = who.state.joints_in_world[[LINK["foot_r"], LINK["foot_l"]], :2].mean(0)
    assert middle == pytest.approx([1.0, 2.0], abs=0.01)
    assert who.state.yaw == pytest.approx(0.7, abs=0.01)
    assert 0.86 * who.body.stature < who.state.head_height < who.body.stature


@pytest.mark.parametrize("seat", [0.40, 0.45, 0.52])
def test_she_sits_on_the_seat_with_her_feet_on_the_floor(client: int, seat: float) -> None:
    who = person(client)
    who.place((0.0, 0.0), 0.0, "sitting", seat)
    assert lowest(who, ("pelvis",)) == pytest.approx(seat, abs=0.03)
    assert lowest(who, ("foot_r", "foot_l")) == pytest.approx(0.0, abs=0.01)


@pytest.mark.parametrize("posture", ["lying", "lying_side", "lying_prone"])
def test_she_lies_on_the_surface(client: int, posture: str) -> None:
    who = person(client)
    who.place((0.0, 0.0), 1.0, posture, 0.5)
    assert lowest(who, tuple(LINK)) == pytest.approx(0.5, abs=0.01)
    head, hip = who.state.joints_in_world[LINK["head"]], who.state.hip_in_world
    assert np.arctan2(head[1] - hip[1], head[0] - hip[0]) == pytest.approx(1.0, abs=0.35)


def test_walking_comes_to_the_end_of_the_path_and_no_foot_slides_or_sinks(client: int) -> None:
    who = person(client)
    who.place((0.0, 0.0), 0.0)
    who.do(Walk(((1.5, 0.0), (1.5, 1.5)), 0.7))
    soles: list[np.ndarray] = []
    sunk = []

    def see(who: Person) -> None:
        points = who.body.surface(who.pose.root, matrix(who.pose.turn), who.pose.angles)
        soles.append(points[[LINK["foot_r"], LINK["foot_l"]]])
        sunk.append(lowest(who, tuple(LINK)))

    states = play(client, who, see=see)
    assert who.state.posture == "standing"
    assert who.state.hip_in_world[:2] == pytest.approx([1.5, 1.5], abs=0.08)
    assert min(sunk) > -0.012
    points = np.stack(soles)
    moved = np.linalg.norm(np.diff(points[..., :2], axis=0), axis=-1)
    on_floor = (points[1:, ..., 2] < 0.004) & (points[:-1, ..., 2] < 0.004)
    assert moved[on_floor].max() < 0.006
    assert 3.0 / (len(states) * SLICE) > 0.38
    assert not any(state.falling for state in states)


def test_a_walk_goes_at_the_speed_asked(client: int) -> None:
    who = person(client)
    who.do(Walk(((5.0, 0.0),), 0.8))
    states = play(client, who)
    x = np.array([state.hip_in_world[0] for state in states])
    cruising = x[(x > 1.5) & (x < 3.5)]
    assert (cruising[-1] - cruising[0]) / ((len(cruising) - 1) * SLICE) == pytest.approx(0.8, rel=0.08)


def test_turning_ends_at_the_heading_asked_on_the_same_spot(client: int) -> None:
    who = person(client)
    who.do(TurnTo(2.6))
    play(client, who)
    assert who.state.yaw == pytest.approx(2.6, abs=0.05)
    assert np.linalg.norm(who.state.hip_in_world[:2]) < 0.06


EVERYDAY: list[tuple[list[Motion], str]] = [
    ([SitDown(SEAT), Stay(0.5), StandUp()], "standing"),
    ([SitDown(SEAT, (-0.4, 0.0))], "sitting"),
    ([LieDown(0.5, 1.57)], "lying"),
    ([LieDown(0.5, 1.57), GetUp(0.0)], "standing"),
    ([PickUp()], "standing"),
    ([Gesture("wave"), Gesture("nod"), Gesture("shake_head"), Gesture("turn_page")], "standing"),
]


@pytest.mark.parametrize(("motions", "after"), EVERYDAY)
def test_everyday_motions_end_as_named_never_fall_and_move_smoothly(
    client: int, motions: list[Motion], after: str
) -> None:
    who = person(client)
    who.place((0.0, 0.0), 0.0)
    who.do(*motions)
    before = who.state.joints_in_world
    states = play(client, who)
    assert who.state.posture == after
    assert not any(state.falling or state.impact_time is not None for state in states)
    places = np.stack([before, *[state.joints_in_world for state in states]])
    assert np.linalg.norm(np.diff(places, axis=0), axis=-1).max() / SLICE < 2.5
    assert all((who.pose.angles >= LOWER) & (who.pose.angles <= UPPER))


def test_picking_up_brings_a_hand_to_the_floor_and_the_head_stays_above_the_hips(client: int) -> None:
    who = person(client)
    who.do(PickUp())
    hands: list[float] = []
    play(client, who, see=lambda who: hands.append(lowest(who, ("farm_r", "farm_l"))))
    assert -0.01 < min(hands) < 0.10


def _fall(
    client: int,
    kind: str,
    seed: int,
    see: Callable[[Person], None] = lambda who: None,
    start: tuple[float, float] = (0.0, 0.0),
) -> tuple[Person, list[PersonState]]:
    who = person(client, ("old_woman", "old_man", "carer")[seed % 3], seed)
    if kind == "slide_off_chair":
        chair(client)
        who.place((0.0, 0.0), 0.0, "sitting", SEAT)
    else:
        who.place(start, 0.4)
    who.fall(kind)
    return who, play(client, who, 8.0, see)


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("kind", OLD_KINDS)
def test_falls_end_on_the_floor_within_the_joints_limits(client: int, kind: str, seed: int) -> None:
    worst = [0.0]

    def see(who: Person) -> None:
        beyond = np.maximum(LOWER - who.pose.angles, who.pose.angles - UPPER)
        hinges = [DOF[name] for name in ("knee_r", "knee_l", "elbow_r", "elbow_l")]
        worst[0] = max(worst[0], float(beyond[hinges].max()))

    who, states = _fall(client, kind, seed, see)
    down = [state for state in states if state.hip_in_world[2] < 0.40]
    assert down and down[0].time - states[0].time < 4.0
    end = who.state
    assert end.posture == "fallen" and not end.falling and not who.busy
    assert end.hip_in_world[2] < 0.40 and end.head_height < 0.55
    assert end.impact_time is not None and end.fall_time is not None
    assert 0.2 < end.impact_time - end.fall_time < 3.0
    assert worst[0] < LIMIT_SLACK
    assert all(who.pose.angles >= LOWER) and all(who.pose.angles <= UPPER)
    assert lowest(who, tuple(LINK)) > -0.05


@pytest.mark.parametrize("kind", ["slump", "topple_backward"])
def test_limbs_do_not_pass_through_the_body(client: int, kind: str) -> None:
    deepest = [0.0]

    def see(who: Person) -> None:
        loaded = who.ids[-1]
        if not who.state.falling or who.state.time < 0.2:
            return
        joints = range(p.getNumJoints(loaded, physicsClientId=client))
        names = {p.getJointInfo(loaded, j, physicsClientId=client)[12].decode(): j for j in joints}
        for first, second in SELF_COLLISIONS:
            pair = (names.get(first, -1), names.get(second, -1))
            near = p.getClosestPoints(loaded, loaded, 0.0, *pair, physicsClientId=client)
            deepest[0] = min([deepest[0], *(point[8] for point in near)])

    _fall(client, kind, 3, see)
    assert deepest[0] > -0.02


def test_a_push_forwards_ends_in_front_and_a_push_to_the_left_at_the_left(client: int) -> None:
    forward, _ = _fall(client, "topple_forward", 3)
    left, _ = _fall(client, "topple_left", 6, start=(0.0, 4.0))
    heading = np.array([np.cos(0.4), np.sin(0.4)])
    assert forward.state.joints_in_world[LINK["chest"], :2] @ heading > 0.4
    assert (left.state.joints_in_world[LINK["chest"], :2] - [0.0, 4.0]) @ [-heading[1], heading[0]] > 0.3


def test_the_same_seed_falls_the_same_way_and_another_seed_otherwise() -> None:
    def ends(seed: int) -> np.ndarray:
        number = p.connect(p.DIRECT)
        p.setGravity(0, 0, -9.81, physicsClientId=number)
        p.setTimeStep(1 / 240, physicsClientId=number)
        box(number, (6, 6, 0.5), (0, 0, -0.5))
        who = person(number, seed=seed)
        who.do(Walk(((0.8, 0.0),)), Fall("topple_forward"))
        states = play(number, who)
        p.disconnect(physicsClientId=number)
        return np.stack([state.joints_in_world for state in states])

    first, again, other = ends(5), ends(5), ends(6)
    assert first.shape == again.shape and np.array_equal(first, again)
    assert first.shape != other.shape or not np.allclose(first, other, atol=0.01)


def test_falling_in_mid_walk_keeps_her_pace(client: int) -> None:
    who = person(client)
    who.do(Walk(((4.0, 0.0),), 0.8))
    play(client, who, 2.0)
    who.fall("topple_forward")
    states = play(client, who, 8.0)
    assert states[3].hip_in_world[0] - states[0].hip_in_world[0] > 0.3 * 3 * SLICE
    assert who.state.posture == "fallen"


def test_she_gets_up_again(client: int) -> None:
    who = person(client)
    who.do(Fall("topple_backward"), GetUp())
    states = play(client, who)
    assert who.state.posture == "standing"
    assert states[-1].impact_time is not None and not states[-1].falling


def test_rays_and_balls_hit_her_walking_falling_and_fallen(client: int) -> None:
    who = person(client)

    def hit() -> bool:
        x, y, z = who.state.hip_in_world
        struck = p.rayTest([x - 1.5, y, z], [x + 1.5, y, z], physicsClientId=client)[0][0]
        return struck in who.ids

    assert hit()
    who.fall("topple_left")
    play(client, who, 0.5)
    assert who.state.falling and hit()
    play(client, who, 8.0)
    p.stepSimulation(physicsClientId=client)
    assert who.state.posture == "fallen" and hit()


def test_while_she_rests_nothing_is_drawn_anew(client: int, monkeypatch: pytest.MonkeyPatch) -> None:
    who = person(client)
    calls = []
    monkeypatch.setattr(p, "resetBasePositionAndOrientation", lambda *a, **k: calls.append(a))
    who.do(Stay(1.0))
    play(client, who)
    for _ in range(20):
        who.step(SLICE)
    assert calls == []


def test_wrong_requests_are_refused_by_name(client: int) -> None:
    who = person(client)
    with pytest.raises(ValueError, match="no body 'giant'"):
        load("giant")
    with pytest.raises(ValueError, match="no posture 'flying'"):
        who.place((0, 0), 0, "flying")
    with pytest.raises(ValueError, match="no kind of fall 'sideways'"):
        who.fall("sideways")
    with pytest.raises(ValueError, match="cannot fall by slide_off_chair while standing"):
        who.fall("slide_off_chair")
    who.do(StandUp())
    with pytest.raises(ValueError, match="cannot stand up while standing"):
        who.step(SLICE)


def test_feet_stay_where_they_are_while_sitting_down(client: int) -> None:
    who = person(client)
    before = feet_of(who.body, who.pose)
    who.do(SitDown(SEAT))
    far = [0.0]

    def see(who: Person) -> None:
        now = feet_of(who.body, who.pose)
        far[0] = max(far[0], *(float(np.linalg.norm(a.ankle - b.ankle)) for a, b in zip(before, now, strict=True)))

    play(client, who, see=see)
    assert far[0] < 0.02


def test_a_situation_knows_its_heading(client: int) -> None:
    who = person(client)
    who.place((0, 0), -1.2)
    assert Situation(who.pose, "standing", 0.0, -1.2).heading() == pytest.approx(-1.2, abs=0.01)
