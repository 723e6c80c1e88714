"""Stamps: what each finished step was made from, so that a second run does nothing it need not do."""

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path


def digest(texts: Iterable[str], files: Iterable[Path] = (), root: Path | None = None) -> str:
    """Return a SHA-256 over texts and over the names (relative to `root`) and contents of files."""
    total = hashlib.sha256()
    for text in texts:
        total.update(text.encode() + b"\0")
    for path in files:
        name = path.relative_to(root) if root else path
        total.update(str(name).encode() + b"\0" + path.read_bytes() + b"\0")
    return total.hexdigest()


def read(folder: Path, step: str) -> dict[str, str]:
    """Return the stamp of a step; empty when the step never finished or its stamp cannot be read."""
    try:
        stamp = json.loads((folder / f"{step}.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return stamp if isinstance(stamp, dict) else {}


def write(folder: Path, step: str, stamp: dict[str, str]) -> None:
    """Record that a step finished; the file appears whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    partial = folder / f".{step}.part"
    partial.write_text(json.dumps(stamp, indent=1), encoding="utf-8")
    partial.replace(folder / f"{step}.json")
