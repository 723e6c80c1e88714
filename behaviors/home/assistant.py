"""Home Assistant's convention: a retained configuration says on which topic a sensor speaks, and how. Pure.

https://www.home-assistant.io/integrations/mqtt/#mqtt-discovery . Components: binary_sensor, sensor (a temperature),
event and device_automation (a button). Of templates only the plain `{{ value_json.KEY }}` is understood.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from behaviors.home.said import COLDEST, HOTTEST, RefusedError, Said, json_of, number, object_of, shown, text_of
from kangban.home_site import Sensor

COMPONENTS = ("binary_sensor", "sensor", "event", "device_automation")
# A sensor's kind in the site file -> the device classes that mean it. A configuration without one is taken at its word.
CLASSES: Mapping[str, frozenset[str]] = {
    "door": frozenset({"door", "window", "opening", "garage_door"}),
    "motion": frozenset({"motion", "occupancy", "presence", "moving"}),
    "smoke": frozenset({"smoke"}),
    "gas": frozenset({"gas", "carbon_monoxide"}),
    "water": frozenset({"moisture"}),
    "stove": frozenset({"heat", "power", "running"}),
    "mattress": frozenset({"occupancy", "presence"}),
    "button": frozenset({"button"}),
    "temperature": frozenset({"temperature"}),
}
_SHORT = {
    "state_topic": "stat_t", "payload_on": "pl_on", "payload_off": "pl_off", "value_template": "val_tpl",
    "availability_topic": "avty_t", "availability": "avty", "payload_available": "pl_avail",
    "payload_not_available": "pl_not_avail", "device_class": "dev_cla", "topic": "t", "payload": "pl",
    "unit_of_measurement": "unit_of_meas",
}  # fmt: skip
_TEMPLATE = re.compile(r"^\{\{-?\s*value_json(?:\.(\w+)|\[\s*['\"]([^'\"]+)['\"]\s*\])\s*-?\}\}$")
_TOPIC = re.compile(r"^[^$+#\x00-\x1f][^+#\x00-\x1f]{0,199}$")


@dataclass(frozen=True, slots=True)
class Setup:
    """How a sensor speaks. `key`: of a JSON object, None: the payload itself."""

    component: str
    topic: str
    key: str | None
    on: str
    off: str
    fahrenheit: bool
    availability: tuple[tuple[str, str, str], ...]  # topic, the word for there, the word for away

    def topics(self) -> tuple[str, ...]:
        return (self.topic, *(topic for topic, _, _ in self.availability))


def setup_of(sensor: Sensor, payload: bytes) -> Setup | None:
    """Of a configuration topic's payload; None where it is empty: the sensor was taken away. Raises RefusedError."""
    if not payload.strip():
        return None
    data = object_of(payload)
    component = next((part for part in sensor.topic.split("/") if part in COMPONENTS), "")
    if not component:
        raise RefusedError(f"the topic names none of {', '.join(COMPONENTS)}")
    base = str(data.get("~", ""))
    trigger = component == "device_automation"
    topic = _topic(_get(data, "topic" if trigger else "state_topic"), base)
    kind = _get(data, "device_class")
    if kind is not None and (not isinstance(kind, str) or kind not in CLASSES[sensor.kind]):
        raise RefusedError(f"it calls itself {shown(kind)}, the site file says {sensor.kind}")
    unit = str(_get(data, "unit_of_measurement") or "")
    on = _word(_get(data, "payload" if trigger else "payload_on"), "" if trigger else "ON")
    off = _word(_get(data, "payload_off"), "OFF")
    key = _key(_get(data, "value_template"))
    return Setup(component, topic, key, on, off, unit.endswith("F"), _availability(data, base))


def said(sensor: Sensor, setup: Setup, payload: bytes) -> Said:
    """Of a state topic. Raises RefusedError."""
    if setup.component == "event":
        kind = object_of(payload).get("event_type")
        if not isinstance(kind, str):
            raise RefusedError(f"an event has an event_type, this has {shown(kind)}")
        return Said(pressed=True)
    if setup.key is not None:
        data = object_of(payload)
        if setup.key not in data or data[setup.key] is None:
            return Said()
        value: Any = data[setup.key]
    else:
        value = text_of(payload)
    if sensor.kind == "temperature":
        return Said(value=_celsius(value, setup))
    word = _word(value, "")
    if setup.component == "device_automation" or sensor.kind == "button":
        return Said(pressed=word == setup.on if setup.on else bool(word))
    if word not in (setup.on, setup.off):
        raise RefusedError(f"says {shown(word)}, expected {shown(setup.on)} or {shown(setup.off)}")
    return Said(active=word == setup.on)


def available(setup: Setup, topic: str, payload: bytes) -> bool:
    """Of an availability topic. Raises RefusedError."""
    _, there, away = next(each for each in setup.availability if each[0] == topic)
    word = text_of(payload).strip()
    if word not in (there, away) and word.startswith("{"):
        word = str(object_of(payload).get("state"))
    if word not in (there, away):
        raise RefusedError(f"availability must be {shown(there)} or {shown(away)}, is {shown(word)}")
    return word == there


def _celsius(value: Any, setup: Setup) -> float:
    if isinstance(value, str):
        value = json_of(value.encode())
    degrees = number(value, "temperature", -1000, 1000)
    degrees = (degrees - 32.0) / 1.8 if setup.fahrenheit else degrees
    return number(degrees, "temperature", COLDEST, HOTTEST)


def _get(data: dict[str, Any], key: str) -> Any:
    value = data.get(key)
    return data.get(_SHORT[key]) if value is None else value


def _word(value: Any, otherwise: str) -> str:
    """A payload as it is compared: JSON's true and false are words too (zigbee2mqtt writes them so)."""
    if value is None:
        return otherwise
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float):
        return str(value)
    raise RefusedError(f"expected a word, got {shown(value)}")


def _key(template: Any) -> str | None:
    if template is None:
        return None
    found = _TEMPLATE.match(template) if isinstance(template, str) else None
    if found is None:
        raise RefusedError(f"its template is not understood: {shown(template)}; only {{{{ value_json.KEY }}}} is")
    return found[1] or found[2]


def _topic(value: Any, base: str) -> str:
    topic = value if isinstance(value, str) else ""
    if topic.startswith("~"):
        topic = base + topic[1:]
    elif topic.endswith("~"):
        topic = topic[:-1] + base
    if not _TOPIC.match(topic):
        raise RefusedError(f"its topic can't be listened to: {shown(value)}")
    return topic


def _availability(data: dict[str, Any], base: str) -> tuple[tuple[str, str, str], ...]:
    there = _word(_get(data, "payload_available"), "online")
    away = _word(_get(data, "payload_not_available"), "offline")
    single = _get(data, "availability_topic")
    if single is not None:
        return ((_topic(single, base), there, away),)
    several = _get(data, "availability")
    if several is None:
        return ()
    if not isinstance(several, list) or not all(isinstance(each, dict) for each in several) or len(several) > 10:
        raise RefusedError("availability must be a list of topics")
    return tuple(
        (
            _topic(_get(each, "topic"), base),
            _word(_get(each, "payload_available"), there),
            _word(_get(each, "payload_not_available"), away),
        )
        for each in several
    )
