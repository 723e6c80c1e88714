"""What each sensor of the home says, and since when; what is too old is forgotten. Pure: state in, state out.

`heard(state, plan, message, now, wall)`, `linked(state, there, now)`, then `readings(state, plan, now)`. A message that
can't be used changes nothing but the sensor's line of trouble. Times are robot time; `wall` only turns a device's own
`last_seen` into an age.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from behaviors.home import assistant, zigbee
from behaviors.home.assistant import Setup
from behaviors.home.said import Message, RefusedError, Said
from kangban.home_site import HomeSensors, Sensor
from kangban.values import HomeReading, HomeReadings, SensorKind

PRESSED_S = 10.0  # a press is told for so long, so that nobody misses it
SAME_PRESS_S = 1.0  # the same message twice
FUTURE_S = 60.0  # a device's clock may be so far ahead of ours
LOW_BATTERY = 15.0  # percent


@dataclass(frozen=True, slots=True)
class Held:
    """Of one sensor. `since`: robot time at which it began to say so; `heard`: when it last spoke; -inf: never."""

    active: bool | None = None
    value: float | None = None
    since: float = float("-inf")
    heard: float = float("-inf")
    there: bool = True  # its availability; a home without that says nothing
    setup: Setup | None = None
    trouble: str = ""  # why its last message was not used
    battery: float | None = None


@dataclass(frozen=True, slots=True)
class State:
    held: Mapping[str, Held] = field(default_factory=dict)
    connected: bool = False
    away_since: float | None = None  # robot time; None: it was never there, or is there
    refused: int = 0
    strays: int = 0  # messages on topics that are nobody's

    def of(self, sensor: Sensor) -> Held:
        return self.held.get(sensor.name, Held())


def topics(state: State, plan: HomeSensors) -> frozenset[str]:
    """What to listen to now: more as configurations come."""
    wanted: set[str] = set()
    for sensor in plan.sensors:
        if sensor.speaks == "zigbee2mqtt":
            wanted.update(zigbee.topics(sensor))
        else:
            setup = state.of(sensor).setup
            wanted.update((sensor.topic, *(setup.topics() if setup else ())))
    return frozenset(wanted)


def linked(state: State, there: bool, now: float) -> State:
    """The broker came or went. What it said before it went holds for a while."""
    if there == state.connected:
        return state
    return replace(state, connected=there, away_since=None if there else now)


def heard(state: State, plan: HomeSensors, message: Message, now: float, wall: float) -> State:
    """The state after one message. Never raises, whatever the message."""
    known = False
    for sensor in plan.sensors:
        held = state.of(sensor)
        if message.topic not in _topics(sensor, held):
            continue
        known = True
        try:
            after = replace(_took(sensor, held, message, now, wall), trouble="")
        except RefusedError as error:
            after = replace(held, trouble=f"{message.topic}: {error}")
            state = replace(state, refused=state.refused + 1)
        state = replace(state, held={**state.held, sensor.name: after})
    return state if known else replace(state, strays=state.strays + 1)


def readings(state: State, plan: HomeSensors, now: float) -> HomeReadings:
    """What is known now. Unknown: never heard, silent too long, away, or the broker away too long."""
    cut_off = not state.connected and (state.away_since is None or now - state.away_since >= plan.unknown_after_s)
    return HomeReadings(now, state.connected, tuple(_reading(s, state.of(s), cut_off, now) for s in plan.sensors))


def troubles(state: State, plan: HomeSensors, now: float) -> dict[str, str]:
    """Sensor -> what is wrong with it, in words; only those with something."""
    found = {}
    for sensor in plan.sensors:
        held = state.of(sensor)
        if held.trouble:
            found[sensor.name] = held.trouble
        elif sensor.speaks == "homeassistant" and held.setup is None:
            found[sensor.name] = f"no configuration on {sensor.topic}"
        elif held.heard == float("-inf"):
            found[sensor.name] = "it has not spoken yet"
        elif not held.there:
            found[sensor.name] = "it is away (unplugged, or out of reach)"
        elif now - held.heard >= sensor.silent_after_s:
            found[sensor.name] = f"silent for {now - held.heard:.0f} s: what it said last is not known any more"
        elif held.battery is not None and held.battery < LOW_BATTERY:
            found[sensor.name] = f"its battery is low: {held.battery:.0f} %"
    return found


def _topics(sensor: Sensor, held: Held) -> tuple[str, ...]:
    if sensor.speaks == "zigbee2mqtt":
        return zigbee.topics(sensor)
    return (sensor.topic, *(held.setup.topics() if held.setup else ()))


def _took(sensor: Sensor, held: Held, message: Message, now: float, wall: float) -> Held:
    if sensor.speaks == "zigbee2mqtt":
        if message.topic == sensor.topic + zigbee.AVAILABILITY:
            return replace(held, there=zigbee.available(message.payload))
        return _say(sensor, held, zigbee.said(sensor, message.payload), message, now, wall)
    if message.topic == sensor.topic:
        setup = assistant.setup_of(sensor, message.payload)
        return held if setup == held.setup else Held(setup=setup)  # spoken to anew: what was said before is void
    assert held.setup is not None, "its topics are known by its configuration"
    if message.topic != held.setup.topic:
        return replace(held, there=assistant.available(held.setup, message.topic, message.payload))
    return _say(sensor, held, assistant.said(sensor, held.setup, message.payload), message, now, wall)


def _say(sensor: Sensor, held: Held, said: Said, message: Message, now: float, wall: float) -> Held:
    at = now if said.seen_wall is None else now - _age(said.seen_wall, wall)
    kept = message.retained and said.seen_wall is None and held.heard > float("-inf")
    if kept and said.active in (None, held.active) and said.value in (None, held.value):
        return held  # the broker repeats what we know; that is no sign of life
    after = replace(held, heard=max(held.heard, at), battery=held.battery if said.battery is None else said.battery)
    if sensor.kind == "button":
        pressed = said.pressed and not message.retained and now - held.since >= SAME_PRESS_S
        return replace(after, since=now) if pressed else after
    if at < held.heard and said.seen_wall is not None:
        return held  # older than what is known
    if said.value is not None:
        after = replace(after, value=said.value, since=at if sensor.kind == "temperature" else after.since)
    if said.active is not None and said.active != held.active:
        after = replace(after, active=said.active, since=at)
    return after


def _age(seen_wall: float, wall: float) -> float:
    """How long ago, s. Raises RefusedError where the device's clock is of the future."""
    if seen_wall - wall > FUTURE_S:
        raise RefusedError(f"last_seen lies {seen_wall - wall:.0f} s in the future; check the clocks")
    return max(0.0, wall - seen_wall)


def _reading(sensor: Sensor, held: Held, cut_off: bool, now: float) -> HomeReading:
    kind, room = SensorKind(sensor.kind), sensor.room or ""
    silent = held.heard == float("-inf") or now - held.heard >= sensor.silent_after_s
    if cut_off or silent or not held.there:
        return HomeReading(max(0.0, now), sensor.name, kind, room, None)
    if kind is SensorKind.BUTTON:
        return HomeReading(max(0.0, held.since), sensor.name, kind, room, now - held.since < PRESSED_S)
    return HomeReading(max(0.0, held.since), sensor.name, kind, room, held.active, held.value)
