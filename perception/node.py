"""The perception process: camera streams in; `persons`, `falls` and `care_events` out; the heavy work in a thread of
its own."""

from __future__ import annotations

import math
import threading
import traceback

from kangban import streams
from kangban.clock import DayTime, wall_time
from kangban.config import Config
from kangban.inputs import Rate
from kangban.models import ModelError
from kangban.node import KangbanNode, NodeError, run
from kangban.values import CareEvent, CareEvents, Depth, Fall, Falls, Health, Image, Persons, Pose2D
from perception.dock_watch import DockWatch
from perception.events.home import Home
from perception.fall_pictures import FallPictures
from perception.follow import Scene
from perception.frames import NewestFrame
from perception.landmark_log import LandmarkLog
from perception.life import Household
from perception.merge import Merged, merge
from perception.perceive import Perceived, Perceiver
from perception.place import View
from perception.pose import PoseModel
from perception.privacy import delete_old
from perception.recorder import recorded
from perception.round_pictures import RoundPictures
from perception.sources import SMALLEST_PX

PICTURES = "pictures"  # folder in the state folder: a PNG for each fall, named by its id; which one says privacy.py
LANDMARKS = "landmarks"  # folder in the state folder: recordings, where the profile wants them
TELL_FALLS_S = 1.0
TIDY_S = 3600.0
SLOW_SHARE, QUICK_SHARE = 0.8, 0.9  # of the camera's rate: below the one that is told, above the other no longer


class PerceptionNode(KangbanNode):
    """Sees people and falls. Publishes exactly one `persons` for each picture it processes, with its stamp."""

    def __init__(self, config: Config) -> None:
        super().__init__("perception", config)
        limits = config.profile.perception
        try:
            self._model = PoseModel(limits.max_people, limits.pose_confidence)
            self._model.prepare()
        except ModelError as error:
            raise NodeError(str(error)) from error
        day = DayTime(self.clock, config.site.starts_at)
        household = Household(config.profile.care, Home.of(config.site), day.at)
        self._perceiver = Perceiver(self._model, limits, config.site.furniture, household=household)
        self._frames = NewestFrame()
        self._own: tuple[tuple[Fall, ...], tuple[CareEvent, ...]] = ((), ())  # what this camera says
        self._merged, self._telling = Merged(), threading.Lock()
        self._fault: str | None = None
        wanted, folder = limits.record == "landmarks", config.state_dir / LANDMARKS
        self._log = LandmarkLog(folder, 1e6 * limits.record_limit_mb) if wanted else None
        self._rate, self._slow = Rate(), False
        self._pictures = FallPictures(config.site, config.state_dir / PICTURES)
        answer = self.output(streams.PICTURE_KEPT)
        camera = config.profile.camera
        view = 2.0 * math.atan(math.tan(0.5 * camera.vertical_fov_rad) * camera.width_px / camera.height_px)
        self._round_pictures = RoundPictures(config.site, config.state_dir / PICTURES, view, answer)
        self.input(streams.PICTURE_WISH, self._round_pictures.wish)
        self._image = self.input(streams.CAMERA_IMAGE, self._frames.put_image)
        self.input(streams.CAMERA_DEPTH, self._frames.put_depth)
        self.input(streams.POSE, self._frames.put_pose)
        self._info = self.input(streams.CAMERA_INFO)
        self._others = []  # falls and care events of the cameras fixed in rooms
        for room in (streams.room_camera(camera.name) for camera in config.site.cameras):
            falls, care = (self.input(s, lambda _: self._tell_news()) for s in (room.falls, room.care_events))
            self._others.append((falls, care))
        dock, contacts = config.site.dock, config.profile.docking
        self._dock: DockWatch | None = None
        if dock.station is not None and contacts is not None:
            self._dock, self._publish_dock = DockWatch(dock, dock.station, contacts), self.output(streams.DOCK)
        self._publish_persons = self.output(streams.PERSONS)
        self._publish_falls = self.output(streams.FALLS)
        self._publish_care = self.output(streams.CARE_EVENTS)
        self.every(TELL_FALLS_S, self._tell)
        self.every(TIDY_S, self._tidy)
        self._tidy()
        self._worker = threading.Thread(target=self._work, name="perceive", daemon=True)
        self._worker.start()

    def close(self) -> None:
        self._frames.close()
        self._worker.join(timeout=2.0)
        if not self._worker.is_alive():
            self._model.close()
            if self._log is not None:
                self._log.close()
        super().close()

    def _tell(self) -> None:
        if self._fault is not None:
            raise NodeError(self._fault)
        self._tell_news()
        self._publish_falls(Falls(self.now(), self._merged.falls))
        self._publish_care(CareEvents(self.now(), self._merged.care))
        if self._image.fresh() is None:
            self.report("sight", Health.ERROR, "no picture comes: is the camera plugged in and its process running?")

    def _work(self) -> None:
        try:
            while (frame := self._frames.take()) is not None:
                self._perceive(*frame)
        except Exception:  # noqa: BLE001  # the process must end and be started again, not go on without eyes
            self._fault = f"perception stopped working:\n{traceback.format_exc()}"

    def _perceive(self, image: Image, depth: Depth | None, robot_in_map: Pose2D | None) -> None:
        height, width = image.pixels.shape[:2]
        if min(height, width) < SMALLEST_PX:
            self._publish_persons(Persons(image.stamp, (), blind=True))
            self.report("sight", Health.ERROR, f"the picture is {width}x{height}: too small to see anything")
            return
        scene = Scene(image.stamp, (width, height), self._view(), depth.millimetres if depth else None, robot_in_map)
        seen = self._perceiver.step(image.pixels, scene)
        self._rate.count(self.now())
        self._publish_persons(seen.persons)
        self._look_for_dock(image, scene.view, robot_in_map)
        self._record(seen, scene.size)
        self._own = seen.falls.falls, () if seen.care is None else seen.care.events
        self._tell_news()
        self._keep_pictures(image, seen, robot_in_map)
        self._round_pictures.step(image.pixels, seen.persons, robot_in_map, self.now())
        self._report(seen, depth is not None)

    def _look_for_dock(self, image: Image, view: View | None, robot_in_map: Pose2D | None) -> None:
        seen = None if self._dock is None else self._dock.look(image.pixels, view, robot_in_map, image.stamp)
        if seen is not None:
            self._publish_dock(seen)

    def _tell_news(self) -> None:
        """Tell at once what began, changed or ended, in this camera or another; the rest comes with the next second."""
        with self._telling:
            before = self._merged
            others = [(falls.fresh(), care.fresh()) for falls, care in self._others]
            falls = [self._own[0], *(f.falls for f, _ in others if f is not None)]
            care = [self._own[1], *(c.events for _, c in others if c is not None)]
            self._merged = merge(before, falls, care)
            if {(f.id, f.state) for f in self._merged.falls} != {(f.id, f.state) for f in before.falls}:
                self._publish_falls(Falls(self.now(), self._merged.falls))
            if {(e.id, e.over) for e in self._merged.care} != {(e.id, e.over) for e in before.care}:
                self._publish_care(CareEvents(self.now(), self._merged.care))

    def _view(self) -> View | None:
        info, camera = self._info.last, self.config.profile.camera
        return None if info is None else View.of(info, camera.mount, camera.depth_min_m, camera.depth_max_m)

    def _record(self, seen: Perceived, size: tuple[int, int]) -> None:
        if self._log is None or (seen.shows_nothing and not seen.persons.blind):
            return
        self._log.write(recorded(seen.persons, self._perceiver.follower), size)
        if self._log.fault is None:
            self.report("recording", Health.OK, "landmarks are recorded")
        else:
            self.report("recording", Health.WARN, self._log.fault)

    def _tidy(self) -> None:
        """Delete what the home does not want kept for so long."""
        try:
            for folder in (PICTURES, LANDMARKS):
                delete_old(self.config.state_dir / folder, self.config.site.privacy.kept_days, wall_time())
        except OSError as error:
            self.report("pictures", Health.WARN, f"old pictures could not be deleted: {error}")

    def _keep_pictures(self, image: Image, seen: Perceived, robot_in_map: Pose2D | None) -> None:
        try:
            follower = self._perceiver.follower
            why = self._pictures.step(image.pixels, seen.persons, seen.falls.falls, follower, robot_in_map)
        except OSError as error:
            self.report("pictures", Health.WARN, f"the picture of a fall could not be kept: {error}")
        else:
            if why is not None:
                self.report("pictures", Health.OK, why)

    def _report(self, seen: Perceived, with_depth: bool) -> None:
        if seen.persons.blind:
            self.report("sight", Health.ERROR, seen.why_blind)
        else:
            self.report("sight", Health.OK, "sees", people=len(seen.persons.people), depth=with_depth)
        figures: dict[str, object] = {"dropped": self._frames.dropped, **self._perceiver.watch.ms_a_frame()}
        wanted, achieved = self._wanted_hz(), self._rate.per_second(self.now())
        share = QUICK_SHARE if self._slow else SLOW_SHARE
        self._slow = self._rate.full(self.now()) and achieved < share * wanted
        text = f"{achieved:.1f} of {wanted:.1f} pictures a second" + (": this machine is busy" if self._slow else "")
        self.report("work", Health.WARN if self._slow else Health.OK, text, **figures)

    def _wanted_hz(self) -> float:
        """The camera's rate, as far as its pictures come at all."""
        return min(self.config.profile.camera.rate_hz, self._image.rate.per_second(self.now()))


if __name__ == "__main__":
    raise SystemExit(run(PerceptionNode))
