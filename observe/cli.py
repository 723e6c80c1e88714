"""`kangban record`: what a running robot's streams say, into one MCAP file, until Ctrl-C."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = subparsers.add_parser("record", help="record a running robot's streams, without pictures, until Ctrl-C")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE.mcap", help="the file; not over one there is")
    parser.add_argument("--streams", default="", metavar="A,B", help="only these, such as scan,odom (default: all)")
    parser.add_argument("--seconds", type=float, metavar="S", help="end by itself after so long")
    parser.add_argument("--profile", default="companion", help="the robot")
    parser.add_argument("--site", default="demo_flat", help="its home (the DDS domain stands there)")
    parser.add_argument("--domain", type=int, help="another DDS domain (a scenario's own)")
    parser.add_argument("--wait", type=float, default=10.0, help="seconds to wait for the robot (default 10)")
    parser.add_argument("--json", action="store_true", help="what was written as one JSON document")
    parser.set_defaults(run=run_record)


def run_record(args: argparse.Namespace) -> int:
    from observe.nodes.by_hand import Wanted, record
    from observe.topics import TopicError

    if args.out.suffix != ".mcap" or args.out.exists():
        why = "exists already; name another" if args.out.exists() else "must end in .mcap"
        sys.stderr.write(f"{args.out}: {why}\n")
        return 2
    wanted = Wanted(args.out, tuple(filter(None, args.streams.split(","))), args.seconds, args.wait, args.domain)
    try:
        count = record(args.profile, args.site, wanted, _progress)
    except TopicError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except OSError as error:
        sys.stderr.write(f"{args.out}: can't be written: {error.strerror}\n")
        return 1
    if count == 0:
        sys.stderr.write("nothing was heard; is the robot up? (kangban up, or --domain, --site, --profile)\n")
        return 1
    if args.json:
        print(json.dumps({"file": str(args.out), "messages": count}))
    else:
        sys.stderr.write(f"wrote {args.out}, {count} messages\n")
    return 0


def _progress(seconds: float, count: int) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"\r{seconds:.0f} s, {count} messages; Ctrl-C ends it ")
        sys.stderr.flush()
