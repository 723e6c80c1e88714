"""Processes killed while the robot drives, and in the middle of an incident."""

from pathlib import Path

import pytest

from tests.system.playing import play, why

WHEELS_ZERO_WITHIN_S = 0.5
BACK_WITHIN_S = 3.0
PROCESSES = {"perception", "safety", "bridge", "navigation", "console", "behaviors"}
pytestmark = pytest.mark.timeout(660)


def test_the_robot_stands_at_once_whichever_process_dies_and_then_goes_on(tmp_path: Path) -> None:
    result = play("kills_driving", 1, tmp_path)
    outages = {outage["process"]: outage for outage in result["metrics"]["outages"]}
    assert set(outages) == PROCESSES, why(result)
    for name, outage in outages.items():
        assert outage["wheels_zero_after_s"] is not None, (name, why(result))
        assert outage["wheels_zero_after_s"] <= WHEELS_ZERO_WITHIN_S, (name, why(result))
        assert outage["back_after_s"] is not None, (name, why(result))
        assert outage["back_after_s"] <= BACK_WITHIN_S, (name, why(result))
    moving = [name for name, outage in outages.items() if outage["speed_mps"] > 0.1]
    assert len(moving) >= 3, outages  # the stop was a stop
    assert result["passed"], why(result)  # it reached its place in the end


@pytest.mark.thorough  # its store is killed between any two events in every run: test_incident_store.py
def test_the_alarm_survives_kills_in_the_middle_of_an_incident(tmp_path: Path) -> None:
    result = play("kills", 1, tmp_path)
    assert len(result["metrics"]["outages"]) == 6, why(result)
    assert result["passed"], why(result)
    assert result["alarmed"] == ["nurse"], why(result)
