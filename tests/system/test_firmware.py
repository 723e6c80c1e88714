"""The whole stack against the C firmware: it runs in QEMU, reads encoders and drives the simulated robot's wheels."""

from pathlib import Path

import pytest

from tests.system.playing import play, why

pytestmark = pytest.mark.timeout(660)


def test_a_fall_is_resolved_with_the_firmware_at_the_wheels(tmp_path: Path) -> None:
    result = play("fall", 1, tmp_path, options=("--controller", "qemu"))
    assert result["passed"], why(result)
    assert result["outcome"] == "resolved" and result["metrics"]["collisions"] == 0
    assert Path(result["artifacts"]["strip"]).stat().st_size > 10_000
