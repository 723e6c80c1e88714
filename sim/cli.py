"""`kangban scenario NAME`: play one scenario with the whole stack and print its verdict."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import time
import webbrowser
from collections.abc import Callable
from pathlib import Path
from typing import Any

from kangban.commands import console_address
from kangban.processes import Mode
from kangban.runs import RunError, new_run_dir, own_domain
from kangban.stack import stack
from kangban.supervisor import Supervisor

RESULT = "result.json"


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = subparsers.add_parser("scenario", help="play a scenario in the simulated home, with the whole stack")
    parser.add_argument("name", help="a scenario in sim/scenarios, or a YAML file")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--profile", help="another robot than the scenario's: one in launch/config/profiles, or a file")
    parser.add_argument("--controller", choices=("model", "qemu"), default="model",
                        help="qemu: the reference firmware, run by QEMU, drives a kangban robot")  # fmt: skip
    parser.add_argument("--headless", action="store_true", help="do not open the nurse's console in a browser")
    parser.add_argument("--json", action="store_true", help="the verdict as one JSON document")
    parser.add_argument("--out", type=Path, help="copy the result, the picture strip and the logs into this folder")
    parser.add_argument("--limit", type=float, default=900.0, help="give up after this many seconds of wall time")
    parser.set_defaults(run=run_scenario)


def run_scenario(args: argparse.Namespace) -> int:
    result = play(
        args.name,
        args.seed,
        args.limit,
        open_console=not args.headless,
        profile=args.profile,
        controller=args.controller,
    )
    if args.out is not None:
        shutil.copytree(result["artifacts"]["run_dir"], args.out, dirs_exist_ok=True, ignore=_no_special_files)
    if args.json:
        sys.stdout.write(json.dumps(result) + "\n")
    else:
        sys.stdout.write(timeline(result))
    return 0 if result["passed"] else 1


def play(
    name: str,
    seed: int,
    limit_s: float,
    open_console: bool = False,
    observe: Callable[[Supervisor], None] = lambda _: None,
    profile: str | None = None,
    controller: str = "model",
) -> dict[str, Any]:
    """Run the whole stack until the world has its verdict. Raises RunError where none came.

    Each scenario has its own folders, DDS domain and ports, so that several can be played side by side.
    `observe` is called about twenty times a second of wall time. `profile`: another robot than the scenario's.
    """
    from sim.scenario import load_scenario  # with pydantic models: loaded only where a scenario is played

    scenario = load_scenario(name)
    run_dir = new_run_dir(f"scenario-{Path(name).stem}")
    state_dir = run_dir / "state"
    begun = time.monotonic()

    def tell(line: str) -> None:
        sys.stderr.write(f"kangban: {line}\n")

    world = {"world": ["--scenario", name, "--seed", str(seed), "--controller", controller]}
    opened = not open_console or not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
    with (
        own_domain() as domain,
        stack(
            Mode.SIM,
            profile or scenario.robot,
            scenario.home,
            state_dir,
            run_dir,
            tell,
            ["profile.console.port=0", *scenario.settings()],
            world,
            domain,
        ) as running,
    ):
        supervisor, _ = running
        tell(f"playing {name} with seed {seed}; logs in {run_dir / 'log'}")

        def enough() -> bool:
            nonlocal opened
            observe(supervisor)
            if not opened and (address := console_address(run_dir, state_dir)) is not None:
                opened = webbrowser.open(address)
            return time.monotonic() - begun > limit_s

        status = supervisor.run(until=enough)
    try:
        result: dict[str, Any] = json.loads((run_dir / RESULT).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        why = f"no verdict within {limit_s:.0f} s" if status == 0 else f"the world ended with status {status}"
        tail = supervisor.children["world"].log.tail()
        raise RunError(f"{name}: {why}; its last words (log {run_dir / 'log' / 'world.log'}):\n{tail}") from error
    return result


def timeline(result: dict[str, Any]) -> str:
    """The verdict for people: what happened when, and where to look."""
    lines = [
        f"{event['t']:7.1f} s  {event['event']:14} {event.get('detail', '')}".rstrip() for event in result["events"]
    ]
    lines.append(f"outcome: {result['outcome']}" + ("" if result["passed"] else "  (not as the scenario expects)"))
    lines += [f"  missed: {reason}" for reason in result.get("missed", [])]
    lines += [f"  {key}: {value}" for key, value in result["metrics"].items() if isinstance(value, int | float | str)]
    lines += [f"  {key}: {path}" for key, path in result["artifacts"].items()]
    return "\n".join(lines) + "\n"


def _no_special_files(folder: str, names: list[str]) -> set[str]:
    """Sockets and terminals of a run are not copied."""
    return {name for name in names if not (Path(folder) / name).is_file() and not (Path(folder) / name).is_dir()}
