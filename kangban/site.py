"""What a home is: one YAML file in launch/config/sites/, validated here. Metres and radians on the map frame."""

from __future__ import annotations

import math
from typing import Annotated, Literal

from pydantic import Field, model_validator

from kangban.day import Span, TimeOfDay
from kangban.fields import Angle, Length, Metres, Point, Section
from kangban.foxglove_site import Foxglove
from kangban.home_site import CompanyPlan, HomeSensors, PatrolPlan
from kangban.zone import Zone

Name = Annotated[str, Field(min_length=1, max_length=60)]
FurnitureKind = Literal[
    "bed", "sofa", "chair", "table", "kitchen", "cupboard", "shelf", "fridge", "rug", "lamp", "dock", "toilet", "basin"
]


BESIDE_M = 0.5  # a zone may reach so far into a wall or past it
INTO_ROOM_M = 0.4  # so far inside of an exit there is floor, and so far outside there is none
ToldKind = Literal[
    "long_lie",
    "bed_exit",
    "night_wandering",
    "left_home",
    "inactivity",
    "help_gesture",
    "water",
    "not_found",
    "medicine_unconfirmed",
    "check_in_unanswered",
]


class Room(Section):
    """A rectangle of floor; `label` is what people read, by language."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    label: dict[Literal["zh", "en"], Name]
    min_m: Point
    max_m: Point

    @model_validator(mode="after")
    def _not_empty(self) -> Room:
        if self.max_m[0] <= self.min_m[0] or self.max_m[1] <= self.min_m[1]:
            raise ValueError(f"room {self.name}: max_m must lie above and right of min_m")
        return self

    def contains(self, x: float, y: float) -> bool:
        return self.min_m[0] <= x <= self.max_m[0] and self.min_m[1] <= y <= self.max_m[1]


class Wall(Section):
    start_m: Point
    end_m: Point
    thickness_m: Annotated[float, Field(gt=0.01, le=1.0)]


class Door(Section):
    """An opening in a wall, centred on `at_m`; the wall it lies in is found by distance."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    at_m: Point
    width_m: Annotated[float, Field(ge=0.5, le=3.0)]


class Exit(Section):
    """A door out of the home, centred on `at_m`; `outward_rad` is the direction in which one leaves through it."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    label: dict[Literal["zh", "en"], Name]
    at_m: Point
    width_m: Annotated[float, Field(ge=0.5, le=3.0)]
    outward_rad: Angle

    def from_door(self, x: float, y: float) -> tuple[float, float]:
        """How far a place is outside of the door (negative: inside), and how far beside its middle, m."""
        dx, dy = x - self.at_m[0], y - self.at_m[1]
        c, s = math.cos(self.outward_rad), math.sin(self.outward_rad)
        return c * dx + s * dy, abs(c * dy - s * dx)


class Night(Span):
    """When people sleep, and the rooms in which walking about then means nothing."""

    rooms: Annotated[tuple[str, ...], Field(min_length=1)]


class Movement(Span):
    """When and where somebody should be moving; nobody for `within_s` while the camera looks there is told."""

    rooms: Annotated[tuple[str, ...], Field(min_length=1)]
    within_s: Annotated[float, Field(ge=60, le=86400)]


class Hours(Section):
    """The habits of a home, by the time of the day. None (`null` in the file): never told."""

    night: Night | None
    bed_exit: Span | None  # when leaving the bed is told
    left_home: Span | None  # when leaving the home is told
    movement: tuple[Movement, ...]

    def rooms(self) -> dict[str, tuple[str, ...]]:
        """Every room named, by the key that names it."""
        named = {f"movement.{k}": m.rooms for k, m in enumerate(self.movement)}
        return named if self.night is None else {"night": self.night.rooms, **named}


class Furniture(Section):
    """A thing on the floor: centre, heading (its front looks along x), size along its own x and y, height."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    kind: FurnitureKind
    at_m: Point
    yaw_rad: Angle
    size_m: tuple[Length, Length, Length]
    rest_height_m: Annotated[float, Field(gt=0.1, le=1.2)] | None = None  # bed, sofa, chair: where a person rests

    @model_validator(mode="after")
    def _rest_height(self) -> Furniture:
        if self.kind in ("bed", "sofa", "chair") and self.rest_height_m is None:
            raise ValueError(f"furniture {self.name}: a {self.kind} needs rest_height_m, the height people rest on")
        return self


class Place(Section):
    x_m: Metres
    y_m: Metres
    yaw_rad: Angle


class Station(Section):
    """The charging dock that stands at the site's `dock` (docs/dock.md): its AprilTag (36h11), the black square's side,
    and its middle's height."""

    tag: Annotated[int, Field(ge=0, le=586)]
    tag_size_m: Annotated[float, Field(ge=0.04, le=0.5)]
    tag_height_m: Annotated[float, Field(ge=0.1, le=1.8)]


class Dock(Place):
    """Where the robot stands to be charged, and at the start. Without a station somebody plugs it in there."""

    station: Station | None = None


class Contact(Section):
    """Who is alarmed at a level. The address is a webhook; where it holds a secret, name an environment variable."""

    level: Literal["nurse", "family"]
    name: Name
    webhook: Annotated[str, Field(pattern=r"^(https?://\S+|\$[A-Z_][A-Z0-9_]*)$")] | None = None


class Network(Section):
    """Who may hear the robot's topics: only this machine, or its local network."""

    reach: Literal["machine", "subnet"]
    domain_id: Annotated[int, Field(ge=0, le=101)]


class MapMount(Section):
    """Where a camera hangs, in the map; pitch_rad is positive when it looks down."""

    x_m: Metres
    y_m: Metres
    z_m: Annotated[float, Field(ge=0.2, le=5.0)]
    yaw_rad: Angle
    pitch_rad: Angle


class RoomCamera(Section):
    """A camera fixed in a room beside the robot's own; a process of its own looks through it (on a robot only)."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    device: Annotated[str, Field(min_length=1)]  # a number, a device path or an address, as `kangban watch` takes it
    width_px: Annotated[int, Field(ge=64, le=4096)]
    height_px: Annotated[int, Field(ge=64, le=4096)]
    vertical_fov_rad: Annotated[float, Field(gt=0.2, le=2.5)]
    rate_hz: Annotated[float, Field(gt=0, le=60)]
    mount: MapMount


class Privacy(Section):
    """What pictures of this home may leave the process that looks at them, and whether it is listened to; see
    docs/privacy.md. Nothing has a default but the ears, which are shut,
    and the recorder, which is off.

    Without `raw_pictures` only landmarks, boxes and pictures without anybody's looks leave it.
    """

    raw_pictures: Literal["never", "incident", "session"]  # incident: of a fall, kept; session: shown while one is on
    kept_days: Annotated[float, Field(gt=0, le=366)]  # pictures and landmarks older than this are deleted
    no_look: tuple[str, ...]  # rooms: no picture at all is kept of them, or from within them
    records: Literal["never", "incidents"] = "never"  # incidents: what the streams said around them, without pictures
    listens: Literal["never", "words"] = "never"  # words: the microphone is open; only words leave its process


class Drop(Section):
    """A rectangle without floor: a stairwell, a step down."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    min_m: Point
    max_m: Point

    @model_validator(mode="after")
    def _not_empty(self) -> Drop:
        if self.max_m[0] <= self.min_m[0] or self.max_m[1] <= self.min_m[1]:
            raise ValueError(f"drop {self.name}: max_m must lie above and right of min_m")
        return self


class Site(Section):
    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    language: Literal["zh", "en"]
    ceiling_m: Annotated[float, Field(ge=1.8, le=6)]
    map: Annotated[str, Field(min_length=1)] | None = (
        None  # built by `kangban map build`, beside this file; none: drawn
    )
    rooms: Annotated[tuple[Room, ...], Field(min_length=1)]
    walls: tuple[Wall, ...]
    doors: tuple[Door, ...]
    exits: tuple[Exit, ...] = ()  # none: nobody is seen to leave
    furniture: tuple[Furniture, ...]
    drops: tuple[Drop, ...] = ()  # where the floor ends; the map does not know it: draw a keep_out zone before it
    zones: tuple[Zone, ...] = ()  # where a rule of its own holds
    dock: Dock  # where the robot stands at start: its first pose on the map
    watch: Place  # where it waits and watches when idle
    contacts: tuple[Contact, ...]
    told: dict[ToldKind, Literal["none", "nurse", "family"]] = {}  # who is called at once; unnamed: docs/events.md
    hours: Hours | None = None  # none: nothing is told by the time of the day
    starts_at: TimeOfDay | None = None  # the time of day at robot time zero; left out: the wall clock's
    cameras: tuple[RoomCamera, ...] = ()  # beside the robot's own
    home: HomeSensors | None = None  # its own sensors, over MQTT; none: docs/home_sensors.md
    company: CompanyPlan | None = None  # what it asks her of itself; none: nothing
    patrol: PatrolPlan | None = None  # rounds by the clock; none: only when asked
    foxglove: Foxglove | None = None  # who may look on; none: nobody
    privacy: Privacy
    network: Network

    @model_validator(mode="after")
    def _no_look_names_rooms(self) -> Site:
        known = [room.name for room in self.rooms]
        for room in self.privacy.no_look:
            if room not in known:
                raise ValueError(f"privacy.no_look: {room!r} is no room of this home; allowed: {known}")
        return self

    @model_validator(mode="after")
    def _is_understood(self) -> Site:
        if self.privacy.listens != "never" and self.language != "en":
            raise ValueError(
                f"privacy.listens: no recogniser for language {self.language!r} comes with the robot, only for 'en'; "
                "allowed here: never (another program may publish speech/heard)"
            )
        return self

    @model_validator(mode="after")
    def _names_once(self) -> Site:
        for kind, things in (
            ("rooms", self.rooms), ("doors", self.doors), ("exits", self.exits),
            ("furniture", self.furniture), ("cameras", self.cameras), ("zones", self.zones), ("drops", self.drops),
        ):  # fmt: skip
            names = [t.name for t in things]
            twice = sorted({n for n in names if names.count(n) > 1})
            if twice:
                raise ValueError(f"{kind}: the name {twice[0]!r} is used twice; every name must be its own")
        for kind, place in (("dock", self.dock), ("watch", self.watch)):
            if self.room_at(place.x_m, place.y_m) is None:
                raise ValueError(f"{kind}: ({place.x_m}, {place.y_m}) lies in no room")
        return self

    @model_validator(mode="after")
    def _zones_lie_here(self) -> Site:
        for zone in self.zones:
            for x, y in zone.corners:
                if not any(
                    room.min_m[0] - BESIDE_M <= x <= room.max_m[0] + BESIDE_M
                    and room.min_m[1] - BESIDE_M <= y <= room.max_m[1] + BESIDE_M
                    for room in self.rooms
                ):
                    raise ValueError(f"zones: {zone.name}: its corner ({x}, {y}) lies in no room, nor beside one")
            for kind, place in (("dock", self.dock), ("watch", self.watch)):
                if zone.kind == "keep_out" and zone.contains(place.x_m, place.y_m):
                    raise ValueError(f"zones: {zone.name}: keeps the robot out of its own {kind}")
        return self

    @model_validator(mode="after")
    def _exits_lead_out(self) -> Site:
        for door in self.exits:
            for step, inside in ((-INTO_ROOM_M, True), (INTO_ROOM_M, False)):
                x = door.at_m[0] + step * math.cos(door.outward_rad)
                y = door.at_m[1] + step * math.sin(door.outward_rad)
                if (self.room_at(x, y) is not None) is not inside:
                    where = f"({x:.2f}, {y:.2f}), {INTO_ROOM_M} m {'inside' if inside else 'outside'} of it"
                    raise ValueError(
                        f"exits: {door.name}: {where}, lies in {'no' if inside else 'a'} room; "
                        "outward_rad must point out of the home, and at_m lie on its edge"
                    )
        return self

    @model_validator(mode="after")
    def _hours_name_rooms(self) -> Site:
        known = [room.name for room in self.rooms]
        for key, rooms in (self.hours.rooms() if self.hours else {}).items():
            for room in rooms:
                if room not in known:
                    raise ValueError(f"hours.{key}.rooms: {room!r} is no room of this home; allowed: {known}")
        return self

    @model_validator(mode="after")
    def _home_names_rooms(self) -> Site:
        known = [room.name for room in self.rooms]
        named = [(f"home.sensors.{s.name}.room", s.room) for s in self.home.sensors] if self.home else []
        for each in self.patrol.rounds if self.patrol else ():
            named += [(f"patrol.rounds.{each.name}.rooms", room) for room in each.rooms]
        for key, room in named:
            if room is not None and room not in known:
                raise ValueError(f"{key}: {room!r} is no room of this home; allowed: {known}")
        return self

    def room_at(self, x: float, y: float) -> Room | None:
        return next((room for room in self.rooms if room.contains(x, y)), None)

    @property
    def keeps_looks_away(self) -> bool:
        """Whether there is any place that nobody may look at."""
        return bool(self.privacy.no_look) or any(zone.kind == "no_look" for zone in self.zones)

    def no_look_at(self, x: float, y: float) -> bool:
        """Whether nothing may be looked at or kept of a place: by its room, or by a zone."""
        room = self.room_at(x, y)
        if room is not None and room.name in self.privacy.no_look:
            return True
        return any(zone.kind == "no_look" and zone.contains(x, y) for zone in self.zones)
