"""While a bridge runs, its port is its own: for a second bridge, for another program, for one that asks for nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from firmware_bridge.node import BridgeNode
from kangban.config import Config
from kangban.node import NodeError
from tests.contract.bridge_world import World, configured, world_of

NOBODY = 65534
ANOTHER_PROGRAM = "import serial, sys; serial.Serial(sys.argv[1], exclusive=True)"


@pytest.fixture(params=["companion", "lekiwi"])
def config(request: pytest.FixtureRequest, tmp_path: Path) -> Config:
    return configured(request.param, tmp_path)


@pytest.fixture
def world(tmp_path: Path, config: Config) -> Iterator[World]:
    with world_of(config, tmp_path) as scene:
        scene.armed()
        yield scene


def terminal(config: Config) -> str:
    return os.path.realpath(config.profile.motors.port)


def test_a_second_bridge_is_refused_with_what_to_do(world: World, config: Config) -> None:
    with pytest.raises(NodeError, match="another program holds the port; end it"):
        BridgeNode(config)


def test_another_program_that_wants_it_for_itself_is_refused(world: World, config: Config) -> None:
    other = subprocess.run(
        [sys.executable, "-c", ANOTHER_PROGRAM, terminal(config)], capture_output=True, text=True, check=False
    )
    assert other.returncode != 0
    assert "lock" in other.stderr or "busy" in other.stderr


def test_a_program_that_simply_opens_it_is_refused_by_the_kernel(world: World, config: Config) -> None:
    """Anybody but root, to whom the kernel allows it all the same."""
    path = terminal(config)
    Path(path).chmod(0o666)  # so that nothing but the bridge's claim is in the way
    user = NOBODY if os.geteuid() == 0 else None
    echo = f"echo x > {path}"
    other = subprocess.run(["/bin/sh", "-c", echo], capture_output=True, text=True, check=False, user=user)
    assert other.returncode != 0
    assert "busy" in other.stderr.lower()
    world.run(0.5)
    assert world.connected
