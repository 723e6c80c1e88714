"""The picture strip of a scenario: one view of the flat for each event, captioned."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from kangban.values import Pose2D
from sim.sensors.camera import Light, View, render
from sim.timeline import Event

WIDTH, HEIGHT, CAPTION, COLUMNS = 480, 360, 34, 3
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
        pixels, _ = render(self._client, _view(robot, person), self._light)
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


def _view(robot: Pose2D, person: tuple[float, float]) -> View:
    """From above the robot's shoulder, a little to its side, towards the person."""
    px, py = person
    away = math.atan2(robot.y - py, robot.x - px) + 0.5
    distance = max(1.6, min(2.6, robot.distance_to(px, py) + 0.7))
    eye = (px + distance * math.cos(away), py + distance * math.sin(away), 2.1)
    target = ((px + robot.x) / 2, (py + robot.y) / 2, 0.5)
    return View(eye, target, 1.0, WIDTH, HEIGHT)
