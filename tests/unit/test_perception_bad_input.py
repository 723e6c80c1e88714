"""Bad pictures, bad times, no pictures: nothing breaks, nobody is alarmed by nothing, and "blind" is told in time."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from perception.blind import Sight, is_blind, watch_sight
from perception.falls import Case, Stage
from perception.gap import after_gap
from perception.landmarks import Pose
from perception.live import live_pictures
from perception.perceive import Perceiver
from perception.sources import NoPicture, Picture, SourceError
from perception.watch import Event, Watch, perceive_pictures
from tests.unit import perception_bodies as b

Pixels = NDArray[np.uint8]
RNG = np.random.default_rng(7)
RATE = 15.0
VIEW = b.camera()
TOLD_WITHIN_S = 2.0


def room(light: float = 1.0, noise: float = 3.0, size: tuple[int, int] = (320, 240)) -> Pixels:
    """A room with a window, a door and a table, and a sensor's noise."""
    picture = np.full((240, 320, 3), 110.0)
    cv2.rectangle(picture, (40, 30), (110, 100), (230, 225, 220), -1)
    cv2.rectangle(picture, (200, 40), (260, 200), (60, 50, 45), -1)
    cv2.rectangle(picture, (90, 150), (180, 165), (150, 100, 60), -1)
    cv2.line(picture, (0, 205), (320, 215), (40, 40, 40), 3)
    picture = cv2.resize(picture, size, interpolation=cv2.INTER_NEAREST)
    return np.clip(picture * light + RNG.normal(0, noise, picture.shape), 0, 255).astype(np.uint8)


def finger() -> Pixels:
    """A lens wholly covered by a finger in a lit room: red, brighter on one side, smooth."""
    rows, columns = np.mgrid[0:240, 0:320]
    glow = 60 + 120 * np.exp(-3 * (((columns - 100) / 320) ** 2 + ((rows - 90) / 240) ** 2))
    return np.clip(np.dstack([glow, 0.3 * glow, 0.2 * glow]) + RNG.normal(0, 3, (240, 320, 3)), 0, 255).astype(np.uint8)


def half_covered() -> Pixels:
    picture = room()
    picture[:, 150:] = finger()[:, 150:]
    return picture


FROZEN = room()
BAD: dict[str, Callable[[], Pixels]] = {
    "black": lambda: np.zeros((240, 320, 3), np.uint8),
    "white": lambda: np.full((240, 320, 3), 255, np.uint8),
    "grey": lambda: np.full((240, 320, 3), 90, np.uint8),
    "overexposed": lambda: room(light=12.0),
    "light off": lambda: room(light=0.02, noise=5.0),
    "noise": lambda: RNG.integers(0, 256, (240, 320, 3)).astype(np.uint8),
    "covered": finger,
    "frozen": lambda: FROZEN,
    "tiny": lambda: room(size=(16, 12)),
}
GOOD: dict[str, Callable[[], Pixels]] = {
    "lit": room,
    "dim": lambda: room(light=0.15),
    "bright": lambda: room(light=1.8),
    "half covered": half_covered,
    "turned": lambda: np.rot90(room()).copy(),
    "upside down": lambda: room()[::-1, ::-1].copy(),
    "4K": lambda: cv2.resize(room(), (3840, 2160), interpolation=cv2.INTER_NEAREST),
    "small": lambda: room(size=(64, 48)),
}


class Seer:
    """Sees the body that stands before the camera at a moment, as the model would; imagines one in every picture."""

    def __init__(self, bodies: Callable[[float], Sequence[Pose]]) -> None:
        self._bodies = bodies
        self.asked = 0

    def track(self, pixels: Pixels, stamp: float) -> list[Pose]:
        self.asked += 1
        return list(self._bodies(stamp))

    def scan(self, pixels: Pixels, stamp: float) -> None:
        pass

    def look(self, pixels: Pixels) -> list[Pose]:
        return []


def nobody(stamp: float) -> Sequence[Pose]:
    return ()


def watched(pictures: Iterator[Picture | NoPicture], bodies: Callable[[float], Sequence[Pose]] = nobody) -> list[Event]:
    perceiver = Perceiver(Seer(bodies), b.LIMITS)
    return list(Watch(perceive_pictures(pictures, perceiver), perceiver.watch).events())


def film(*parts: tuple[float, Callable[[], Pixels]]) -> Iterator[Picture]:
    """Parts of so many seconds, one after the other."""
    begun = 0.0
    for seconds, make in parts:
        for k in range(round(seconds * RATE)):
            yield Picture(begun + k / RATE, make())
        begun += seconds


def blind(events: list[Event]) -> list[tuple[bool, float]]:
    return [(e["blind"], e["t"]) for e in events if e["event"] == "blind"]


def alarms(events: list[Event]) -> list[Event]:
    return [e for e in events if e["event"] in ("fall", "suspected")]


@pytest.mark.parametrize("name", sorted(BAD))
def test_a_bad_picture_is_told_in_time_and_so_is_its_end(name: str) -> None:
    events = watched(film((1.0, room), (4.0, BAD[name]), (1.0, room)))
    told = blind(events)
    assert [state for state, _ in told] == [True, False]
    assert 1.0 < told[0][1] <= 1.0 + TOLD_WITHIN_S
    assert 5.0 <= told[1][1] < 5.4
    assert alarms(events) == []


@pytest.mark.parametrize("name", sorted(GOOD))
def test_a_poor_picture_is_not_called_blind(name: str) -> None:
    events = watched(film((4.0 if name != "4K" else 1.5, GOOD[name])))
    assert blind(events) == []
    assert alarms(events) == []


def test_a_camera_that_stopped_behind_an_encoder_is_found(tmp_path: Path) -> None:
    """Every twelfth picture of such a film is coded anew and differs a little."""
    writer = cv2.VideoWriter(str(tmp_path / "a.mp4"), cv2.VideoWriter.fourcc(*"mp4v"), RATE, (320, 240))
    for k in range(60):
        writer.write(room() if k < 15 else FROZEN)
    writer.release()
    capture, sight, told = cv2.VideoCapture(str(tmp_path / "a.mp4")), Sight(), []
    for k in range(60):
        sight = watch_sight(sight, np.asarray(capture.read()[1], np.uint8), k / RATE)
        told.append(is_blind(sight, k / RATE, b.LIMITS.blind_after_s))
    assert not any(told[:30])
    assert all(told[45:])


def bending_down(stamp: float) -> Sequence[Pose]:
    """Stands for two seconds, then sinks as fast as one who falls; where it ends depends on the story."""
    up, down = b.placed(b.standing(), 3.0, 0.0), b.placed(b.lying(), 3.0, 0.0, 1.4)
    share = min(1.0, max(0.0, (stamp - 2.0) / 0.5))
    return (b.seen(b.between(up, down, share), VIEW),)


def test_whoever_vanishes_with_the_light_has_not_fallen() -> None:
    """The picture goes dark in the middle of a quick bend, and when it is back she has left the room."""

    def story(stamp: float) -> Sequence[Pose]:
        return bending_down(stamp) if stamp < 2.3 else ()

    assert alarms(watched(film((2.3, room), (60.0, BAD["black"]), (10.0, room)), story)) == []
    # The same with the room in sight all the time is a fall: she was lost on the way down.
    assert alarms(watched(film((12.0, room)), story)) != []


def test_a_camera_unplugged_for_a_minute_is_told_and_alarms_nobody() -> None:
    """In the middle of a quick bend; when it is back somebody sits there."""

    def story(stamp: float) -> Sequence[Pose]:
        seated = b.seen(b.placed(b.sitting(), 3.0, 0.0), VIEW)
        return bending_down(stamp) if stamp < 2.3 else (seated,)

    pictures = [*film((2.3, room)), *(replace(p, stamp=p.stamp + 62.3) for p in film((10.0, room)))]
    events = watched(iter(pictures), story)
    told = blind(events)
    assert [state for state, _ in told] == [True, False]
    assert 2.2 < told[0][1] <= 2.3 + TOLD_WITHIN_S
    assert told[1][1] == pytest.approx(62.3, abs=0.1)
    assert alarms(events) == []


def test_a_fall_before_the_camera_is_covered_is_still_confirmed_after_it() -> None:
    events = watched(film((2.8, room), (5.0, finger), (5.0, room)), bending_down)
    assert [e["event"] for e in alarms(events)][-1] == "fall"


def test_nobody_is_imagined_in_a_picture_that_shows_nothing() -> None:
    seer = Seer(bending_down)
    perceiver = Perceiver(seer, b.LIMITS)
    list(Watch(perceive_pictures(film((3.0, BAD["black"])), perceiver), perceiver.watch).events())
    assert seer.asked == 0


def test_a_picture_that_is_suddenly_turned_over_is_no_fall() -> None:
    """Somebody stands; from one frame to the next the camera lies on its side, and so does she in the picture."""
    pose = b.seen(b.placed(b.standing(), 3.0, 0.0), VIEW)
    turned = pose.image.copy()
    turned[:, 0], turned[:, 1] = pose.image[:, 1], 1.0 - pose.image[:, 0]
    body = np.stack([pose.body[:, 1], -pose.body[:, 0], pose.body[:, 2]], axis=1)

    def story(stamp: float) -> Sequence[Pose]:
        return (pose,) if stamp < 3.0 else (Pose(turned, body),)

    assert alarms(watched(film((3.0, room), (8.0, GOOD["turned"])), story)) == []


@pytest.mark.parametrize("fault", ["repeated", "dropped", "jitter"])
def test_faults_of_time_change_nothing_for_somebody_standing(fault: str) -> None:
    pictures = list(film((6.0, room)))
    times = {
        "repeated": [p.stamp - (p.stamp % 0.2 < 1 / RATE) * 1e-6 for p in pictures],
        "dropped": [p.stamp + (p.stamp > 2.0) * 0.9 + (p.stamp > 4.0) * 0.7 for p in pictures],
        "jitter": sorted(p.stamp + RNG.uniform(-0.03, 0.03) for p in pictures),
    }[fault]
    story: Callable[[float], Sequence[Pose]] = lambda stamp: (b.seen(b.placed(b.standing(), 3.0, 0.0), VIEW),)  # noqa: E731
    events = watched((replace(p, stamp=t) for p, t in zip(pictures, times, strict=True)), story)
    assert alarms(events) == []
    assert blind(events) == []


@pytest.mark.parametrize("stage", list(Stage))
def test_a_minute_without_sight_is_no_minute_in_any_stage(stage: Stage) -> None:
    case = Case(stage, since=10.0, id="a", down_since=8.0, last_down=10.0, was_down=True)
    later = after_gap(case, 60.0)
    assert later.stage is stage
    assert (later.down_since, later.last_down, later.up_since) == (68.0, 70.0, None)
    assert later.since == (70.0 if stage is Stage.SUSPECTED else 10.0)  # others are told when it was confirmed
    vanished = replace(case, was_down=False)
    assert after_gap(vanished, 60.0).stage is (Stage.CALM if stage is Stage.SUSPECTED else stage)
    assert after_gap(vanished, 1.0).stage is stage


class Device:
    """A camera that gives what it is told to; None: unplugged."""

    def __init__(self, frames: list[Pixels | None]) -> None:
        self._frames = frames
        self.released = False

    def read(self) -> tuple[bool, Any]:
        frame = self._frames.pop(0) if self._frames else None
        return frame is not None, frame

    def release(self) -> None:
        self.released = True


class Time:
    """Goes on by a quarter of a second each time it is asked for."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        self.now += 0.25
        return self.now


def live(devices: list[Device | None], give_up_s: float = 100.0) -> Iterator[Picture | NoPicture]:
    def opened() -> Any:
        device = devices.pop(0) if devices else None
        if device is None:
            raise SourceError("not there")
        return device

    return live_pictures(opened, "gives no picture", Time(), patience_s=0.02, reopen_s=0.001, give_up_s=give_up_s)


def test_a_live_camera_that_is_unplugged_says_so_and_comes_back() -> None:
    first = Device([room()])
    pictures = live([first, None, None, Device([room()])])
    seen: list[Picture | NoPicture] = []
    for picture in pictures:
        seen.append(picture)
        if sum(isinstance(p, Picture) for p in seen) == 2:
            break
    pictures.close()  # type: ignore[attr-defined]
    assert isinstance(seen[0], Picture)
    assert first.released
    assert all(a.stamp < c.stamp for a, c in itertools.pairwise(seen))


def test_watching_a_live_camera_that_stops_tells_blind() -> None:
    events: list[Event] = []
    perceiver = Perceiver(Seer(nobody), b.LIMITS)
    with pytest.raises(SourceError, match="gives no picture"):
        events.extend(Watch(perceive_pictures(live([Device([room()])], 20.0), perceiver), perceiver.watch).events())
        raise AssertionError("it must end")
    events = []
    with pytest.raises(SourceError):
        for event in Watch(perceive_pictures(live([Device([room()])], 20.0), perceiver), perceiver.watch).events():
            events.append(event)
    assert [state for state, _ in blind(events)] == [True]
    assert blind(events)[0][1] <= TOLD_WITHIN_S


def test_a_camera_that_is_not_there_at_first_is_an_error_at_once() -> None:
    with pytest.raises(SourceError, match="not there"):
        next(live([None]))
