"""Each process killed in the middle of an incident: wheels told zero, process back, alarm not lost."""

from pathlib import Path

import pytest
from playing import play, why

WHEELS_ZERO_WITHIN_S = 0.5
BACK_WITHIN_S = 3.0
DRIVING = ("perception", "safety", "bridge", "navigation")


@pytest.mark.timeout(660)
def test_the_alarm_survives_the_death_of_every_process(tmp_path: Path) -> None:
    result = play("kills", 1, tmp_path)
    outages = {outage["process"]: outage for outage in result["metrics"]["outages"]}
    assert set(outages) == {"perception", "safety", "bridge", "navigation", "console", "behaviors"}, why(result)
    for name, outage in outages.items():
        assert outage["wheels_zero_after_s"] is not None, name
        assert outage["wheels_zero_after_s"] <= WHEELS_ZERO_WITHIN_S, (name, outage, why(result))
        assert outage["back_after_s"] is not None, name
        assert outage["back_after_s"] <= BACK_WITHIN_S, (name, outage, why(result))
    assert result["passed"], why(result)
