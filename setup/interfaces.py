"""Build the ROS interfaces of `ros_ws/src` into the environment's own prefix, so that nothing has to be sourced."""

import os
import re
import subprocess
from pathlib import Path

from report import SetupError, run_logged

BUILDER_INCLUDE = re.compile(r"/opt/python/cp3\d+-cp3\d+/include/python3\.\d+")
BUILDER_PACKAGES = re.compile(r"/opt/python/cp3\d+-cp3\d+/lib/python3\.\d+/site-packages")


def patch_exported_cmake(prefix: Path, include: str, packages: str) -> int:
    """Replace the wheel builder's paths in the exported CMake files by this Python's; return the files changed.

    The ROS wheels were built in a manylinux container and export its include folders, which exist nowhere else.
    """
    changed = 0
    for path in sorted((prefix / "share").rglob("*.cmake")):
        text = path.read_text(encoding="utf-8", errors="surrogateescape")
        patched = BUILDER_PACKAGES.sub(lambda _: packages, BUILDER_INCLUDE.sub(lambda _: include, text))
        if patched != text:
            path.write_text(patched, encoding="utf-8", errors="surrogateescape")
            changed += 1
    return changed


def build(root: Path, prefix: Path, work: Path) -> None:
    """Patch the CMake files of the wheels and build every package of `ros_ws/src` into `prefix`.

    Raises SetupError with the tail of the log when the build fails.
    """
    include, packages = _python_folders(prefix)
    patch_exported_cmake(prefix, include, packages)
    before = _installed_files(work)
    environment = {**os.environ, "AMENT_PREFIX_PATH": str(prefix), "CMAKE_PREFIX_PATH": str(prefix)}
    environment["PATH"] = f"{prefix / 'bin'}{os.pathsep}{environment.get('PATH', '')}"
    for name in ("PYTHONPATH", "VIRTUAL_ENV", "COLCON_PREFIX_PATH"):
        environment.pop(name, None)
    command = [str(prefix / "bin" / "colcon"), "--log-base", str(work / "log"), "build"]
    command += ["--base-paths", str(root / "ros_ws" / "src"), "--build-base", str(work / "build")]
    command += ["--merge-install", "--install-base", str(prefix), "--cmake-args"]
    command += [f"-DPython3_EXECUTABLE={prefix / 'bin' / 'python'}", "-DCMAKE_BUILD_TYPE=Release"]
    command += ["-DBUILD_TESTING=OFF"]
    status = run_logged(command, work / "interfaces.log", cwd=root, env=environment)
    if status != 0:
        raise SetupError(
            f"building the ROS interfaces in ros_ws/src failed (colcon exit status {status})",
            f"read the whole log in {work / 'interfaces.log'}; after mending, run the same make command again",
        )
    for path in sorted(before - _installed_files(work)):
        path.unlink(missing_ok=True)


def _python_folders(prefix: Path) -> tuple[str, str]:
    """Return the include folder and the site-packages folder of the environment's Python."""
    code = "import sysconfig as s; print(s.get_path('include')); print(s.get_path('platlib'))"
    done = subprocess.run([prefix / "bin" / "python", "-c", code], check=True, capture_output=True, text=True)
    include, packages = done.stdout.split()
    return include, packages


def _installed_files(work: Path) -> set[Path]:
    """Return every file that the last build installed, so that one that is no longer built can be taken away."""
    files: set[Path] = set()
    for manifest in sorted((work / "build").glob("*/install_manifest.txt")):
        files.update(Path(line) for line in manifest.read_text(encoding="utf-8").splitlines() if line)
    return files
