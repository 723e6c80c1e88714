"""One simulated person: does what she is asked, falls by physics, and tells the truth about it."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.person import poses
from sim.person.body import Body, load, scaled
from sim.person.clip import Clip, Situation
from sim.person.fall import Fall, FallPlan, Lead, Settling, is_impact, lead_to, may_begin, within_limits
from sim.person.look import Look, dressed
from sim.person.motions import Maker, Motion
from sim.person.pose import Pose
from sim.person.ragdoll import Ragdoll, motion_between
from sim.person.rotation import matrix, yaw_of
from sim.person.shell import Shell
from sim.person.skeleton import LINK

Array = NDArray[np.float64]


@dataclass(frozen=True)
class PersonState:
    """The truth about a person, in the world frame, metres and radians; times are seconds of the person's clock.

    `hip_in_world` (3,): middle between the hip joints; `joints_in_world` (13, 3) in the order of `skeleton.LINKS`;
    `impact_time`: when trunk or head first hit the floor in the last fall (`fall.is_impact`), None before any.
    """

    time: float
    posture: str
    hip_in_world: Array
    head_height: float
    joints_in_world: Array
    yaw: float
    falling: bool
    fall_time: float | None
    impact_time: float | None


@dataclass
class _Falling:
    plan: FallPlan
    ragdoll: Ragdoll
    settling: Settling
    since: float


class Person:
    """Call `place` once, then `do` and `fall` at will, and `step(dt)` before each slice of physics steps.

    `body` is one of `body.names()` or such a body changed; `rng` decides every variation, so the same seed moves the
    same way. Her clock starts at `now` seconds; `look` makes another person of the body. All PyBullet calls go to
    `client_id`. Not `drawn`, she moves and falls unseen.
    """

    def __init__(
        self, client_id: int, body: str | Body, rng: np.random.Generator, now: float = 0.0, drawn: bool = True,
        look: Look | None = None,
    ) -> None:  # fmt: skip
        self._client, self._rng, self._time = client_id, rng, now
        baked = load(body) if isinstance(body, str) else body
        self.body = baked if look is None else dressed(baked, look) if drawn else scaled(baked, look.scale)
        self._shell = Shell(client_id, self.body, drawn)
        self._queue: deque[Motion | Fall] = deque()
        self._makers: deque[Maker] = deque()
        self._clip: Clip | None = None
        self._clip_time = 0.0
        self._lead: Lead | None = None
        self._fall: _Falling | None = None
        self._fall_time: float | None = None
        self._impact_time: float | None = None
        self._last_dt = 1.0
        self.place((0.0, 0.0), 0.0)

    def place(
        self, xy: tuple[float, float], yaw: float, posture: str = "standing", support_height: float = 0.0
    ) -> None:
        """Put her somewhere at once, forgetting what she was doing. `yaw`: her heading, or where the head lies."""
        if posture not in poses.POSTURES:
            raise ValueError(f"no posture {posture!r}; there are: {', '.join(poses.POSTURES)}")
        self._end_fall()
        self._queue.clear()
        self._makers.clear()
        self._clip = self._lead = None
        self._posture, self._support = posture, support_height
        if posture == "standing":
            pose = poses.standing(self.body, *xy, yaw)
        elif posture == "sitting":
            pose = poses.sitting(self.body, *xy, yaw, support_height)
        else:
            pose = poses.lying(self.body, *xy, yaw, support_height, posture)
        self._before = pose
        self._show(pose)

    def do(self, *motions: Motion | Fall) -> None:
        """Add motions to what she will do, one after the other."""
        self._queue.extend(motions)

    def stop(self) -> None:
        """Forget what has not begun; what has begun is ended."""
        self._queue.clear()

    def fall(self, kind: str | Fall) -> None:
        """Fall now, from whatever she is doing. Kinds are in `fall.KINDS`; raises ValueError from a wrong posture."""
        asked = kind if isinstance(kind, Fall) else Fall(kind)
        may_begin(asked.kind, self._situation().posture)
        self._queue.clear()
        self._makers.clear()
        self._start_fall(asked)

    def _start_fall(self, asked: Fall) -> None:
        """With what leads up to it, where that is a course of its own, else at once."""
        now = self._situation()
        may_begin(asked.kind, now.posture)
        lead = lead_to(asked, self.body, now, self._rng)
        if lead is None:
            self._begin_fall(FallPlan(asked.kind, now, self.body.weight, self._rng))
            return
        self._clip, self._clip_time, self._lead = lead.clip, 0.0, lead
        if lead.clip.during == "falling":
            self._fall_time, self._impact_time = self._time, None

    def _begin_fall(self, plan: FallPlan) -> None:
        motion = motion_between(self._before, self._pose, self._last_dt) if self._clip else None
        led = self._lead is not None and self._clip is not None and self._clip.during == "falling"
        self._clip = self._lead = None
        self._shell.set_solid(False)
        ragdoll = Ragdoll(self._client, self.body, motion or motion_between(self._pose, self._pose, 1.0))
        ragdoll.set_grip(plan.kind.grip)
        self._fall = _Falling(plan, ragdoll, Settling(), self._time)
        self._impact_time = None
        if not led:
            self._fall_time = self._time
        self._posture, self._support = "falling", 0.0

    @property
    def busy(self) -> bool:
        """Whether she is moving or has something to do."""
        return bool(self._queue or self._makers or self._clip or self._fall)

    @property
    def pose(self) -> Pose:
        """Pelvis and hinges as they are now."""
        return self._pose

    @property
    def ids(self) -> tuple[int, ...]:
        """PyBullet ids that are this person now, drawn parts first; the ragdoll's is among them while she falls."""
        return self._shell.ids + ((self._fall.ragdoll.id,) if self._fall else ())

    @property
    def state(self) -> PersonState:
        positions, rotations = self._shown
        hips = (positions[LINK["thigh_r"]] + positions[LINK["thigh_l"]]) / 2
        head = positions[LINK["head"]] + rotations[LINK["head"]] @ np.array([0.02, 0.0, 0.12])
        posture = self._clip.during if self._clip else self._posture
        return PersonState(
            self._time, posture, hips, float(head[2]), positions, yaw_of(rotations[0]), posture == "falling",
            self._fall_time, self._impact_time,
        )  # fmt: skip

    def step(self, dt: float) -> None:
        """Let `dt` seconds pass: call it before the physics steps that cover the same time."""
        self._last_dt = dt
        if self._fall:
            self._step_fall(self._fall, dt)
        self._time += dt
        if self._fall:
            return
        if self._clip is None and not self._begin_next():
            return
        self._play(dt)

    def _situation(self) -> Situation:
        posture = self._clip.during if self._clip else self._posture
        return Situation(self._pose, posture, self._support, yaw_of(matrix(self._pose.turn)))

    def _begin_next(self) -> bool:
        if not self._makers:
            if not self._queue:
                return False
            motion = self._queue.popleft()
            if isinstance(motion, Fall):
                self._start_fall(motion)
                return self._clip is not None
            self._makers.extend(motion.steps(self._posture))
        self._clip = self._makers.popleft()(self.body, self._situation(), self._rng)
        self._clip_time = 0.0
        return True

    def _play(self, dt: float) -> None:
        clip = self._clip
        assert clip is not None
        self._clip_time += dt
        pose = clip.at(min(self._clip_time, clip.duration))
        self._before = self._pose
        if pose is not self._pose:
            self._show(pose)
        if self._clip_time >= clip.duration and self._lead is not None:
            plan = FallPlan(self._lead.kind, self._situation(), self.body.weight, self._rng, self._lead.heading)
            self._begin_fall(plan)
        elif self._clip_time >= clip.duration:
            self._posture, self._support, self._clip = clip.after, clip.support_height, None

    def _show(self, pose: Pose) -> None:
        self._pose = pose
        self._shown = pose.links(self.body)
        self._shell.show(*self._shown)

    def _step_fall(self, fall: _Falling, dt: float) -> None:
        since = self._time - fall.since
        if since > 0:
            self._show(fall.ragdoll.pose())
            if self._impact_time is None and is_impact(
                fall.ragdoll.touching_floor(0.0), float(self.state.hip_in_world[2])
            ):
                self._impact_time = self._time
            if fall.settling.done(since, fall.ragdoll.speed(), self._impact_time is not None):
                self._end_fall()
                return
        fall.ragdoll.strive(fall.plan.goal(since), fall.plan.strength(since))
        push = fall.plan.push(since)
        if push.any():
            fall.ragdoll.push(fall.plan.kind.pushed, push * dt)

    def _end_fall(self) -> None:
        if self._fall is None:
            return
        self._show(within_limits(self._pose))
        self._fall.ragdoll.remove()
        self._fall = None
        self._shell.set_solid(True)
        self._posture, self._support = "fallen", 0.0
        self._before = self._pose
