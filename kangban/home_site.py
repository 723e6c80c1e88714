"""The parts of a site file about the home's own sensors (`home:`) and the robot's rounds (`patrol:`)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from kangban.cron import why_no_cron
from kangban.fields import Metres, Seconds, Section

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=60)]
SensorKindName = Literal["door", "motion", "smoke", "gas", "water", "stove", "mattress", "button", "temperature"]


def _cron(fields: str) -> str:
    why = why_no_cron(fields)
    if why is not None:
        raise ValueError(why)
    return fields


Cron = Annotated[str, AfterValidator(_cron)]
Topic = Annotated[str, Field(pattern=r"^[^+#\x00-\x1f]+$", max_length=200)]  # one topic, no wildcards


class Tls(Section):
    """Files in PEM format. `ca_file` is who signed the broker; the other two are the robot's own, both or neither."""

    ca_file: Annotated[str, Field(min_length=1)]
    certificate_file: str | None = None
    key_file: str | None = None

    @model_validator(mode="after")
    def _both(self) -> Tls:
        if (self.certificate_file is None) != (self.key_file is None):
            raise ValueError("certificate_file and key_file belong together: give both, or neither")
        return self


class Broker(Section):
    """Where the MQTT broker is. The password is never in a file: `password_env` names the environment variable."""

    host: Annotated[str, Field(min_length=1, max_length=255)] = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65535)] = 1883
    user: Annotated[str, Field(min_length=1, max_length=100)] | None = None
    password_env: Annotated[str, Field(pattern=r"^[A-Z_][A-Z0-9_]*$")] | None = None
    tls: Tls | None = None

    @model_validator(mode="after")
    def _safe(self) -> Broker:
        if self.password_env is not None and self.user is None:
            raise ValueError("password_env is given without a user")
        here = self.host in ("127.0.0.1", "::1", "localhost")
        if self.password_env is not None and self.tls is None and not here:
            raise ValueError(f"a password to {self.host} would travel in the clear: give tls, or no password")
        return self


class Sensor(Section):
    """One thing that speaks. `topic`: zigbee2mqtt's own topic of it, or Home Assistant's retained configuration topic
    (homeassistant/binary_sensor/NAME/config), which says where its state is."""

    name: Name
    kind: SensorKindName
    room: Name | None
    speaks: Literal["zigbee2mqtt", "homeassistant"]
    topic: Topic
    silent_after_s: Annotated[float, Field(ge=1, le=7 * 86400)]  # silent so long: what it said last is unknown
    at_m: tuple[Metres, Metres] | None = None  # where it is, where that matters more than the room's middle
    on_above: Annotated[float, Field(ge=0, le=10_000)] | None = None  # a stove's plug: on above so many watts

    @model_validator(mode="after")
    def _stove(self) -> Sensor:
        if self.on_above is not None and self.kind != "stove":
            raise ValueError(f"sensor {self.name}: on_above is for a stove's plug, this is a {self.kind}")
        return self


class HomeSensors(Section):
    broker: Broker
    unknown_after_s: Seconds  # the broker away for so long: everything is unknown
    sensors: Annotated[tuple[Sensor, ...], Field(min_length=1, max_length=500)]

    @model_validator(mode="after")
    def _once(self) -> HomeSensors:
        for what in ("name", "topic"):
            values = [getattr(sensor, what) for sensor in self.sensors]
            twice = sorted({value for value in values if values.count(value) > 1})
            if twice:
                raise ValueError(f"sensors: the {what} {twice[0]!r} is used twice")
        return self


class CompanyPlan(Section):
    """What it asks her of itself. The times of medicine and the like are set by service (docs/companion.md)."""

    check_in: Cron | None  # when it says good morning and asks how she is; null: never
    all_well: bool  # her "I am fine" is told to the family
    music_file: Annotated[str, Field(min_length=1)] | None = None  # a WAV file of the home's own; none: a plain tune


class PatrolRound(Section):
    """A round that is made by itself. `rooms` left out: all that may be looked into."""

    name: Name
    at: Cron
    rooms: tuple[Name, ...] = ()


class PatrolPlan(Section):
    rounds: Annotated[tuple[PatrolRound, ...], Field(max_length=50)]
    ask_when_unseen_s: Annotated[float, Field(ge=60, le=7 * 86400)] | None  # nobody seen so long: asks; null: never
    late_s: Seconds  # a round that could not begin for so long is left out, and that is noted
    longest_s: Seconds  # a round's time under way; after it the round is ended with what it has

    @model_validator(mode="after")
    def _once(self) -> PatrolPlan:
        names = [each.name for each in self.rounds]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"rounds: the name {twice[0]!r} is used twice")
        return self
