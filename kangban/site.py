"""What a home is: one YAML file in launch/config/sites/, validated here. Metres and radians on the map frame."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from kangban.fields import Angle, Length, Metres, Section

Name = Annotated[str, Field(min_length=1, max_length=60)]
Point = tuple[Metres, Metres]
FurnitureKind = Literal[
    "bed", "sofa", "chair", "table", "kitchen", "cupboard", "shelf", "fridge", "rug", "lamp", "dock", "toilet", "basin"
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


class Contact(Section):
    """Who is alarmed at a level. The address is a webhook; where it holds a secret, name an environment variable."""

    level: Literal["nurse", "family"]
    name: Name
    webhook: Annotated[str, Field(pattern=r"^(https?://\S+|\$[A-Z_][A-Z0-9_]*)$")] | None = None


class Network(Section):
    """Who may hear the robot's topics: only this machine, or its local network."""

    reach: Literal["machine", "subnet"]
    domain_id: Annotated[int, Field(ge=0, le=101)]


class Site(Section):
    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    language: Literal["zh", "en"]
    ceiling_m: Annotated[float, Field(ge=1.8, le=6)]
    rooms: Annotated[tuple[Room, ...], Field(min_length=1)]
    walls: tuple[Wall, ...]
    doors: tuple[Door, ...]
    furniture: tuple[Furniture, ...]
    dock: Place  # where the robot stands at start: its first pose on the map
    watch: Place  # where it waits and watches when idle
    contacts: tuple[Contact, ...]
    network: Network

    @model_validator(mode="after")
    def _names_once(self) -> Site:
        for kind, things in (("rooms", self.rooms), ("doors", self.doors), ("furniture", self.furniture)):
            names = [t.name for t in things]
            twice = sorted({n for n in names if names.count(n) > 1})
            if twice:
                raise ValueError(f"{kind}: the name {twice[0]!r} is used twice; every name must be its own")
        for kind, place in (("dock", self.dock), ("watch", self.watch)):
            if self.room_at(place.x_m, place.y_m) is None:
                raise ValueError(f"{kind}: ({place.x_m}, {place.y_m}) lies in no room")
        return self

    def room_at(self, x: float, y: float) -> Room | None:
        return next((room for room in self.rooms if room.contains(x, y)), None)
