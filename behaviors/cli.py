"""`kangban behaviors show`: the behaviour tree as text or as a picture, without a robot."""

from __future__ import annotations

import argparse
import json
import shutil
import sys
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
    show.add_argument("--json", action="store_true", help="the tree as one JSON document")
    show.set_defaults(run=run_show)


def run_show(args: argparse.Namespace) -> int:
    import py_trees

    from behaviors.tree.root import build
    from kangban.config import load_profile

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
