"""`ros2 launch kangban kangban.launch.py mode:=robot profile:=companion site:=demo_flat`.

The same process table as `kangban up` (kangban/processes.py), run by ROS's own launcher: this file holds no list of its
own. Needs a machine with a full ROS 2 installation; the wheels from the Python registry bring no `launch`.
"""

from pathlib import Path

from launch import LaunchContext, LaunchDescription
from launch.actions import DeclareLaunchArgument, EmitEvent, ExecuteProcess, OpaqueFunction
from launch.events import Shutdown
from launch.substitutions import LaunchConfiguration

from kangban import processes
from kangban.processes import RESTART, Mode
from kangban.run_file import read_run_file, write_run_file
from kangban.runs import new_run_dir, state_root


def actions(context: LaunchContext) -> list[ExecuteProcess]:
    mode, profile, site = (LaunchConfiguration(key).perform(context) for key in ("mode", "profile", "site"))
    run_dir = new_run_dir("launch")
    state_dir = state_root() / Path(profile).stem
    state_dir.mkdir(parents=True, exist_ok=True)
    run_file = write_run_file(run_dir, state_dir, profile, site, processes.overrides(Mode(mode), run_dir))
    config = read_run_file(run_file)
    environment = processes.environment(config)
    return [
        ExecuteProcess(
            cmd=processes.command(row, Mode(mode), run_file, {}),
            name=row.name,
            env={**environment, "KANGBAN_PROCESS": row.name},
            output="both",
            respawn=not row.ends_run,
            respawn_delay=RESTART.first_s,
            on_exit=[EmitEvent(event=Shutdown(reason=row.death_means))] if row.ends_run else None,
        )
        for row in processes.table(Mode(mode), config.site, config.profile)
    ]


def generate_launch_description() -> LaunchDescription:
    defaults = {"mode": "robot", "profile": "companion", "site": "demo_flat"}
    arguments = [DeclareLaunchArgument(key, default_value=value) for key, value in defaults.items()]
    return LaunchDescription([*arguments, OpaqueFunction(function=actions)])
