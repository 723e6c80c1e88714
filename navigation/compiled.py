"""What numba keeps of compiled functions must not outlive the helpers compiled into them.

Numba compiles a function anew when its own file has changed, not when a function that it calls in another file has.
"""

from __future__ import annotations

import contextlib
from pathlib import Path


def forget_older(module: str, *helpers: str) -> None:
    """Drop what is kept of a module (its `__file__`) where a helper's file is newer. To call before `njit`."""
    newest = max(Path(helper).stat().st_mtime_ns for helper in helpers)
    for index in (Path(module).parent / "__pycache__").glob(f"{Path(module).stem}.*.nbi"):
        with contextlib.suppress(OSError):  # another process has dropped it
            if index.stat().st_mtime_ns < newest:
                index.unlink()
