"""The perception process: camera streams in, `persons` and `falls` out; the heavy work in a thread of its own."""

from __future__ import annotations

import threading
import traceback

from kangban import streams
from kangban.config import Config
from kangban.models import ModelError
from kangban.node import KangbanNode, NodeError, run
from kangban.values import Depth, Fall, Falls, FallState, Health, Image, Persons, Pose2D
from perception.deidentify import deidentified, write_picture
from perception.follow import Scene
from perception.frames import NewestFrame
from perception.perceive import Perceived, Perceiver
from perception.place import View
from perception.pose import PoseModel
from perception.sources import SMALLEST_PX

PICTURES = "pictures"  # folder in the state folder: one de-identified PNG for each fall, named by its id
TELL_FALLS_S = 1.0


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
        self._perceiver = Perceiver(self._model, limits, config.site.furniture)
        self._frames = NewestFrame()
        self._told: dict[str, FallState] = {}
        self._falls: tuple[Fall, ...] = ()
        self._fault: str | None = None
        self._image = self.input(streams.CAMERA_IMAGE, self._frames.put_image)
        self.input(streams.CAMERA_DEPTH, self._frames.put_depth)
        self.input(streams.POSE, self._frames.put_pose)
        self._info = self.input(streams.CAMERA_INFO)
        self._publish_persons = self.output(streams.PERSONS)
        self._publish_falls = self.output(streams.FALLS)
        self.every(TELL_FALLS_S, self._tell)
        self._worker = threading.Thread(target=self._work, name="perceive", daemon=True)
        self._worker.start()

    def close(self) -> None:
        self._frames.close()
        self._worker.join(timeout=2.0)
        if not self._worker.is_alive():
            self._model.close()
        super().close()

    def _tell(self) -> None:
        if self._fault is not None:
            raise NodeError(self._fault)
        self._publish_falls(Falls(self.now(), self._falls))
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
        self._publish_persons(seen.persons)
        self._falls = seen.falls.falls
        states = {fall.id: fall.state for fall in self._falls}
        if states != self._told:
            fresh = [f for f in self._falls if f.state is FallState.CONFIRMED and self._told.get(f.id) is not f.state]
            self._told = states
            self._publish_falls(Falls(self.now(), self._falls))
            for fall in fresh:
                self._keep_picture(image, seen, fall)
        self._report(seen, depth is not None)

    def _view(self) -> View | None:
        info, camera = self._info.last, self.config.profile.camera
        return None if info is None else View.of(info, camera.mount, camera.depth_min_m, camera.depth_max_m)

    def _keep_picture(self, image: Image, seen: Perceived, fall: Fall) -> None:
        fallen = self._perceiver.follower.last_landmarks(fall.person_id)
        others = tuple(
            p.landmarks_in_image
            for p in seen.persons.people
            if p.landmarks_in_image is not None and p.id != fall.person_id
        )
        try:
            write_picture(
                self.config.state_dir / PICTURES / f"{fall.id}.png", deidentified(image.pixels, fallen, others)
            )
        except OSError as error:
            self.report("pictures", Health.WARN, f"the picture of a fall could not be kept: {error}")

    def _report(self, seen: Perceived, with_depth: bool) -> None:
        if seen.persons.blind:
            self.report("sight", Health.ERROR, seen.why_blind)
        else:
            self.report("sight", Health.OK, "sees", people=len(seen.persons.people), depth=with_depth)
        self.report(
            "work", Health.OK, "ms a picture", dropped=self._frames.dropped, **self._perceiver.watch.ms_a_frame()
        )


if __name__ == "__main__":
    raise SystemExit(run(PerceptionNode))
