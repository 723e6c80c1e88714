"""`kangban console`: the page's address, who did what at it, and what contacts have not got yet, of one robot."""

from __future__ import annotations

import argparse
import json
import sqlite3
import sys
from datetime import datetime
from pathlib import Path

from kangban.runs import RunError, state_root

_QUERIES = {
    "audit": "SELECT wall, event, who, address, detail FROM audit ORDER BY seq DESC LIMIT ?",
    "outbox": "SELECT created_wall AS wall, event, incident_id, contact, attempts, last_error, delivered_wall "
    "FROM outbox ORDER BY seq DESC LIMIT ?",
}


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    console = subparsers.add_parser("console", help="who did what at the nurse's page, and what contacts were told")
    console.add_argument("what", choices=sorted(_QUERIES), help="audit: who did what; outbox: what contacts were told")
    console.add_argument("--robot", default="companion", help="the robot's profile name")
    console.add_argument("--last", type=int, default=50, metavar="N", help="so many lines (50)")
    console.add_argument("--json", action="store_true", help="one JSON line each")
    console.set_defaults(run=show)


def show(args: argparse.Namespace) -> int:
    """Write the last N lines, oldest first. Raises RunError where there is nothing to read."""
    path = state_root() / args.robot / "console.sqlite"
    for row in reversed(_rows(path, _QUERIES[args.what], args.last)):
        sys.stdout.write((json.dumps(row, ensure_ascii=False) if args.json else _line(row)) + "\n")
    return 0


def _rows(path: Path, query: str, last: int) -> list[dict[str, object]]:
    try:
        database = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=5.0)
        database.row_factory = sqlite3.Row
        try:
            return [dict(row) for row in database.execute(query, (last,))]
        finally:
            database.close()
    except sqlite3.Error as error:
        raise RunError(f"{path}: can't be read ({error}); start the robot once with: kangban up") from error


def _line(row: dict[str, object]) -> str:
    wall = float(str(row.pop("wall")))
    when = datetime.fromtimestamp(wall).astimezone().strftime("%Y-%m-%d %H:%M:%S")
    if "delivered_wall" in row:
        delivered = row.pop("delivered_wall") is not None
        trouble = f"waiting, {row['attempts']} attempts: {row['last_error'] or 'not sent yet'}"
        return f"{when}  {row['event']:12} {row['incident_id']}  {row['contact']}  {'sent' if delivered else trouble}"
    return f"{when}  {row['event']:14} {row['who'] or '-'}  {row['address']}  {row['detail']}"
