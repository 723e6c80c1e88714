"""The furniture of the site file, drawn where the camera sees it: only where its place in the home is known."""

from __future__ import annotations

import math

import cv2
import numpy as np

from kangban.site import Furniture
from kangban.values import Array
from perception.draw import Pixels, write
from perception.follow import Scene
from perception.place import View

REST, OTHER = (90, 150, 255), (120, 120, 130)  # RGB
NEAREST_M = 0.15  # what is nearer to the lens, or behind it, is cut off
STEP_M = 0.1


def draw_zones(pixels: Pixels, scene: Scene, furniture: tuple[Furniture, ...], unit: float) -> None:
    """The outline of each thing at its resting height (or on the floor), with its name."""
    if scene.view is None or scene.robot_in_map is None:
        return
    back = scene.robot_in_map.inverse()
    height, width = pixels.shape[:2]
    for thing in furniture:
        corners = back.transform(outline(thing))
        at = project(scene.view, corners) * (width / scene.view.width, height / scene.view.height)
        colour = REST if thing.rest_height_m is not None else OTHER
        for a, b in zip(at, np.roll(at, -1, axis=0), strict=True):
            if np.isfinite([a, b]).all() and max(np.abs([a, b]).max(axis=0) / (width, height)) < 4:
                cv2.line(
                    pixels, a.astype(int).tolist(), b.astype(int).tolist(), colour, max(1, round(unit)), cv2.LINE_AA
                )
        inside = [p for p in at if np.isfinite(p).all() and 0 <= p[0] < width and 0 <= p[1] < height]
        if inside:
            x, y = min(inside, key=lambda p: float(p[1])).astype(int).tolist()
            write(pixels, thing.name, (min(x, width - round(80 * unit)), max(y, round(14 * unit))), 0.8 * unit, colour)


def outline(thing: Furniture) -> Array:
    """Points along the upper edge in the map, m, (k, 3)."""
    c, s = math.cos(thing.yaw_rad), math.sin(thing.yaw_rad)
    half = (thing.size_m[0] / 2, thing.size_m[1] / 2)
    corners = [(half[0], half[1]), (half[0], -half[1]), (-half[0], -half[1]), (-half[0], half[1])]
    points = []
    for (x0, y0), (x1, y1) in zip(corners, [*corners[1:], corners[0]], strict=True):
        steps = max(1, math.ceil(math.hypot(x1 - x0, y1 - y0) / STEP_M))
        for k in range(steps):
            x, y = x0 + (x1 - x0) * k / steps, y0 + (y1 - y0) * k / steps
            points.append((thing.at_m[0] + c * x - s * y, thing.at_m[1] + s * x + c * y, thing.rest_height_m or 0.0))
    return np.array(points)


def project(view: View, in_base: Array) -> Array:
    """Pixels (k, 2) of points (k, 3) in base_link; NaN for those that are not before the lens."""
    away = in_base - view.eye
    cw, sw = math.cos(view.mount.yaw_rad), math.sin(view.mount.yaw_rad)
    cp, sp = math.cos(view.mount.pitch_rad), math.sin(view.mount.pitch_rad)
    ahead, left, up = cw * away[:, 0] + sw * away[:, 1], cw * away[:, 1] - sw * away[:, 0], away[:, 2]
    z = cp * ahead - sp * up
    z = np.where(z > NEAREST_M, z, np.nan)
    return np.stack([view.cx - view.fx * left / z, view.cy - view.fy * (sp * ahead + cp * up) / z], axis=1)
