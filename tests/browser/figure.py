"""Draws a figure like those that perception makes of a fall: bones, no camera pixels."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np


def draw_figure(path: Path) -> None:
    """A drawn figure that lies on the floor, in the manner of perception's pictures."""
    canvas = np.full((480, 640, 3), (34, 30, 24), np.uint8)
    cv2.line(canvas, (0, 330), (640, 330), (70, 62, 50), 2)
    head, neck, hip = (150, 372), (205, 380), (360, 392)
    limbs = [(neck, hip), (neck, (240, 420), (310, 436)), (neck, (262, 352), (330, 346))]
    limbs += [(hip, (440, 360), (500, 410)), (hip, (455, 408), (545, 420))]
    for limb in limbs:
        cv2.polylines(canvas, [np.array(limb)], False, (187, 209, 127), 7, cv2.LINE_AA)
        for joint in limb:
            cv2.circle(canvas, joint, 9, (240, 250, 225), -1, cv2.LINE_AA)
    cv2.circle(canvas, head, 34, (187, 209, 127), 7, cv2.LINE_AA)
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), canvas)
