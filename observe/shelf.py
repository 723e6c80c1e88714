"""The folder of recordings: old ones go, and the oldest where they are too much."""

from __future__ import annotations

from pathlib import Path

ENDING = ".mcap"


def tidy(folder: Path, wall: float, keep_days: float, most_bytes: int) -> tuple[list[Path], list[str]]:
    """Delete what is older than `keep_days` or beyond `most_bytes` in all: what went, and what could not, in words."""
    files = sorted(((path.stat(), path) for path in folder.glob(f"*{ENDING}")), key=lambda pair: -pair[0].st_mtime)
    gone, failed, kept = [], [], 0
    for about, path in files:
        kept += about.st_size
        if wall - about.st_mtime <= keep_days * 86400.0 and kept <= most_bytes:
            continue
        kept -= about.st_size
        try:
            path.unlink()
            gone.append(path)
        except OSError as error:
            failed.append(f"{path}: can't be deleted: {error.strerror}")
    return gone, failed
