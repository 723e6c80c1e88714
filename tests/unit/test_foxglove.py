"""Who may look on, and at what: the site's section, the door, the list of what is shown, and a viewer that sleeps."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from kangban import streams
from kangban.config import Config, ConfigError, load, load_site
from kangban.foxglove_site import Foxglove, is_this_machine
from kangban.processes import Mode, table
from observe import viewers as server
from observe.door import AT_ONCE, Door, DoorError, turned_away
from observe.shown import SHOWN, shown
from observe.viewers import Shown, Viewers
from tests.foxglove_client import RefusedError, Viewer

APP = "https://app.foxglove.dev"
TALKING = frozenset({
    "incidents", "care_events", "speech/said", "speech/heard", "home/readings", "picture/wish", "picture/kept",
    "screen", "notes",
})  # fmt: skip
NAV2_OWN = frozenset({"nav2/cmd_vel", "nav2/plan", "amcl_pose", "nav2/ground"})


def head(*lines: str, first: str = "GET / HTTP/1.1", upgrade: str = "Upgrade: WebSocket") -> bytes:
    return "\r\n".join((first, upgrade, *lines)).encode() + b"\r\n\r\n"


@pytest.mark.parametrize(
    ("request_head", "closed", "words"),
    [
        (head("Host: localhost:8767"), True, None),
        (head("Host: 127.0.0.1:8767", f"Origin: {APP}"), True, None),
        (head("Host: [::1]:8767"), True, None),
        (head("Host: 127.0.0.1", "origin: app://foxglove"), True, None),  # a program, not a page of the web
        (head("Host: 127.0.0.1", "Origin: https://app.foxglove.dev.evil.example"), True, "may not look"),
        (head("Host: 127.0.0.1", "ORIGIN: http://app.foxglove.dev"), True, "may not look"),  # anybody can speak http
        (head("Host: 127.0.0.1", "Origin: null"), True, "may not look"),
        (head("Host: 127.0.0.1", f"Origin: {APP}", "Origin: https://evil.example"), True, "may not look"),
        (head("Host: evil.example:8767"), True, "its own machine only"),
        (head("Host: 192.168.1.7:8767"), True, "its own machine only"),
        (head("Host:"), True, "its own machine only"),
        (head("Host: 192.168.1.7:8767"), False, None),
        (head("Host: 192.168.1.7:8767", "Origin: https://evil.example"), False, "may not look"),
        (head("Host: localhost", first="POST / HTTP/1.1"), True, "a WebSocket for Foxglove"),
        (head("Host: localhost", upgrade="Connection: close"), True, "a WebSocket for Foxglove"),
        (b"\x16\x03\x01\xff\xfe\r\n\r\n", True, "a WebSocket for Foxglove"),
    ],
)
def test_who_gets_through_the_door(request_head: bytes, closed: bool, words: str | None) -> None:
    why = turned_away(request_head, closed, frozenset({APP}))
    assert why is None if words is None else words in str(why)


@pytest.mark.parametrize(
    ("section", "words"),
    [
        ("{host: 0.0.0.0}", "open_because"),
        ("{host: 192.168.1.7}", "ssh -L"),
        ("{host: '::'}", "open_because"),
        ("{host: robot.lan}", "open_because"),
        ("{host: 0.0.0.0, open_because: why}", "open_because"),
        ("{port: 70000}", "port"),
        ("{origins: ['*']}", "no origin"),
        ("{origins: ['https://a.example/page']}", "no origin"),
        ("{publish: true}", "unknown key"),
    ],
)
def test_a_door_that_stands_open_without_a_reason_is_refused(section: str, words: str) -> None:
    with pytest.raises(ConfigError, match="foxglove") as caught:
        load_site("demo_flat", [f"foxglove={section}"])
    assert words in str(caught.value)


def test_only_a_home_that_wants_it_is_shown() -> None:
    off = load_site("demo_flat")
    on = load_site("demo_flat", ["foxglove={}"])
    assert off.foxglove is None
    assert on.foxglove is not None and is_this_machine(on.foxglove.host)
    for mode in Mode:
        assert "foxglove" not in {row.name for row in (*table(mode), *table(mode, off))}
        (row,) = [row for row in table(mode, on) if row.name == "foxglove"]
        assert not row.safety_relevant and not row.ends_run


def test_every_stream_is_either_shown_or_held_back_for_a_reason() -> None:
    """A new stream fails here until somebody has thought about who may see it."""
    names = [stream.name for stream in SHOWN]
    assert len(names) == len(set(names))
    assert set(names) | TALKING | NAV2_OWN | set(streams.PIXELS) == {stream.name for stream in streams.ALL}
    assert not set(names) & (TALKING | set(streams.PIXELS))


def test_what_is_shown_of_a_robot(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("run")
    config: Config = load("companion", "demo_flat", folder, folder)
    names = {topic.name for topic in shown(config)}
    floor = () if config.profile.cliff is None else config.profile.cliff.sensors
    assert names == {s.name for s in SHOWN} | {f"cliff/{s.name}" for s in floor} | {
        "/tf", "/tf_static", "robot_description",
    }  # fmt: skip


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> Iterator[Viewers]:
    monkeypatch.setattr(server, "WAITING", 8)
    big = Shown("/big", "std_msgs/msg/String", "string data\n", False)
    viewers = Viewers("robot", Foxglove(port=0), [big], "/scene")
    yield viewers
    viewers.close()


def test_a_viewer_that_sleeps_costs_the_others_nothing(served: Viewers) -> None:
    """Neither their messages nor memory without bound: the oldest of its own are left out."""
    asleep, awake = Viewer(served.port), Viewer(served.port)
    asleep.subscribe("/big")
    awake.subscribe("/big")

    def both_look() -> bool:
        served.put("/big", bytes(4), 0.0)
        asleep.poll()
        return bool(asleep.messages["/big"] and awake.messages["/big"])

    awake.wait(both_look, "both to look")
    last = 250
    for number in range(1, last + 1):  # 25 MB: more than all buffers on the way
        served.put("/big", number.to_bytes(4, "little") + bytes(100_000), number * 0.01)
        awake.wait(lambda number=number: awake.messages["/big"] and _number(awake) == number, f"message {number}")
    asleep.wait(lambda: asleep.messages["/big"] and _number(asleep) == last, "the newest, once it is awake")
    assert len(asleep.messages["/big"]) < 0.8 * last  # it was not all kept for it


def _number(viewer: Viewer) -> int:
    return int.from_bytes(viewer.messages["/big"][-1][1][:4], "little")


def test_so_many_and_no_more_look_on(served: Viewers) -> None:
    looking = [Viewer(served.port) for _ in range(AT_ONCE)]
    with pytest.raises(RefusedError, match=f"{AT_ONCE} look on already"):
        Viewer(served.port)
    looking[0].close()
    looking[1].wait(lambda: served.door.inside < AT_ONCE, "a free place")
    again = Viewer(served.port)
    again.wait(lambda: again.channels, "the channels")


def test_whoever_says_nothing_keeps_no_place(served: Viewers) -> None:
    silent = [socket.create_connection(("127.0.0.1", served.port)) for _ in range(2 * AT_ONCE)]
    viewer = Viewer(served.port)
    viewer.wait(lambda: viewer.channels, "the channels")
    assert served.door.inside == 1
    for each in silent:
        each.close()


@pytest.mark.parametrize("host", ["no.such.host.invalid", "192.0.2.1"])
def test_an_address_that_is_not_ours_is_named(host: str) -> None:
    with pytest.raises(DoorError, match=host):
        Door(host, 0, ("127.0.0.1", 1), ())


def test_the_door_ends_with_somebody_inside() -> None:
    viewers = Viewers("robot", Foxglove(port=0), [], "/scene")
    viewer = Viewer(viewers.port)
    viewer.wait(lambda: viewer.channels, "the channels")
    viewers.door.close()
    assert not viewers.door._thread.is_alive()
    viewer.wait(lambda: viewer.closed, "the end")
    viewers.close()  # once more does no harm
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", viewers.port), timeout=1.0)
