"""Running `kangban score falls` from its arguments."""

from __future__ import annotations

import argparse
import json
import shutil
import signal
import sys
from pathlib import Path
from types import FrameType
from typing import Any

from kangban.config import load_profile
from perception.score.manifest import Clip, ManifestError, read_manifest
from perception.score.page import page
from perception.score.results import Results, in_words
from perception.score.runner import OURS, PEER, Job, Runner, Wanted
from perception.score.table import as_text


def run_score(args: argparse.Namespace) -> int:
    load_profile(args.profile)  # refused here, not in each process
    try:
        clips = read_manifest(args.manifest, [name for name in args.sets.split(",") if name])
    except ManifestError as error:
        sys.stderr.write(f"kangban score falls: {error}\n")
        return 1
    if args.detector is not None and "{clip}" not in args.detector:
        sys.stderr.write("--detector: the command must hold {clip}, which becomes the path of each clip\n")
        return 2
    if args.report is not None and not args.report.parent.is_dir():
        sys.stderr.write(f"--report: {args.report.parent} is not a folder\n")
        return 2
    results = _score(args, clips)
    document = _document(args.manifest, results)
    if args.report is not None:
        args.report.write_text(page(document, results), encoding="utf-8")
    sys.stdout.write(json.dumps(document) + "\n" if args.json else _words(document, args.report))
    return 1 if any(r.failed for r in results.values()) else 0


def _score(args: argparse.Namespace, clips: list[Clip]) -> dict[str, Results]:
    results = {OURS: Results(clips)} | ({} if args.detector is None else {PEER: Results(clips)})
    wanted = Wanted(args.profile, args.report is not None, args.all, args.detector)
    before = signal.signal(signal.SIGTERM, _as_interrupt)
    try:
        with Runner(wanted, args.jobs) as runner:
            for done, (job, answer) in enumerate(runner.each(clips), start=1):
                results[job.who].take(job.clip, answer)
                _tell(done, len(results) * len(clips), job, results[job.who])
    finally:
        signal.signal(signal.SIGTERM, before)
    return results


def _as_interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _tell(done: int, of: int, job: Job, results: Results) -> None:
    """A line a clip on a log; on a terminal one line that is written over, and what went wrong above it."""
    name = job.clip.name
    words = in_words(results.scored.get(name), results.failed.get(name))
    line = f"{done} of {of}  {name}" + (f" ({job.who})" if job.who == PEER else "") + f": {words}"
    terminal = sys.stderr.isatty()
    stays = not terminal or name in results.failed or "missed" in words or "FALSE" in words
    wide = shutil.get_terminal_size().columns - 1
    sys.stderr.write((f"\r\x1b[K{line[:wide]}" if terminal else line) + ("\n" if stays or done == of else ""))
    sys.stderr.flush()


def _document(manifest: Path, results: dict[str, Results]) -> dict[str, Any]:
    return {
        "manifest": manifest.name,
        "clips": len(results[OURS].clips),
        **{who: r.figures() for who, r in results.items()},
        "by_clip": {who: r.by_clip() for who, r in results.items()},
    }


def _words(document: dict[str, Any], report: Path | None) -> str:
    text = as_text(document) + "(* from the onset: no impact is labelled there)\n"
    for who in (OURS, PEER):
        for name, why in document.get(who, {}).get("failed", {}).items():
            text += f"{name} ({who}) could not be scored: {why}\n"
    return text + ("" if report is None else f"The page that explains it: {report}\n")
