"""Docking and leaving: every phase under every event, and whole dockings in closed loop behind the real guard."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from kangban.dock import docked_in_dock
from kangban.profile import Profile
from kangban.values import (
    STILL,
    Array,
    ChainState,
    ControllerState,
    Odometry,
    Person,
    Persons,
    Pose2D,
    Posture,
    Twist2D,
    wrap_angle,
)
from navigation.control.limits import ControlLimits
from navigation.docking import machine, track
from navigation.docking.machine import Berth, Phase, Sight
from navigation.drive import DriveLimits, Outcome, Situation
from navigation.recovery import Trouble
from safety.guard import GuardLimits, Readings, judge
from sim.docks import touches
from tests.unit.dock_world import CONTACTS, PROFILE, plates, scan, wall

LIMITS = DriveLimits(ControlLimits.of(PROFILE), PROFILE.navigation.blocked_after_s)
SITE_DOCK = Pose2D(0.0, 0.0, 0.0)  # the map's frame is the dock's, so `pose_in_map` is the robot in the dock
DOCKED = docked_in_dock(CONTACTS)
DT = 0.05
FREE = ChainState(0.0, "nav", STILL, STILL, (), False, "")
HELD = replace(FREE, reasons=("person_close: 0.30 m away, not nearer than 0.45 m",))
LATCHED = replace(FREE, stop_latched=True, stop_reason="nurse: stop")


class NoMaps:
    """Nothing but STAGE plans, and the tests end where it begins."""

    def __getattr__(self, name: str) -> object:
        raise AssertionError(f"{name} is not needed here")


def sight(robot: Pose2D | None, **changes: object) -> Sight:
    """`robot`: in the dock's frame, as it is seen; odometry starts in that frame too."""
    dock = None if robot is None else robot.inverse()
    base = Pose2D(-0.85, 0.0, 0.0) if robot is None else robot
    return replace(Sight(base, dock, True, 1, False, SITE_DOCK), **changes)  # type: ignore[arg-type]


def situation(robot: Pose2D | None = None, chain: ChainState | None = FREE, silent: str | None = None) -> Situation:
    return Situation(robot, silent, STILL, chain)


def act(
    berth: Berth, seen: Sight, seconds: float = DT, now: float = 0.0, where: Situation | None = None
) -> tuple[Berth, Twist2D, Outcome | None]:
    """Stepped for so long with the same sight, or until it ends or begins to stage."""
    wish, outcome = STILL, None
    for k in range(max(1, round(seconds / DT))):
        berth, _, wish, outcome = machine.step(
            berth, None, seen, where or situation(), NoMaps(), LIMITS, CONTACTS, now + (k + 1) * DT  # type: ignore[arg-type]
        )  # fmt: skip
        if outcome is not None or berth.phase is Phase.STAGE:
            break
    return berth, wish, outcome


def in_phase(phase: Phase, **changes: object) -> Berth:
    left = float("inf") if phase is Phase.CREEP else 0.0
    return replace(Berth(True, phase, 0.0, 0.0, left=left), **changes)  # type: ignore[arg-type]


AHEAD = Pose2D(-0.85, 0.02, 0.03)
NEAR = Pose2D(DOCKED.x - 0.03, 0.0, 0.0)


@pytest.mark.parametrize("phase", [p for p in Phase if p is not Phase.STAGE])
def test_a_latched_stop_ends_every_phase(phase: Phase) -> None:
    _, wish, outcome = act(in_phase(phase), sight(AHEAD), where=situation(chain=LATCHED))
    assert wish == STILL and outcome is not None and outcome.reason.startswith("stopped: the stop is latched")


@pytest.mark.parametrize("phase", [p for p in Phase if p is not Phase.STAGE])
@pytest.mark.parametrize("what", ["silent lidar", "no odometry"])
def test_a_silent_sensor_means_standing_and_then_the_end(phase: Phase, what: str) -> None:
    lidar = what == "silent lidar"
    seen = sight(AHEAD) if lidar else sight(AHEAD, base_in_odom=None)
    where = situation(silent="the lidar is silent" if lidar else None)
    berth, wish, outcome = act(in_phase(phase), seen, machine.SILENT_S - 0.2, where=where)
    assert wish == STILL and outcome is None and berth.phase is phase
    _, _, outcome = act(in_phase(phase), seen, machine.SILENT_S + 0.5, where=where)
    assert outcome is not None and outcome.reason.startswith("unknown_pose: the ")


def test_looking_goes_on_to_creep_once_the_dock_is_known() -> None:
    berth, wish, _ = act(in_phase(Phase.LOOK), sight(AHEAD))
    assert berth.phase is Phase.CREEP and wish == STILL


def test_without_its_tag_a_dock_is_waited_for_and_then_taken_by_its_shape() -> None:
    bare = sight(AHEAD, tag=False)
    assert act(in_phase(Phase.LOOK), bare, machine.TAG_WAIT_S - 0.1)[0].phase is Phase.LOOK
    assert act(in_phase(Phase.LOOK), bare, machine.TAG_WAIT_S + 0.2)[0].phase is Phase.CREEP


@pytest.mark.parametrize("place", [Pose2D(-0.85, 0.2, 0.0), Pose2D(-0.85, 0.0, 0.4), Pose2D(-0.45, 0.0, 0.0)])
def test_beside_its_axis_it_stages_anew_in_front_of_where_the_dock_is(place: Pose2D) -> None:
    berth, _, _ = act(in_phase(Phase.LOOK), sight(place), where=situation(place))
    assert berth.phase is Phase.STAGE and berth.restaged == 1 and berth.tries == 0
    assert berth.goal is not None
    assert berth.goal.pose_in_map.x == pytest.approx(-machine.STAGE_M) and berth.goal.pose_in_map.y == pytest.approx(
        0.0
    )


@pytest.mark.parametrize(
    ("seen", "word"),
    [
        (sight(None, tag=False, choices=0), "no_dock: neither"),
        (sight(None, tag=False, choices=2), "not_sure: the tag is not seen"),
        (sight(None, tag=True), "not_sure: the tag is seen, but"),
    ],
)
def test_what_is_not_found_is_tried_again_and_then_given_up_with_a_reason(seen: Sight, word: str) -> None:
    berth, _, outcome = act(in_phase(Phase.LOOK), seen, machine.LOOK_S + 1.0)
    assert outcome is None and berth.phase is Phase.STAGE and berth.tries == 1
    last = in_phase(Phase.LOOK, tries=CONTACTS.tries - 1)
    _, wish, outcome = act(last, seen, machine.LOOK_S + 1.0)
    assert wish == STILL and outcome is not None and not outcome.reached
    assert outcome.reason.startswith(word) and f"tried {CONTACTS.tries} times" in outcome.reason


def test_creeping_is_slow_and_slower_at_the_end() -> None:
    _, far, _ = act(in_phase(Phase.CREEP), sight(AHEAD), 1.0)
    _, near, _ = act(in_phase(Phase.CREEP), sight(NEAR), 1.0)
    assert 0.05 < far.vx <= CONTACTS.approach_speed_mps
    assert 0.0 < near.vx <= CONTACTS.contact_speed_mps + 1e-9


def test_it_steers_towards_the_axis() -> None:
    left, right = (act(in_phase(Phase.CREEP), sight(Pose2D(-0.7, y, 0.0)), 0.5)[1] for y in (0.06, -0.06))
    assert left.wz < -0.02 and right.wz > 0.02


def test_a_dock_that_is_lost_stops_it_and_then_ends_the_try() -> None:
    lost = sight(None)
    berth, wish, _ = act(in_phase(Phase.CREEP), lost, machine.LOST_S - 0.2)
    assert berth.phase is Phase.CREEP and wish == STILL
    berth, _, _ = act(in_phase(Phase.CREEP), lost, machine.LOST_S + 0.2)
    assert berth.phase is Phase.BACK and berth.tries == 1


def test_askew_at_the_end_it_backs_off() -> None:
    assert act(in_phase(Phase.CREEP), sight(Pose2D(NEAR.x, 0.03, 0.0)))[0].phase is Phase.BACK
    assert act(in_phase(Phase.CREEP), sight(Pose2D(NEAR.x, 0.0, 0.1)))[0].phase is Phase.BACK
    assert act(in_phase(Phase.CREEP), sight(Pose2D(NEAR.x - 0.2, 0.03, 0.1)))[0].phase is Phase.CREEP


def test_fed_for_a_while_is_docked() -> None:
    berth, wish, _ = act(in_phase(Phase.CREEP), sight(NEAR, charging=True))
    assert berth.phase is Phase.SETTLE and wish == STILL
    _, _, outcome = act(in_phase(Phase.SETTLE), sight(NEAR, charging=True), machine.TELL_S - 0.2)
    assert outcome is None
    _, _, outcome = act(in_phase(Phase.SETTLE), sight(NEAR, charging=True), machine.TELL_S + 0.2)
    assert outcome is not None and outcome.reached


def test_in_the_dock_and_not_fed_is_no_contact() -> None:
    over = sight(Pose2D(DOCKED.x + machine.OVER_M + 0.001, 0.0, 0.0))
    assert act(in_phase(Phase.CREEP), over)[0].phase is Phase.SETTLE
    berth, _, _ = act(in_phase(Phase.SETTLE), over, machine.TELL_S + 0.2)
    assert berth.phase is Phase.BACK and berth.failed is not None and berth.failed.value == "no_contact"


def test_where_the_motors_cannot_tell_the_place_counts() -> None:
    _, _, outcome = act(in_phase(Phase.CREEP), sight(Pose2D(DOCKED.x + 0.001, 0.0, 0.0), charging=None))
    assert outcome is not None and outcome.reached


def test_a_person_in_the_way_is_asked_once_and_then_the_try_is_over() -> None:
    berth, asked = in_phase(Phase.CREEP), []
    for k in range(round((machine.STUCK_S + 0.5) / DT)):
        berth, _, _ = act(berth, sight(AHEAD), now=k * DT, where=situation(chain=HELD))
        asked += [berth.asks] if berth.asks else []
        if berth.phase is not Phase.CREEP:
            break
    assert asked == [Trouble.PERSON]
    assert berth.phase is Phase.BACK and berth.failed is not None and berth.failed.value == "person"


@pytest.mark.parametrize(("docks", "then"), [(True, Phase.STAGE), (False, None)])
def test_leaving_backs_straight_out(docks: bool, then: Phase | None) -> None:
    berth, base, outcome = machine.leave(docks, 0.0), Pose2D(DOCKED.x, 0.0, 0.0), None
    for k in range(400):
        berth, wish, outcome = act(berth, sight(base), now=k * DT)
        assert wish.wz == 0.0 and wish.vy == 0.0 and -LIMITS.control.back <= wish.vx <= 0.0
        base = base @ Pose2D(wish.vx * DT, 0.0, 0.0)
        if outcome is not None or berth.phase is not Phase.LEAVE:
            break
    assert DOCKED.x - base.x == pytest.approx(machine.LEAVE_M, abs=0.03)
    assert berth.phase is then if then else (outcome is not None and outcome.reached)


def test_who_cannot_back_out_says_so() -> None:
    _, _, outcome = act(machine.leave(False, 0.0), sight(DOCKED), machine.STUCK_S + 1.0, where=situation(chain=HELD))
    assert outcome is not None and outcome.reason.startswith("blocked: it can't back out of its dock: person_close")


def test_backing_off_ends_in_another_try_or_in_giving_up() -> None:
    def back(tries: int) -> tuple[Berth, Outcome | None]:
        berth, base, outcome = in_phase(Phase.BACK, tries=tries, failed=machine.Try.ASKEW), NEAR, None
        for k in range(400):
            berth, wish, outcome = act(berth, sight(base), now=k * DT)
            base = base @ Pose2D(wish.vx * DT, 0.0, 0.0)
            if outcome is not None or berth.phase is not Phase.BACK:
                break
        return berth, outcome

    assert back(1)[0].phase is Phase.STAGE
    _, outcome = back(CONTACTS.tries)
    assert outcome is not None and outcome.reason.startswith("no_contact: it came in askew")


def test_what_counts_as_standing_in_the_dock() -> None:
    docked = Pose2D(1.0, 2.0, 0.5)
    assert machine.in_dock(docked, None, docked) and machine.in_dock(None, True, docked)
    assert machine.in_dock(docked @ Pose2D(-0.2, 0.0, 0.0), False, docked)
    assert not machine.in_dock(docked @ Pose2D(-0.6, 0.0, 0.0), False, docked)
    assert not machine.in_dock(docked @ Pose2D(0.0, 0.0, 1.6), False, docked)
    assert not machine.in_dock(None, None, docked) and not machine.in_dock(None, False, docked)


# In closed loop, behind the guard


class Yard:
    """A base that obeys late before a dock at `dock` (map frame), the scans that it sees, and the real guard."""

    def __init__(self, start: Pose2D, dock: Pose2D, seed: int, person: Array | None = None) -> None:
        self.pose, self.dock, self.person, self.now = start, dock, person, 0.0
        self.rng = np.random.default_rng(seed)
        self.velocity, self.late = STILL, deque([STILL] * 4)
        self.track, self.berth = track.NOTHING, in_phase(Phase.LOOK)
        self.chain, self.fastest_in = FREE, 0.0
        self.outcome: Outcome | None = None
        self.guard = GuardLimits.of(PROFILE)

    @property
    def fed(self) -> bool:
        return touches(self.pose, self.dock, CONTACTS)

    def run(self, seconds: float, until: Callable[[], bool] = lambda: False) -> None:
        for k in range(round(seconds / DT)):
            self.now += DT
            self._drive(k % 2 == 0)
            if self.outcome is not None or self.berth.phase in (Phase.STAGE, Phase.BACK) or until():
                return

    def _drive(self, scans: bool) -> None:
        odometry = Odometry(self.now, self.pose, self.velocity)
        if scans:
            self.scan = scan([*plates(self.dock), wall(self.dock @ Pose2D(0.24, 0, 0))], self.rng, self.pose, self.now)
            points = Pose2D(PROFILE.lidar.mount.x_m, 0.0, 0.0).transform(self.scan.points_in_lidar())
            expected = self.pose.inverse() @ SITE_DOCK
            self.track = track.saw_scan(self.track, points, odometry, self.now, expected)
        dock = self.track.dock_in_base(self.pose, self.now) if self.track.settled else None
        seen = Sight(self.pose, dock, True, self.track.choices, self.fed, SITE_DOCK)
        self.berth, _, wish, self.outcome = machine.step(
            self.berth, None, seen, Situation(self.pose, None, self.velocity, self.chain), NoMaps(), LIMITS,  # type: ignore[arg-type]
            CONTACTS, self.now,
        )  # fmt: skip
        persons = Persons(self.now, () if self.person is None else (somebody(self.pose, self.person),))
        controller = ControllerState(self.now, True, True, False, False, (), (), self.velocity, None, 0, 0, 0, None)
        verdict = judge(wish, Readings(self.scan, persons, odometry, controller), self.guard, self.now)
        self.chain = ChainState(self.now, "nav", wish, verdict.velocity, verdict.reasons, False, "")
        self.late.append(verdict.velocity)
        goes, most = self.late.popleft(), PROFILE.limits.deceleration_mps2 * DT
        self.velocity = Twist2D(
            self.velocity.vx + float(np.clip(goes.vx - self.velocity.vx, -most, most)), 0.0, goes.wz
        )
        if self.fed:
            self.fastest_in = max(self.fastest_in, abs(self.velocity.vx))
        self.pose = self.pose @ Pose2D(self.velocity.vx * DT * 0.98, 0.0, self.velocity.wz * DT * 1.02)


def somebody(base: Pose2D, at: Array) -> Person:
    place = base.inverse().transform(at[None])[0]
    points = np.array([[place[0], place[1], 0.9]])
    return Person(1, True, Posture.STANDING, 0.9, None, None, None, points, None, None)


@pytest.mark.parametrize("seed", range(8))
def test_it_docks_from_wherever_it_stages_and_the_guard_lets_it(seed: int) -> None:
    rng = np.random.default_rng(100 + seed)
    start = Pose2D(-0.85 + rng.uniform(-0.1, 0.1), rng.uniform(-0.08, 0.08), rng.uniform(-0.15, 0.15))
    yard = Yard(start, SITE_DOCK, seed)
    yard.run(40.0)
    off = (SITE_DOCK @ DOCKED).inverse() @ yard.pose
    assert yard.outcome is not None and yard.outcome.reached and yard.fed
    assert abs(off.x) < 0.01 and abs(off.y) < 0.02 and abs(wrap_angle(off.yaw)) < 0.052
    assert yard.fastest_in <= 0.05


def test_a_dock_that_was_turned_by_ten_degrees_is_docked_into_where_it_is() -> None:
    moved = Pose2D(0.0, 0.06, 0.17)
    yard = Yard(moved @ Pose2D(-0.85, 0.03, 0.0), moved, 4)
    yard.run(40.0)
    off = (moved @ DOCKED).inverse() @ yard.pose
    assert yard.outcome is not None and yard.outcome.reached
    assert abs(off.y) < 0.02 and abs(off.yaw) < 0.052


def test_a_person_at_the_dock_is_never_driven_up_to() -> None:
    yard = Yard(AHEAD, SITE_DOCK, 5, person=np.array([-0.05, 0.3]))
    nearest = []
    yard.run(30.0, until=lambda: bool(nearest.append(yard.pose.distance_to(-0.05, 0.3))))
    assert yard.berth.phase is Phase.BACK
    edge = min(nearest) - PROFILE.base.footprint_radius_m
    assert edge >= PROFILE.safety.guard.person_stop_m - 0.02


def test_a_dock_carried_away_while_it_creeps_is_not_driven_after() -> None:
    yard = Yard(AHEAD, SITE_DOCK, 6)
    yard.run(20.0, until=lambda: yard.pose.x > -0.6)
    yard.dock = Pose2D(0.0, 1.5, 0.0)
    before = yard.pose
    yard.run(10.0)
    assert yard.berth.phase is Phase.BACK and yard.pose.distance_to(before.x, before.y) < 0.15


def test_the_profile_of_the_companion_docks() -> None:
    assert isinstance(PROFILE, Profile) and PROFILE.docking is not None
    assert PROFILE.docking.contact_x_m > PROFILE.base.footprint_radius_m
