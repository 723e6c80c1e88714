"""`kangban behaviors show`: the behaviour tree as text or as a picture, or, with `--live`, a running robot's."""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

FORMATS = ("text", "dot", "png")


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = subparsers.add_parser("behaviors", help="look at what the robot may decide")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    show = commands.add_parser("show", help="draw the behaviour tree of a robot profile")
    show.add_argument("--format", choices=FORMATS, help="text (default), dot (Graphviz source) or png")
    show.add_argument("--out", type=Path, help="write into this file; its ending gives the format")
    show.add_argument("--profile", default="companion", help="a robot in launch/config/profiles, or a file")
    show.add_argument("--json", action="store_true", help="the tree as one JSON document; with --live a line a state")
    live = show.add_argument_group("a running robot")
    live.add_argument("--live", action="store_true", help="the tree as it stands, until Ctrl-C")
    live.add_argument("--once", action="store_true", help="with --live: only the first that comes")
    live.add_argument("--all", action="store_true", help="with --live: also what is not asked now")
    live.add_argument("--site", default="demo_flat", help="the robot's home (its DDS domain stands there)")
    live.add_argument("--domain", type=int, help="another DDS domain (a scenario's own)")
    live.add_argument("--wait", type=float, default=10.0, help="seconds to wait for the robot (default 10)")
    show.set_defaults(run=run_show)


def run_show(args: argparse.Namespace) -> int:
    import py_trees

    from behaviors.tree.root import build
    from kangban.config import load_profile

    if args.live:
        return show_live(args)
    root = build(load_profile(args.profile).behaviors)
    form = args.format or _format_of(args.out)
    if args.json:
        return _write(json.dumps(_as_data(root), ensure_ascii=False).encode() + b"\n", args.out)
    if form == "text":
        return _write(py_trees.display.unicode_tree(root).encode(), args.out)
    if form == "png" and args.out is None:
        sys.stderr.write("a png needs --out FILE\n")
        return 2
    if form == "png" and shutil.which("dot") is None:
        sys.stderr.write(
            "drawing needs the program `dot`; install it (Debian: apt-get install graphviz), or --format dot\n"
        )
        return 1
    graph = py_trees.display.dot_tree(root)
    return _write(graph.create_png() if form == "png" else graph.to_string().encode(), args.out)


def show_live(args: argparse.Namespace) -> int:
    """Print each state that comes; on a terminal over the last one."""
    from behaviors.nodes.tree_listener import config_of, listen
    from behaviors.tree.state import active, render
    from kangban.config import ConfigError
    from kangban.values import TreeState

    def show(state: TreeState) -> bool:
        lines = state.lines if args.all else active(state.lines)
        if args.json:
            rows = [asdict(line) for line in lines]
            sys.stdout.write(json.dumps({"t": round(state.stamp, 3), "lines": rows}, ensure_ascii=False) + "\n")
        else:
            over = "\x1b[2J\x1b[H" if sys.stdout.isatty() and not args.once else ""
            sys.stdout.write(f"{over}{state.stamp:.1f} s\n{render(lines)}")
        sys.stdout.flush()
        return not args.once

    try:
        config = config_of(args.profile, args.site)
    except ConfigError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    if listen(config, args.domain, args.wait, show):
        return 0
    domain = config.site.network.domain_id if args.domain is None else args.domain
    robot = config.profile.name
    sys.stderr.write(f"no behaviours of {robot} heard on DDS domain {domain}; is it up? (kangban up, or --domain)\n")
    return 1


def _format_of(out: Path | None) -> str:
    return {".png": "png", ".dot": "dot"}.get(out.suffix if out else "", "text")


def _as_data(node: Any) -> dict[str, Any]:
    data: dict[str, Any] = {"name": node.name, "kind": type(node).__name__}
    return {**data, "children": [_as_data(child) for child in node.children]} if node.children else data


def _write(content: bytes, out: Path | None) -> int:
    if out is None:
        sys.stdout.write(content.decode())
        return 0
    try:
        out.write_bytes(content)
    except OSError as error:
        sys.stderr.write(f"{out}: can't be written: {error.strerror}\n")
        return 1
    sys.stderr.write(f"wrote {out}\n")
    return 0
