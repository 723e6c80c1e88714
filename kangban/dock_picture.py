"""The dock's tag as a picture to print: AprilTag 36h11 with its white border."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

BLACK_MODULES = 8  # the black square's side; what the site file gives as `tag_size_m`
MODULES = 10  # with the white border that a reader needs


def tag_picture(tag: int, pixels_a_module: int) -> NDArray[np.uint8]:
    """Grey levels (n, n), n = MODULES * pixels_a_module. Raises ValueError for a tag that does not exist."""
    import cv2  # not for every program that knows a dock

    dictionary = cv2.aruco.getPredefinedDictionary(cv2.aruco.DICT_APRILTAG_36h11)
    count = len(dictionary.bytesList)
    if not 0 <= tag < count:
        raise ValueError(f"tag {tag}: allowed: 0 to {count - 1} (AprilTag 36h11)")
    if pixels_a_module < 1:
        raise ValueError(f"{pixels_a_module} pixels a module: at least 1")
    black = cv2.aruco.generateImageMarker(dictionary, tag, BLACK_MODULES * pixels_a_module)
    return np.pad(black, pixels_a_module, constant_values=255).astype(np.uint8)
