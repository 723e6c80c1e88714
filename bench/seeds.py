"""The scenarios over ten seeds: outcome, order of events, delays; and how far two runs of one seed lie apart.

Long: about an hour on two cores. `KANGBAN_BENCH_SEEDS=3 kangban bench seeds` plays fewer.
"""

from __future__ import annotations

import os
import statistics
from typing import Any

from kangban.runs import RunError
from sim.cli import play

SCENARIOS = ("fall", "everyday", "answered")
DEFAULT_SEEDS = 10


def run() -> dict[str, object]:
    seeds = range(1, 1 + int(os.environ.get("KANGBAN_BENCH_SEEDS", DEFAULT_SEEDS)))
    table = {name: [one(name, seed) for seed in seeds] for name in SCENARIOS}
    again = [compare(first, one("fall", first["seed"])) for first in table["fall"][:3]]
    return {
        **{name: summary(rows) for name, rows in table.items()},
        "same_seed_again": again,
        "rows": table,
    }


def one(name: str, seed: int) -> dict[str, Any]:
    try:
        result = play(name, seed, limit_s=900.0)
    except RunError as error:
        return {"seed": seed, "outcome": "none", "passed": False, "missed": [str(error)], "events": {}, "metrics": {}}
    return {
        "seed": seed,
        "outcome": result["outcome"],
        "passed": result["passed"],
        "missed": result["missed"],
        "events": {event["event"]: event["t"] for event in result["events"]},
        "metrics": result["metrics"],
    }


def summary(rows: list[dict[str, Any]]) -> dict[str, object]:
    def spread(key: str) -> dict[str, float] | None:
        values = [row["metrics"][key] for row in rows if row["metrics"].get(key) is not None]
        return {"median": statistics.median(values), "highest": max(values)} if values else None

    keys = ("detect_delay_s", "approach_s", "alarm_delay_s", "collisions", "sim_over_wall")
    return {
        "played": len(rows),
        "passed": sum(row["passed"] for row in rows),
        "missed": {row["seed"]: row["missed"] for row in rows if not row["passed"]},
        **{key: spread(key) for key in keys},
    }


def compare(first: dict[str, Any], second: dict[str, Any]) -> dict[str, object]:
    """Two runs of one seed: the same events in the same order, and the largest difference of their times, s."""
    a, b = first["events"], second["events"]
    apart = max((abs(a[name] - b[name]) for name in a if name in b), default=None)
    return {"seed": first["seed"], "same_order": list(a) == list(b), "apart_s": apart}
