"""Sources: what they give, and each way they can go wrong."""

from __future__ import annotations

import itertools
from pathlib import Path

import cv2
import numpy as np
import pytest

from perception.sources import Picture, SourceError, open_source


def write_video(path: Path, frames: int = 30, rate: float = 15.0, size: tuple[int, int] = (160, 120)) -> Path:
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), rate, size)
    rng = np.random.default_rng(1)
    for _ in range(frames):
        writer.write(rng.integers(0, 255, (size[1], size[0], 3), dtype=np.uint8))
    writer.release()
    return path


def test_a_video_gives_its_frames_with_rising_media_time(tmp_path: Path) -> None:
    pictures = list(open_source(str(write_video(tmp_path / "a.mp4"))))
    stamps = [p.stamp for p in pictures]
    assert len(pictures) == 30
    assert stamps[0] == 0.0
    assert all(b > a for a, b in itertools.pairwise(stamps))
    assert stamps[-1] == pytest.approx(29 / 15, abs=0.01)
    assert pictures[0].pixels.shape == (120, 160, 3)


def test_a_folder_gives_its_pictures_in_order_and_in_colour(tmp_path: Path) -> None:
    for index, value in ((10, 90), (2, 60), (1, 30)):
        cv2.imwrite(str(tmp_path / f"f{index:03}.png"), np.full((64, 64, 3), (0, 0, value), np.uint8))
    (tmp_path / "notes.txt").write_text("not a picture")
    pictures = list(open_source(str(tmp_path), rate_hz=20.0))
    assert [p.stamp for p in pictures] == [0.0, 0.05, 0.1]
    assert [tuple(p.pixels[0, 0]) for p in pictures] == [(30, 0, 0), (60, 0, 0), (90, 0, 0)]  # BGR on disk, RGB here


def fails(name: str, *words: str) -> list[Picture]:
    """Read a source to its end, which must be an error that names it and holds these words."""
    pictures = []
    with pytest.raises(SourceError) as caught:
        pictures.extend(open_source(name))
    for word in (name.rstrip("0123456789") or name, *words):
        assert word in str(caught.value)
    return pictures


def test_nothing_there(tmp_path: Path) -> None:
    fails(str(tmp_path / "none.mp4"), "no such file")


def test_an_empty_file(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").touch()
    fails(str(tmp_path / "a.mp4"), "empty", "copy it again")


def test_not_a_video(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(b"hello" * 1000)
    fails(str(tmp_path / "a.mp4"), "not a video", "convert")


def test_a_video_cut_off_before_its_index(tmp_path: Path) -> None:
    whole = write_video(tmp_path / "a.mp4").read_bytes()
    (tmp_path / "b.mp4").write_bytes(whole[: len(whole) // 2])
    fails(str(tmp_path / "b.mp4"), "copy it again")


def test_a_video_cut_off_in_the_middle_gives_what_is_there_and_says_so(tmp_path: Path) -> None:
    """The index at the front, half of the pictures missing: as a broken download leaves it."""
    whole = write_video(tmp_path / "a.mp4").read_bytes()
    media, index = whole.index(b"mdat") - 4, whole.index(b"moov") - 4
    head, body, tail = whole[:media], whole[media:index], whole[index:]
    moved = bytearray(tail)
    at = moved.index(b"stco") + 12  # chunk offsets move by the length of the index
    count = int.from_bytes(moved[at - 4 : at], "big")
    for k in range(count):
        place = slice(at + 4 * k, at + 4 * k + 4)
        moved[place] = (int.from_bytes(moved[place], "big") + len(tail)).to_bytes(4, "big")
    front = head + bytes(moved) + body
    (tmp_path / "b.mp4").write_bytes(front[: len(head) + len(tail) + len(body) // 2])
    with pytest.raises(SourceError, match="cut off after"):
        list(open_source(str(tmp_path / "b.mp4")))


def test_a_folder_without_pictures(tmp_path: Path) -> None:
    fails(str(tmp_path), "no pictures")


def test_a_broken_picture_in_a_folder(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "a.png"), np.zeros((64, 64, 3), np.uint8))
    (tmp_path / "b.png").write_bytes(b"x" * 50)
    with pytest.raises(SourceError, match=r"b\.png: not a picture"):
        list(open_source(str(tmp_path)))


def test_a_missing_camera() -> None:
    fails("/dev/video97", "no such device", "plugged in")
    with pytest.raises(SourceError, match="camera 97: no such device"):
        list(open_source("97"))


def test_a_dead_address_fails_without_its_password_in_the_message() -> None:
    with pytest.raises(SourceError, match=r"rtsp://127\.0\.0\.1:9/x: can't be opened") as caught:
        list(open_source("rtsp://nurse:secret@127.0.0.1:9/x"))
    assert "secret" not in str(caught.value)


def test_an_address_that_leads_to_a_film_ends_with_it(tmp_path: Path) -> None:
    """A file behind an address is read once, not opened again for ever as a camera would be."""
    import functools
    import http.server
    import threading

    writer = cv2.VideoWriter(str(tmp_path / "a.avi"), cv2.VideoWriter.fourcc(*"MJPG"), 10.0, (160, 120))
    for _ in range(10):
        writer.write(np.zeros((120, 160, 3), np.uint8))
    writer.release()
    quiet = type("Quiet", (http.server.SimpleHTTPRequestHandler,), {"log_message": lambda *_: None})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(quiet, directory=str(tmp_path)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        pictures = list(open_source(f"http://127.0.0.1:{server.server_port}/a.avi"))
    finally:
        server.shutdown()
        server.server_close()
    assert len(pictures) == 10
