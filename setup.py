"""Package data that pyproject.toml cannot say: the rooms, their commands, and the files ROS 2 looks for."""

from pathlib import Path

from setuptools import find_packages, setup

ROOT = Path(__file__).resolve().parent
ROOMS = [
    "kangban",
    "perception",
    "navigation",
    "behaviors",
    "assist",
    "teleop",
    "observe",
    "safety",
    "firmware_bridge",
    "sim",
    "bench",
]
WITH_COMMANDS = [room for room in ROOMS[1:] if (ROOT / room / "cli.py").is_file()]  # kangban itself has the command


def shared_files() -> list[tuple[str, list[str]]]:
    """Return what a full ROS 2 machine expects under share/: index marker, manifest, launch files and config/."""
    folders: dict[str, list[str]] = {"share/ament_index/resource_index/packages": ["resource/kangban"]}
    folders["share/kangban"] = ["package.xml"]
    for path in sorted((ROOT / "launch").rglob("*")):
        relative = path.relative_to(ROOT)
        if path.is_file() and "__pycache__" not in relative.parts:
            folder = relative.parent.as_posix().removeprefix("launch/")  # launch/config/ becomes config/
            folders.setdefault(f"share/kangban/{folder}", []).append(relative.as_posix())
    return sorted(folders.items())


setup(
    packages=find_packages(include=[pattern for room in ROOMS for pattern in (room, f"{room}.*")]),
    package_data={"": ["**/*"]},
    exclude_package_data={"": ["**/*.pyc", "**/__pycache__/*"]},
    data_files=shared_files(),
    entry_points={
        "console_scripts": ["kangban = kangban.cli:main"],
        "kangban.commands": [f"{room} = {room}.cli:register" for room in WITH_COMMANDS],
    },
)
