"""The `kangban` command. Each room brings its own sub-commands (`<room>/cli.py`, entry point group kangban.commands).

Exit status: 0 done, 1 failed, 2 wrong use. With `--json` standard output holds JSON only; words go to standard error.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib.metadata import entry_points

from kangban import commands, doctor
from kangban.config import ConfigError
from kangban.runs import RunError


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="kangban", description="Kangban: a ROS 2 control stack for care robots.")
    subparsers = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    commands.register(subparsers)
    doctor.register(subparsers)
    for entry in sorted(entry_points(group="kangban.commands"), key=lambda e: e.name):
        entry.load()(subparsers)
    args = parser.parse_args(argv)
    try:
        status: int = args.run(args)
    except (ConfigError, RunError) as error:
        sys.stderr.write(f"{error}\n")
        return 2 if isinstance(error, ConfigError) else 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        sys.stderr.close()
        return 1
    return status


if __name__ == "__main__":
    raise SystemExit(main())
