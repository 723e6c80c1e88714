"""How often MediaPipe's full pose model finds the simulated people, by posture, distance and body.

One frame each, 640 x 480, 60 degrees vertical field of view, camera 1.2 m high, pitched to the person, from four
sides. `detected`: a pose came back. `accurate`: shoulders, elbows, hips and knees lie within a tenth of the person's
size in the picture of where they are, the reference of this bench: the simulation's own truth of the same frame.
"""

from __future__ import annotations

import importlib.util
import json
import math
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import mediapipe as mp
import numpy as np
import pybullet as p
from mediapipe.tasks.python import BaseOptions, vision
from numpy.typing import NDArray

from kangban.models import pose_model_path
from sim.person.body import names
from sim.person.motions import PickUp, Walk
from sim.person.person import Person
from sim.person.skeleton import LINK

Array = NDArray[np.float64]
Image = NDArray[np.uint8]

WIDTH, HEIGHT, FOV_DEG, CAMERA_HEIGHT = 640, 480, 60.0, 1.2
DISTANCES = (1.5, 2.5, 4.0)
SIDES_DEG = (0, 45, 90, 180)
"""From which side the camera looks, measured from the person's front (or, lying, from where the head lies)."""
SEAT = 0.45
POSTURES = ("standing", "walking", "bending", "sitting", "lying", "lying_side", "lying_prone")
_SLICE = 0.025

_LANDMARKS = (12, 14, 24, 26, 11, 13, 23, 25)
_JOINTS = tuple(LINK[f"{name}_{side}"] for side in "rl" for name in ("uarm", "farm", "thigh", "shin"))


@dataclass(frozen=True)
class Look:
    """What became of one frame."""

    body: str
    posture: str
    distance: float
    side_deg: int
    detected: bool
    accurate: bool


class Room:
    """A textured room without furniture but one chair, drawn through EGL."""

    def __init__(self, folder: Path) -> None:
        self.client = p.connect(p.DIRECT)
        plugin = importlib.util.find_spec("eglRenderer")
        if plugin is None or plugin.origin is None:
            raise RuntimeError("pybullet's EGL renderer is not installed: pip install pybullet brings it")
        if p.loadPlugin(plugin.origin, "_eglRendererPlugin", physicsClientId=self.client) < 0:
            raise RuntimeError("the EGL renderer did not start: install libegl1, libegl-mesa0 and libgl1-mesa-dri")
        wood, plaster = self._texture(folder, (150, 110, 75), 9, 32), self._texture(folder, (216, 211, 198), 4, 0)
        for i in range(-6, 6):
            for j in range(-6, 6):
                self._box((0.5, 0.5, 0.05), (i + 0.5, j + 0.5, -0.05), wood)
        for sign in (-1, 1):
            for k in range(-6, 6):
                self._box((0.05, 0.5, 1.3), (sign * 6.0, k + 0.5, 1.3), plaster)
                self._box((0.5, 0.05, 1.3), (k + 0.5, sign * 6.0, 1.3), plaster)
        self._chair = [
            self._box((0.22, 0.23, 0.02), (0, 0, SEAT - 0.02), wood),
            self._box((0.02, 0.23, 0.28), (-0.26, 0, 0.72), wood),
        ]
        self._chair_at = [p.getBasePositionAndOrientation(b, physicsClientId=self.client) for b in self._chair]

    def _texture(self, folder: Path, colour: tuple[int, int, int], grain: float, plank: int) -> int:
        """A grainy colour, with a dark line every `plank` pixels."""
        image = np.random.default_rng(1).normal(0, grain, (256, 256, 1)) + np.array(colour[::-1], dtype=float)
        if plank:
            image[::plank] *= 0.7
        path = folder / f"{colour[0]}.png"
        cv2.imwrite(str(path), np.clip(image, 0, 255).astype(np.uint8))
        return int(p.loadTexture(str(path), physicsClientId=self.client))

    def _box(self, half: tuple[float, float, float], place: tuple[float, float, float], texture: int) -> int:
        shape = p.createVisualShape(p.GEOM_BOX, halfExtents=half, specularColor=[0, 0, 0], physicsClientId=self.client)
        box = int(p.createMultiBody(0, -1, shape, place, physicsClientId=self.client))
        p.changeVisualShape(box, -1, textureUniqueId=texture, physicsClientId=self.client)
        return box

    def show_chair(self, shown: bool) -> None:
        for box, (place, turn) in zip(self._chair, self._chair_at, strict=True):
            p.resetBasePositionAndOrientation(box, place if shown else (0, 0, -30), turn, physicsClientId=self.client)

    def picture(self, distance: float, side: float, target: Array) -> tuple[Image, Array]:
        """The frame and the matrix (4, 4) from world to normalised picture coordinates."""
        eye = target + [distance * math.cos(side), distance * math.sin(side), 0.0]
        eye[2] = CAMERA_HEIGHT
        view = p.computeViewMatrix(eye.tolist(), target.tolist(), [0, 0, 1])
        projection = p.computeProjectionMatrixFOV(FOV_DEG, WIDTH / HEIGHT, 0.05, 15)
        pixels = p.getCameraImage(
            WIDTH, HEIGHT, view, projection, renderer=p.ER_BULLET_HARDWARE_OPENGL, flags=p.ER_NO_SEGMENTATION_MASK,
            shadow=1, lightDirection=(2, 1.5, 5), lightAmbientCoeff=0.55, lightDiffuseCoeff=0.5, lightSpecularCoeff=0,
            physicsClientId=self.client,
        )[2]  # fmt: skip
        image = np.ascontiguousarray(np.array(pixels, dtype=np.uint8).reshape(HEIGHT, WIDTH, 4)[..., :3])
        matrix: Array = np.array(projection).reshape(4, 4).T @ np.array(view).reshape(4, 4).T
        return image, matrix


def run() -> dict[str, Any]:
    """Measure all bodies; shares of frames by posture and distance, by body, and the same as a markdown table."""
    options = vision.PoseLandmarkerOptions(
        base_options=BaseOptions(model_asset_path=str(pose_model_path())),
        running_mode=vision.RunningMode.IMAGE,
        num_poses=1,
    )
    with tempfile.TemporaryDirectory() as folder, vision.PoseLandmarker.create_from_options(options) as model:
        room = Room(Path(folder))
        try:
            looks = [look for body in names() for look in _looks(room, body, model)]
        finally:
            p.disconnect(room.client)
    return {
        "frames": len(looks),
        "by_posture": _shares(looks, "posture"),
        "by_posture_and_distance": _shares(looks, "posture", "distance"),
        "by_body": _shares(looks, "body"),
        "by_body_and_posture": _shares(looks, "body", "posture"),
        "table": markdown(looks),
    }


def _looks(room: Room, body: str, model: vision.PoseLandmarker) -> Iterator[Look]:
    person = Person(room.client, body, np.random.default_rng(7))
    for posture in POSTURES:
        _pose(person, posture)
        room.show_chair(posture == "sitting")
        joints = person.state.joints_in_world
        middle = joints.mean(0)
        target = np.array([middle[0], middle[1], 0.15 if posture.startswith("lying") else 0.45 * np.ptp(joints[:, 2])])
        for distance in DISTANCES:
            for side in SIDES_DEG:
                image, matrix = room.picture(distance, math.radians(side), target)
                found = model.detect(mp.Image(image_format=mp.ImageFormat.SRGB, data=image)).pose_landmarks
                accurate = bool(found) and _matches(found[0], _projected(joints, matrix))
                yield Look(body, posture, distance, side, bool(found), accurate)
    person.place((0.0, -40.0), 0.0)


def _pose(person: Person, posture: str) -> None:
    """Bring her into the posture; walking and bending are caught in the middle of the motion."""
    if posture not in ("walking", "bending"):
        person.place((0.0, 0.0), 0.0, posture, SEAT if posture == "sitting" else 0.0)
        return
    person.place((0.0, 0.0), 0.0)
    person.do(Walk(((3.0, 0.0),), 0.7) if posture == "walking" else PickUp())
    for _ in range(int(2.3 / _SLICE)):
        person.step(_SLICE)


def _projected(points: Array, matrix: Array) -> Array:
    """Pixels (n, 2) of points (n, 3) in the world."""
    clip = np.c_[points, np.ones(len(points))] @ matrix.T
    flat = clip[:, :2] / clip[:, 3:]
    return np.stack([(flat[:, 0] + 1) / 2 * WIDTH, (1 - flat[:, 1]) / 2 * HEIGHT], axis=1)


def _matches(landmarks: Any, truth: Array) -> bool:
    seen = np.array([(landmarks[k].x * WIDTH, landmarks[k].y * HEIGHT) for k in _LANDMARKS])
    size = float(np.ptp(truth, axis=0).max())
    return float(np.linalg.norm(seen - truth[list(_JOINTS)], axis=1).mean()) < 0.1 * size


def _shares(looks: list[Look], *keys: str) -> dict[str, dict[str, float]]:
    groups: dict[str, list[Look]] = defaultdict(list)
    for look in looks:
        groups[" ".join(str(getattr(look, key)) for key in keys)].append(look)
    return {
        name: {
            "frames": len(group),
            "detected": round(sum(look.detected for look in group) / len(group), 3),
            "accurate": round(sum(look.accurate for look in group) / len(group), 3),
        }
        for name, group in groups.items()
    }


def markdown(looks: list[Look]) -> str:
    """A table: postures down, distances across, `detected / accurate` in each cell."""
    shares = _shares(looks, "posture", "distance")
    rows = ["| posture | " + " | ".join(f"{d} m" for d in DISTANCES) + " |", "|---" * (len(DISTANCES) + 1) + "|"]
    for posture in POSTURES:
        cells = [shares[f"{posture} {distance}"] for distance in DISTANCES]
        rows.append(f"| {posture} | " + " | ".join(f"{c['detected']:.2f} / {c['accurate']:.2f}" for c in cells) + " |")
    return "\n".join(rows)


def write(folder: Path) -> None:
    """Measure and leave `posture.json` and `posture.md` in `folder`."""
    result = run()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "posture.json").write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    (folder / "posture.md").write_text(result["table"] + "\n", encoding="utf-8")
