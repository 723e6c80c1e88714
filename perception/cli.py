"""`kangban watch SOURCE`: what perception sees, as lines for people or for programs."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from kangban.config import ConfigError, load_profile
from kangban.models import ModelError
from perception.perceive import Perceiver
from perception.sources import SourceError, open_source
from perception.watch import Event, Watch


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = subparsers.add_parser("watch", help="perception alone on a video, image folder, camera or RTSP address")
    parser.add_argument("source", help="a video file, a folder of images, a camera (0 or /dev/video0), rtsp://...")
    parser.add_argument("--json", action="store_true", help="one JSON line an event, the summary last")
    parser.add_argument("--annotate", metavar="OUT.mp4", help="write a video of what it saw")
    parser.add_argument("--rate", type=_rate, default=10.0, help="pictures a second of an image folder (default 10)")
    parser.add_argument("--profile", default="companion", help="the robot whose perception limits apply")
    parser.set_defaults(run=run_watch)


def _rate(text: str) -> float:
    value = float(text)
    if not 0.1 <= value <= 240:
        raise argparse.ArgumentTypeError(f"{text}: allowed: at least 0.1 and at most 240 pictures a second")
    return value


def run_watch(args: argparse.Namespace) -> int:
    from perception.draw import AnnotatedVideo
    from perception.pose import PoseModel

    try:
        limits = load_profile(args.profile).perception
        pictures = open_source(args.source, args.rate)
        model = PoseModel(limits.max_people, limits.pose_confidence)
    except (ConfigError, SourceError, ModelError) as error:
        return _failed(error)
    video = AnnotatedVideo(args.annotate) if args.annotate else None

    def show(picture: Any, seen: Any) -> None:
        if video is not None:
            video.write(picture.stamp, picture.pixels, seen.persons, seen.falls)

    watch = Watch(pictures, Perceiver(model, limits), show if video else None)
    status = 0
    try:
        for event in watch.events():
            _tell(event, args.json)
    except KeyboardInterrupt:
        sys.stderr.write("ended by Ctrl-C\n")
    except (SourceError, OSError) as error:
        status = _failed(error)
    finally:
        model.close()
        if video is not None:
            video.close()
    _tell(watch.summary(), args.json)
    return status


def _failed(error: Exception) -> int:
    sys.stderr.write(f"kangban watch: {error}\n")
    return 1


def _tell(event: Event, as_json: bool) -> None:
    sys.stdout.write((json.dumps(event) if as_json else in_words(event)) + "\n")
    sys.stdout.flush()


def in_words(event: Event) -> str:
    """One event as a line for people."""
    at, who = f"{event['t']:8.2f} s  ", f"person {event.get('person', '')}"
    match event["event"]:
        case "person":
            return f"{at}{who} {event['change']}" + (f", {event['posture']}" if "posture" in event else "")
        case "posture":
            return f"{at}{who}: {event['posture']}"
        case "suspected":
            return f"{at}{who}: fall suspected ({'; '.join(event['evidence'])})"
        case "fall":
            return f"{at}FALL of {who}: {'; '.join(event['evidence'])}"
        case "recovered":
            return f"{at}{who} is up again"
        case "dismissed":
            return f"{at}suspicion {event['id']} dismissed"
        case "blind":
            return f"{at}" + (f"blind: {event['why']}" if event["blind"] else "sees again")
    stages = ", ".join(f"{name} {ms:.1f} ms" for name, ms in event["ms"].items())
    return (f"{event['frames']} pictures in {event['seconds']:.1f} s: {event['fps']:.1f} a second "
            f"(pose model alone {event['pose_fps']:.1f}); {stages}")  # fmt: skip
