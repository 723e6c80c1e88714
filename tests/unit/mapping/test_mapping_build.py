"""`kangban map build` and `kangban map site` from end to end, maps on disk, and homes that name one."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bench.worlds import maplog
from bench.worlds.mapdrive import Drive
from bench.worlds.maperror import errors, relations, rms
from kangban.cli import main
from kangban.config import ConfigError, load_site
from kangban.values import GridMap, Pose2D
from navigation import sitemap, surveyed
from navigation.mapping import map_file
from navigation.mapping.map_file import MapError
from navigation.mapping.output import stamp
from tests.unit.mapping.mapping_world import home_drive

FREE, OCCUPIED, UNKNOWN = 0, 100, -1


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("built")
    drive = home_drive()
    maplog.mcap(folder / "a.mcap", maplog.messages(drive))
    assert run(["map", "build", str(folder / "a.mcap"), "--out", str(folder / "map"), "--json"]) == 0
    return folder / "map"


def run(words: list[str]) -> int:
    import argparse

    from navigation.cli import register  # as the command finds it, without what the other rooms bring

    parser = argparse.ArgumentParser()
    register(parser.add_subparsers(required=True))
    args = parser.parse_args(words)
    status: int = args.run(args)
    return status


def trajectory(path: Path) -> np.ndarray:
    rows = np.loadtxt(path)
    return np.column_stack([rows[:, 0], rows[:, 1], rows[:, 2], 2.0 * np.arctan2(rows[:, 6], rows[:, 7])])


def test_the_trajectory_is_the_drive(built: Path) -> None:
    drive, rows = home_drive(), trajectory(built / "trajectory.tum")
    assert np.array_equal(rows[:, 0], drive.stamps)
    for pairs in relations(drive.stamps, drive.truth):
        metres, radians = errors(pairs, drive.truth, rows[:, 1:])
        assert rms(metres) < 0.015 and math.degrees(rms(radians)) < 0.4


def test_walls_lie_along_the_axes(built: Path) -> None:
    grid = map_file.read(built / "map.yaml")
    solid = grid.cells == OCCUPIED
    assert solid.sum(axis=1).max() > 80 and solid.sum(axis=0).max() > 50  # 6 m and 4 m of wall in one row, one column
    assert (built / "map.png").stat().st_size > 1000


def test_figures_are_one_json_document(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    d = home_drive()
    short = Drive(d.lidar, d.angles, d.stamps[:40], d.truth[:40], d.odometry[:40], d.ranges[:40])
    maplog.carmen(tmp_path / "a.log", short, robotlaser=True)
    assert (
        run(["map", "build", str(tmp_path / "a.log"), "--out", str(tmp_path / "m"), "--json", "--frame", "base"]) == 0
    )
    told = json.loads(capsys.readouterr().out)
    assert told["scans"] == 40 and told["frame"] == "base" and told["seconds"] == pytest.approx(7.8)
    for key in ("wall_s", "times_real_time", "closures", "closures_refused", "map_m", "keyframes"):
        assert key in told
    assert run(["map", "build", str(tmp_path / "a.log"), "--out", str(tmp_path / "m2")]) == 0
    assert "scans: 40" in capsys.readouterr().out


def test_errors_are_sentences_with_status_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["map", "build", str(tmp_path / "none.mcap"), "--out", str(tmp_path / "m")]) == 1
    assert "no such file" in capsys.readouterr().err
    (tmp_path / "a.log").write_text("FLASER 1 2.0 0 0 0 0 0 0 1.0 h 1.0\n", encoding="utf-8")
    assert main(["map", "build", str(tmp_path / "a.log"), "--out", str(tmp_path / "m")]) == 1
    assert "only 1 scans with odometry" in capsys.readouterr().err
    with pytest.raises(SystemExit) as wrong:
        main(["map", "build", str(tmp_path / "a.log"), "--out", str(tmp_path / "m"), "--resolution", "0"])
    assert wrong.value.code == 2


@pytest.mark.parametrize(
    ("time", "written"),
    [("12.5", "12.500000"), ("976052857.3414501", "976052857.3414501"), ("7", "7.000000"), ("1e3", "1000.000000")],
)
def test_times_keep_their_digits(time: str, written: str) -> None:
    assert stamp(time) == written


def some_map() -> GridMap:
    cells = np.full((30, 40), UNKNOWN, np.int8)
    cells[5:25, 5:35] = FREE
    cells[5, 5:35] = cells[24, 5:35] = OCCUPIED
    return GridMap(0.0, 0.1, Pose2D(-1.5, 2.0, 0.0), cells)


def test_a_map_comes_back_from_disk_as_it_was(tmp_path: Path) -> None:
    grid = some_map()
    back = map_file.read(map_file.write(tmp_path, grid))
    assert np.array_equal(back.cells, grid.cells)
    assert (back.resolution, back.origin_in_map) == (grid.resolution, grid.origin_in_map)


def test_other_tools_pictures_are_read(tmp_path: Path) -> None:
    grid = some_map()
    path = map_file.write(tmp_path, grid)
    shades = np.full(grid.cells.shape, 205)
    shades[grid.cells == FREE], shades[grid.cells == OCCUPIED] = 254, 0
    rows = "\n".join(" ".join(map(str, row)) for row in shades[::-1])
    (tmp_path / "map.pgm").write_text(f"P2\n# made by hand\n40 30\n255\n{rows}\n", encoding="ascii")
    assert np.array_equal(map_file.read(path).cells, grid.cells)
    import cv2

    cv2.imwrite(str(tmp_path / "dark.png"), (255 - shades[::-1]).astype(np.uint8))
    about = path.read_text(encoding="ascii").replace("map.pgm", "dark.png").replace("negate: 0", "negate: 1")
    (tmp_path / "dark.yaml").write_text(about, encoding="ascii")
    assert np.array_equal(map_file.read(tmp_path / "dark.yaml").cells, grid.cells)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("resolution: 0.1", "resolution: -1", "resolution: -1 is not allowed: allowed: at least 0.005 and at most 1"),
        ("resolution: 0.1\n", "", "resolution: missing"),
        ("resolution: 0.1", "resolution: true", "resolution: True is not allowed"),
        ("0.000000]", "0.5]", "turned by 0.5 rad; allowed: 0"),
        ("origin: [", "origin: [1, ", "allowed: \\[x, y, yaw\\]"),
        ("negate: 0", "negate: 7", "negate: 7 is not allowed"),
        ("mode: trinary", "mode: funny", "mode: 'funny' is not allowed: allowed: trinary, scale, raw"),
        ("free_thresh: 0.196", "free_thresh: 0.9", "must lie below occupied_thresh"),
        ("free_thresh: 0.196", "free_thresh: 0.0", "no cell of it is free ground"),
        ("image: map.pgm", "image: gone.pgm", "there is no"),
        ("image: map.pgm", "image: map.yaml", "not a picture that can be read"),
        ("image: map.pgm\n", "", "image: missing"),
        ("image", "{image", "can't be read as YAML"),
    ],
)
def test_a_map_that_was_edited_wrongly_is_refused(tmp_path: Path, old: str, new: str, says: str) -> None:
    path = map_file.write(tmp_path, some_map())
    text = path.read_text(encoding="ascii")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="ascii")
    with pytest.raises(MapError, match=says):
        map_file.read(path)


def test_a_cut_off_picture_is_refused(tmp_path: Path) -> None:
    path = map_file.write(tmp_path, some_map())
    (tmp_path / "map.pgm").write_bytes((tmp_path / "map.pgm").read_bytes()[:8])
    with pytest.raises(MapError, match="not a picture that can be read"):
        map_file.read(path)
    with pytest.raises(MapError, match="no such map"):
        map_file.read(tmp_path / "none.yaml")


def test_a_finer_and_a_coarser_map_of_the_same_ground() -> None:
    grid = some_map()
    finer, coarser = surveyed.resampled(grid, 0.02), surveyed.resampled(grid, 0.15)
    assert finer.cells.shape == (150, 200)
    assert (finer.cells == OCCUPIED).sum() == 25 * (grid.cells == OCCUPIED).sum()
    solid = np.argwhere(grid.cells == OCCUPIED)
    at = ((solid + 0.5) * 0.1 / 0.15).astype(int)
    assert (coarser.cells[at[:, 0], at[:, 1]] == OCCUPIED).all()


def test_the_first_site_file_loads_and_its_home_is_navigated(built: Path, tmp_path: Path) -> None:
    out = tmp_path / "home.yaml"
    assert run(["map", "site", str(built), "--out", str(out), "--name", "flat_3"]) == 0
    site = load_site(str(out))
    assert site.name == "flat_3" and site.map == str((built / "map.yaml").resolve())
    grid = sitemap.build(site, 0.05)
    assert np.array_equal(grid.cells, map_file.read(built / "map.yaml").cells)
    assert sitemap.build(site, 0.02).resolution == 0.02
    with pytest.raises(Exception, match="is there already"):
        run(["map", "site", str(built), "--out", str(out)])


def test_furniture_of_the_site_is_added_to_the_map(built: Path, tmp_path: Path) -> None:
    site = with_map(built, tmp_path)
    table = {"name": "table", "kind": "table", "at_m": [2.0, 0.0], "yaw_rad": 0.0, "size_m": [0.4, 0.4, 0.7]}
    more = type(site).model_validate({**site.model_dump(), "furniture": [table]})
    before, after = sitemap.build(site, 0.05), sitemap.build(more, 0.05)
    assert 40 < (before.cells != after.cells).sum() < 100


def with_map(built: Path, tmp_path: Path, **changes: object):  # type: ignore[no-untyped-def]
    out = tmp_path / "site.yaml"
    run(["map", "site", str(built), "--out", str(out)])
    site = load_site(str(out))
    return type(site).model_validate({**site.model_dump(), **changes})


def test_a_map_of_another_home_is_refused(built: Path, tmp_path: Path) -> None:
    site = with_map(built, tmp_path)
    room = site.rooms[0].model_dump()
    far = {**room, "min_m": [50.0, 50.0], "max_m": [56.0, 54.0]}
    there = {"x_m": 52.0, "y_m": 52.0, "yaw_rad": 0.0}
    other = type(site).model_validate({**site.model_dump(), "rooms": [far], "dock": there, "watch": there})
    with pytest.raises(ConfigError, match="knows 0 % of the floor of the rooms of home"):
        sitemap.build(other, 0.05)
    x, y = site.dock.x_m, site.dock.y_m
    small = {**room, "min_m": [x - 0.5, y - 0.5], "max_m": [x + 0.5, y + 0.5]}
    tiny = site.model_copy(update={"rooms": (type(site.rooms[0]).model_validate(small),), "watch": site.dock})
    with pytest.raises(ConfigError, match="free ground lies outside every room"):
        sitemap.build(tiny, 0.05)


@pytest.mark.parametrize("which", ["dock", "watch"])
def test_a_dock_or_watch_that_stands_in_a_wall_is_refused(built: Path, tmp_path: Path, which: str) -> None:
    site = with_map(built, tmp_path)
    grid = map_file.read(built / "map.yaml")
    row, column = np.argwhere(grid.cells == OCCUPIED)[len(np.argwhere(grid.cells == OCCUPIED)) // 2]
    origin = grid.origin_in_map
    wall = site.dock.model_copy(update={"x_m": origin.x + column * 0.05, "y_m": origin.y + row * 0.05})
    with pytest.raises(ConfigError, match=f"{which}: on the map .* is an obstacle"):
        sitemap.build(site.model_copy(update={which: wall}), 0.05)
    off = site.dock.model_copy(update={"x_m": 90.0})
    with pytest.raises(ConfigError, match=f"{which}: .* lies off the map"):
        sitemap.build(site.model_copy(update={which: off}), 0.05)


def test_a_map_that_is_missing_is_refused(built: Path, tmp_path: Path) -> None:
    site = with_map(built, tmp_path, map=str(tmp_path / "gone.yaml"))
    with pytest.raises(ConfigError, match="no such map"):
        sitemap.build(site, 0.05)
    text = (tmp_path / "site.yaml").read_text(encoding="utf-8")
    (tmp_path / "other.yaml").write_text(text.replace("map: ", "map: gone/", 1), encoding="utf-8")
    with pytest.raises(ConfigError, match=r"other\.yaml: map: there is no .*gone"):
        load_site(str(tmp_path / "other.yaml"))


def test_a_drawn_home_needs_no_map() -> None:
    site = load_site("demo_flat")
    assert site.map is None
    assert replace(sitemap.build(site, 0.1), stamp=0.0).cells.max() == OCCUPIED
