"""The run file: which profile, site, overrides and folders the processes of one run share (RUN_DIR/run.yaml)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import yaml

from kangban.config import Config, ConfigError, load

NAME = "run.yaml"


def write_run_file(run_dir: Path, state_dir: Path, profile: str, site: str, overrides: Sequence[str]) -> Path:
    path = run_dir / NAME
    content = {"profile": profile, "site": site, "state_dir": str(state_dir), "overrides": list(overrides)}
    path.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    return path


def read_run_file(path: Path) -> Config:
    """Raises ConfigError where the file or what it names can't be used."""
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        profile, site, state_dir = content["profile"], content["site"], Path(content["state_dir"])
        overrides = content["overrides"]
    except (OSError, yaml.YAMLError, KeyError, TypeError) as error:
        raise ConfigError(f"{path}: not a run file ({error}); `kangban up` writes one") from error
    return load(profile, site, state_dir, path.resolve().parent, overrides)
