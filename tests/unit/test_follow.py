"""Going with somebody: the places behind her, each state with each event, and walks played from beginning to end."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from behaviors.follow import machine
from behaviors.follow.aside import aside, beside_her_way, from_line, in_her_way
from behaviors.follow.trail import LONGEST_M, Place, begin, behind, distance, last_free, straight, walked
from behaviors.follow.values import Inputs, Limits, Phase, Sighting, State, anywhere, nowhere
from kangban.values import Pose2D

LIMITS = Limits(behind_m=1.4, lost_after_s=0.8, give_up_after_s=60.0, wait_for_me_m=3.0, outside_s=900.0)
TICK = 0.1


class Walk:
    """A robot that drives at `speed` towards its goal, and her on a way of her own; nothing else is there."""

    def __init__(self, robot: Pose2D = Pose2D(0.0, 0.0, 0.0), speed: float = 0.45, who: int = 0) -> None:
        self.robot, self.speed, self.now = robot, speed, 100.0
        self.state = machine.start(who, self.now)
        self.goal: Pose2D | None = None
        self.said: list[str] = []
        self.over: str | None = None
        self.phases: list[Phase] = []
        self.gaps: list[float] = []
        self.turned = 0.0

    def tick(self, *people: Sighting, failed: bool = False, **inputs: object) -> None:
        given_ = replace(Inputs(self.robot, people, failed=failed), **inputs)  # type: ignore[arg-type]
        self.state, orders = machine.step(self.state, given_, LIMITS, self.now)
        if orders.say:
            self.said.append(orders.say)
        self.over = self.over or orders.over
        if orders.stand:
            self.goal = None
        self.goal = orders.goal or self.goal
        if self.phases[-1:] != [self.state.phase]:
            self.phases.append(self.state.phase)
        if orders.look_around:
            self.turned += TICK
        self._drive()
        self.now += TICK

    def _drive(self) -> None:
        if self.goal is None:
            return
        far = self.robot.distance_to(self.goal.x, self.goal.y)
        step = min(far, self.speed * TICK)
        if far > 1e-9:
            dx, dy = (self.goal.x - self.robot.x) / far, (self.goal.y - self.robot.y) / far
            self.robot = Pose2D(self.robot.x + dx * step, self.robot.y + dy * step, math.atan2(dy, dx))

    def along(self, way: list[Place], pace: float, id_: int = 1) -> Place:
        """She walks the way, seen on every tick; where she ends."""
        here = way[0]
        for there in way[1:]:
            while distance(here, there) > 1e-9:
                step = min(1.0, pace * TICK / distance(here, there))
                here = (here[0] + (there[0] - here[0]) * step, here[1] + (there[1] - here[1]) * step)
                self.tick(Sighting(id_, here))
                self.gaps.append(distance(here, (self.robot.x, self.robot.y)))
        return here

    def stay(self, seconds: float, *people: Sighting, **inputs: object) -> None:
        for _ in range(round(seconds / TICK)):
            self.tick(*people, **inputs)


def test_it_goes_behind_her_at_her_own_pace_and_stands_when_she_stands() -> None:
    walk = Walk()
    end = walk.along([(1.5, 0.0), (6.0, 0.0)], pace=0.4)
    assert walk.phases[-1] is Phase.GO
    assert all(1.1 <= gap <= 2.2 for gap in walk.gaps), (min(walk.gaps), max(walk.gaps))
    walk.stay(6.0, Sighting(1, end))
    assert walk.state.phase is Phase.STAND and walk.goal is None
    assert walk.robot.distance_to(*end) == pytest.approx(LIMITS.behind_m, abs=0.3)


@given(st.floats(0.3, 0.9), st.lists(st.tuples(st.floats(-4, 4), st.floats(-4, 4)), min_size=2, max_size=5))
@settings(max_examples=60, deadline=None)
def test_a_goal_is_never_beyond_her_nor_nearer_to_her_than_wished(pace: float, way: list[Place]) -> None:
    walk = Walk(Pose2D(-6.0, 0.0, 0.0))
    here = way[0]
    for there in way[1:]:
        while distance(here, there) > 1e-9:
            step = min(1.0, pace * TICK / distance(here, there))
            here = (here[0] + (there[0] - here[0]) * step, here[1] + (there[1] - here[1]) * step)
            before = walk.goal
            walk.tick(Sighting(1, here))
            if walk.goal is None or walk.goal is before or walk.state.phase is not Phase.GO:
                continue
            goal = (walk.goal.x, walk.goal.y)
            assert distance(goal, here) >= LIMITS.behind_m - machine.LEAD_S * pace - 0.05
            assert distance(goal, (walk.robot.x, walk.robot.y)) <= distance(here, (walk.robot.x, walk.robot.y)) + 0.1


def corridor(place: Place) -> bool:
    """East, then north; as wide as the robot needs."""
    x, y = place
    return (-2.0 < x < 3.3 and abs(y) < 0.3) or (abs(x - 3.0) < 0.3 and y < 9.0)


def test_in_a_corridor_it_goes_where_she_went_and_cuts_no_corner() -> None:
    walk, here = Walk(), (1.5, 0.0)
    goals = []
    for there in ((3.0, 0.0), (3.0, 6.0)):
        while distance(here, there) > 1e-9:
            step = min(1.0, 0.4 * TICK / distance(here, there))
            here = (here[0] + (there[0] - here[0]) * step, here[1] + (there[1] - here[1]) * step)
            walk.tick(Sighting(1, here), free=corridor)
            goals += [walk.goal] if walk.goal is not None else []
    assert all(corridor((goal.x, goal.y)) for goal in goals)
    assert walk.robot.distance_to(3.0, 4.4) < 0.6


def test_who_walks_faster_is_asked_to_wait_and_not_too_often() -> None:
    walk = Walk()
    walk.along([(1.5, 0.0), (12.0, 0.0)], pace=0.9)
    assert walk.said == ["say_wait_for_me"] and walk.over is None


def test_the_nearest_is_chosen_and_a_visitor_changes_nothing() -> None:
    walk = Walk()
    walk.stay(0.5, Sighting(7, (3.0, 0.0)), Sighting(2, (1.6, 0.2)))
    assert walk.state.who == 2 and 7 in dict(walk.state.others)
    for k in range(20):
        walk.tick(Sighting(7, (3.0 - 0.1 * k, 0.9)), Sighting(2, (1.6 + 0.05 * k, 0.2)))
    assert walk.state.who == 2 and walk.state.phase in (Phase.GO, Phase.STAND)
    for k in range(12):  # he walks up beside where she was, and she is hidden behind him
        walk.tick(Sighting(7, (1.1 + 0.1 * k, 0.8)))
    assert walk.state.who == 2, "he came there on his own feet"
    walk.stay(0.3, Sighting(9, (2.6, 0.3)), Sighting(7, (2.0, 0.8)))  # she has got another name
    assert walk.state.who == 9


def test_names_that_are_exchanged_do_not_exchange_her() -> None:
    walk = Walk()
    walk.stay(1.0, Sighting(1, (1.6, 0.0)), Sighting(2, (4.8, 1.4)))
    walk.stay(1.0, Sighting(2, (1.6, 0.0)), Sighting(1, (4.8, 1.4)))
    assert walk.state.who == 2 and walk.state.recent[-1][1] == (1.6, 0.0)
    walk.stay(1.0, Sighting(2, (1.6, 0.0)))
    assert walk.state.phase is Phase.STAND
    walk.stay(0.5, Sighting(1, (1.6, 0.1)))  # and his is gone: the name that was hers comes to her place again
    assert walk.state.who == 1


def test_who_stands_on_her_very_place_is_her_after_a_moment_whatever_the_name() -> None:
    walk = Walk()
    walk.stay(1.0, Sighting(1, (1.6, 0.0)), Sighting(2, (2.0, 0.4)))
    walk.stay(0.5, Sighting(2, (1.6, 0.0)))
    assert walk.state.who == 1, "he may have stepped before her"
    walk.stay(1.0, Sighting(2, (1.6, 0.0)))
    assert walk.state.who == 2


def test_two_strangers_where_she_must_be_are_not_guessed_between() -> None:
    walk = Walk()
    walk.stay(0.3, Sighting(1, (2.0, 0.0)))
    walk.stay(0.3, Sighting(4, (2.1, 0.0)), Sighting(5, (2.0, 0.3)))
    assert walk.state.who == 1


def test_out_of_sight_it_goes_where_she_was_looks_around_asks_and_gives_up() -> None:
    walk = Walk()
    walk.along([(1.5, 0.0), (4.0, 0.0)], pace=0.4)
    walk.stay(5.0)
    assert Phase.SEEK in walk.phases and walk.robot.distance_to(4.0, 0.0) < 0.85
    assert walk.said == ["say_where_are_you"]
    walk.stay(50.0)
    assert walk.state.phase is Phase.LOOK and walk.turned > 10.0 and walk.over is None
    walk.stay(10.0)
    assert walk.over == "why_lost_her" and walk.said[-1] == "say_lost_you" and walk.state.phase is Phase.OVER


def test_found_again_it_goes_on() -> None:
    walk = Walk()
    end = walk.along([(1.5, 0.0), (4.0, 0.0)], pace=0.4)
    walk.stay(4.0)
    walk.along([end, (6.0, 1.0)], pace=0.4)
    assert walk.state.phase in (Phase.GO, Phase.STAND) and walk.over is None


def test_nobody_to_follow_ends_with_the_reason() -> None:
    walk = Walk()
    walk.stay(LIMITS.give_up_after_s + 0.2)
    assert walk.over == "why_nobody_to_follow" and walk.turned > 0


def test_before_her_bathroom_it_waits_outside_and_neither_looks_nor_asks() -> None:
    walk = Walk()
    walk.along([(1.5, 0.0), (3.0, 0.0)], pace=0.4)

    def private(place: Place) -> bool:
        return place[0] > 3.3

    walk.stay(120.0, Sighting(1, (3.8, 0.0)), private=private)  # the door stays open: that is not looked at
    assert walk.state.phase is Phase.OUTSIDE and walk.said == ["say_wait_outside"]
    assert walk.turned == 0.0 and walk.robot.x < 3.3
    assert abs(walk.robot.y) >= 0.85, "not in the door: she comes out there"
    walk.tick(Sighting(1, (3.1, 0.0)), private=private)
    assert walk.state.phase is not Phase.OUTSIDE
    walk.stay(LIMITS.outside_s + 2.0, private=lambda place: place[0] > 2.9)
    assert walk.over == "why_long_in_there"


def test_where_there_is_no_room_beside_her_way_it_waits_where_it_stands() -> None:
    walk = Walk()
    walk.along([(1.5, 0.0), (3.0, 0.0)], pace=0.4)
    before = walk.robot
    walk.stay(20.0, private=lambda place: place[0] > 3.3, free=lambda place: before.distance_to(*place) < 0.5)
    assert walk.state.phase is Phase.OUTSIDE and walk.robot.distance_to(before.x, before.y) < 0.5
    assert beside_her_way((1.0, 2.0), ((0.0, 0.0), (3.0, 0.0)), anywhere) is None, "well beside it already"


def test_a_door_that_will_hide_her_is_got_in_line_with_before_she_is_through() -> None:
    """She goes north to a door, the robot stands west of her way, near enough: it does not wait till she is gone."""
    her, walls = (3.0, 0.9), lambda place: place[1] < 1.2 or abs(place[0] - 3.0) < 0.3
    way = tuple((3.0, -1.5 + 0.1 * k) for k in range(25))
    recent = tuple((9.2 + 0.2 * k, (3.0, 0.58 + 0.08 * k)) for k in range(5))
    state = replace(machine.start(1, 0.0), phase=Phase.GO, trail=way, recent=recent, seen_at=9.99)
    robot = Pose2D(1.75, 0.2, 0.5)
    _, orders = machine.step(state, Inputs(robot, (Sighting(1, her),), free=walls), LIMITS, 10.0)
    assert orders.goal is not None and orders.goal.x > 2.1, "towards her way"
    _, orders = machine.step(state, Inputs(robot, (Sighting(1, her),)), LIMITS, 10.0)
    assert orders.goal is None, "where the floor is open it keeps its distance"


def test_she_comes_back_and_it_makes_room() -> None:
    walk = Walk()
    walk.along([(1.5, 0.0), (4.0, 0.0)], pace=0.4)
    her = walk.along([(4.0, 0.0), (3.2, 0.0)], pace=0.5)
    assert Phase.ASIDE in walk.phases and abs(walk.robot.y) > 0.3, walk.robot
    walk.along([her, (-2.0, 0.0)], pace=0.5)
    assert min(walk.gaps) > 0.6


def test_in_a_narrow_corridor_there_is_no_room_and_it_stands() -> None:
    walk = Walk()
    walk.along([(1.5, 0.0), (4.0, 0.0)], pace=0.4)
    before = walk.robot
    here = (4.0, 0.0)
    for _ in range(15):
        here = (here[0] - 0.05, 0.0)
        walk.tick(Sighting(1, here), free=lambda place: abs(place[1]) < 0.4)
    assert walk.state.phase is Phase.STAND and walk.robot.distance_to(before.x, before.y) < 0.15


def test_a_goal_that_fails_is_tried_again_and_not_at_once() -> None:
    walk = Walk()
    walk.stay(0.2, Sighting(1, (4.0, 0.0)))
    first = walk.state.goal_at
    walk.tick(Sighting(1, (4.0, 0.0)), failed=True)
    walk.stay(1.0, Sighting(1, (4.0, 0.0)))
    assert walk.state.goal_at == first
    walk.stay(1.0, Sighting(1, (4.0, 0.0)))
    assert walk.state.goal_at > first


PLACE: Place = (3.0, 0.0)
STATES = {
    phase: replace(
        machine.start(1, 0.0), phase=phase, trail=((0.0, 0.0), PLACE), recent=((9.0, PLACE), (9.9, PLACE)), seen_at=9.9
    )
    for phase in Phase
}
SEEN, UNSEEN, NO_POSE = (
    Inputs(Pose2D(0.0, 0.0, 0.0), (Sighting(1, PLACE),)),
    Inputs(Pose2D(0.0, 0.0, 0.0)),
    Inputs(None, (Sighting(1, PLACE),)),
)
NEAR = Inputs(Pose2D(1.7, 0.0, 0.0), (Sighting(1, PLACE),))
HERS = replace(UNSEEN, private=lambda place: True)
AT_HER_PLACE = Inputs(Pose2D(2.6, 0.0, 0.0))
TABLE = [
    # event, its time, the phase after it from each phase but OVER
    (SEEN, 10.0, dict.fromkeys(Phase, Phase.GO)),
    (NEAR, 10.0, dict.fromkeys(Phase, Phase.STAND)),
    (UNSEEN, 13.0, dict.fromkeys(Phase, Phase.SEEK) | {Phase.LOOK: Phase.LOOK, Phase.OUTSIDE: Phase.OUTSIDE}),
    (AT_HER_PLACE, 13.0, dict.fromkeys(Phase, Phase.LOOK) | {Phase.OUTSIDE: Phase.OUTSIDE}),
    (HERS, 13.0, dict.fromkeys(Phase, Phase.OUTSIDE)),
    (UNSEEN, 70.0, dict.fromkeys(Phase, Phase.OVER) | {Phase.OUTSIDE: Phase.OUTSIDE}),
    (UNSEEN, 1000.0, dict.fromkeys(Phase, Phase.OVER)),
    (NO_POSE, 10.0, {phase: phase for phase in Phase}),
]


@pytest.mark.parametrize(("inputs", "at", "phases"), TABLE)
@pytest.mark.parametrize("phase", list(Phase))
def test_every_event_in_every_state(phase: Phase, inputs: Inputs, at: float, phases: dict[Phase, Phase]) -> None:
    state: State = STATES[phase]
    after, orders = machine.step(state, inputs, LIMITS, at)
    if phase is Phase.OVER:
        assert after == state and orders.stand and orders.over is None
    else:
        assert after.phase is phases[phase]
        assert (orders.goal is None) or after.phase in (Phase.GO, Phase.SEEK, Phase.OUTSIDE)
        assert (orders.over is not None) == (after.phase is Phase.OVER)


def test_places_behind_her() -> None:
    trail = ((0.0, 0.0), (2.0, 0.0), (2.0, 2.0))
    place = behind(trail, (2.0, 2.0), 1.0, anywhere)
    assert place is not None and distance(place, (2.0, 1.0)) < 0.06
    assert behind(trail, (2.0, 2.0), 9.0, anywhere) is None
    farther = behind(trail, (2.0, 2.0), 1.0, lambda p: p[1] < 0.5)
    assert farther is not None and 0.4 < farther[1] < 0.51
    assert behind(trail, (2.0, 2.0), 1.0, nowhere) is None
    near = last_free(trail, 0.4, anywhere)
    assert near is not None and distance(near, (2.0, 1.6)) < 0.06


def test_the_straight_way_to_her_is_taken_only_where_it_is_free() -> None:
    place = straight((0.0, 0.0), (3.0, 0.0), 1.0, anywhere)
    assert place == pytest.approx((2.0, 0.0))
    assert straight((0.0, 0.0), (3.0, 0.0), 1.0, lambda p: not 1.0 < p[0] < 1.2) is None
    assert straight((0.0, 0.0), (0.8, 0.0), 1.0, anywhere) is None


def test_who_goes_out_of_the_picture_is_turned_to_first() -> None:
    walk = Walk()
    walk.along([(1.5, 0.0), (3.0, 0.0)], pace=0.4)
    walk.along([(3.0, 0.0), (3.0, 0.5)], pace=0.25)
    walk.robot = Pose2D(walk.robot.x, walk.robot.y, -0.6)
    walk.stay(0.8)
    _, orders = machine.step(walk.state, Inputs(walk.robot), LIMITS, walk.now)
    assert orders.stand and orders.face is not None and orders.face > machine.BESIDE_RAD


def test_through_a_door_it_turns_to_where_she_must_be_though_it_could_not_drive_straight_there() -> None:
    """She went aside behind a door: a wall between, and it goes on; nothing between, and it turns to her."""
    recent = tuple((9.0 + 0.2 * k, (0.9 + 0.04 * k, 0.9 + 0.04 * k)) for k in range(5))
    state = replace(
        machine.start(1, 0.0), phase=Phase.GO, trail=((0.0, 0.0), (0.9, 0.9), (1.06, 1.06)), recent=recent, seen_at=9.8
    )
    robot, frame = Pose2D(0.0, 0.0, -0.3), lambda place: place[0] < 0.6
    _, orders = machine.step(state, Inputs(robot, free=frame), LIMITS, 10.8)
    assert orders.stand and orders.face is not None and orders.face > machine.BESIDE_RAD
    _, orders = machine.step(state, Inputs(robot, free=frame, sees=lambda eye, place: False), LIMITS, 10.8)
    assert orders.goal is not None and not orders.stand
    _, orders = machine.step(state, Inputs(robot, free=frame, sees=lambda eye, place: place[0] < 1.3), LIMITS, 10.8)
    assert orders.goal is not None, "half hidden: where she is, is not known so well"


def test_before_a_door_it_leaves_her_out_of_the_picture_for_a_moment_to_get_in_line() -> None:
    """Her way to the door lies aside of the robot by more than the picture is wide."""
    way = tuple((3.0, -1.5 + 0.1 * k) for k in range(25))
    recent = tuple((9.2 + 0.2 * k, (3.0, 0.66 + 0.06 * k)) for k in range(5))
    state = replace(machine.start(1, 0.0), phase=Phase.GO, trail=way, recent=recent, seen_at=9.99)

    def walls(place: Place) -> bool:
        return place[1] < 1.2 or abs(place[0] - 3.0) < 0.3

    robot, her = Pose2D(1.71, 0.45, 0.3), (3.0, 0.9)
    _, orders = machine.step(state, Inputs(robot, (Sighting(1, her),), free=walls), LIMITS, 10.0)
    assert orders.goal is not None
    off = math.atan2(orders.goal.y - robot.y, orders.goal.x - robot.x) - math.atan2(her[1] - robot.y, her[0] - robot.x)
    assert machine.BESIDE_RAD < abs(off) <= machine.DOOR_RAD
    assert abs(orders.goal.x - 3.0) < 0.1, "on her way"


def test_the_way_is_bounded_and_a_tremble_adds_nothing() -> None:
    trail = begin((0.0, 0.0), (1.0, 0.0))
    assert walked(trail, (1.02, 0.0)) is trail
    for k in range(2000):
        trail = walked(trail, (1.0 + 0.1 * k, 0.0))
    assert LONGEST_M - 0.2 < distance(trail[0], trail[-1]) <= LONGEST_M + 0.2


def test_in_her_way_and_beside_it() -> None:
    assert in_her_way((0.0, 0.0), (1.5, 0.0), (-0.5, 0.0))
    assert not in_her_way((0.0, 0.0), (1.5, 0.0), (0.5, 0.0)), "she goes away"
    assert not in_her_way((0.0, 0.0), (1.5, 1.2), (-0.5, 0.0)), "she passes beside"
    assert not in_her_way((0.0, 0.0), (1.5, 0.0), (-0.1, 0.0)), "she only sways"
    place = aside((0.0, 0.0), (1.5, 0.0), (-0.5, 0.0), anywhere)
    assert place is not None and from_line(place, (1.5, 0.0), (-0.5, 0.0)) >= 0.9
