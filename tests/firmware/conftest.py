"""The firmware is built once for all tests here; make does only what is missing."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

FIRMWARE = Path(__file__).parents[2] / "firmware_bridge" / "firmware"


@pytest.fixture(scope="session")
def built() -> Path:
    """The folder with what `make` built: both boards, the core for this machine, its fuzzer."""
    parallel = f"-j{os.cpu_count() or 1}"
    made = subprocess.run(
        ["make", "-s", parallel, "-C", str(FIRMWARE), "all", "host", "fuzzer"], capture_output=True, text=True
    )
    assert made.returncode == 0, made.stdout + made.stderr
    return FIRMWARE / "build"
