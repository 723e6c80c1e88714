"""The process of a camera fixed in a room: it opens the camera, looks, and tells landmarks, falls and care events.

`python -m perception.room_camera_node --camera NAME --config RUN_DIR/run.yaml`. No picture leaves it but what
privacy.py lets be kept of a fall. What it tells is taken into `falls` and `care_events` by the perception process.
"""

from __future__ import annotations

import argparse
import functools
import sys
import threading
import traceback

from kangban import streams
from kangban.clock import DayTime
from kangban.config import Config
from kangban.inputs import Rate
from kangban.models import ModelError
from kangban.node import KangbanNode, NodeError, run
from kangban.profile import Mount
from kangban.site import RoomCamera
from kangban.values import CareEvents, Falls, Health, Persons, Pose2D
from perception.camera_node import camera_info
from perception.events.home import Home
from perception.fall_pictures import FallPictures
from perception.follow import Scene
from perception.life import Household
from perception.perceive import Perceived, Perceiver
from perception.place import View
from perception.pose import PoseModel
from perception.sources import NoPicture, Picture, SourceError, open_source

PICTURES = "pictures"
RETRY_S = 1.0
TELL_S = 1.0
SLOW_SHARE = 0.8  # of the wanted rate: below it that is told
NUMBERS = 10_000  # people of each camera have numbers of their own
NEAREST_M, FARTHEST_M = 0.3, 12.0


class RoomCameraNode(KangbanNode):
    """Looks through one of the site's cameras; the newest picture wins."""

    def __init__(self, config: Config, name: str) -> None:
        super().__init__(f"camera_{name}", config)
        names = [camera.name for camera in config.site.cameras]
        if name not in names:
            raise NodeError(f"the site {config.site.name} has no camera {name!r}; it has: {', '.join(names) or 'none'}")
        self._camera = config.site.cameras[names.index(name)]
        limits = config.profile.perception
        try:
            self._model = PoseModel(limits.max_people, limits.pose_confidence)
            self._model.prepare()
        except ModelError as error:
            raise NodeError(str(error)) from error
        day = DayTime(self.clock, config.site.starts_at)
        household = Household(config.profile.care, Home.of(config.site), day.at)
        self._perceiver = Perceiver(self._model, limits, config.site.furniture, household=household)
        self._perceiver.follower.tracks.number_from_on((names.index(name) + 1) * NUMBERS + 1)
        self._pictures = FallPictures(config.site, config.state_dir / PICTURES)
        told = streams.room_camera(name)
        self._publish_persons, self._publish_falls = self.output(told.persons), self.output(told.falls)
        self._publish_care = self.output(told.care_events)
        self._falls, self._care = Falls(0.0, ()), CareEvents(0.0, ())
        self._rate = Rate()
        self._fault: str | None = None
        self._ending = threading.Event()
        self.every(TELL_S, self._tell)
        self._worker = threading.Thread(target=self._work, name="perceive", daemon=True)
        self._worker.start()

    def close(self) -> None:
        self._ending.set()
        self._worker.join(timeout=3.0)
        if not self._worker.is_alive():
            self._model.close()
        super().close()

    def _tell(self) -> None:
        if self._fault is not None:
            raise NodeError(self._fault)
        self._publish_falls(Falls(self.now(), self._falls.falls))
        self._publish_care(CareEvents(self.now(), self._care.events))

    def _work(self) -> None:
        try:
            while not self._ending.is_set():
                try:
                    self._look()
                except SourceError as error:
                    self.report("sight", Health.ERROR, str(error))
                self._ending.wait(RETRY_S)  # an unplugged camera may come back
        except Exception:  # noqa: BLE001  # the process must end and be started again, not go on without eyes
            self._fault = f"perception stopped working:\n{traceback.format_exc()}"

    def _look(self) -> None:
        camera = self._camera
        due = float("-inf")
        for picture in open_source(camera.device, camera.rate_hz, (camera.width_px, camera.height_px)):
            if self._ending.is_set():
                return
            now = self.now()
            if isinstance(picture, NoPicture):
                self._publish_persons(Persons(now, (), blind=True))
                self.report("sight", Health.ERROR, picture.why)
            elif now >= due:
                due = max(due + 1.0 / camera.rate_hz, now)
                self._perceive(picture, now)

    def _perceive(self, picture: Picture, now: float) -> None:
        height, width = picture.pixels.shape[:2]
        scene = Scene(now, (width, height), view_of(self._camera, width, height), None, Pose2D(0.0, 0.0, 0.0))
        seen = self._perceiver.step(picture.pixels, scene)
        self._rate.count(now)
        self._publish_persons(seen.persons)
        before = {(f.id, f.state) for f in self._falls.falls}, {(e.id, e.over) for e in self._care.events}
        self._falls, self._care = seen.falls, seen.care or CareEvents(now, ())
        if before != ({(f.id, f.state) for f in self._falls.falls}, {(e.id, e.over) for e in self._care.events}):
            self._tell()
        self._keep(picture, seen)
        self._report(seen)

    def _keep(self, picture: Picture, seen: Perceived) -> None:
        mount = self._camera.mount
        place = Pose2D(mount.x_m, mount.y_m, mount.yaw_rad)
        try:
            why = self._pictures.step(picture.pixels, seen.persons, seen.falls.falls, self._perceiver.follower, place)
        except OSError as error:
            why = f"the picture of a fall could not be kept: {error}"
        if why is not None:
            self.report("pictures", Health.OK, why)

    def _report(self, seen: Perceived) -> None:
        if seen.persons.blind:
            self.report("sight", Health.ERROR, seen.why_blind)
        else:
            self.report("sight", Health.OK, "sees", people=len(seen.persons.people))
        achieved, wanted = self._rate.per_second(self.now()), self._camera.rate_hz
        slow = self._rate.full(self.now()) and achieved < SLOW_SHARE * wanted
        text = f"{achieved:.1f} of {wanted:.1f} pictures a second" + (": this machine is busy" if slow else "")
        self.report("work", Health.WARN if slow else Health.OK, text, **self._perceiver.watch.ms_a_frame())


def view_of(camera: RoomCamera, width: int, height: int) -> View:
    """Its geometry with the map in the place of a robot: what it places it places in the map."""
    m = camera.mount
    mount = Mount(x_m=m.x_m, y_m=m.y_m, z_m=m.z_m, yaw_rad=m.yaw_rad, pitch_rad=m.pitch_rad)
    return View.of(camera_info(0.0, width, height, camera.vertical_fov_rad), mount, NEAREST_M, FARTHEST_M)


if __name__ == "__main__":
    which = argparse.ArgumentParser(add_help=False)
    which.add_argument("--camera", required=True, help="the name of the camera in the site file")
    mine, rest = which.parse_known_args(sys.argv[1:])
    raise SystemExit(run(functools.partial(RoomCameraNode, name=mine.camera), rest))
