"""`kangban bench plan`: reads MovingAI's files or says what is wrong with them, and finds out a planner that errs."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest

import bench.plan
from bench import paths
from bench.worlds.movingai import FileError, read_map, read_queries
from bench.worlds.planflat import exact
from kangban.cli import main
from navigation.terrain import Terrain

ROWS = [".....@....", "..TT.@.G..", "..OO.W.S..", "......@...", ".....@@.@.", "@.........", "...@@@@@@@", "...@......"]
HEAD = "type octile\nheight 8\nwidth 10\nmap\n"
GOOD = HEAD + "\n".join(ROWS) + "\n"
BLOCKED = np.array([[c in "@OTW" for c in row] for row in ROWS])
WEIGHT = np.where(BLOCKED, np.inf, 0.0)
PAIRS = [((0, 0), (0, 0)), ((0, 0), (3, 5)), ((0, 9), (6, 0)), ((3, 0), (0, 7)), ((5, 9), (7, 2)), ((1, 0), (4, 4))]


def scen(lines: list[str], head: str = "version 1\n") -> str:
    return head + "".join(f"{line}\n" for line in lines)


def line(start: tuple[int, int], goal: tuple[int, int], length: float | str, tab: str = "\t") -> str:
    shown = length if isinstance(length, str) else f"{length:.8f}"
    return tab.join(
        ["0", "maps/a b.map" if tab == "\t" else "x.map", "10", "8", *map(str, (*start[::-1], *goal[::-1])), shown]
    )


LINES = [line(a, b, exact(WEIGHT, a, b)) for a, b in PAIRS]


def files(tmp_path: Path, text: str = GOOD, queries: str | None = None) -> tuple[Path, Path]:
    a, b = tmp_path / "x.map", tmp_path / "x.map.scen"
    a.write_bytes(text.encode("utf-8"))
    b.write_bytes((scen(LINES) if queries is None else queries).encode("utf-8"))
    return a, b


def test_a_map_is_read_as_it_is_drawn(tmp_path: Path) -> None:
    for text in (GOOD, GOOD.replace("\n", "\r\n"), GOOD.rstrip("\n"), GOOD + "\n\n", "\n" + GOOD):
        assert np.array_equal(read_map(files(tmp_path, text)[0]), BLOCKED)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("type octile", "type hex", "only octile maps"),
        ("height 8", "height 9", "8 rows follow `map`; height says 9"),
        ("height 8", "height 7", "8 rows follow `map`; height says 7"),
        ("height 8", "height -8", "height '-8' is not allowed: allowed: 1 to"),
        ("height 8\n", "", "`height N` is missing"),
        ("width 10", "width 11", "x.map:5: a row of 10 cells; width says 11"),
        ("width 10", "width ten", "width 'ten' is not allowed"),
        ("\nmap\n", "\n", "x.map:4: '.....@....' is not `type octile`"),
        ("..TT.@.G..", "..TT.@.G.", "x.map:6: a row of 9 cells; width says 10"),
        ("..TT.@.G..", "..TT.x.G..", "x.map:6: 'x' is no cell; allowed: .GS@OTW"),
        ("..TT.@.G..", "..TT.é.G..", "is no cell"),
    ],
)
def test_what_is_wrong_with_a_map_is_said(tmp_path: Path, old: str, new: str, says: str) -> None:
    with pytest.raises(FileError) as error:
        read_map(files(tmp_path, GOOD.replace(old, new, 1))[0])
    assert says in str(error.value)


def test_queries_are_read_whatever_parts_their_fields(tmp_path: Path) -> None:
    text = "\nversion 1.0\r\n\n" + LINES[0] + "\r\n\n" + line(*PAIRS[1], "6.41421", " ") + "\n"
    first, second = read_queries(files(tmp_path, queries=text)[1], (8, 10))
    assert (first.line, first.start, first.goal, first.optimum) == (4, (0, 0), (0, 0), 0.0)
    assert (second.start, second.goal, second.optimum) == ((0, 0), (3, 5), 6.41421)
    assert 5e-6 < second.tolerance < 2e-5 < 0.01 * 1.41


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", ":1: must begin with `version 1`"),
        (scen(LINES, ""), ":1: must begin with `version 1`"),
        (scen(LINES, "version 2\n"), "'version 2' is not known"),
        (scen([]), "holds no queries"),
        (scen([LINES[0].rpartition("\t")[0]]), ":2: 8 fields in place of 9"),
        (scen([*LINES, LINES[0].replace("0", "zero")]), ":8: invalid literal"),
        (scen([line((0, 0), (0, 0), "nan")]), "is not a number"),
        (scen([LINES[0].replace("\t10\t8", "\t8\t10")]), ":2: for a map of 8 x 10; this one is 10 x 8"),
        (scen([line((0, 10), (0, 0), 1.0)]), "start (10, 0) lies off the map"),
        (scen([line((0, 0), (-1, 0), 1.0)]), "goal (0, -1) lies off the map"),
    ],
)
def test_what_is_wrong_with_queries_is_said(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(FileError) as error:
        read_queries(files(tmp_path, queries=text)[1], (8, 10))
    assert says in str(error.value)


def test_every_query_equals_its_optimum_beside_the_peers(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path, queries = files(tmp_path)
    assert main(["bench", "plan", str(path), "--scen", str(queries), "--json"]) == 0
    told = json.loads(capfd.readouterr().out)
    assert told["queries"] == told["equal_to_published"] == len(PAIRS)
    assert told["largest_deviation"] < 1e-7
    assert told["wrong"] == told["pulled_longer"] == told["pulled_invalid"] == told["unreachable"] == 0
    assert told["pulled_over_8_connected"] < 1.0
    assert told["ratio_to_pyastar2d"] > 0.0
    assert set(told["ratio_to_skimage_by_length"]) == {"short", "middle", "long"}


def test_optima_that_differ_and_ways_that_are_none_are_counted(tmp_path: Path) -> None:
    there, cut_off = exact(WEIGHT, (0, 0), (3, 5)), ((0, 0), (7, 9))
    text = scen([
        line((0, 0), (3, 5), there),
        line((0, 0), (3, 5), there + 1e-3),
        line(*cut_off, -1.0),
        line(*cut_off, "inf"),
        line(*cut_off, 12.0),
        line((0, 0), (3, 5), -1.0),
        line((0, 5), (3, 5), 3.0),
    ])  # fmt: skip
    told = bench.plan.run(*files(tmp_path, queries=text))
    assert (told["queries"], told["equal_to_published"], told["wrong"], told["unreachable"]) == (7, 3, 4, 4)
    assert told["largest_deviation"] == pytest.approx(1e-3, abs=1e-6)
    faults = {row["line"]: row["faults"] for row in told["first_wrong"]}
    assert faults[3] == ["not the published optimum"]
    assert faults[6] == faults[8] == ["no way"]
    assert faults[7] == ["a way where none is published"]
    json.dumps(told, allow_nan=False)


def test_a_planner_that_cuts_corners_is_found_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def straight(terrain: Terrain, way: np.ndarray) -> np.ndarray:
        return way[[0, -1]] if len(way) else way

    monkeypatch.setattr(Terrain, "taut", straight)
    told = bench.plan.run(*files(tmp_path))
    assert told["pulled_invalid"] > 0
    assert told["equal_to_published"] == len(PAIRS)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["no.map"], "no.map: can't be read"),
        (["--scen", "no.scen"], "of which map?"),
        (["x.map", "--scen", "no.scen"], "no.scen: can't be read"),
    ],
)
def test_wrong_use_is_status_2(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], words: list[str], says: str
) -> None:
    files(tmp_path)
    monkeypatch.chdir(tmp_path)
    assert main(["bench", "plan", *words]) == 2
    assert says in capfd.readouterr().err


def test_paths_are_judged_by_the_rules() -> None:
    def judged(*cells: tuple[int, int]) -> float | None:
        return paths.steps_cost(BLOCKED, np.array(cells))

    assert judged((0, 0), (1, 1), (1, 0)) == pytest.approx(1.0 + math.sqrt(2.0))
    assert judged((0, 0)) == 0.0
    assert judged((0, 0), (0, 2)) is None  # a leap
    assert judged((0, 1), (1, 1), (1, 2)) is None  # into a tree
    assert judged((0, 1), (1, 1), (0, 2), (0, 3)) is None  # past a corner
    assert judged((3, 5), (3, 5)) is None  # no step


@pytest.mark.parametrize(
    ("corners", "free"),
    [
        ([(0, 0), (0, 4)], True),
        ([(0, 0), (5, 9)], False),
        ([(0, 1), (3, 1), (3, 5)], True),
        ([(1, 1), (0, 2)], False),  # through the corner of a tree
        ([(1, 1), (0, 3)], False),
        ([(3, 3), (2, 4)], False),
        ([(0, 0), (1, 1)], True),
        ([(3, 5), (3, 6)], False),
    ],
)
def test_straight_lines_are_judged_cell_by_cell(corners: list[tuple[int, int]], free: bool) -> None:
    assert paths.is_free(BLOCKED, np.array(corners)) is free
    assert paths.is_free(BLOCKED, np.array(corners[::-1])) is free
    assert paths.is_free(BLOCKED.T, np.array(corners)[:, ::-1]) is free
