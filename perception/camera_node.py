"""The camera process of a robot without a camera driver: a device's pictures on `camera/image`, and its geometry."""

from __future__ import annotations

import math
import threading

from kangban import streams
from kangban.config import Config
from kangban.node import KangbanNode, run
from kangban.values import CameraInfo, Health, Image
from perception.sources import NoPicture, SourceError, open_source

RETRY_S = 1.0


class CameraNode(KangbanNode):
    """Publishes what the profile's camera sees, at the profile's rate; says so and tries again while it is away."""

    def __init__(self, config: Config) -> None:
        super().__init__("camera", config)
        self._publish_image = self.output(streams.CAMERA_IMAGE)
        self._publish_info = self.output(streams.CAMERA_INFO)
        self._size: tuple[int, int] | None = None
        self._ending = threading.Event()
        self._reader = threading.Thread(target=self._read, name="camera", daemon=True)
        self._reader.start()

    def close(self) -> None:
        self._ending.set()
        self._reader.join(timeout=2.0)
        super().close()

    def _read(self) -> None:
        while not self._ending.is_set():
            try:
                self._stream()
            except SourceError as error:
                self.report("camera", Health.ERROR, str(error))
            self._ending.wait(RETRY_S)  # an unplugged camera may come back

    def _stream(self) -> None:
        camera = self.config.profile.camera
        due = -math.inf
        for picture in open_source(camera.device, size=(camera.width_px, camera.height_px)):
            if self._ending.is_set():
                return
            if isinstance(picture, NoPicture):
                self.report("camera", Health.ERROR, picture.why)
                self._size = None  # said anew when it is back
                continue
            stamp = self.now()
            if stamp < due:
                continue
            due = max(due + 1.0 / camera.rate_hz, stamp)
            height, width = picture.pixels.shape[:2]
            if (width, height) != self._size:
                self._size = (width, height)
                self._publish_info(camera_info(stamp, width, height, camera.vertical_fov_rad))
                self.report("camera", Health.OK, f"{width}x{height} from {camera.device}")
            self._publish_image(Image(stamp, picture.pixels))


def camera_info(stamp: float, width: int, height: int, vertical_fov_rad: float) -> CameraInfo:
    """A pinhole with square pixels that sees `vertical_fov_rad` from top to bottom."""
    focal = 0.5 * height / math.tan(0.5 * vertical_fov_rad)
    return CameraInfo(stamp, width, height, focal, focal, 0.5 * width, 0.5 * height)


if __name__ == "__main__":
    raise SystemExit(run(CameraNode))
