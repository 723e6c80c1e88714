"""zigbee2mqtt's convention: a JSON object a device on its own topic, and its availability one level below. Pure.

https://www.zigbee2mqtt.io/guide/usage/mqtt_topics_and_messages.html
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from behaviors.home.said import (
    COLDEST,
    HOTTEST,
    LONGEST_WORD,
    RefusedError,
    Said,
    boolean,
    number,
    object_of,
    shown,
    text_of,
)
from kangban.home_site import Sensor

AVAILABILITY = "/availability"
NOT_A_PRESS = ("release", "")  # an action that ends one
FAR_FUTURE_MS = 1e14
_SAYS = {"door": ("contact",), "motion": ("occupancy", "presence"), "smoke": ("smoke",), "gas": ("gas",)}
_SAYS |= {"water": ("water_leak",), "mattress": ("occupancy", "presence")}


def topics(sensor: Sensor) -> tuple[str, ...]:
    return sensor.topic, sensor.topic + AVAILABILITY


def said(sensor: Sensor, payload: bytes) -> Said:
    """Raises RefusedError. A message without this sensor's word says no more than that the device is there."""
    data = object_of(payload)
    battery = None if data.get("battery") is None else number(data["battery"], "battery", 0, 100)
    seen = _seen(data.get("last_seen"))
    if sensor.kind == "temperature":
        known = data.get("temperature") is not None
        value = number(data["temperature"], "temperature", COLDEST, HOTTEST) if known else None
        return Said(value=value, seen_wall=seen, battery=battery)
    if sensor.kind == "button":
        return Said(pressed=_pressed(data.get("action")), seen_wall=seen, battery=battery)
    if sensor.kind == "stove":
        return _stove(sensor, data, seen, battery)
    key = next((key for key in _SAYS[sensor.kind] if data.get(key) is not None), None)
    if key is None:
        return Said(seen_wall=seen, battery=battery)
    value_ = boolean(data, key)
    return Said(active=not value_ if key == "contact" else value_, seen_wall=seen, battery=battery)


def available(payload: bytes) -> bool:
    """Of `<device>/availability`: the plain word, or a JSON object with it. Raises RefusedError."""
    word = text_of(payload).strip()
    if word.startswith("{"):
        word = str(object_of(payload).get("state"))
    if word not in ("online", "offline"):
        raise RefusedError(f"availability must be online or offline, is {shown(word)}")
    return word == "online"


def _stove(sensor: Sensor, data: dict[str, Any], seen: float | None, battery: float | None) -> Said:
    """A plug that measures, where `on_above` says from which power on; else its switch."""
    if sensor.on_above is not None:
        if data.get("power") is None:
            return Said(seen_wall=seen, battery=battery)
        power = number(data["power"], "power", 0, 50_000)
        return Said(active=power > sensor.on_above, value=power, seen_wall=seen, battery=battery)
    if data.get("state") is None:
        return Said(seen_wall=seen, battery=battery)
    if data["state"] not in ("ON", "OFF"):
        raise RefusedError(f"state must be ON or OFF, is {shown(data['state'])}")
    return Said(active=data["state"] == "ON", seen_wall=seen, battery=battery)


def _pressed(action: object) -> bool:
    if action is None:
        return False
    if not isinstance(action, str) or len(action) > LONGEST_WORD:
        raise RefusedError(f"action must be a word, is {shown(action)}")
    return action not in NOT_A_PRESS and not action.endswith("_release")


def _seen(last_seen: object) -> float | None:
    """`last_seen`: milliseconds since 1970 or ISO 8601, as the installation is set; s since 1970."""
    if last_seen is None:
        return None
    if isinstance(last_seen, str):
        try:
            moment = datetime.fromisoformat(last_seen)
            return moment.timestamp()
        except (ValueError, OverflowError, OSError) as error:
            raise RefusedError(f"last_seen is no time: {shown(last_seen)}") from error
    return number(last_seen, "last_seen", 0, FAR_FUTURE_MS) / 1000.0
