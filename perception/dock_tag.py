"""Where the dock is, from one picture of its tag (AprilTag 36h11): pure.

The tag stands upright and the camera's mount is known, so four numbers are looked for: place, height, heading. A flat
square seen nearly face on has two headings that explain it alike; where both remain the heading is unknown, and so is
the dock. The height is not assumed but checked against the site's: what hangs elsewhere is another tag.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from kangban.dock import tag_corners_in_dock
from kangban.site import Station
from kangban.values import Array, Covariance2D, DockSeen, Pose2D, wrap_angle
from perception.place import View

SMALLEST_SIDE_PX = 14.0  # of the black square; a module is then not two pixels
WORST_RMS_PX = 1.2  # of the corners, against the pose that explains them best
CORNER_STD_PX = 0.4  # assumed of a corner, for the covariance
OFF_HEIGHT_M = 0.08  # the tag is seen higher or lower than the site has it by more: not this dock
ALIKE, ALIKE_PX = 1.5, 0.15  # another heading explains it alike up to so many times the rms, and so much more ...
OTHER_RAD = 0.12  # ... where it differs by more than this
STEPS = 12


@dataclass(frozen=True, slots=True)
class _Fit:
    x: float
    y: float
    up: float  # m, higher than the site has it
    yaw: float
    rms_px: float


class TagReader:
    """Finds one tag in pictures. Keeps nothing between them."""

    def __init__(self, station: Station) -> None:
        parameters = cv2.aruco.DetectorParameters()
        parameters.cornerRefinementMethod = cv2.aruco.CORNER_REFINE_SUBPIX
        parameters.cornerRefinementWinSize = 4
        parameters.relativeCornerRefinmentWinSize = 0.2
        dictionary = cv2.aruco.getPredefinedDictionary(cv2.aruco.DICT_APRILTAG_36h11)
        self._detector = cv2.aruco.ArucoDetector(dictionary, parameters)
        self._station = station

    def find(self, pixels: NDArray[np.uint8], view: View, stamp: float) -> DockSeen | None:
        """`pixels` (height, width, 3), RGB. None where the tag is not seen, or where it stands can't be told."""
        corners = self.corners(pixels)
        return None if corners is None else dock_from_corners(corners, view, self._station, stamp)

    def corners(self, pixels: NDArray[np.uint8]) -> Array | None:
        """(4, 2), pixels; None also where two such tags are in the picture: one of them is a copy."""
        found, ids, _ = self._detector.detectMarkers(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY))
        numbers = () if ids is None else ids.ravel()
        mine = [c for c, number in zip(found, numbers, strict=True) if number == self._station.tag]
        return np.asarray(mine[0].reshape(4, 2), dtype=np.float64) if len(mine) == 1 else None


def dock_from_corners(corners: Array, view: View, station: Station, stamp: float) -> DockSeen | None:
    """`corners` (4, 2), pixels: top left, top right, bottom right, bottom left as the tag is read."""
    sides = np.hypot(*(corners - np.roll(corners, 1, axis=0)).T)
    if sides.min() < SMALLEST_SIDE_PX:
        return None
    fits = [_settled(start, corners, view, station) for start in _starts(corners, view, station)]
    good = sorted((fit for fit in fits if fit is not None), key=lambda fit: fit.rms_px)
    if not good or good[0].rms_px > WORST_RMS_PX or abs(good[0].up) > OFF_HEIGHT_M:
        return None
    best = good[0]
    alike = ALIKE * best.rms_px + ALIKE_PX
    if any(fit.rms_px <= alike and abs(wrap_angle(fit.yaw - best.yaw)) > OTHER_RAD for fit in good[1:]):
        return None
    return DockSeen(stamp, Pose2D(best.x, best.y, wrap_angle(best.yaw)), _covariance(best, view, station))


def _starts(corners: Array, view: View, station: Station) -> list[Array]:
    """Where to begin: both answers of the planar solver (Collins and Bartoli 2014), and their mirror images about the
    line of sight, since it may find the same one twice."""
    half = station.tag_size_m / 2.0
    square = np.array([[-half, half, 0.0], [half, half, 0.0], [half, -half, 0.0], [-half, -half, 0.0]])
    lens = np.array([[view.fx, 0.0, view.cx], [0.0, view.fy, view.cy], [0.0, 0.0, 1.0]])
    _, turns, places, _ = cv2.solvePnPGeneric(square, corners, lens, None, flags=cv2.SOLVEPNP_IPPE_SQUARE)
    tag, starts = tag_corners_in_dock(station).mean(axis=0), []
    for turn, place in zip(turns, places, strict=True):
        out_of_tag = view.turn_to_base(np.asarray(cv2.Rodrigues(turn)[0])[:, 2])
        middle = view.turn_to_base(np.asarray(place, dtype=np.float64).ravel()) + _eye(view)
        facing = math.atan2(middle[1] - view.mount.y_m, middle[0] - view.mount.x_m)
        off = wrap_angle(math.atan2(-out_of_tag[1], -out_of_tag[0]) - facing)
        for yaw in (facing + off, facing - off):
            c, s = math.cos(yaw), math.sin(yaw)
            starts.append(np.array([middle[0] - c * tag[0], middle[1] - s * tag[0], middle[2] - tag[2], yaw]))
    return starts


def _settled(start: Array, corners: Array, view: View, station: Station) -> _Fit | None:
    """Levenberg and Marquardt from one start; None where it ends behind the camera or looks at the tag's back."""
    guess, damping = start, 1e-3
    off = _off(guess, corners, view, station)
    if off is None:
        return None
    for _ in range(STEPS):
        slope = _slope(guess, corners, view, station)
        if slope is None:
            return None
        square = slope.T @ slope
        step = np.linalg.solve(square + damping * np.diag(np.diag(square)) + 1e-12 * np.eye(4), -slope.T @ off)
        after = _off(guess + step, corners, view, station)
        if after is not None and after @ after <= off @ off:
            guess, off, damping = guess + step, after, damping / 5.0
            if np.abs(step).max() < 1e-5:
                break
        else:
            damping *= 10.0
    x, y, up, yaw = (float(n) for n in guess)
    return _Fit(x, y, up, yaw, math.sqrt(float(off @ off) / len(corners)))


def _off(guess: Array, corners: Array, view: View, station: Station) -> Array | None:
    """Seen less expected, (8,), pixels; None where a corner would lie behind the camera."""
    x, y, up, yaw = guess
    points = Pose2D(float(x), float(y), float(yaw)).transform(tag_corners_in_dock(station))
    points[:, 2] += up
    in_camera = (points - _eye(view)) @ _axes(view)
    if (in_camera[:, 2] < 0.02).any():
        return None
    u = view.cx + view.fx * in_camera[:, 0] / in_camera[:, 2]
    v = view.cy + view.fy * in_camera[:, 1] / in_camera[:, 2]
    return np.asarray((np.stack([u, v], axis=1) - corners).ravel())


def _slope(guess: Array, corners: Array, view: View, station: Station) -> Array | None:
    columns = []
    for k in range(4):
        step = np.zeros(4)
        step[k] = 1e-5
        ahead, behind = _off(guess + step, corners, view, station), _off(guess - step, corners, view, station)
        if ahead is None or behind is None:
            return None
        columns.append((ahead - behind) / 2e-5)
    return np.stack(columns, axis=1)


def _covariance(fit: _Fit, view: View, station: Station) -> Covariance2D:
    guess = np.array([fit.x, fit.y, fit.up, fit.yaw])
    slope = _slope(guess, np.zeros((4, 2)), view, station)
    assert slope is not None  # it was settled there
    c = np.linalg.inv(slope.T @ slope + 1e-9 * np.eye(4)) * max(CORNER_STD_PX, fit.rms_px) ** 2
    return Covariance2D(c[0, 0], c[0, 1], c[0, 3], c[1, 1], c[1, 3], c[3, 3])


def _eye(view: View) -> Array:
    return np.array([view.mount.x_m, view.mount.y_m, view.mount.z_m])


def _axes(view: View) -> Array:
    """The camera's axes in base_link as columns: base to camera is `point @ axes`."""
    return np.asarray(view.turn_to_base(np.eye(3)).T)
