"""Rules of the house that import-linter cannot say (DESIGN: "Rules of the house"), read from the syntax trees."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("perception", "navigation", "behaviors", "assist", "teleop", "observe", "safety", "firmware_bridge", "sim")
MESSAGES = ("rclpy", "builtin_interfaces", "std_srvs", "tf2_ros", "launch", "launch_ros")
SERIAL_LIBRARIES = ("serial", "serial_asyncio", "dynamixel_sdk", "scservo_sdk", "pymodbus")
# Identifiers that would let code behave differently in the simulated home.
SIMULATED = ("is_sim", "in_sim", "simulated", "is_simulation", "simulation_mode", "sim_mode", "use_sim", "simulating")
KNOWS_THE_MODE = {
    "kangban/processes.py",  # the process table
    "kangban/clock.py",  # follows /clock
    "kangban/node.py",  # ROS's own use_sim_time
}
FILE_LINES = 400


def sources(*folders: str) -> list[Path]:
    found = [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]
    return [path for path in found if "__pycache__" not in path.parts]


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def imports(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Every imported module, also inside functions, by importlib and by `from a import b` (as a.b)."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            yield from ((f"{node.module}.{alias.name}", node.lineno) for alias in node.names)
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in ("importlib.import_module", "__import__"):
            first = node.args[0] if node.args else None
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                yield first.value, node.lineno


def speaks_ros(module: str) -> bool:
    head = module.partition(".")[0]
    return head in MESSAGES or head.endswith("_msgs")


def may_speak_ros(path: str) -> bool:
    """node.py and nodes/ of a room, and the kernel's node base and conversions. A `*_node.py` is a node of its own."""
    room, _, rest = path.partition("/")
    if room == "kangban":
        return rest == "node.py" or rest.startswith("conversions/")
    return rest == "node.py" or rest.startswith("nodes/") or (rest.endswith("_node.py") and "/" not in rest)


def ros_faults(path: str, tree: ast.AST) -> list[str]:
    if may_speak_ros(path):
        return []
    return [f"{path}:{line}: imports {module}" for module, line in imports(tree) if speaks_ros(module)]


def room_faults(path: str, tree: ast.AST) -> list[str]:
    room = path.partition("/")[0]
    faults = []
    for module, line in imports(tree):
        other = module.partition(".")[0]
        wire = room == "sim" and f"{module}.".startswith("firmware_bridge.protocol.")
        if other in (*ROOMS, "bench") and other != room and not wire:
            faults.append(f"{path}:{line}: imports {module}")
    return faults


def port_faults(path: str, tree: ast.AST) -> list[str]:
    """Libraries that open serial ports or talk to motors belong to the bridge alone."""
    if path.startswith("firmware_bridge/"):
        return []
    return [f"{path}:{line}: imports {m}" for m, line in imports(tree) if m.partition(".")[0] in SERIAL_LIBRARIES]


def simulation_faults(path: str, tree: ast.AST) -> list[str]:
    """Names, attributes, arguments and keywords that ask whether this is a simulation."""
    if path in KNOWS_THE_MODE or path.startswith("sim/"):
        return []
    faults = []
    for node in ast.walk(tree):
        named = [getattr(node, field, None) for field in ("id", "attr", "arg", "name")]
        faults += [
            f"{path}:{getattr(node, 'lineno', '?')}: {name}"
            for name in named
            if isinstance(name, str) and name.lower().startswith(SIMULATED)
        ]
    return faults


def all_faults(rule: object, paths: list[Path]) -> list[str]:
    assert callable(rule)
    return [fault for path in paths for fault in rule(name_of(path), ast.parse(path.read_text(encoding="utf-8")))]


def test_ros_is_imported_only_in_nodes_and_conversions() -> None:
    assert all_faults(ros_faults, sources("kangban", *ROOMS)) == []


def test_rooms_import_kangban_and_themselves() -> None:
    assert all_faults(room_faults, sources("kangban", *ROOMS)) == []


def test_only_the_bridge_opens_the_port() -> None:
    assert all_faults(port_faults, sources("kangban", *ROOMS)) == []
    ends = sources("firmware_bridge")
    openers = [name_of(path) for path in ends if "serial.Serial(" in path.read_text(encoding="utf-8")]
    assert openers == ["firmware_bridge/serial_port.py"]


def test_nothing_asks_whether_it_is_simulated() -> None:
    assert all_faults(simulation_faults, sources("kangban", *ROOMS)) == []


def test_the_launch_folder_does_not_shadow_ros_launch() -> None:
    assert not (ROOT / "launch" / "__init__.py").exists()


def test_every_room_says_what_it_is() -> None:
    for room in ("kangban", *ROOMS):
        if any((ROOT / room).rglob("*.py")):
            text = ast.get_docstring(ast.parse((ROOT / room / "__init__.py").read_text(encoding="utf-8")))
            assert text is not None, f"{room}/__init__.py says nothing"
            assert len(text) > 80, f"{room}/__init__.py must say what flows in and out and which file to open first"


def test_no_file_grows_beyond_reading() -> None:
    paths = sources("kangban", "bench", "setup", *ROOMS)
    lines = {name_of(path): len(path.read_bytes().splitlines()) for path in paths}
    assert {name: count for name, count in lines.items() if count > FILE_LINES} == {}


def test_nothing_is_left_unimplemented_and_nothing_sleeps_to_synchronise() -> None:
    faults = []
    for path in sources("kangban", *ROOMS):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            left = isinstance(node, ast.Name) and node.id == "NotImplementedError"
            sleeps = isinstance(node, ast.Call) and ast.unparse(node.func) == "time.sleep"
            if left or sleeps:
                faults.append(f"{name_of(path)}:{getattr(node, 'lineno', '?')}")
    assert faults == []


@pytest.mark.parametrize(
    ("rule", "path", "code", "caught"),
    [
        (ros_faults, "safety/arbiter.py", "from geometry_msgs.msg import Twist", True),
        (ros_faults, "safety/arbiter.py", "def f():\n    import rclpy", True),
        (ros_faults, "safety/arbiter.py", "import importlib\nimportlib.import_module('rclpy.node')", True),
        (ros_faults, "safety/node.py", "import rclpy", False),
        (ros_faults, "kangban/values.py", "import rclpy", True),
        (ros_faults, "kangban/conversions/motion.py", "import rclpy", False),
        (ros_faults, "kangban/conversions_of_mine.py", "import rclpy", True),
        (room_faults, "safety/arbiter.py", "from perception import falls", True),
        (room_faults, "sim/motors.py", "from firmware_bridge import protocol", False),
        (room_faults, "sim/motors.py", "from firmware_bridge.protocol import encode", False),
        (room_faults, "sim/motors.py", "from firmware_bridge import gate", True),
        (room_faults, "sim/motors.py", "from firmware_bridge.protocols import encode", True),
        (room_faults, "kangban/cli.py", "import bench.cli", True),
        (port_faults, "sim/motors/port.py", "import serial", True),
        (port_faults, "navigation/node.py", "def f():\n    from serial.tools import list_ports", True),
        (port_faults, "teleop/app.py", "import dynamixel_sdk", True),
        (port_faults, "firmware_bridge/serial_port.py", "import serial", False),
        (simulation_faults, "safety/guard.py", "if config.is_sim: pass", True),
        (simulation_faults, "safety/guard.py", "def f(simulated: bool): pass", True),
        (simulation_faults, "safety/guard.py", "f(use_sim_time=True)", True),
        (simulation_faults, "sim/world.py", "simulated_s = 1.0", False),
        (simulation_faults, "safety/guard.py", "similar = 1", False),
    ],
)
def test_the_rules_catch_what_they_are_for(rule: object, path: str, code: str, caught: bool) -> None:
    assert callable(rule)
    assert bool(rule(path, ast.parse(code))) is caught
