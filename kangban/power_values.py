"""What is told of the battery and of the dock that charges it. Rooms import them from `values.py`."""

from __future__ import annotations

from dataclasses import dataclass

from kangban.geometry import Covariance2D, Pose2D


@dataclass(frozen=True, slots=True)
class Battery:
    """`charge` 0..1 or None while it can't be told from what the controller reports. `charging`: a charger feeds it;
    None: these motors can't tell."""

    stamp: float
    voltage: float
    charge: float | None
    charging: bool | None = None


@dataclass(frozen=True, slots=True)
class DockSeen:
    """The dock as the camera sees its tag; only while it does. Frame `dock`: see `dock.py`."""

    stamp: float
    dock_in_base: Pose2D
    covariance: Covariance2D
