"""`ros2 launch kangban nav2.launch.py profile:=companion site:=demo_flat`: Nav2 for a profile with
`navigation.engine: nav2`, in the robot's namespace, beside `kangban up` or kangban.launch.py.

Needs a machine with a full ROS 2 Jazzy and navigation2. Nav2's velocity and plan go to `nav2/cmd_vel` and `nav2/plan`;
the node `navigation` passes them on.
"""

from pathlib import Path

import yaml
from launch import LaunchContext, LaunchDescription
from launch.actions import DeclareLaunchArgument, OpaqueFunction
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node

from kangban.config import load
from kangban.runs import new_run_dir, state_root
from navigation.nav2_setup import parameters

NODES = {
    "amcl": ("nav2_amcl", "amcl"),
    "planner_server": ("nav2_planner", "planner_server"),
    "controller_server": ("nav2_controller", "controller_server"),
    "behavior_server": ("nav2_behaviors", "behavior_server"),
    "bt_navigator": ("nav2_bt_navigator", "bt_navigator"),
    "lifecycle_manager": ("nav2_lifecycle_manager", "lifecycle_manager"),
}
ELSEWHERE = [("cmd_vel", "nav2/cmd_vel"), ("plan", "nav2/plan")]


def actions(context: LaunchContext) -> list[Node]:
    profile, site = (LaunchConfiguration(key).perform(context) for key in ("profile", "site"))
    run_dir = new_run_dir("nav2")
    config = load(profile, site, state_root() / Path(profile).stem, run_dir)
    file = run_dir / "nav2.yaml"
    file.write_text(yaml.safe_dump(parameters(config)), encoding="utf-8")
    return [
        Node(
            package=package,
            executable=program,
            name=name,
            namespace=config.profile.name,
            parameters=[str(file)],
            remappings=ELSEWHERE,
            output="both",
        )
        for name, (package, program) in NODES.items()
    ]


def generate_launch_description() -> LaunchDescription:
    defaults = {"profile": "companion", "site": "demo_flat"}
    arguments = [DeclareLaunchArgument(key, default_value=value) for key, value in defaults.items()]
    return LaunchDescription([*arguments, OpaqueFunction(function=actions)])
