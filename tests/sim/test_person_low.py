"""What people do near the floor on purpose, and the further ways in which they fall."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest

p = pytest.importorskip("pybullet", reason="pybullet is not installed: the simulation cannot be tested")

from sim.acts import motions as motions_of  # noqa: E402
from sim.person.body import all_names, load, names, scaled  # noqa: E402
from sim.person.fall import KINDS, Fall  # noqa: E402
from sim.person.look import Look, drawn  # noqa: E402
from sim.person.motions import (  # noqa: E402
    AllFours,
    CarerLift,
    Crawl,
    DeepBend,
    DropOnSeat,
    FloorExercise,
    Hop,
    Kneel,
    LieOnFloor,
    Motion,
    Reach,
    Rise,
    SitDown,
    SitOnFloor,
    Squat,
    Stir,
    TryToRise,
    Walk,
    WaveForHelp,
)
from sim.person.person import Person, PersonState  # noqa: E402
from sim.person.rotation import matrix  # noqa: E402
from sim.person.skeleton import LINK, LOWER, UPPER  # noqa: E402
from sim.scenario import Act  # noqa: E402

SLICE, SEAT = 0.025, 0.45
SITTING = SitOnFloor(1.2, "stretched", "", "squat", 0.1)
LYING = LieOnFloor(1.6, "back", 0.1)


@pytest.fixture
def client() -> Iterator[int]:
    number = p.connect(p.DIRECT)
    p.setGravity(0, 0, -9.81, physicsClientId=number)
    p.setTimeStep(1 / 240, physicsClientId=number)
    floor = p.createCollisionShape(p.GEOM_BOX, halfExtents=(6, 6, 0.5), physicsClientId=number)
    p.createMultiBody(0, floor, -1, (0, 0, -0.5), physicsClientId=number)
    yield number
    p.disconnect(physicsClientId=number)


def person(client: int, body: str = "old_woman", seed: int = 1, look: Look | None = None) -> Person:
    return Person(client, body, np.random.default_rng(seed), drawn=False, look=look)


def play(client: int, who: Person, see: Callable[[Person], None] = lambda who: None) -> list[PersonState]:
    """Until she is idle; physics runs only while she falls."""
    states: list[PersonState] = []
    while who.busy and len(states) * SLICE < 40.0:
        who.step(SLICE)
        for _ in range(6 if who.state.falling else 0):
            p.stepSimulation(physicsClientId=client)
        states.append(who.state)
        see(who)
    return states


def lowest(who: Person, links: tuple[str, ...] = tuple(LINK)) -> float:
    points = who.body.surface(who.pose.root, matrix(who.pose.turn), who.pose.angles)
    return float(points[[LINK[link] for link in links], :, 2].min())


HIPS = {
    "standing": (0.7, 1.1), "kneeling": (0.2, 0.6), "sitting_on_floor": (0.05, 0.2), "lying": (0.05, 0.2),
    "lying_side": (0.08, 0.28), "lying_prone": (0.08, 0.22), "on_all_fours": (0.3, 0.6), "sitting": (0.45, 0.65),
}  # fmt: skip
"""Where the hips are, m, once a motion has ended in that posture."""
LOW: dict[str, tuple[list[Motion], str]] = {
    "kneel on one knee": ([Kneel("one", 1.0)], "kneeling"),
    "kneel on both, rise": ([Kneel("both", 0.2), Rise()], "standing"),
    "squat quickly": ([Squat(0.5, 0.2, 1.0)], "standing"),
    "sit, legs crossed, quickly": ([SitOnFloor(0.9, "crossed", "", "squat", 0.2)], "sitting_on_floor"),
    "sit over the knees, rise": ([SitOnFloor(3.0, "bent", "rl", "kneel", 0.1), Rise(4.0, "knees")], "standing"),
    "lie on the back quickly, rise": ([LYING, Rise(4.0, "knees")], "standing"),
    "lie, rise by a squat": ([LYING, Rise(3.0, "squat")], "standing"),
    "lie on the side": ([LieOnFloor(3.0, "side", 0.3)], "lying_side"),
    "lie on the belly": ([LieOnFloor(4.0, "belly", 0.3)], "lying_prone"),
    "touch the toes": ([DeepBend("toes")], "standing"),
    "tie the shoes": ([DeepBend("shoes")], "standing"),
    "look under the sofa": ([DeepBend("under", 1.5, 0.5)], "standing"),
    "tie the shoes sitting": ([SitDown(SEAT), DeepBend("shoes")], "sitting"),
    "drop on a seat": ([DropOnSeat(SEAT)], "sitting"),
    "leg raises": ([LYING, FloorExercise(kind="leg_raise", repeats=2)], "lying"),
    "sit-ups": ([LYING, FloorExercise(kind="sit_up", repeats=2)], "lying"),
    "bridge": ([LYING, FloorExercise(kind="bridge", repeats=1)], "lying"),
    "arm circles": ([LYING, FloorExercise(6.0, "arm_circles")], "lying"),
    "toe reach": ([SITTING, FloorExercise(kind="toe_reach", repeats=1)], "sitting_on_floor"),
    "crawl": ([AllFours(0.2, 2.0), Crawl(4, 0.6)], "on_all_fours"),
    "reach up": ([Reach("up", 0.8, 0.2)], "standing"),
    "reach forward": ([Reach("forward", 0.8, 0.2)], "standing"),
    "reach aside": ([Reach("side", 0.8, 0.2)], "standing"),
    "hop": ([Hop(2, 0.15)], "standing"),
    "care on the knees": ([CarerLift("kneel", hold_s=2.0)], "standing"),
    "care bent down": ([CarerLift("bend", hold_s=2.0)], "standing"),
    "wave and stir": ([LYING, WaveForHelp(2.0), Stir(2.0)], "lying"),
}


@pytest.mark.parametrize("number", range(len(LOW)), ids=list(LOW))
def test_low_motions_end_as_named_within_limits_and_never_under_the_floor(client: int, number: int) -> None:
    motions, after = list(LOW.values())[number]
    who = person(client, names()[number % len(names())], number)
    who.do(*motions)
    places, sunk = [who.state.joints_in_world], []

    def see(who: Person) -> None:
        places.append(who.state.joints_in_world)
        sunk.append(lowest(who))
        assert all((who.pose.angles >= LOWER - 1e-9) & (who.pose.angles <= UPPER + 1e-9))

    states = play(client, who, see)
    assert who.state.posture == after and not who.busy
    assert not any(state.falling or state.impact_time is not None for state in states)
    assert min(sunk) > -0.02
    size = who.body.stature / 1.6
    low, high = HIPS[after]
    assert low * min(size, 1.0) < who.state.hip_in_world[2] < high * max(size, 1.0)
    assert np.linalg.norm(np.diff(np.stack(places), axis=0), axis=-1).max() / SLICE < 7.0
    assert after == "sitting" or lowest(who) < 0.02


def test_the_toes_do_not_slide_in_a_squat(client: int) -> None:
    who = person(client)
    feet = [LINK["foot_r"], LINK["foot_l"]]

    def toes() -> np.ndarray:
        points = who.body.surface(who.pose.root, matrix(who.pose.turn), who.pose.angles)[feet]
        ahead = who.body.touch[feet][..., 0].argmax(1)
        return points[[0, 1], ahead, :2]

    before, moved = toes(), [0.0]
    who.do(Squat(0.8, 0.2, 1.0))
    play(client, who, lambda who: moved.append(float(np.abs(toes() - before).max())))
    assert max(moved) < 0.08


def test_low_motions_take_the_time_asked_and_another_where_none_was(client: int) -> None:
    def seconds(motion: Motion, seed: int) -> float:
        who = person(client, seed=seed)
        who.do(motion)
        return len(play(client, who)) * SLICE

    assert seconds(SitOnFloor(0.9, hold_s=0.1), 1) == pytest.approx(1.0, abs=0.06)
    drawn_times = {seconds(LieOnFloor(hold_s=0.1), seed) for seed in range(4)}
    assert len(drawn_times) == 4 and all(1.5 <= t <= 5.3 for t in drawn_times)


def test_crawling_goes_ahead_on_the_hands_and_knees(client: int) -> None:
    who = person(client, "carer")
    who.do(AllFours(0.1, 2.0))
    play(client, who)
    begin, head = who.state.hip_in_world, who.state.joints_in_world[LINK["head"]]
    who.do(Crawl(6, 0.5))
    play(client, who)
    ahead = (head - begin)[:2] / np.linalg.norm((head - begin)[:2])
    assert (who.state.hip_in_world - begin)[:2] @ ahead > 0.3


def test_who_waves_raises_a_hand_over_her_trunk_again_and_again(client: int) -> None:
    for motions, over in (([WaveForHelp(4.0, 1.2)], 0.15), ([LYING, WaveForHelp(4.0, 1.2)], 0.15)):
        who = person(client, seed=5)
        who.do(*motions)
        hands: list[np.ndarray] = []
        play(client, who, lambda who, hands=hands: hands.append(who.state.joints_in_world))  # type: ignore[misc]
        joints = np.stack(hands[-120:-40])
        wrists = joints[:, [LINK["farm_r"], LINK["farm_l"]]]
        assert (wrists[..., 2].max() - joints[:, LINK["chest"], 2]).max() > over


def test_a_hop_leaves_the_floor(client: int) -> None:
    who = person(client)
    who.do(Hop(1, 0.2))
    feet: list[float] = []
    play(client, who, lambda who: feet.append(lowest(who)))
    assert max(feet) == pytest.approx(0.2, abs=0.04)


NEW_KINDS = sorted(kind for kind in KINDS if kind not in (
    "topple_forward", "topple_backward", "topple_left", "topple_right", "slump", "slide_off_chair"))  # fmt: skip


def _fall(client: int, kind: str, seed: int) -> tuple[Person, list[PersonState]]:
    who = person(client, ("old_woman", "old_man", "carer")[seed % 3], seed)
    begins = KINDS[kind].begins_from
    if "sitting" in begins:
        who.place((0.0, 0.0), 0.0, "sitting", SEAT)
    elif "lying" in begins:
        who.place((0.0, 0.0), 0.0, "lying", 0.5)
    elif kind == "trip":
        who.do(Walk(((1.0, 0.0),), 0.9))
        while who.state.time < 1.0:
            who.step(SLICE)
    who.fall(kind)
    return who, play(client, who)


@pytest.mark.parametrize("kind", NEW_KINDS)
def test_each_further_fall_hits_the_floor(client: int, kind: str) -> None:
    who, states = _fall(client, kind, NEW_KINDS.index(kind))
    end = who.state
    assert end.posture == "fallen" and not end.falling and not who.busy
    assert end.hip_in_world[2] < 0.40 and end.head_height < 0.9
    assert end.fall_time is not None and end.impact_time is not None
    assert 0.15 < end.impact_time - end.fall_time < 4.0
    at_impact = next(state for state in states if state.time >= end.impact_time)
    before = [state for state in states if end.fall_time < state.time < end.impact_time - 0.1]
    assert at_impact.hip_in_world[2] < 0.45
    assert all(state.falling for state in before)
    assert lowest(who) > -0.05


def test_what_leads_to_a_fall_is_everyday_until_it_goes_wrong(client: int) -> None:
    who, states = _fall(client, "rise_sideways", 2)
    assert states[0].posture == "standing_up" and not states[0].falling
    assert who.state.fall_time is not None and who.state.fall_time > 0.5
    who.place((0.0, 0.0), 0.0)
    who.fall("sink")
    who.step(SLICE)
    assert who.state.posture == "falling" and who.state.falling


def test_the_same_seed_sinks_the_same_way() -> None:
    def course(seed: int) -> np.ndarray:
        number = p.connect(p.DIRECT)
        p.setGravity(0, 0, -9.81, physicsClientId=number)
        p.setTimeStep(1 / 240, physicsClientId=number)
        who = person(number, seed=seed)
        who.do(Kneel("one", 0.2), Rise(2.0), Fall("sink"))
        while who.state.fall_time is None or who.state.time < who.state.fall_time + 1.0:
            who.step(SLICE)
        p.disconnect(physicsClientId=number)
        return who.pose.angles

    assert np.array_equal(course(3), course(3))
    assert not np.allclose(course(3), course(4))


def test_who_tries_to_rise_in_vain_is_still_fallen(client: int) -> None:
    who = person(client, seed=4)
    who.do(Fall("topple_backward"), TryToRise(4.0), Stir(1.0))
    states = play(client, who)
    assert who.state.posture == "fallen" and who.state.hip_in_world[2] < 0.35
    assert "getting_up" in {state.posture for state in states}
    assert max(state.head_height for state in states[-120:-40]) > 0.25


def test_a_fall_that_cannot_begin_is_refused_before_anything_leads_to_it(client: int) -> None:
    who = person(client)
    with pytest.raises(ValueError, match="cannot fall by out_of_bed while standing"):
        who.fall("out_of_bed")
    with pytest.raises(ValueError, match="nobody sits 'upside down'"):
        SitOnFloor(style="upside down").steps("standing")
    with pytest.raises(ValueError, match="cannot crawl while standing"):
        Crawl().steps("standing")
    assert who.state.fall_time is None


def test_a_scaled_person_is_so_much_larger_and_falls_too(client: int) -> None:
    who = person(client, look=Look(scale=1.08))
    assert who.body.stature == pytest.approx(1.08 * load("old_woman").stature)
    assert lowest(who, ("foot_r", "foot_l")) == pytest.approx(0.0, abs=0.006)
    who.fall("topple_left")
    loaded = who.ids[-1]
    joints = range(-1, p.getNumJoints(loaded, physicsClientId=client))
    masses = [p.getDynamicsInfo(loaded, link, physicsClientId=client)[0] for link in joints]
    assert sum(masses) == pytest.approx(scaled(load("old_woman"), 1.08).weight, rel=0.01)
    play(client, who)
    assert who.state.posture == "fallen" and who.state.impact_time is not None


@pytest.mark.parametrize("body", sorted(set(all_names()) - set(names())))
def test_the_newcomers_stand_kneel_and_fall_as_the_others_do(client: int, body: str) -> None:
    who = person(client, body)
    assert lowest(who, ("foot_r", "foot_l")) == pytest.approx(0.0, abs=0.006)
    assert 0.84 * who.body.stature < who.state.head_height < who.body.stature
    who.do(Kneel("both", 0.1, 1.5), Rise(2.0), Fall("topple_left"))
    states = play(client, who)
    kneeling = next(state for state in states if state.posture == "kneeling")
    assert kneeling.hip_in_world[2] < 0.62 * who.body.hip_height
    assert who.state.posture == "fallen" and who.state.hip_in_world[2] < 0.4 and who.state.impact_time is not None


def test_the_newcomers_differ_in_age_height_and_weight() -> None:
    bodies = {name: load(name) for name in all_names()}
    assert bodies["child"].stature < 1.25 and bodies["child"].weight < 30
    assert len({(body.stature, body.weight) for body in bodies.values()}) == len(bodies) >= 8


def test_looks_are_many_and_the_same_for_the_same_seed() -> None:
    looks = [drawn(np.random.default_rng(seed)) for seed in range(30)]
    assert looks == [drawn(np.random.default_rng(seed)) for seed in range(30)]
    assert len({(look.top, look.trousers, look.skin) for look in looks}) > 25
    assert all(0.92 <= look.scale <= 1.08 for look in looks)
    assert {look.legs for look in looks} == {"trousers", "shorts", "dress"}


def test_a_look_recolours_clothes_and_leaves_the_shape(client: int) -> None:
    from PIL import Image

    who = Person(client, "old_man", np.random.default_rng(1), look=Look(top=(250, 20, 20), short_sleeves=True))
    chest = next(part for part in who.body.parts if part.file.name == "chest.obj")
    with Image.open(chest.file.parent / "plain.png") as picture:
        reds = np.asarray(picture)[..., 0].astype(int) - np.asarray(picture)[..., 2]
    assert (reds > 150).mean() > 0.1
    forearm = next(part for part in who.body.parts if part.file.name == "farm_r.obj")
    assert forearm.file.read_text().startswith("mtllib bare.mtl")
    baked = load("old_man")
    assert np.array_equal(who.body.offsets, baked.offsets)


ACTS = (
    {"kneel": (1.0, 2.0)}, {"squat": True}, {"sit_on_floor": "crossed"}, {"bend": "shoes"}, {"reach": "up"},
    {"on_all_fours": (1, 2)}, {"crawl": 4}, {"hop": 2}, {"care": "kneel"}, {"wave_for_help": (3, 4)},
    {"stir": (3, 4)}, {"try_to_rise": True}, {"rise": True}, {"lie_on_floor": "back"}, {"exercise": "sit_up"},
)  # fmt: skip


def test_every_act_becomes_a_motion_of_its_own() -> None:
    rng = np.random.default_rng(1)
    made = [motions_of([Act.model_validate(act)], None, 0.7, rng)[0] for act in ACTS]  # type: ignore[arg-type]
    assert len({type(motion) for motion in made}) == len(ACTS)
    with pytest.raises(ValueError, match="crawl"):
        Act.model_validate({"crawl": 0})
    with pytest.raises(ValueError, match="an act says one thing"):
        Act.model_validate({"squat": True, "hop": 2})
