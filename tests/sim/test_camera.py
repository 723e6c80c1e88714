"""The rendered camera against geometry that is known, and the renderer's start."""

import math
from collections.abc import Iterator

import numpy as np
import pybullet as p
import pytest

from kangban.profile import Camera, Profile
from kangban.site import Site
from kangban.values import Pose2D
from sim.home.home import build
from sim.person.person import Person
from sim.sensors import egl
from sim.sensors.camera import Light, RgbdCamera, View, intrinsics, render
from sim.sensors.shadows import FULL, NONE, ShadowMap

LEVEL = {"pitch_rad": 0.0}
FACING_NORTH = Pose2D(2.6, 2.2, math.pi / 2)  # the wall between living room and study, beside its door
WALL_FACE_Y = 4.2 - 0.06


@pytest.fixture(scope="module")
def flat(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    try:
        client = egl.connect()
    except egl.RenderError as error:
        pytest.skip(str(error))
    build(client, site, tmp_path_factory.mktemp("home"), np.random.default_rng(1))
    yield client
    p.disconnect(client)


def level(camera: Camera) -> Camera:
    """The same camera, looking straight ahead."""
    return camera.model_copy(update={"mount": camera.mount.model_copy(update=LEVEL)})


def test_the_depth_of_a_wall_is_its_distance_all_over_it(flat: int, profile: Profile) -> None:
    camera = RgbdCamera(flat, level(profile.camera), Light(), np.random.default_rng(1))
    _, depth = camera.shoot(FACING_NORTH, 1.0)
    wall = depth.millimetres[200:300, 200:320].astype(float) / 1000.0
    known = wall[wall > 0]
    expected = WALL_FACE_Y - FACING_NORTH.y - profile.camera.mount.x_m
    assert len(known) > 0.95 * wall.size
    assert np.median(known) == pytest.approx(expected, abs=0.01)
    assert np.abs(known - expected).max() < 0.05


def test_the_floor_lies_where_pitch_and_height_say(flat: int, profile: Profile) -> None:
    camera = RgbdCamera(flat, profile.camera, Light(), np.random.default_rng(1))
    _, depth = camera.shoot(Pose2D(2.6, 2.4, 0.0), 1.0)
    info, mount = intrinsics(profile.camera), profile.camera.mount
    row = 440
    below = math.atan2(row + 0.5 - info.cy, info.fy)
    expected = mount.z_m / math.sin(mount.pitch_rad + below) * math.cos(below)
    assert float(np.median(depth.millimetres[row, 250:390])) / 1000 == pytest.approx(expected, rel=0.02)


def test_a_person_is_where_the_intrinsics_put_her(flat: int, profile: Profile) -> None:
    person = Person(flat, "old_woman", np.random.default_rng(1))
    person.place((2.9, 3.6), -math.pi / 2)
    camera = RgbdCamera(flat, level(profile.camera), Light(), np.random.default_rng(1))
    try:
        _, depth = camera.shoot(FACING_NORTH, 1.0)
    finally:
        person.place((-20.0, -20.0), 0.0)
    info, mount = intrinsics(profile.camera), profile.camera.mount
    ahead = 3.6 - FACING_NORTH.y - mount.x_m
    column = round(info.cx + info.fx * (2.9 - FACING_NORTH.x) / ahead)
    row = round(info.cy + info.fy * (mount.z_m - 1.1) / ahead)
    chest = float(np.median(depth.millimetres[row - 8 : row + 8, column - 8 : column + 8])) / 1000
    assert ahead - 0.3 < chest < ahead + 0.05


def test_without_the_shadow_pass_the_depth_is_the_same(flat: int) -> None:
    view = View((2.6, 2.4, 1.2), (2.6, 3.4, 1.0), 1.05, 160, 120)
    shadow_map = ShadowMap()
    assert shadow_map.found
    _, lean = render(flat, view, Light())
    shadow_map.resize(FULL)
    _, plain = render(flat, view, Light())
    shadow_map.resize(NONE)
    assert (lean == plain).all()


def test_a_missing_renderer_is_named_with_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(egl.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(egl.RenderError, match=r"libegl1.*kangban doctor"):
        egl.connect()
