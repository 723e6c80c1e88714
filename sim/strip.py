"""The picture strip of a scenario: one view of the flat for each event, captioned."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pybullet as p
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from kangban.values import Pose2D
from sim.sensors.camera import Light, View, render
from sim.timeline import Event

WIDTH, HEIGHT, CAPTION, COLUMNS = 480, 360, 34, 3
EYE_M, OVER_FURNITURE_M = 2.1, 1.9
CAPTIONS = {
    "fell": "fell",
    "seen": "seen",
    "approached": "approached",
    "asked": "asked",
    "answered": "answered: fine",
    "alarm": "alarm",
    "acknowledged": "acknowledged",
}


class Strip:
    def __init__(self, client: int, light: Light) -> None:
        self._client, self._light = client, light
        self._pictures: list[tuple[str, NDArray[np.uint8]]] = []

    def wants(self, event: Event) -> bool:
        return event.event in CAPTIONS

    def take(self, event: Event, robot: Pose2D, person: tuple[float, float]) -> None:
        pixels, _ = render(self._client, view_of(self._client, robot, person), self._light)
        self._pictures.append((f"{event.t:.1f} s  {CAPTIONS[event.event]}", pixels))

    def save(self, path: Path) -> bool:
        """False where there is nothing to show."""
        if not self._pictures:
            return False
        rows = math.ceil(len(self._pictures) / COLUMNS)
        sheet = Image.new("RGB", (COLUMNS * WIDTH, rows * (HEIGHT + CAPTION)), (24, 26, 30))
        draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(20)
        for k, (caption, pixels) in enumerate(self._pictures):
            x, y = (k % COLUMNS) * WIDTH, (k // COLUMNS) * (HEIGHT + CAPTION)
            sheet.paste(Image.fromarray(pixels), (x, y + CAPTION))
            draw.text((x + 10, y + 5), caption, fill=(240, 240, 240), font=font)
        sheet.save(path)
        return True


def view_of(client: int, robot: Pose2D, person: tuple[float, float]) -> View:
    """From above the robot's shoulder, a little to the side that is freer, towards the person: both where they fit in,
    else her and the side that the robot comes from."""
    px, py = person
    apart = robot.distance_to(px, py)
    bearing = math.atan2(robot.y - py, robot.x - px)
    wished = max(1.9, min(2.6, apart + 0.7))
    distance, away = max((_free(client, person, bearing + side, wished), bearing + side) for side in (-0.5, 0.5))
    eye = (px + distance * math.cos(away), py + distance * math.sin(away), EYE_M)
    share = min(apart / 2, 0.6) / max(apart, 1e-6)
    target = (px + share * (robot.x - px), py + share * (robot.y - py), 0.5)
    return View(eye, target, 1.0, WIDTH, HEIGHT)


def _free(client: int, person: tuple[float, float], away: float, distance: float) -> float:
    """How far from the person an eye may be in that direction without a wall between, m."""
    end = (person[0] + distance * math.cos(away), person[1] + distance * math.sin(away), EYE_M)
    hit = p.rayTest((*person, OVER_FURNITURE_M), end, physicsClientId=client)[0]
    return distance if hit[0] < 0 else max(1.0, hit[2] * distance - 0.15)
