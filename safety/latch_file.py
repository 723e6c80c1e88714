"""The latched stop on disk, so that neither a kill nor a power cut releases it."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from safety.latch import Latch, engage

NAME = "stop.json"


@dataclass(frozen=True)
class LatchFile:
    """`state_dir`/stop.json, replaced atomically; no file: never stopped."""

    path: Path

    @classmethod
    def of(cls, state_dir: Path) -> LatchFile:
        return cls(state_dir / NAME)

    def load(self) -> Latch:
        """A file that can't be understood counts as a stop: it was written by one."""
        try:
            content = json.loads(self.path.read_text(encoding="utf-8"))
            latched, who, reason = content["latched"], content["who"], content["reason"]
            if not (isinstance(latched, bool) and isinstance(who, str) and isinstance(reason, str)):
                raise ValueError("a value has the wrong type")
        except FileNotFoundError:
            return Latch()
        except (OSError, ValueError, KeyError, TypeError) as error:
            return engage(Latch(), "robot", f"record: {self.path} can't be read ({error}); look into it, then arm")
        return Latch(latched, who, reason)

    def save(self, latch: Latch) -> None:
        """Raises OSError where the disk refuses; the file then still holds what it held."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        scratch = self.path.with_suffix(".new")
        with scratch.open("w", encoding="utf-8") as file:
            json.dump(asdict(latch), file)
            file.flush()
            os.fsync(file.fileno())
        scratch.replace(self.path)
        folder = os.open(self.path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
