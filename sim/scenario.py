"""A scenario: one YAML file in sim/scenarios/, validated. Who is where, what they do, what strikes, what must be true.

Ranges written `[low, high]` are drawn by the seed. Times are simulated seconds after the story began.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from kangban.config import load_file
from kangban.day import TimeOfDay, in_words
from kangban.fields import Angle, Metres, Seconds, Section

FOLDER = Path(__file__).parent / "scenarios"
Point = tuple[Metres, Metres]
Range = tuple[float, float]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
Chance = Annotated[float, Field(ge=0, le=1)]


class Act(Section):
    """One thing a person does. Exactly one key says what; `chance` leaves it out for some seeds."""

    chance: Chance = 1.0
    stay: Range | None = None  # seconds
    walk: tuple[Point, ...] | None = None  # along these points
    turn_to: Angle | None = None
    sit_on: Name | None = None  # a chair, sofa or bed of the home
    stand_up: Literal[True] | None = None
    lie_on: Name | None = None  # a bed or sofa
    get_up: Literal[True] | None = None
    pick_up: Literal[True] | None = None
    lie_on_floor: Literal["back", "side", "belly"] | None = None  # on purpose
    exercise: Literal["leg_raise", "sit_up", "bridge", "arm_circles"] | None = None  # lying on the back, some times
    rise: Literal[True] | None = None  # from the floor
    try_to_rise: Literal[True] | None = None  # from the floor after a fall, in vain
    kneel: Range | None = None  # seconds on the knees
    squat: Literal[True] | None = None
    sit_on_floor: Literal["bent", "stretched", "crossed", "side"] | None = None  # how the legs lie
    bend: Literal["toes", "shoes", "under"] | None = None  # deep down, and up again
    reach: Literal["up", "forward", "side"] | None = None
    drop_on: Name | None = None  # a chair or sofa, all at once
    on_all_fours: Range | None = None  # seconds on hands and knees
    crawl: Annotated[int, Field(ge=1, le=60)] | None = None  # steps, from hands and knees
    hop: Annotated[int, Field(ge=1, le=30)] | None = None  # times
    care: Literal["kneel", "bend"] | None = None  # for someone who lies ahead
    wave_for_help: Range | None = None  # seconds, from any posture
    stir: Range | None = None  # seconds awake where she is
    gesture: Literal["wave", "nod", "shake_head", "turn_page"] | None = None
    fall: Annotated[tuple[str, ...], Field(min_length=1)] | None = None  # one of these kinds, by the seed

    @model_validator(mode="after")
    def _one(self) -> Act:
        given = sorted(self.model_fields_set - {"chance"})
        if len(given) != 1:
            raise ValueError(f"an act says one thing; this one says {', '.join(given) or 'nothing'}")
        return self


class Answer(Section):
    """What she says to the robot's question number `question` (1 is the first)."""

    question: Annotated[int, Field(ge=1)]
    after_s: Range
    text: Annotated[str, Field(min_length=1)]


class Cry(Section):
    """What she calls out of herself, so long after she fell."""

    after_fall_s: Range
    text: Annotated[str, Field(min_length=1)]


class Voice(Section):
    """Something the robot's microphone hears, whoever says it. `kind` is what the recogniser in front of it says."""

    at_s: Range
    text: Annotated[str, Field(min_length=1)]
    kind: Literal["cry_for_help", "unknown"] = "unknown"


class Actor(Section):
    name: Name
    bodies: Annotated[tuple[str, ...], Field(min_length=1)]  # one of these, by the seed
    start: Point
    scatter_m: Annotated[float, Field(ge=0, le=1)] = 0.0  # the seed moves the start by at most this
    yaw_rad: Angle = 0.0
    speed_mps: Range = (0.5, 0.8)
    acts: tuple[Act, ...]
    answers: tuple[Answer, ...] = ()
    cries: tuple[Cry, ...] = ()


class SetReminder(Section):
    """What the robot is asked to remind her of, as the story begins, by its own service."""

    kind: Literal["medicine", "water", "appointment", "exercise", "other"]
    text: Annotated[str, Field(min_length=1)]
    at: Annotated[str, Field(min_length=1)]  # five cron fields, or a moment; a scenario's day is 2026-01-05
    confirm: bool = True


class Nurse(Section):
    """A human at the console: logs in with the token and acknowledges so long after the alarm."""

    acknowledges_after_s: Range
    name: str = "Duty nurse"


class Pack(Section):
    """The battery and its charger, small enough for a story."""

    charge: Annotated[float, Field(ge=0.05, le=1)]
    capacity_ah: Annotated[float, Field(gt=0.05, le=100)]
    charger_a: Annotated[float, Field(gt=0, le=50)]


class Fault(Section):
    """What strikes: at a time, or so long after an event of the timeline."""

    at_s: Seconds | None = None
    after: Literal["fell", "seen", "set_out", "approached", "asked", "alarm"] | None = None
    delay_s: Annotated[float, Field(ge=0, le=600)] = 0.0
    kill: Name | None = None  # a process of the table
    unplug_motors_s: Seconds | None = None  # for so long
    camera_gone_s: Seconds | None = None
    emergency_stop_s: Seconds | None = None  # the button is held down for so long
    move_dock: tuple[Metres, Metres, Angle] | None = None  # somebody knocks against it; in its own frame
    cover_tag: Literal[True] | None = None

    @model_validator(mode="after")
    def _one(self) -> Fault:
        if (self.at_s is None) == (self.after is None):
            raise ValueError("a fault strikes either at_s or after an event")
        what = sorted(set(type(self).model_fields) - {"at_s", "after", "delay_s"})
        if sum(getattr(self, key) is not None for key in what) != 1:
            raise ValueError(f"a fault is one of {', '.join(what)}")
        return self


class Expect(Section):
    """What must be true at the end. `events` happened in this order (others may lie between)."""

    outcome: Literal["quiet", "noted", "answered", "resolved"]
    events: tuple[str, ...] = ()
    never: tuple[str, ...] = ()  # events that must not happen
    at_most: dict[str, float] = {}  # metrics and their highest value
    at_least: dict[str, float] = {}  # metrics and their lowest value


class Scenario(Section):
    name: Name
    says: Annotated[str, Field(min_length=1)]  # one sentence for people
    home: str
    robot: str
    limit_s: Seconds  # simulated; the verdict comes then at the latest
    linger_s: Annotated[float, Field(ge=0, le=600)] = 3.0  # after the last act, before the end of a quiet scenario
    starts_at: TimeOfDay = 36000.0  # the home's time of day at simulated time zero, "HH:MM"; ten in the morning
    until: str | None = None  # it ends with this event, whatever the people do
    begins: Literal["ready", "watching"] = "watching"  # its clock starts with the stack, or once the robot watches
    overrides: tuple[str, ...] = ()  # `site.dock.x_m=6.4`: values of the site or profile that this scenario changes
    people: tuple[Actor, ...]
    voices: tuple[Voice, ...] = ()
    reminders: tuple[SetReminder, ...] = ()
    nurse: Nurse | None = None
    battery: Pack | None = None  # none: a large one, full
    faults: tuple[Fault, ...] = ()
    expect: Expect

    def settings(self) -> tuple[str, ...]:
        """What this scenario sets in the site and profile, for `kangban.config.load`."""
        return (f"site.starts_at='{in_words(self.starts_at)}'", *self.overrides)


def load_scenario(name: str) -> Scenario:
    """By name in sim/scenarios or by path. Raises ConfigError with file, key, value and what is allowed."""
    path = Path(name) if name.endswith((".yaml", ".yml")) else FOLDER / f"{name}.yaml"
    return load_file(path, Scenario)
