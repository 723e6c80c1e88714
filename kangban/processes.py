"""The process table: what runs in which mode, how it is restarted, and what its death means. One table, two runners
(`supervisor.py` and `launch/*.launch.py`).

This and `sim/` are the only places that know of a simulated home. There the world answers on the same topics and the
same serial bytes as a robot; all that changes is which processes run, which port the motors are on, and whose clock
counts.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from kangban.config import Config, config_dir
from kangban.profile import Profile
from kangban.site import Site


class Mode(StrEnum):
    SIM = "sim"
    ROBOT = "robot"


@dataclass(frozen=True)
class Process:
    """One row. `ends_run`: when it ends, the run ends. `death_means` is what people are told."""

    name: str
    module: str
    modes: frozenset[Mode]
    safety_relevant: bool
    death_means: str
    ends_run: bool = False
    arguments: tuple[str, ...] = ()


BOTH = frozenset(Mode)
TABLE: tuple[Process, ...] = (
    Process("world", "sim.node", frozenset({Mode.SIM}), False, "the home is gone; the run ends", ends_run=True),
    Process("bridge", "firmware_bridge.node", BOTH, True, "no setpoints: the motor controller stops by itself"),
    Process("safety", "safety.node", BOTH, True, "no velocity passes: the bridge sends zero"),
    Process("navigation", "navigation.node", BOTH, True, "no pose and no path: the robot stands still"),
    Process("camera", "perception.camera_node", frozenset({Mode.ROBOT}), True, "no picture: the guard stops the robot"),
    Process("perception", "perception.node", BOTH, True, "nobody is seen: the guard stops the robot"),
    Process("behaviors", "behaviors.node", BOTH, False, "no decisions: the robot stands; incidents are on disk"),
    Process("console", "teleop.node", BOTH, False, "nobody can look in; alarms wait in the outbox"),
)


# Only where the site has a section `home`.
HOME = Process("home", "behaviors.home_node", BOTH, False, "the home's own sensors are unknown; the robot still sees")

# Only where the site's `privacy.listens` opens the microphone. In the simulated home people speak by script.
HEARING = Process(
    "hearing", "behaviors.hearing_node", frozenset({Mode.ROBOT}), False, "it hears nothing; the page has buttons"
)

# Only where the site's `privacy.records` allows it.
RECORDER = Process("recorder", "observe.nodes.recorder", BOTH, False, "incidents are not recorded; all else goes on")

# Only where the site has a section `foxglove`.
VIEWERS = Process("foxglove", "observe.nodes.viewers", BOTH, False, "viewers see nothing; all else goes on")

# In the place of our own where the profile says `navigation.engine: nav2`. Nav2 itself has its own launch file.
NAV2 = Process("navigation", "navigation.nodes.nav2", BOTH, True, "no pose and no path: the robot stands still")


@dataclass(frozen=True)
class Backoff:
    """How long to wait before a restart: doubling from `first_s` to `longest_s`, forgiven after `stable_s` alive."""

    first_s: float = 0.1
    longest_s: float = 10.0
    stable_s: float = 20.0

    def delay(self, deaths_in_a_row: int) -> float:
        return min(self.longest_s, self.first_s * 2.0 ** max(0, deaths_in_a_row - 1))


RESTART = Backoff()


def table(mode: Mode, site: Site | None = None, profile: Profile | None = None) -> tuple[Process, ...]:
    """The processes of a mode; with a site also one for each camera that is fixed in it, and for its sensors; with a
    profile those that it chooses.
    """
    cameras = () if site is None else tuple(_room_camera(camera.name) for camera in site.cameras)
    home = (HOME,) if site is not None and site.home is not None else ()
    hearing = (HEARING,) if site is not None and site.privacy.listens != "never" else ()
    recorder = (RECORDER,) if site is not None and site.privacy.records != "never" else ()
    viewers = (VIEWERS,) if site is not None and site.foxglove is not None else ()
    chosen = (*TABLE, *cameras, *home, *hearing, *recorder, *viewers)
    rows = tuple(process for process in chosen if mode in process.modes)
    nav2 = profile is not None and profile.navigation.engine == "nav2"
    return tuple(NAV2 if nav2 and process.name == NAV2.name else process for process in rows)


def _room_camera(name: str) -> Process:
    """It opens its device itself, so there is none in simulation."""
    means = f"the camera {name} sees nobody; the robot's own goes on"
    given = ("--camera", name)
    return Process(
        f"camera_{name}", "perception.room_camera_node", frozenset({Mode.ROBOT}), False, means, arguments=given
    )


def overrides(mode: Mode, run_dir: Path) -> list[str]:
    """What this mode changes in the configuration."""
    return [f"profile.motors.port={motor_port(run_dir)}"] if mode is Mode.SIM else []


def motor_port(run_dir: Path) -> Path:
    """Where the simulated motor controller's pseudo-terminal is linked."""
    return run_dir / "motors.tty"


def command(process: Process, mode: Mode, run_file: Path, extra: Mapping[str, list[str]]) -> list[str]:
    """The command line; `extra` holds further arguments by process name (the world's scenario and seed)."""
    follow_clock = mode is Mode.SIM and not process.ends_run  # the world gives the time that the others follow
    ros = ["--ros-args", "-p", "use_sim_time:=true"] if follow_clock else []
    given = [*process.arguments, *extra.get(process.name, [])]
    return [sys.executable, "-m", process.module, "--config", str(run_file), *given, *ros]


def environment(config: Config, domain_id: int | None = None) -> dict[str, str]:
    """The environment of every process: DDS on this machine unless the site says otherwise, one thread per library."""
    network = config.site.network
    root = Path(__file__).resolve().parent.parent
    return {
        **os.environ,
        "ROS_DOMAIN_ID": str(network.domain_id if domain_id is None else domain_id),
        # The profile's interface list keeps DDS on the loopback address; LOCALHOST would open sockets on all others.
        "ROS_AUTOMATIC_DISCOVERY_RANGE": "SUBNET",
        "FASTRTPS_DEFAULT_PROFILES_FILE": str(config_dir() / "dds" / f"{network.reach}.xml"),
        "RMW_IMPLEMENTATION": "rmw_fastrtps_cpp",
        "ROS_LOG_DIR": str(config.run_dir / "log" / "ros"),
        "PYTHONPATH": os.pathsep.join(filter(None, [str(root), os.environ.get("PYTHONPATH", "")])),
        "PYTHONUNBUFFERED": "1",
        "KANGBAN_SUPERVISED": "1",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }
