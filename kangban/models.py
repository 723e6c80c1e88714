"""Where the learned models lie and how a wrong one is refused. Set-up puts them there and checks them by these pins."""

import hashlib
import os
import sys
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

MODEL_FOLDER = Path("share/kangban/models")  # under the environment's prefix
FOLDER_VARIABLE = "KANGBAN_MODELS"
MENDED_BY = "make robot"  # set-up fetches a model again when the one it finds is wrong


class ModelFile(NamedTuple):
    """One model file, pinned."""

    name: str
    size_bytes: int
    sha256: str


# MediaPipe's pose landmarker, full, float16 (Apache-2.0).
POSE_MODEL = ModelFile(
    "pose_landmarker_full.task", 9_398_198, "4eaa5eb7a98365221087693fcc286334cf0858e2eb6e15b506aa4a7ecdcec4ad"
)


class ModelError(Exception):
    """A model file is missing or is not the pinned one; the message says which and what mends it."""


def model_folder() -> Path:
    """Return the folder of the models: KANGBAN_MODELS where it is set, else the environment's own."""
    named = os.environ.get(FOLDER_VARIABLE)
    return Path(named) if named else Path(sys.prefix) / MODEL_FOLDER


def pose_model_path(folder: Path | None = None) -> Path:
    """Return the checked pose model, in `folder` or the environment's model folder; raises ModelError."""
    path = (folder or model_folder()) / POSE_MODEL.name
    wrong = fault(path, POSE_MODEL)
    if wrong is not None:
        raise ModelError(f"the pose model cannot be used: {wrong}; mend it with: {MENDED_BY}")
    return path


def fault(path: Path, model: ModelFile) -> str | None:
    """Return what is wrong with a model file, None when it is the pinned one."""
    try:
        found = path.stat()
        if found.st_size != model.size_bytes:
            return f"{path} has {found.st_size} bytes instead of {model.size_bytes}: truncated or another file"
        if _sha256(path, found.st_mtime_ns, found.st_size) != model.sha256:
            return f"{path} is not the pinned file: its SHA-256 differs"
    except FileNotFoundError:
        return f"{path} is missing"
    except OSError as error:
        return f"{path} cannot be read: {error.strerror}"
    return None


@lru_cache(maxsize=16)
def _sha256(path: Path, _modified_ns: int, _size: int) -> str:
    """Hash a file once for as long as its time and size stay the same."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
