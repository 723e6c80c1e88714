"""The commands of this room: `kangban watch`, `score falls`, `dock tag`. What they need is imported when run."""

from __future__ import annotations

import argparse

from perception import dock_cli
from perception.score import cli as score


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = subparsers.add_parser("watch", help="perception alone on a video, image folder, camera or RTSP address")
    parser.add_argument(
        "source", help="a video, a folder of images, a camera (0, /dev/video0), rtsp://..., landmarks.npz or .mcap"
    )
    parser.add_argument("--json", action="store_true", help="one JSON line an event, the summary last")
    parser.add_argument("--annotate", metavar="OUT.mp4", help="write a video of what it saw")
    parser.add_argument("--record", metavar="OUT.npz|OUT.mcap", help="keep the landmarks; can be watched again")
    parser.add_argument("--rate", type=_rate, default=10.0, help="pictures a second of an image folder (default 10)")
    parser.add_argument("--profile", default="companion", help="the robot whose perception limits apply")
    parser.set_defaults(run=run_watch)
    score.register(subparsers)
    dock_cli.register(subparsers)


def _rate(text: str) -> float:
    value = float(text)
    if not 0.1 <= value <= 240:
        raise argparse.ArgumentTypeError(f"{text}: allowed: at least 0.1 and at most 240 pictures a second")
    return value


def run_watch(args: argparse.Namespace) -> int:
    from perception.command import run_watch as run  # MediaPipe and OpenCV: not for every `kangban` command

    return run(args)
