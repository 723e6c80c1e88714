"""What belongs to one camera frame: the depth with its stamp and the robot's pose at that moment."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable

from kangban.values import Depth, Image, MapPose, Pose2D, wrap_angle

POSES_KEPT = 60
POSE_TOLERANCE_S = 0.3  # a pose older or newer than this says nothing about the frame
DEPTH_WAIT_S = 0.08  # wall time: depth and image leave the camera together
DEPTH_EXPECTED = 10  # frames without any depth until it is no longer waited for


def pose_at(poses: tuple[MapPose, ...], stamp: float) -> Pose2D | None:
    """The robot's pose at `stamp`, between the two nearest of `poses` (rising stamps); None when none is near."""
    if not poses:
        return None
    after = next((i for i, p in enumerate(poses) if p.stamp >= stamp), None)
    if after is None or after == 0:
        nearest = poses[-1 if after is None else 0]
        return nearest.pose_in_map if abs(nearest.stamp - stamp) <= POSE_TOLERANCE_S else None
    a, b = poses[after - 1], poses[after]
    if b.stamp - a.stamp > 2 * POSE_TOLERANCE_S:
        return None
    share = (stamp - a.stamp) / max(1e-9, b.stamp - a.stamp)
    start, end = a.pose_in_map, b.pose_in_map
    turn = wrap_angle(end.yaw - start.yaw)
    return Pose2D(
        start.x + share * (end.x - start.x), start.y + share * (end.y - start.y), wrap_angle(start.yaw + share * turn)
    )


class NewestFrame:
    """A slot between the node's callbacks and its worker: the newest image wins, with its depth where that comes."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._image: Image | None = None
        self._depths: deque[Depth] = deque(maxlen=3)
        self._poses: deque[MapPose] = deque(maxlen=POSES_KEPT)
        self._without_depth = 0
        self._closed = False
        self.dropped = 0

    def put_image(self, image: Image) -> None:
        with self._changed:
            self.dropped += self._image is not None
            self._image = image
            self._changed.notify_all()

    def put_depth(self, depth: Depth) -> None:
        with self._changed:
            self._depths.append(depth)
            self._changed.notify_all()

    def put_pose(self, pose: MapPose) -> None:
        with self._changed:
            if self._poses and pose.stamp <= self._poses[-1].stamp:
                self._poses.clear()  # the sender's clock began anew
            self._poses.append(pose)

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def take(self) -> tuple[Image, Depth | None, Pose2D | None] | None:
        """Wait for the next frame; None once closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._image is not None or self._closed)
            image, self._image = self._image, None
            if self._closed or image is None:
                return None
            find: Callable[[], Depth | None] = lambda: next((d for d in self._depths if d.stamp == image.stamp), None)  # noqa: E731
            if self._without_depth < DEPTH_EXPECTED or self._depths:
                self._changed.wait_for(lambda: find() is not None or self._closed, timeout=DEPTH_WAIT_S)
            depth = find()
            self._without_depth = 0 if depth is not None else self._without_depth + 1
            if self._without_depth >= DEPTH_EXPECTED:
                self._depths.clear()
            return image, depth, pose_at(tuple(self._poses), image.stamp)
