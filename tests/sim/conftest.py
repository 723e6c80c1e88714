"""A physics client without pictures, and the demo flat built in it."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pybullet as p
import pytest

from kangban.config import load_profile, load_site
from kangban.profile import Profile
from kangban.site import Site
from sim.home.home import Home, build


@pytest.fixture(scope="module")
def profile() -> Profile:
    return load_profile("companion")


@pytest.fixture(scope="module")
def site() -> Site:
    return load_site("demo_flat")


@pytest.fixture
def client() -> Iterator[int]:
    number = p.connect(p.DIRECT)
    p.setGravity(0.0, 0.0, -9.81, physicsClientId=number)
    p.setTimeStep(1 / 240, physicsClientId=number)
    yield number
    p.disconnect(number)


@pytest.fixture
def home(client: int, site: Site, tmp_path: Path) -> Home:
    return build(client, site, tmp_path / "home", np.random.default_rng(1))
