"""What sensors say in both conventions, what is refused and how, and what the board knows when."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from behaviors.home import assistant, board, zigbee
from behaviors.home.alarms import Alarms
from behaviors.home.board import PRESSED_S, State
from behaviors.home.said import LARGEST, Message, RefusedError, Said
from kangban.config import ConfigError, load_site
from kangban.evidence import in_language, known, names_of
from kangban.home_site import HomeSensors, Sensor
from kangban.values import CareEventKind, HomeReading, HomeReadings, SensorKind
from tests.unit.behaviors_world import SITE

WALL = 1_790_000_000.0
SEEN = 1_790_009_600.0


def sensor(kind: str, speaks: str = "zigbee2mqtt", **more: Any) -> Sensor:
    topic = {"zigbee2mqtt": f"zigbee2mqtt/{kind}", "homeassistant": f"homeassistant/binary_sensor/{kind}/config"}
    made = {"name": f"a_{kind}", "kind": kind, "room": "kitchen", "speaks": speaks, "silent_after_s": 100.0}
    return Sensor.model_validate({**made, "topic": topic[speaks], **more})


def plan(*sensors: Sensor, unknown_after_s: float = 30.0) -> HomeSensors:
    return HomeSensors.model_validate(
        {"broker": {}, "unknown_after_s": unknown_after_s, "sensors": [s.model_dump() for s in sensors]}
    )


def message(topic: str, content: Any, retained: bool = False) -> Message:
    if not isinstance(content, bytes):
        content = (content if isinstance(content, str) else json.dumps(content)).encode()
    return Message(topic, content, retained)


# zigbee2mqtt


@pytest.mark.parametrize(
    ("kind", "content", "said"),
    [
        ("door", {"contact": True, "battery": 97}, Said(active=False, battery=97)),
        ("door", {"contact": False}, Said(active=True)),
        ("motion", {"occupancy": True, "illuminance": 3}, Said(active=True)),
        ("smoke", {"smoke": True}, Said(active=True)),
        ("gas", {"gas": False}, Said(active=False)),
        ("water", {"water_leak": True}, Said(active=True)),
        ("mattress", {"presence": True}, Said(active=True)),
        ("stove", {"state": "ON", "power": 3}, Said(active=True)),
        ("temperature", {"temperature": 21.5, "humidity": 40}, Said(value=21.5)),
        ("button", {"action": "single"}, Said(pressed=True)),
        ("button", {"action": ""}, Said()),
        ("button", {"action": None}, Said()),
        ("button", {"action": "button_1_release"}, Said()),
        ("smoke", {"battery": 12}, Said(battery=12)),
        ("smoke", {"smoke": None}, Said()),
        (
            "door",
            {"contact": True, "last_seen": "2026-09-21T16:53:20+00:00"},
            Said(active=False, seen_wall=1790009600.0),
        ),
        ("door", {"contact": True, "last_seen": 1790009600000}, Said(active=False, seen_wall=1790009600.0)),
    ],
)
def test_zigbee2mqtt_says(kind: str, content: dict[str, Any], said: Said) -> None:
    assert zigbee.said(sensor(kind), json.dumps(content).encode()) == said


def test_a_stove_on_a_plug_is_on_above_its_power() -> None:
    plug = sensor("stove", on_above=20.0)
    assert zigbee.said(plug, b'{"power": 1500.0, "state": "ON"}') == Said(active=True, value=1500.0)
    assert zigbee.said(plug, b'{"power": 1.5, "state": "ON"}') == Said(active=False, value=1.5)
    assert zigbee.said(plug, b'{"state": "ON"}') == Said()


@pytest.mark.parametrize(
    ("kind", "payload", "words"),
    [
        ("smoke", b"", "not JSON"),
        ("smoke", b"{", "not JSON"),
        ("smoke", b"[" * 3000, "not JSON"),
        ("smoke", b"\xff\xfe", "not text"),
        ("smoke", b"x" * (LARGEST + 1), "at most 8192"),
        ("smoke", b"[true]", "expected a JSON object"),
        ("smoke", b'{"smoke": "true"}', "smoke must be true or false, is 'true'"),
        ("smoke", b'{"smoke": 1}', "smoke must be true or false"),
        ("door", b'{"contact": {"a": 1}}', "contact must be true or false"),
        ("temperature", b'{"temperature": "21"}', "must be a number"),
        ("temperature", b'{"temperature": NaN}', "must be -60 to 300"),
        ("temperature", b'{"temperature": 1e999}', "must be -60 to 300"),
        ("temperature", b'{"temperature": 1' + b"0" * 400 + b"}", "must be -60 to 300"),
        ("temperature", b'{"temperature": true}', "must be a number"),
        ("smoke", b'{"smoke": true, "battery": 250}', "battery must be 0 to 100"),
        ("smoke", b'{"smoke": true, "last_seen": "yesterday"}', "last_seen is no time"),
        ("smoke", b'{"smoke": true, "last_seen": -4}', "last_seen must be"),
        ("button", b'{"action": ["single"]}', "action must be a word"),
        ("button", b'{"action": "' + b"a" * 100 + b'"}', "action must be a word"),
        ("stove", b'{"state": "MAYBE"}', "state must be ON or OFF"),
        ("smoke", b'{"smoke": "\\u0007\\u001b[2J' + b"b" * 60 + b'"}', r"is '\?\?\[2Jb+'\.\.\."),
    ],
)
def test_what_can_not_be_used_is_refused_in_words(kind: str, payload: bytes, words: str) -> None:
    with pytest.raises(RefusedError, match=words):
        zigbee.said(sensor(kind), payload)


def test_availability_in_both_forms() -> None:
    assert zigbee.available(b"online") and not zigbee.available(b'{"state":"offline"}')
    with pytest.raises(RefusedError, match="online or offline"):
        zigbee.available(b"perhaps")


# Home Assistant

ZIGBEE_DOOR = {
    "availability": [{"topic": "zigbee2mqtt/bridge/state", "value_template": "{{ value_json.state }}"}],
    "device_class": "door", "payload_off": True, "payload_on": False, "state_topic": "zigbee2mqtt/front",
    "unique_id": "0x1", "value_template": "{{ value_json.contact }}",
}  # fmt: skip


def set_up(kind: str, content: dict[str, Any], **more: Any) -> tuple[Sensor, assistant.Setup]:
    one = sensor(kind, "homeassistant", **more)
    setup = assistant.setup_of(one, json.dumps(content).encode())
    assert setup is not None
    return one, setup


def test_home_assistants_configuration_says_where_and_how() -> None:
    door, setup = set_up("door", ZIGBEE_DOOR)
    assert setup.topics() == ("zigbee2mqtt/front", "zigbee2mqtt/bridge/state")
    assert assistant.said(door, setup, b'{"contact": false}') == Said(active=True)
    assert assistant.said(door, setup, b'{"contact": true}') == Said(active=False)
    assert assistant.said(door, setup, b'{"battery": 9}') == Said()
    assert assistant.available(setup, "zigbee2mqtt/bridge/state", b'{"state": "online"}')


def test_home_assistants_short_names_and_plain_words() -> None:
    smoke, setup = set_up("smoke", {"~": "esp/kitchen", "stat_t": "~/smoke", "pl_on": "FIRE", "avty_t": "~/there"})
    assert setup.topics() == ("esp/kitchen/smoke", "esp/kitchen/there")
    assert assistant.said(smoke, setup, b"FIRE").active is True
    assert assistant.said(smoke, setup, b"OFF").active is False
    with pytest.raises(RefusedError, match="says 'ON', expected 'FIRE' or 'OFF'"):
        assistant.said(smoke, setup, b"ON")


def test_a_temperature_a_button_event_and_a_trigger() -> None:
    hall, setup = set_up(
        "temperature", {"state_topic": "t", "unit_of_measurement": "°F"}, topic="homeassistant/sensor/hall/config"
    )
    assert assistant.said(hall, setup, b"68").value == pytest.approx(20.0)
    with pytest.raises(RefusedError, match=r"not JSON|number"):
        assistant.said(hall, setup, b"warm")
    call, setup = set_up("button", {"state_topic": "b"}, topic="homeassistant/event/call/config")
    assert assistant.said(call, setup, b'{"event_type": "press"}').pressed
    with pytest.raises(RefusedError, match="event_type"):
        assistant.said(call, setup, b"{}")
    topic = "homeassistant/device_automation/0x1/action_single/config"
    call, setup = set_up("button", {"topic": "z/b/action", "payload": "single"}, topic=topic)
    assert assistant.said(call, setup, b"single").pressed and not assistant.said(call, setup, b"double").pressed


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({"state_topic": "#"}, "can't be listened to"),
        ({"state_topic": "a/+/b"}, "can't be listened to"),
        ({"state_topic": "$SYS/broker"}, "can't be listened to"),
        ({"state_topic": "a" * 300}, "can't be listened to"),
        ({"state_topic": 5}, "can't be listened to"),
        ({}, "can't be listened to"),
        ({"state_topic": "a", "device_class": "smoke"}, "calls itself 'smoke', the site file says door"),
        ({"state_topic": "a", "device_class": []}, "calls itself"),
        ({"state_topic": "a", "value_template": "{{ states('sensor.x') }}"}, "template is not understood"),
        ({"state_topic": "a", "payload_on": {}}, "expected a word"),
        ({"state_topic": "a", "availability": "x"}, "list of topics"),
        ({"state_topic": "a", "availability": [{"topic": "#"}]}, "can't be listened to"),
    ],
)
def test_a_configuration_that_can_not_be_used_is_refused(content: dict[str, Any], words: str) -> None:
    with pytest.raises(RefusedError, match=words):
        assistant.setup_of(sensor("door", "homeassistant"), json.dumps(content).encode())


def test_an_empty_configuration_takes_the_sensor_away() -> None:
    assert assistant.setup_of(sensor("door", "homeassistant"), b"") is None


# The board


class Stage:
    """A board on a clock turned by hand."""

    def __init__(self, *sensors: Sensor) -> None:
        self.plan, self.state, self.now = plan(*sensors), State(), 10.0
        self.link(True)

    def link(self, there: bool) -> None:
        self.state = board.linked(self.state, there, self.now)

    def hear(self, topic: str, content: Any, retained: bool = False) -> None:
        self.state = board.heard(self.state, self.plan, message(topic, content, retained), self.now, WALL + self.now)

    def read(self, number: int = 0) -> HomeReading:
        return board.readings(self.state, self.plan, self.now).readings[number]

    def trouble(self) -> str:
        return "; ".join(board.troubles(self.state, self.plan, self.now).values())


def test_what_never_spoke_is_unknown() -> None:
    stage = Stage(sensor("smoke"))
    assert stage.read().active is None and "not spoken yet" in stage.trouble()


def test_a_reading_is_stamped_with_when_it_began() -> None:
    stage = Stage(sensor("door"))
    stage.hear("zigbee2mqtt/door", {"contact": False})
    stage.now = 15.0
    stage.hear("zigbee2mqtt/door", {"contact": False, "battery": 50})
    assert stage.read() == HomeReading(10.0, "a_door", SensorKind.DOOR, "kitchen", True) and stage.trouble() == ""
    stage.hear("zigbee2mqtt/door", {"contact": True})
    assert (stage.read().active, stage.read().stamp) == (False, 15.0)


def test_silence_and_absence_make_it_unknown() -> None:
    stage = Stage(sensor("door"))
    stage.hear("zigbee2mqtt/door", {"contact": False})
    stage.hear("zigbee2mqtt/door/availability", "offline")
    assert stage.read().active is None and "away" in stage.trouble()
    stage.hear("zigbee2mqtt/door/availability", {"state": "online"})
    assert stage.read().active is True
    stage.now += 99.9
    assert stage.read().active is True
    stage.now += 0.1
    assert stage.read().active is None and "silent for 100 s" in stage.trouble()


def test_the_broker_away_for_long_makes_everything_unknown_and_back_again_known() -> None:
    stage = Stage(sensor("door"))
    stage.hear("zigbee2mqtt/door", {"contact": False})
    stage.link(False)
    stage.now += 29.0
    assert stage.read().active is True and not board.readings(stage.state, stage.plan, stage.now).connected
    stage.now += 1.0
    assert stage.read().active is None
    stage.link(True)
    assert stage.read().active is True


def test_before_the_broker_was_ever_there_everything_is_unknown() -> None:
    assert board.readings(State(), plan(sensor("door")), 5.0).readings[0].active is None


def test_a_retained_message_has_the_age_that_the_device_tells() -> None:
    stage = Stage(sensor("smoke"))
    stage.now = 1000.0
    stage.hear("zigbee2mqtt/smoke", {"smoke": True, "last_seen": 1000 * (WALL + 960.0)}, retained=True)
    assert (stage.read().active, stage.read().stamp) == (True, 960.0)
    stage.hear("zigbee2mqtt/smoke", {"smoke": False, "last_seen": 1000 * (WALL + 900.0)}, retained=True)
    assert stage.read().active is True, "older than what is known"
    old = Stage(sensor("smoke"))
    old.now = 1000.0
    old.hear("zigbee2mqtt/smoke", {"smoke": True, "last_seen": 1000 * (WALL + 800.0)}, retained=True)
    assert old.read().active is None and "silent for 200 s" in old.trouble()


def test_a_retained_message_without_an_age_counts_where_it_is_news_and_is_no_sign_of_life() -> None:
    stage = Stage(sensor("smoke"))
    stage.hear("zigbee2mqtt/smoke", {"smoke": False}, retained=True)
    assert stage.read().active is False
    stage.now += 60.0
    stage.hear("zigbee2mqtt/smoke", {"smoke": False}, retained=True)
    stage.now += 60.0
    assert stage.read().active is None, "the broker's repetition is not the sensor's"
    stage.hear("zigbee2mqtt/smoke", {"smoke": True}, retained=True)
    assert stage.read().active is True, "it began while the line was down"


def test_a_device_whose_clock_is_of_the_future_is_told() -> None:
    stage = Stage(sensor("smoke"))
    stage.hear("zigbee2mqtt/smoke", {"smoke": True, "last_seen": 1000 * (WALL + 9000.0)})
    assert stage.read().active is None and "in the future; check the clocks" in stage.trouble()


def test_a_press_is_told_for_a_while_once_and_never_from_the_past() -> None:
    stage = Stage(sensor("button"))
    stage.hear("zigbee2mqtt/button", {"action": "single"}, retained=True)
    assert stage.read().active is False, "kept by the broker since who knows when"
    stage.hear("zigbee2mqtt/button", {"action": "single"})
    stage.now += 0.2
    stage.hear("zigbee2mqtt/button", {"action": "single"})
    stage.hear("zigbee2mqtt/button", {"action": ""})
    assert (stage.read().active, stage.read().stamp) == (True, 10.0)
    stage.now = 10.0 + PRESSED_S
    assert stage.read().active is False
    stage.hear("zigbee2mqtt/button", {"action": "single"})
    assert (stage.read().active, stage.read().stamp) == (True, 10.0 + PRESSED_S)


def test_a_bad_message_changes_nothing_but_the_trouble_and_a_good_one_mends_it() -> None:
    stage = Stage(sensor("door"), sensor("smoke"))
    stage.hear("zigbee2mqtt/door", {"contact": False})
    stage.hear("zigbee2mqtt/door", b"\x00\xff")
    assert stage.read().active is True and stage.state.refused == 1
    assert "zigbee2mqtt/door: not text (UTF-8)" in stage.trouble()
    stage.hear("zigbee2mqtt/door", {"contact": False})
    assert "door" not in stage.trouble()
    stage.hear("zigbee2mqtt/elsewhere", {"contact": True})
    assert stage.state.strays == 1 and stage.read().active is True


def test_home_assistant_step_by_step() -> None:
    door = sensor("door", "homeassistant")
    stage = Stage(door)
    assert board.topics(stage.state, stage.plan) == {door.topic} and "no configuration" in stage.trouble()
    stage.hear(door.topic, ZIGBEE_DOOR, retained=True)
    assert board.topics(stage.state, stage.plan) == {door.topic, "zigbee2mqtt/front", "zigbee2mqtt/bridge/state"}
    stage.hear("zigbee2mqtt/front", {"contact": False}, retained=True)
    stage.hear(door.topic, ZIGBEE_DOOR, retained=True)
    assert stage.read().active is True, "the same configuration again changes nothing"
    stage.hear("zigbee2mqtt/bridge/state", {"state": "offline"})
    assert stage.read().active is None
    stage.hear(door.topic, "")
    assert board.topics(stage.state, stage.plan) == {door.topic} and stage.read().active is None


def test_a_low_battery_is_told() -> None:
    stage = Stage(sensor("smoke"))
    stage.hear("zigbee2mqtt/smoke", {"smoke": False, "battery": 7})
    assert stage.read().active is False and stage.trouble() == "its battery is low: 7 %"


WORDS = st.sampled_from(
    ["contact", "smoke", "action", "last_seen", "battery", "state_topic", "availability", "topic", "~", "temperature",
     "state", "value_template", "device_class"]
)  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=8,
)
PAYLOADS = st.binary(max_size=40) | JSON.map(lambda value: json.dumps(value).encode())
EVERY = [sensor(kind) for kind in SensorKind] + [
    sensor("door", "homeassistant", name="ha_door"),
    sensor("temperature", "homeassistant", name="ha_t", topic="homeassistant/sensor/t/config"),
    sensor("button", "homeassistant", name="ha_b", topic="homeassistant/event/b/config"),
]


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 40), PAYLOADS, st.booleans(), st.floats(0, 50)), max_size=8))
def test_no_message_ever_breaks_the_board(messages: list[tuple[int, bytes, bool, float]]) -> None:
    stage = Stage(*EVERY)
    stage.hear("homeassistant/binary_sensor/door/config", ZIGBEE_DOOR)
    stage.hear("homeassistant/sensor/t/config", {"state_topic": "t"})
    stage.hear("homeassistant/event/b/config", {"state_topic": "b"})
    for number, payload, retained, wait in messages:
        stage.now += wait
        topics = sorted(board.topics(stage.state, stage.plan))
        stage.hear(topics[number % len(topics)], payload, retained)
        for reading in board.readings(stage.state, stage.plan, stage.now).readings:
            assert reading.stamp <= stage.now
            assert reading.active in (None, True, False)
            assert reading.value is None or -60.0 <= reading.value <= 50_000.0
        troubles = board.troubles(stage.state, stage.plan, stage.now).values()
        assert all(len(words) < 500 and words.isprintable() for words in troubles)


# From a reading to an event


def taken(alarms: Alarms, *readings: HomeReading) -> list[tuple[str, bool]]:
    return [(e.kind.value, e.over) for e in alarms.take(HomeReadings(1.0, True, readings))]


def test_an_alarm_is_told_when_it_begins_and_when_it_is_over() -> None:
    alarms = Alarms(SITE)
    smoke = HomeReading(5.0, "s", SensorKind.SMOKE, "kitchen", True)
    assert taken(alarms, smoke) == [("smoke", False)] and taken(alarms, smoke) == []
    assert taken(alarms, replace(smoke, active=None)) == [], "a sensor that burnt is silent"
    assert taken(alarms, smoke) == []
    assert taken(alarms, replace(smoke, active=False)) == [("smoke", True)]
    assert taken(alarms, replace(smoke, active=False)) == []


def test_every_press_is_told_and_a_door_is_not() -> None:
    alarms = Alarms(SITE)
    press = HomeReading(5.0, "b", SensorKind.BUTTON, "bathroom", True)
    assert taken(alarms, press, HomeReading(5.0, "d", SensorKind.DOOR, "kitchen", True)) == [("emergency_call", False)]
    assert taken(alarms, replace(press, stamp=9.0)) == [("emergency_call", False)]


@pytest.mark.parametrize("room", ["kitchen", ""])
@pytest.mark.parametrize("kind", [SensorKind.SMOKE, SensorKind.GAS, SensorKind.WATER, SensorKind.BUTTON])
def test_an_event_has_a_place_and_evidence_in_both_languages(kind: SensorKind, room: str) -> None:
    (event,) = Alarms(SITE).take(HomeReadings(1.0, True, (HomeReading(5.0, "s", kind, room, True),)))
    assert event.room == room and (event.place_in_map is not None) is bool(room)
    assert known(event.evidence[0]) and "{" not in event.evidence[0]
    chinese = in_language(event.evidence[0], "zh", names_of(SITE))
    assert all(ord(letter) > 127 for letter in chinese), chinese
    assert event.kind in (CareEventKind.SMOKE, CareEventKind.GAS, CareEventKind.WATER, CareEventKind.EMERGENCY_CALL)


# The site file

GOOD = (
    "{broker: {}, unknown_after_s: 60, sensors: "
    "[{name: a, kind: door, room: kitchen, speaks: zigbee2mqtt, topic: z/a, silent_after_s: 60}]}"
)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("broker: {}", "broker: {password: secret}"), "password"),
        (("broker: {}", "broker: {password_env: PW}"), "without a user"),
        (("broker: {}", "broker: {host: broker.lan, user: u, password_env: PW}"), "in the clear"),
        (("broker: {}", "broker: {port: 0}"), "at least 1"),
        (("broker: {}", "broker: {tls: {ca_file: a, key_file: b}}"), "belong together"),
        (("room: kitchen", "room: attic"), "attic.*no room of this home"),
        (("topic: z/a", "topic: 'z/#'"), "topic"),
        (("kind: door", "kind: dor"), "kind"),
        (("kind: door", "kind: door, on_above: 5"), "on_above is for a stove"),
        (("silent_after_s: 60}", "silent_after_s: 60}, {name: a, kind: smoke, room: null, speaks: zigbee2mqtt, "
          "topic: z/b, silent_after_s: 60}"), "the name 'a' is used twice"),
    ],
)  # fmt: skip
def test_a_wrong_home_section_is_refused_with_its_key(change: tuple[str, str], words: str) -> None:
    assert load_site("demo_flat", [f"home={GOOD}"]).home is not None
    with pytest.raises(ConfigError, match=f"demo_flat.*home.*{words}|demo_flat.*{words}"):
        load_site("demo_flat", [f"home={GOOD.replace(*change)}"])
