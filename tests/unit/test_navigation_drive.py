"""Following and driving in closed loop: a late, slipping base on the demo flat, and every reason to give up."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kangban.config import load
from kangban.values import STILL, Array, ChainState, Pose2D, Twist2D, wrap_angle
from navigation import drive, sitemap
from navigation.control import local
from navigation.control.arrive import Goal
from navigation.control.limits import ControlLimits
from navigation.control.path import length_of, point_at, project, rest
from navigation.control.pilot import Surroundings
from navigation.costs import Costs, Sizes, costs
from navigation.drive import REACHED, UNKNOWN_POSE_S, Drive, DriveLimits, Maps, Outcome, Situation
from navigation.recovery import Act, Trouble

CONFIG = load("companion", "demo_flat", Path(), Path())
PROFILE = CONFIG.profile
FLAT = sitemap.build(CONFIG.site, PROFILE.navigation.map_resolution_m)
SIZES, NONE = Sizes.of(PROFILE), np.empty((0, 2))
BARE = costs(FLAT, NONE, NONE, SIZES)
# Fewer guesses than on the robot: the tests are many.
LIMITS = DriveLimits(replace(ControlLimits.of(PROFILE), rollouts=150), PROFILE.navigation.blocked_after_s)
DOCK = Pose2D(CONFIG.site.dock.x_m, CONFIG.site.dock.y_m, CONFIG.site.dock.yaw_rad)
TIGHT = (PROFILE.navigation.position_tolerance_m, PROFILE.navigation.heading_tolerance_rad)
FREE = ChainState(0.0, "nav", STILL, STILL, (), False, "")
DT = 0.05


@dataclass
class Base:
    """Obeys 0.15 s late, within its accelerations; the pose it is told is up to 1 cm and 0.5 degrees off."""

    pose: Pose2D
    velocity: Twist2D = STILL
    rng: np.random.Generator = field(default_factory=lambda: np.random.default_rng(3))
    late: deque[Twist2D] = field(default_factory=lambda: deque([STILL] * 3))

    def obey(self, wish: Twist2D) -> None:
        self.late.append(wish)
        wish, limits = self.late.popleft(), PROFILE.limits
        slowing = abs(wish.vx) < abs(self.velocity.vx)
        most = (limits.deceleration_mps2 if slowing else limits.acceleration_mps2) * DT
        turn = limits.turn_acceleration_radps2 * DT
        vx = self.velocity.vx + float(np.clip(wish.vx - self.velocity.vx, -most, most))
        wz = self.velocity.wz + float(np.clip(wish.wz - self.velocity.wz, -turn, turn))
        self.velocity = Twist2D(vx, 0.0, wz)
        self.pose = self.pose @ Pose2D(vx * DT * 0.97, 0.0, wz * DT * 1.02)

    def told(self) -> Pose2D:
        dx, dy, turn = self.rng.uniform(-1.0, 1.0, 3) * (0.01, 0.01, 0.009)
        return Pose2D(self.pose.x + float(dx), self.pose.y + float(dy), wrap_angle(self.pose.yaw + float(turn)))


_COSTS: dict[bytes, Costs] = {}


def costs_with(things: Array, people: Array) -> Costs:
    """Made once for the same things and people."""
    key = things.tobytes() + b"|" + people.tobytes()
    if key not in _COSTS:
        _COSTS[key] = BARE if not len(things) + len(people) else costs(FLAT, things, people, SIZES)
    return _COSTS[key]


@dataclass
class Run:
    """One drive from a pose to a goal; what is around and what is known may be changed between `go` calls."""

    base: Base
    goal: Pose2D
    things: Array = field(default_factory=lambda: NONE)
    people: Array = field(default_factory=lambda: NONE)
    chain: ChainState | None = FREE
    silent: str | None = None
    lost: bool = False
    look_around: bool = False
    wheels: bool = True
    now: float = 100.0
    outcome: Outcome | None = None
    nearest: float = math.inf
    fastest: float = 0.0
    backed: float = 0.0
    asked: list[Trouble] = field(default_factory=list)
    acts: list[Act] = field(default_factory=list)
    state: Drive = field(init=False)

    def __post_init__(self) -> None:
        self.state = drive.begin(Goal(self.goal, *TIGHT), self.now)

    def go(self, seconds: float) -> Outcome | None:
        until = self.now + seconds
        while self.now < until and self.outcome is None:
            self.now += DT
            pose = None if self.lost else self.base.told()
            situation = Situation(pose, self.silent, self.base.velocity, self.chain, self.look_around)
            around = costs_with(self.things, self.people)
            maps = Maps(lambda a=around: a, lambda: costs_with(self.things, NONE), BARE, self.surroundings)
            self.state, wish, self.outcome = drive.step(self.state, situation, maps, LIMITS, self.now)
            if self.outcome is not None or self.silent is not None:
                assert wish == STILL
            if pose is None:
                assert wish.speed == 0.0
            self.note()
            self.base.obey(wish if self.wheels else STILL)
            self.nearest = min(self.nearest, around.distance_at(self.base.pose.x, self.base.pose.y))
            self.fastest = max(self.fastest, self.base.velocity.vx)
            self.backed = min(self.backed, self.base.velocity.vx)
        return self.outcome

    def note(self) -> None:
        if self.state.asks is not None:
            self.asked.append(self.state.asks)
        act = self.state.recovering.act
        if not self.acts or self.acts[-1] is not act:
            self.acts.append(act)

    def surroundings(self) -> Surroundings:
        bodies = np.zeros((len(self.people), 6))
        bodies[:, :2] = self.people
        return Surroundings(local.near(self.things, self.base.pose), BARE, bodies)

    def off(self) -> tuple[float, float]:
        pose = self.base.pose
        return pose.distance_to(self.goal.x, self.goal.y), abs(wrap_angle(pose.yaw - self.goal.yaw))


PLACES = [
    Pose2D(7.2, 5.0, 2.0),
    Pose2D(7.5, 1.5, -1.0),
    Pose2D(3.6, 5.6, 0.0),
    Pose2D(1.4, 5.9, 1.5),
    Pose2D(1.0, 3.5, -0.45),
    Pose2D(2.2, 1.5, 3.0),
]


@pytest.mark.parametrize("goal", PLACES)
def test_it_reaches_every_room(goal: Pose2D) -> None:
    run = Run(Base(DOCK), goal)
    assert run.go(90.0) == REACHED
    position, heading = run.off()
    assert position <= TIGHT[0] + 0.015  # what it is told is up to that much off
    assert heading <= TIGHT[1] + 0.01
    assert run.nearest > PROFILE.base.footprint_radius_m + PROFILE.safety.guard.obstacle_margin_m
    assert run.fastest <= PROFILE.navigation.cruise_speed_mps + 1e-9
    assert drive.distance_left(run.state, run.base.pose) < 0.15


def test_a_goal_it_stands_on_needs_only_a_turn() -> None:
    run = Run(Base(DOCK), replace(DOCK, yaw=2.5))
    assert run.go(10.0) == REACHED
    assert run.fastest < 0.01


def chair(apart: float) -> Array:
    """A leg so far, m, from (2.5, 2.8)."""
    return np.array([[2.5 + apart * 0.79, 2.8 - apart * 0.61]])


@pytest.mark.parametrize("apart", [0.27, 0.29, 0.31, 0.33])
def test_where_it_stands_already_it_only_turns_however_near_a_chair_is(apart: float) -> None:
    run = Run(Base(Pose2D(2.5, 2.8, 0.4)), Pose2D(2.5, 2.8, 1.57), things=chair(apart))
    assert run.go(10.0) == REACHED
    assert run.fastest < 0.05


@pytest.mark.parametrize("start", [Pose2D(2.45, 3.1, -1.6), Pose2D(1.4, 2.6, 0.0)])
def test_beside_a_chair_that_the_lidar_shows_a_little_too_near_it_stops_a_little_short(start: Pose2D) -> None:
    class Unsure(Run):
        def surroundings(self) -> Surroundings:
            return replace(super().surroundings(), near=local.near(chair(0.285), self.base.pose))

    run = Unsure(Base(start), Pose2D(2.5, 2.8, 1.57), things=chair(0.33))
    assert run.go(25.0) == REACHED
    assert run.off()[0] <= TIGHT[0] + 0.015


@given(st.floats(-3.1, 3.1), st.floats(1.4, 4.4), st.floats(2.2, 3.6), st.floats(-3.1, 3.1))
@settings(max_examples=5)
def test_it_reaches_any_place_from_any_heading(heading: float, x: float, y: float, final: float) -> None:
    run = Run(Base(Pose2D(2.5, 2.8, heading)), Pose2D(x, y, final))
    assert run.go(40.0) == REACHED
    assert max(run.off()) < 0.09


def test_progress_along_a_path_never_goes_back_nor_jumps_to_a_later_part() -> None:
    hairpin = np.array([[0.0, 0.0], [3.0, 0.0], [3.0, 0.4], [0.0, 0.4]])
    assert project(hairpin, Pose2D(1.0, 0.35, 0.0), 0.8) == pytest.approx(1.0)
    assert project(hairpin, Pose2D(0.5, 0.0, 0.0), 0.8) == pytest.approx(0.8)
    assert point_at(hairpin, 3.2) == pytest.approx((3.0, 0.2))
    assert point_at(hairpin, 99.0) == pytest.approx((0.0, 0.4))
    assert length_of(rest(hairpin, 3.2)) == pytest.approx(3.2)


# Reasons to give up


def reason(outcome: Outcome | None) -> str:
    assert outcome is not None
    assert not outcome.reached
    word, _, sentence = outcome.reason.partition(": ")
    assert len(sentence) > 10
    return word


def test_no_path_is_said_at_once() -> None:
    run = Run(Base(DOCK), Pose2D(0.55, 1.7, 0.0))  # the sofa
    assert reason(run.go(0.2)) == "no_path"


def test_a_latched_stop_ends_it() -> None:
    run = Run(Base(DOCK), PLACES[0])
    assert run.go(5.0) is None
    run.chain = replace(FREE, stop_latched=True, stop_reason="nurse: wet floor")
    assert reason(run.go(0.2)) == "stopped"
    assert run.outcome is not None
    assert "wet floor" in run.outcome.reason


@pytest.mark.parametrize("what", ["lost", "silent"])
def test_a_pose_that_comes_back_in_time_is_waited_for(what: str) -> None:
    run = Run(Base(DOCK), PLACES[0])
    assert run.go(4.0) is None
    for seconds, ends in ((UNKNOWN_POSE_S - 0.5, False), (UNKNOWN_POSE_S + 0.5, True)):
        if what == "lost":
            run.lost = True
        else:
            run.silent = "the lidar is silent"
        assert (run.go(seconds) is not None) == ends
        run.lost, run.silent = False, None
        run.go(0.5)
    assert reason(run.outcome) == "unknown_pose"


def test_wheels_that_do_not_move_it_are_blocked_with_the_guards_reason() -> None:
    run = Run(Base(DOCK), PLACES[0], wheels=False)
    run.chain = replace(FREE, reasons=("person_close: 0.40 m away, not nearer than 0.45 m",))
    assert run.go(LIMITS.blocked_after - 0.5) is None
    assert reason(run.go(2.0)) == "blocked"
    assert run.outcome is not None
    assert "person_close" in run.outcome.reason


@pytest.mark.parametrize("chain", [None, replace(FREE, reasons=("persons_stale: 1.20 s old, limit 0.3 s",))])
def test_a_process_that_restarts_is_waited_for_but_not_for_ever(chain: ChainState | None) -> None:
    run = Run(Base(DOCK), PLACES[0], wheels=False, chain=chain)
    assert run.go(LIMITS.blocked_after + 5.0) is None
    assert reason(run.go(drive.HELD_S + LIMITS.blocked_after)) == "blocked"


SHUT = np.array([[x, 4.2] for x in np.arange(3.7, 4.7, 0.04)])


def test_a_door_that_shuts_is_waited_at_and_then_given_up() -> None:
    run = Run(Base(DOCK), Pose2D(3.6, 5.6, 0.0))
    assert run.go(4.0) is None
    run.things = SHUT
    assert run.go(3.0) is None
    assert run.base.velocity.speed < 0.01
    assert reason(run.go(LIMITS.blocked_after + 1.0)) == "blocked"
    assert run.acts[:4] == [Act.DRIVE, Act.BACK, Act.LOOK, Act.DRIVE]
    assert run.acts[-1] is Act.GIVE_UP
    assert run.outcome is not None
    assert "no free way" in run.outcome.reason


def test_a_door_that_opens_again_is_passed() -> None:
    run = Run(Base(DOCK), Pose2D(3.6, 5.6, 0.0))
    run.go(4.0)
    run.things = SHUT
    assert run.go(3.0) is None
    run.things = NONE
    assert run.go(60.0) == REACHED


def test_something_put_in_its_way_is_driven_around() -> None:
    run = Run(Base(Pose2D(1.2, 2.6, 0.0)), Pose2D(4.6, 2.6, 0.0))
    assert run.go(1.5) is None
    run.things = np.array([[3.2, 2.6], [3.2, 2.5], [3.2, 2.7]])
    assert run.go(40.0) == REACHED
    assert run.nearest > PROFILE.base.footprint_radius_m + PROFILE.safety.guard.obstacle_margin_m


def test_it_keeps_its_path_while_things_flicker() -> None:
    """Two ways around a box, now the one and now the other a little shorter: it must not turn back and forth."""
    box = [[3.0, 2.6 + dy] for dy in np.arange(-0.3, 0.31, 0.05)]
    left, right = (np.array([*box, [3.0, 2.6 + dy]]) for dy in (1.1, -1.1))
    run = Run(Base(Pose2D(1.2, 2.6, 0.0)), Pose2D(4.6, 2.6, 0.0))
    paths = []
    for k in range(60):
        run.things = left if k % 2 else right
        run.go(drive.REPLAN_S)
        if not paths or run.state.path_in_map is not paths[-1]:
            paths.append(run.state.path_in_map)
    assert run.outcome == REACHED
    assert len(paths) <= 2


def test_goals_that_flip_between_blocked_and_free_still_end() -> None:
    """Someone who steps in and out of the only door: no path is no progress."""
    run = Run(Base(Pose2D(4.2, 3.6, 1.57)), Pose2D(3.6, 5.6, 0.0), wheels=False)
    for k in range(40):
        run.things = SHUT if k % 2 else NONE
        run.go(0.8)
    assert reason(run.outcome) == "blocked"


# People


def somebody(x: float, y: float) -> Array:
    return np.array([[x, y], [x, y + 0.2], [x, y - 0.2]])


def test_somebody_on_the_goal_is_asked_and_then_given_up_by_that_reason() -> None:
    run = Run(Base(DOCK), Pose2D(3.0, 3.3, 0.0), people=somebody(3.0, 3.3))
    assert reason(run.go(60.0)) == "blocked"
    assert run.outcome is not None
    assert run.outcome.reason == "blocked: a person stands on the goal"
    assert run.asked[:2] == [Trouble.ON_GOAL, Trouble.ON_GOAL]
    apart = min(run.base.pose.distance_to(x, y) for x, y in run.people)
    assert LIMITS.control.person_stop < apart < 2.0  # it drove up to her, and not too near


def test_somebody_in_the_only_door_is_asked_and_passed_when_she_has_gone() -> None:
    run = Run(Base(Pose2D(4.2, 2.6, 1.57)), Pose2D(3.6, 5.6, 0.0), people=somebody(4.2, 4.2))
    while not run.asked and run.outcome is None:
        run.go(0.5)
    assert run.asked == [Trouble.PERSON]
    run.people = NONE
    assert run.go(60.0) == REACHED


def test_while_lost_it_turns_where_that_may_help_and_never_drives() -> None:
    run = Run(Base(DOCK), PLACES[0], lost=True, look_around=True)
    run.go(5.0)
    assert run.outcome is None
    assert abs(wrap_angle(run.base.pose.yaw - DOCK.yaw)) > 1.0
    assert run.base.pose.distance_to(DOCK.x, DOCK.y) < 0.01
    assert reason(run.go(drive.SEARCH_S)) == "unknown_pose"


def test_a_goal_that_moves_on_is_followed_without_a_stop() -> None:
    """As when it follows somebody: the goal keeps about a metre ahead."""
    run = Run(Base(Pose2D(1.2, 2.8, 0.0)), Pose2D(2.2, 2.8, 0.0))
    run.go(1.5)
    slowest = math.inf
    for k in range(6):
        goal = Goal(Pose2D(2.6 + 0.2 * k, 2.8, 0.0), *TIGHT)
        run.state = drive.moved_on(run.state, goal, run.base.velocity.vx > 0.1, run.now)
        run.go(0.5)
        slowest = min(slowest, run.base.velocity.vx)
    assert slowest > 0.25 and run.outcome is None
    assert run.go(12.0) == REACHED and abs(run.base.pose.x - 3.6) < 0.06


def test_a_goal_that_moves_on_does_not_hide_that_it_is_stuck() -> None:
    run = Run(Base(Pose2D(1.2, 2.8, 0.0)), Pose2D(3.0, 2.8, 0.0), wheels=False)
    for k in range(80):
        goal = Goal(Pose2D(3.0 + 0.02 * k, 2.8, 0.0), *TIGHT)
        run.state = drive.moved_on(run.state, goal, run.base.velocity.vx > 0.1, run.now)
        if run.go(1.0) is not None:
            break
    assert run.outcome is not None and run.outcome.reason.startswith("blocked")
