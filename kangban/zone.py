"""A part of a home with a rule of its own, as the site file's `zones` name it. Metres on the map."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from kangban.fields import Point, Section, Speed


class Zone(Section):
    """Ground with a rule of its own: a rectangle (`min_m`, `max_m`) or a polygon (`points_m`).

    keep_out: the robot never goes there. slow: not faster than `speed_mps`. no_look: no picture is
    kept of there or from there, as of the rooms of `privacy.no_look`.
    """

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    kind: Literal["keep_out", "slow", "no_look"]
    min_m: Point | None = None
    max_m: Point | None = None
    points_m: Annotated[tuple[Point, ...], Field(min_length=3, max_length=64)] | None = None
    speed_mps: Speed | None = None

    @model_validator(mode="after")
    def _one_shape(self) -> Zone:
        rectangle = (self.min_m is not None, self.max_m is not None)
        if rectangle not in ((True, True), (False, False)) or any(rectangle) == (self.points_m is not None):
            raise ValueError(f"zone {self.name}: give either min_m and max_m, or points_m")
        if self.min_m and self.max_m and (self.max_m[0] <= self.min_m[0] or self.max_m[1] <= self.min_m[1]):
            raise ValueError(f"zone {self.name}: max_m must lie above and right of min_m")
        if self.area < 0.01:
            raise ValueError(f"zone {self.name}: holds no ground ({self.area:.3f} m²); are its corners in order?")
        if (self.kind == "slow") != (self.speed_mps is not None):
            raise ValueError(f"zone {self.name}: speed_mps belongs to a slow zone, and to no other")
        return self

    @property
    def corners(self) -> tuple[Point, ...]:
        if self.points_m is not None:
            return self.points_m
        assert self.min_m is not None and self.max_m is not None
        (x0, y0), (x1, y1) = self.min_m, self.max_m
        return ((x0, y0), (x1, y0), (x1, y1), (x0, y1))

    @property
    def area(self) -> float:
        """m²; of a polygon that crosses itself less than it covers."""
        corners = self.corners
        sides = zip(corners, corners[1:] + corners[:1], strict=True)
        return abs(sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in sides)) / 2.0

    def contains(self, x: float, y: float) -> bool:
        """Whether a ray from the point crosses the edge an odd number of times."""
        corners = self.corners
        return (
            sum(
                (y0 > y) != (y1 > y) and x < x0 + (y - y0) / (y1 - y0) * (x1 - x0)
                for (x0, y0), (x1, y1) in zip(corners, corners[1:] + corners[:1], strict=True)
            )
            % 2
            == 1
        )
