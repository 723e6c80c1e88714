"""The tree as it stands, for people: which nodes were asked on the last tick, what came of it, what they say. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Set
from typing import Any
from uuid import UUID

from behaviors.texts import ALL, text
from kangban.values import TreeLine

IDLE = "idle"  # not asked on the last tick
MARKS = {"running": "▶", "success": "✓", "failure": "✗", IDLE: "·"}


def lines(root: Any, asked: Set[UUID], language: str) -> tuple[TreeLine, ...]:
    """Top-down. `asked`: the ids of the nodes that the last tick came to."""
    found: list[TreeLine] = []

    def down(node: Any, depth: int) -> None:
        status = node.status.name.lower() if node.id in asked else IDLE
        found.append(TreeLine(depth, node.name, status, _words(node, language) if status == "running" else ""))
        for child in node.children:
            down(child, depth + 1)

    down(root, 0)
    return tuple(found)


def _words(node: Any, language: str) -> str:
    code, params = getattr(node, "told", ("", ()))
    return text(code, language, params) if code in ALL else ""


def active(found: Iterable[TreeLine]) -> tuple[TreeLine, ...]:
    """Without what was not asked on the last tick."""
    return tuple(line for line in found if line.status != IDLE)


def render(found: Iterable[TreeLine]) -> str:
    """For a terminal."""
    rows = []
    for line in found:
        words = f"   {line.feedback}" if line.feedback else ""
        rows.append(f"{'    ' * line.depth}{MARKS.get(line.status, '?')} {line.name}{words}")
    return "\n".join(rows) + "\n"
