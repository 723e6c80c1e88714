"""Running `kangban watch` from its arguments: which source, which outputs, which exit status."""

from __future__ import annotations

import argparse
import json
import sys
from contextlib import ExitStack
from pathlib import Path

from kangban.config import ConfigError, load_profile
from kangban.models import ModelError
from kangban.profile import Profile
from kangban.values import CareEventKind, Persons
from perception.annotate import AnnotatedVideo
from perception.events.home import Home
from perception.follow import Follower
from perception.life import Household
from perception.perceive import Perceived, Perceiver, Stopwatch
from perception.pose import PoseModel
from perception.recorder import open_recorder, recorded
from perception.recording import read_recording
from perception.recording_mcap import read_mcap
from perception.sources import Picture, SourceError, open_source
from perception.watch import Event, Keep, Watch, perceive_pictures, perceive_recording

RECORDINGS = {".npz": read_recording, ".mcap": read_mcap}


def run_watch(args: argparse.Namespace) -> int:
    with ExitStack() as closing:
        try:
            watch = _prepare(args, load_profile(args.profile), closing)
        except (ConfigError, SourceError, ModelError) as error:
            return _failed(error)
        status = 0
        try:
            for event in watch.events():
                _tell(event, args.json)
        except KeyboardInterrupt:
            sys.stderr.write("ended by Ctrl-C\n")
        except (SourceError, OSError) as error:
            status = _failed(error)
        _tell(watch.summary(), args.json)
    return status


def _prepare(args: argparse.Namespace, profile: Profile, closing: ExitStack) -> Watch:
    limits = profile.perception
    nowhere = Household(profile.care, Home(), lambda stamp: None)  # neither the home nor the time of the day is known
    source = Path(args.source)
    if source.suffix in RECORDINGS and source.is_file():
        if args.annotate is not None:
            raise SourceError(f"{source}: holds landmarks and no pictures; --annotate needs a video")
        clock, frames = Stopwatch(), RECORDINGS[source.suffix](source)
        keep = _keep(args.record, closing)
        return Watch(perceive_recording(frames, lambda: Follower(limits, household=nowhere), clock, keep), clock)
    pictures = open_source(args.source, args.rate)
    model = PoseModel(limits.max_people, limits.pose_confidence)
    closing.callback(model.close)
    perceiver = Perceiver(model, limits, household=nowhere)
    keep = _keep(args.record, closing)
    if args.annotate is None:
        return Watch(perceive_pictures(pictures, perceiver, keep=keep), perceiver.watch)
    video = AnnotatedVideo(args.annotate)
    closing.callback(video.close)
    perceiver.follower.trace = video.annotator.hear

    def show(picture: Picture, seen: Perceived) -> None:
        video.write(picture, seen)

    return Watch(perceive_pictures(pictures, perceiver, show, keep), perceiver.watch)


def _keep(path: str | None, closing: ExitStack) -> Keep | None:
    """Records the landmarks of each frame, where that is asked for."""
    if path is None:
        return None
    recorder = open_recorder(Path(path))
    closing.callback(recorder.close)

    def keep(follower: Follower, persons: Persons, size: tuple[int, int]) -> None:
        recorder.write(recorded(persons, follower), size)

    return keep


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
        case what if what in set(CareEventKind):
            name = f"{at}{what.replace('_', ' ')}, {who}"
            return f"{name}: over" if event["over"] else f"{name}: {'; '.join(event['evidence'])}"
    stages = ", ".join(f"{name} {ms:.1f} ms" for name, ms in event["ms"].items())
    return (f"{event['frames']} pictures in {event['seconds']:.1f} s: {event['fps']:.1f} a second "
            f"(pose model alone {event['pose_fps']:.1f}); {stages}")  # fmt: skip
