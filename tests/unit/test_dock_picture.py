"""The tag to print: `kangban dock tag`, read back by the robot's own reader, and every wrong wish refused."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from kangban.cli import main
from kangban.dock_picture import MODULES, tag_picture
from kangban.site import Station
from perception.dock_tag import TagReader


def test_the_picture_is_read_and_prints_in_its_true_size(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "tag.png"
    assert main(["dock", "tag", "--out", str(out), "--tag", "11", "--size", "0.12", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["printed_m"] == pytest.approx(0.15)
    picture = Image.open(out)
    assert picture.size[0] / picture.info["dpi"][0] * 0.0254 == pytest.approx(0.15, rel=1e-3)
    small = np.asarray(picture.resize((200, 200)))
    rgb = np.repeat(np.pad(small, 60, constant_values=150)[:, :, None], 3, axis=2)
    corners = TagReader(Station(tag=11, tag_size_m=0.12, tag_height_m=1.0)).corners(rgb)
    assert corners is not None
    expected = np.array([[80, 80], [240, 80], [240, 240], [80, 240]])
    assert np.abs(corners - expected).max() < 2.0, "top left, top right, bottom right, bottom left"
    assert TagReader(Station(tag=12, tag_size_m=0.12, tag_height_m=1.0)).corners(rgb) is None


@pytest.mark.parametrize(
    ("wish", "says"),
    [(["--tag", "587"], "allowed: 0 to 586"), (["--tag", "-1"], "allowed: 0 to 586"), (["--out", "tag.jpg"], ".png")],
)
def test_what_cannot_be_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], wish: list[str], says: str
) -> None:
    assert main(["dock", "tag", "--out", str(tmp_path / "tag.png"), *wish]) == 2
    assert says in capsys.readouterr().err


def test_a_size_that_cannot_be_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["dock", "tag", "--out", str(tmp_path / "tag.png"), "--size", "5"])
    assert ended.value.code == 2


def test_a_folder_that_is_not_there_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["dock", "tag", "--out", str(tmp_path / "no" / "tag.png")]) == 1
    assert "can't be written" in capsys.readouterr().err


def test_pixels_are_whole_modules() -> None:
    picture = tag_picture(7, 3)
    assert picture.shape == (3 * MODULES, 3 * MODULES)
    assert (picture[:3] == 255).all() and (picture[3:6, 3:-3] == 0).all()
    with pytest.raises(ValueError, match="at least 1"):
        tag_picture(7, 0)
