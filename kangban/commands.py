"""`kangban up`, `kangban status`: running the stack and asking how it is. Scenarios are a command of `sim/`."""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

from kangban.control import ask
from kangban.processes import Mode
from kangban.runs import RunError, new_run_dir, state_root
from kangban.stack import stack
from kangban.supervisor import Supervisor

STATUS_PERIOD_S = 2.0


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    up = subparsers.add_parser("up", help="run the stack until Ctrl-C")
    up.add_argument("--mode", choices=[m.value for m in Mode], default=Mode.SIM.value)
    up.add_argument("--profile", default="companion", help="a robot in launch/config/profiles, or a file")
    up.add_argument("--site", default="demo_flat", help="a home in launch/config/sites, or a file")
    up.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", dest="overrides",
                    help="change one value: profile.motors.port=/dev/ttyACM1")  # fmt: skip
    up.add_argument("--controller", choices=("model", "qemu"), default="model",
                    help="simulated home: qemu runs the reference firmware of a kangban robot")  # fmt: skip
    up.add_argument("--json", action="store_true", help="status as a JSON line every two seconds")
    up.set_defaults(run=run_up)
    status = subparsers.add_parser("status", help="what runs, of the run that was started last or of RUN_DIR")
    status.add_argument("run_dir", nargs="?", type=Path)
    status.add_argument("--json", action="store_true")
    status.set_defaults(run=run_status)


def run_up(args: argparse.Namespace) -> int:
    mode = Mode(args.mode)
    run_dir = new_run_dir("up")
    state_dir = state_root() / Path(args.profile).stem
    begun = time.monotonic()

    def tell(line: str) -> None:
        sys.stderr.write(f"kangban: {line}\n")

    if mode is not Mode.SIM and args.controller != "model":
        raise RunError(f"--controller {args.controller} is for --mode sim; a robot has a real controller")
    world = {"world": ["--controller", args.controller]} if mode is Mode.SIM else {}
    with stack(mode, args.profile, args.site, state_dir, run_dir, tell, args.overrides, world) as (supervisor, _):
        tell(f"starting {', '.join(supervisor.children)}; logs in {run_dir / 'log'}")
        supervisor.run(until=lambda: supervisor.ready() and console_address(run_dir, state_dir) is not None)
        if supervisor.ready():
            tell(f"up after {time.monotonic() - begun:.1f} s; console: {console_address(run_dir, state_dir)}")
        status = supervisor.run(until=_status_lines(supervisor) if args.json else lambda: False)
        tell("ending")
    return status


def _status_lines(supervisor: Supervisor):  # type: ignore[no-untyped-def]  # a callable for Supervisor.run
    last = [0.0]

    def write() -> bool:
        if time.monotonic() - last[0] >= STATUS_PERIOD_S:
            last[0] = time.monotonic()
            sys.stdout.write(json.dumps(supervisor.status()) + "\n")
            sys.stdout.flush()
        return False

    return write


def console_address(run_dir: Path, state_dir: Path) -> str | None:
    """The nurse's page with its login token, once the console has written them."""
    try:
        url = (run_dir / "console.url").read_text(encoding="ascii").strip()
        token = (state_dir / "console.token").read_text(encoding="ascii").strip()
    except OSError:
        return None
    return f"{url}#{token}" if url and token else None


def run_status(args: argparse.Namespace) -> int:
    runs = sorted((state_root() / "runs").glob("*/control.sock"), key=lambda p: p.stat().st_mtime)
    run_dir = args.run_dir or (runs[-1].parent if runs else None)
    if run_dir is None:
        raise RunError("nothing runs; start it with: kangban up")
    try:
        answer = ask(run_dir, {"status": True})
    except OSError as error:
        why = error.strerror or str(error)
        raise RunError(f"{run_dir}: no supervisor answers ({why}); start one with: kangban up") from error
    if args.json:
        sys.stdout.write(json.dumps(answer) + "\n")
        return 0
    rows = answer["processes"]
    assert isinstance(rows, list)
    for row in rows:
        sys.stdout.write(f"{row['name']:12} {row['state']:9} pid {row['pid'] or '-'!s:8} died {row['deaths']} times\n")
    return 0
