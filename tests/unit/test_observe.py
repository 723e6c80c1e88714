"""Looking on: what the ring holds, when it is kept, what a file is after any sudden end, what is thrown away."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kangban_msgs.msg import Persons
from mcap_ros2.reader import read_ros2_messages
from rclpy.serialization import serialize_message
from sensor_msgs.msg import CameraInfo
from std_msgs.msg import String

from kangban import streams
from kangban.config import load
from kangban.conversions import message_type, to_ros
from kangban.values import Speech, SpeechKind
from observe import keep, shelf
from observe.definitions import name_of, text_of
from observe.keep import Limits, Order, State
from observe.mcap_file import CHUNK_BYTES, PART, McapFile, mend
from observe.ring import Ring, Sent
from observe.topics import TopicError, topics

CONFIG = load("companion", "demo_flat", Path(), Path())
REPEATABLE = settings(derandomize=True, deadline=None, max_examples=60)


# The ring


@REPEATABLE
@given(st.lists(st.tuples(st.floats(0.0, 3.0), st.integers(1, 400), st.sampled_from("abc")), min_size=1, max_size=60))
def test_the_ring_stays_within_its_bounds_and_keeps_the_newest(steps: list[tuple[float, int, str]]) -> None:
    ring, now, put = Ring(10.0, 1000, frozenset("c")), 100.0, []
    for after, size, topic in steps:
        now += after
        put.append(Sent(now, topic, b"x" * size))
        ring.put(put[-1])
        assert ring.bytes <= 1000
    mine = {id(sent) for sent in put}
    held = [sent for sent in ring.held() if id(sent) in mine]
    assert held == put[len(put) - len(held) :] and held[-1] is put[-1]
    assert all(sent.at >= now - 10.0 for sent in held)
    room = 1000 - sum(len(sent.data) for sent in held)
    left_out = put[: len(put) - len(held)]
    assert not left_out or left_out[-1].at < now - 10.0 or len(left_out[-1].data) > room
    told = {sent.topic for sent in ring.held()}
    assert "c" in told or all(sent.topic != "c" for sent in put), "the last of a latched topic is never let go"


def test_what_was_latched_long_ago_stands_before_all_else() -> None:
    ring = Ring(10.0, 1000, frozenset({"map"}))
    for sent in (
        Sent(0.0, "map", b"old"),
        Sent(1.0, "map", b"new"),
        Sent(20.0, "scan", b"1"),
        Sent(25.0, "scan", b"2"),
    ):
        ring.put(sent)
    assert [(s.at, s.data) for s in ring.held()] == [(20.0, b"new"), (20.0, b"1"), (25.0, b"2")]


def test_a_clock_that_began_anew_empties_it() -> None:
    ring = Ring(10.0, 1000, frozenset())
    ring.put(Sent(500.0, "scan", b"1"))
    ring.put(Sent(3.0, "scan", b"2"))
    assert [s.data for s in ring.held()] == [b"2"]


# When it is kept

LIMITS = Limits(after=30.0, longest=300.0)
RECORDING, FADING = State(begun=100.0), State(begun=100.0, over_since=110.0)


@pytest.mark.parametrize(
    ("state", "open_", "now", "after", "order"),
    [
        (State(), None, 100.0, State(), Order.NOTHING),
        (State(), False, 100.0, State(), Order.NOTHING),
        (State(), True, 100.0, RECORDING, Order.BEGIN),
        (RECORDING, True, 120.0, RECORDING, Order.NOTHING),
        (RECORDING, None, 120.0, RECORDING, Order.NOTHING),  # unknown is not over
        (RECORDING, False, 110.0, FADING, Order.NOTHING),
        (FADING, False, 139.0, FADING, Order.NOTHING),
        (FADING, False, 140.0, State(), Order.END),
        (FADING, True, 120.0, RECORDING, Order.NOTHING),  # another one: the same file goes on
        (FADING, None, 150.0, RECORDING, Order.NOTHING),
        (RECORDING, True, 400.0, State(full=True), Order.END),
        (RECORDING, None, 400.0, State(full=True), Order.END),
        (FADING, False, 400.0, State(), Order.END),
        (State(full=True), True, 401.0, State(full=True), Order.NOTHING),  # it had its file
        (State(full=True), None, 401.0, State(full=True), Order.NOTHING),
        (State(full=True), False, 401.0, State(), Order.NOTHING),
        (RECORDING, True, 3.0, State(), Order.END),  # the clock began anew
    ],
)
def test_every_state_with_every_event(
    state: State, open_: bool | None, now: float, after: State, order: Order
) -> None:  # fmt: skip
    assert keep.step(state, open_, now, LIMITS) == (after, order)


def test_a_file_that_failed_is_not_tried_again_before_the_next_incident() -> None:
    state = keep.failed(RECORDING)
    assert keep.step(state, True, 101.0, LIMITS)[1] is Order.NOTHING
    state, _ = keep.step(state, False, 102.0, LIMITS)
    assert keep.step(state, True, 103.0, LIMITS)[1] is Order.BEGIN
    assert keep.failed(State()) == State()


# Files

TYPES: dict[str, type] = {"/said": message_type(Speech), "/description": String}


def said(k: int) -> Sent:
    message = to_ros(Speech(float(k), f"line {k} " + "x" * 2000, "en", SpeechKind.INFORM))
    return Sent(float(k), "/said", serialize_message(message))


def words(path: Path) -> list[str]:
    return [message.ros_msg.text.split(" x")[0] for message in read_ros2_messages(path)]


def test_a_file_is_read_by_others_with_every_type_within_its_types(tmp_path: Path) -> None:
    file = McapFile(tmp_path / "a.mcap", TYPES)
    for k in range(5):
        file.add(said(k))
    file.add(Sent(9.0, "/description", serialize_message(String(data="robot"))))
    assert list(tmp_path.glob("*.mcap")) == []  # it has its name only when it is whole
    assert file.close() == tmp_path / "a.mcap"
    read = list(read_ros2_messages(tmp_path / "a.mcap"))
    assert [m.channel.topic for m in read] == ["/said"] * 5 + ["/description"]
    assert [m.log_time_ns for m in read] == [0, 10**9, 2 * 10**9, 3 * 10**9, 4 * 10**9, 9 * 10**9]
    assert read[3].ros_msg.kind == "inform" and read[3].ros_msg.header.stamp.sec == 3


@pytest.mark.parametrize("stream", [s for s in streams.ALL if s.name not in streams.PIXELS], ids=lambda s: s.name)
def test_every_streams_type_is_told_so_that_others_can_read_it(stream: streams.Stream[object], tmp_path: Path) -> None:
    kind = message_type(stream.value)
    file = McapFile(tmp_path / "a.mcap", {"/x": kind})
    file.add(Sent(1.0, "/x", serialize_message(kind())))
    (read,) = read_ros2_messages(file.close())
    assert set(kind.get_fields_and_field_types()) <= set(dir(read.ros_msg))


def test_definitions_are_in_the_words_of_message_files() -> None:
    assert name_of(Persons) == "kangban_msgs/msg/Persons"
    told = text_of(CameraInfo)
    assert "float64[9] k\n" in told and "float64[] d\n" in told and "bool do_rectify\n" in told
    assert "\nMSG: std_msgs/Header\nbuiltin_interfaces/Time stamp\nstring frame_id\n" in told
    assert told.count("MSG: std_msgs/Header") == 1


@settings(derandomize=True, deadline=None, max_examples=15)
@given(st.floats(0.0, 1.0))
def test_wherever_it_is_cut_off_whole_chunks_are_kept(tmp_path_factory: pytest.TempPathFactory, share: float) -> None:
    folder = tmp_path_factory.mktemp("cut")
    file = McapFile(folder / "a.mcap", TYPES)
    for k in range(400):  # some six chunks
        file.add(said(k))
    file.flush()
    part = folder / f"a.mcap{PART}"
    whole = part.stat().st_size
    os.truncate(part, round(share * whole))
    file.give_up()
    os.truncate(part, round(share * whole))  # without what closing it still wrote
    mended, failed = mend(folder)
    assert failed == [] and not part.exists() and list(folder.glob("*.mending")) == []
    kept = words(mended[0]) if mended else []
    assert kept == [f"line {k}" for k in range(len(kept))]
    lost = share * whole
    assert share < 0.9 or len(kept) > 200, lost


def test_nothing_is_mended_where_nothing_is_readable(tmp_path: Path) -> None:
    (tmp_path / f"a.mcap{PART}").write_bytes(b"")
    (tmp_path / f"b.mcap{PART}").write_bytes(os.urandom(5000))
    assert mend(tmp_path) == ([], [])
    assert list(tmp_path.iterdir()) == []


def test_a_chunk_is_small_beside_what_a_minute_is() -> None:
    assert CHUNK_BYTES <= 256 * 1024


# The folder


def test_the_old_go_and_the_oldest_of_too_many(tmp_path: Path) -> None:
    for k, (days, size) in enumerate([(1.0, 100), (2.0, 300), (3.0, 300), (40.0, 10)]):
        path = tmp_path / f"{k}.mcap"
        path.write_bytes(b"x" * size)
        os.utime(path, (5e8 - days * 86400.0, 5e8 - days * 86400.0))
    (tmp_path / "other.txt").write_text("not ours")
    gone, failed = shelf.tidy(tmp_path, 5e8, 30.0, 450)
    assert ([path.name for path in gone], failed) == (["2.mcap", "3.mcap"], [])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["0.mcap", "1.mcap", "other.txt"]


# What is looked at


def test_no_topic_carries_pixels_and_the_rest_is_there() -> None:
    names = {topic.name for topic in topics(CONFIG)}
    assert names & set(streams.PIXELS) == set()
    assert {"scan", "odom", "persons", "incidents", "/tf", "/tf_static", "robot_description"} <= names


def test_only_what_is_wanted_and_the_transforms() -> None:
    names = {topic.name for topic in topics(CONFIG, ["scan"])}
    assert names == {"scan", "/tf", "/tf_static", "robot_description"}


@pytest.mark.parametrize("wanted", ["camera/image", "nonsense"])
def test_pictures_and_unknown_streams_are_refused_by_name(wanted: str) -> None:
    with pytest.raises(TopicError, match=f"^{wanted}: can't be recorded.*allowed: .*scan"):
        topics(CONFIG, ["scan", wanted])


def test_it_runs_only_where_the_home_allows_it() -> None:
    from kangban.processes import Mode, table

    def names(records: str) -> set[str]:
        privacy = CONFIG.site.privacy.model_copy(update={"records": records})
        site = CONFIG.site.model_copy(update={"privacy": privacy})
        return {process.name for process in table(Mode.ROBOT, site)}

    assert names("incidents") - names("never") == {"recorder"}
    assert replace(CONFIG).site.privacy.records == "never"
