"""Steps down: what each sensor says and which way the robot wishes to go, and what may pass."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from kangban.profile import Cliff
from kangban.range_values import Range
from kangban.values import Twist2D
from safety.guard import GuardLimits, judge
from tests.unit.test_safety_guard import LIMITS, NOW, keys, readings

HIGH, PITCH = 0.45, 0.94  # meets the floor 0.33 m ahead of itself
FLAT = HIGH / math.sin(PITCH)
TIMEOUT = LIMITS.rules.source_timeout_s


def sensor(name: str, yaw: float) -> dict[str, object]:
    return {"name": name, "mount": {"x_m": 0.22, "y_m": 0.0, "z_m": HIGH, "yaw_rad": yaw, "pitch_rad": PITCH}}


NAMES = ("left", "middle", "right")
CLIFF = Cliff.model_validate(
    {
        "rate_hz": 20.0,
        "range_max_m": 1.5,
        "max_drop_m": 0.04,
        "sensors": [sensor(name, yaw) for name, yaw in zip(NAMES, (0.6, 0.0, -0.6), strict=True)],
    }
)
WITH: GuardLimits = replace(LIMITS, cliff=CLIFF)
FLOOR = tuple(Range(NOW, 1.5, FLAT) for _ in NAMES)
SAYS: dict[str, Range | None] = {
    "cliff": Range(NOW, 1.5, math.inf),
    "cliff_missing": None,
    "cliff_stale": Range(NOW - TIMEOUT - 0.01, 1.5, FLAT),
    "cliff_blind": Range(NOW, 1.5, math.nan),
}
WISHES = {
    "forward": Twist2D(0.2, 0.0, 0.0),
    "forward in a curve": Twist2D(0.2, 0.0, -0.5),
    "backward": Twist2D(-0.2, 0.0, 0.0),
    "backward in a curve": Twist2D(-0.2, 0.0, 0.5),
    "turning": Twist2D(0.0, 0.0, 0.8),
}


@pytest.mark.parametrize("wish", WISHES)
@pytest.mark.parametrize("at", range(len(NAMES)))
@pytest.mark.parametrize("fault", SAYS)
def test_towards_what_is_no_floor_nothing_passes_and_away_from_it_all_does(wish: str, at: int, fault: str) -> None:
    floor = (*FLOOR[:at], SAYS[fault], *FLOOR[at + 1 :])
    verdict = judge(WISHES[wish], readings(floor=floor), WITH, NOW)
    if wish.startswith("forward"):
        assert verdict.velocity == Twist2D(0.0, 0.0, 0.0)
        assert fault in keys(verdict.reasons)
        assert any(NAMES[at] in reason for reason in verdict.reasons)
    else:
        assert verdict.velocity == WISHES[wish]


@pytest.mark.parametrize("wish", WISHES)
def test_over_a_floor_it_passes(wish: str) -> None:
    assert judge(WISHES[wish], readings(floor=FLOOR), WITH, NOW).velocity == WISHES[wish]


def test_a_threshold_passes_and_a_step_does_not() -> None:
    for deeper, passes in ((-0.10, True), (0.03, True), (0.05, False)):
        one = Range(NOW, 1.5, (HIGH + deeper) / math.sin(PITCH))
        verdict = judge(WISHES["forward"], readings(floor=(one, *FLOOR[1:])), WITH, NOW)
        assert (verdict.velocity == WISHES["forward"]) is passes, deeper


def test_it_drives_no_faster_than_it_could_stand_before_the_next_it_sees() -> None:
    """From what it sees (less the footprint): reaction, the ramp of the brakes and braking must end before it."""
    verdict = judge(Twist2D(0.5, 0.0, 0.0), readings(floor=FLOOR), WITH, NOW)
    speed = verdict.velocity.vx
    ahead = 0.22 + (HIGH / math.tan(PITCH)) * math.cos(0.6) - WITH.footprint_radius_m  # the sensors at the side
    assert speed * WITH.delay_s + speed**2 / (2.0 * WITH.deceleration_mps2) <= ahead + 1e-9
    assert speed > 0.3


def test_a_robot_without_the_sensor_is_as_before() -> None:
    assert judge(WISHES["forward"], readings(), LIMITS, NOW).velocity == WISHES["forward"]
    assert keys(judge(WISHES["forward"], readings(), WITH, NOW).reasons) == ["cliff_missing"] * 3


@pytest.mark.parametrize(("key", "value"), [("pitch_rad", 0.0), ("z_m", -0.1), ("pitch_rad", 2.0)])
def test_a_mount_that_does_not_see_the_floor_is_refused(key: str, value: float) -> None:
    raw = CLIFF.model_dump()
    raw["sensors"][0]["mount"][key] = value
    with pytest.raises(ValueError, match="left"):
        Cliff.model_validate(raw)


def test_a_sensor_that_cannot_reach_the_step_is_refused() -> None:
    with pytest.raises(ValueError, match=r"range_max_m is 0\.5"):
        Cliff.model_validate({**CLIFF.model_dump(), "range_max_m": 0.5})
