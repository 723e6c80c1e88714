"""`kangban score falls` from its arguments to its figures and its page, on made-up recordings and detectors."""

from __future__ import annotations

import json
import os
import re
import stat
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

from kangban.cli import main
from perception.falls import Case, Evidence, Stage, Verdict
from perception.measure import Measure
from perception.recording import Landmarks, write_recording
from perception.score import why
from perception.score.manifest import Act, Clip, LabelledFall, read_manifest
from perception.score.notes import AFTER_S, BEFORE_S, Notes
from perception.score.runner import Runner, Wanted, read_lines
from perception.score.table import BEGIN, END, as_markdown, put_into
from perception.score.watching import lowest, nearest
from perception.trace import Moment
from tests.unit.perception_bodies import between, camera, lying, placed, seen, standing

HZ = 10.0
VIEW = camera()


def made(path: Path, seconds: float = 6.0, falls_at: float | None = None) -> Path:
    """A recording of somebody who stands, and may go down."""
    up, down = placed(standing(), 3.0, 0.0), placed(lying(), 3.0, 0.0)
    frames = []
    for k in range(round(seconds * HZ)):
        share = 0.0 if falls_at is None else min(1.0, max(0.0, (k / HZ - falls_at) / 0.7))
        body = between(up, down, share)
        frames.append(Landmarks(k / HZ, (seen(body, VIEW),), (VIEW.width, VIEW.height)))
    write_recording(path, frames)
    return path


@pytest.fixture
def clips(tmp_path: Path) -> Path:
    """Two falls and an everyday clip, by their labels; what is found in them does not matter here."""
    made(tmp_path / "a.npz", falls_at=2.0)
    made(tmp_path / "b.npz", falls_at=2.0)
    made(tmp_path / "c&<i>.npz")
    rows: list[dict[str, Any]] = [
        {"clip": "a.npz", "set": "x", "kind": "fall", "event": "S1_a", "onset_s": 2.0, "impact_s": 2.7, "seconds": 6.0},
        {"clip": "b.npz", "set": "y", "kind": "fall", "event": "S2_b", "onset_s": 2.0, "impact_s": 2.7, "seconds": 6.0},
        {"clip": "c&<i>.npz", "set": "y", "kind": "adl", "event": "c", "onset_s": None, "seconds": 6.0},
    ]  # fmt: skip
    path = tmp_path / "manifest.jsonl"
    path.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    return path


@pytest.fixture
def detector(tmp_path: Path) -> str:
    """Another program: an alarm at 3.2 s in a.npz, one at 1 s and at 4 s in c, and it can't read b."""
    script = tmp_path / "peer.py"
    script.write_text(
        "import json, sys\n"
        "at = {'a': [3.2], 'c': [1.0, 4.0]}.get(sys.argv[1].rsplit('/', 1)[1][0])\n"
        "if at is None: sys.exit('what is this?')\n"
        "print('a word of no use')\n"
        "for t in at: print(json.dumps({'event': 'fall', 't': t}))\n"
        "print(json.dumps({'event': 'summary', 't': 5.9, 'frames': 60, 'fps': 18.0, 'pose_fps': 20.0}))\n"
    )
    return f"{sys.executable} {script} {{clip}}"


def test_two_detectors_in_one_run(clips: Path, detector: str, capsys: pytest.CaptureFixture[str]) -> None:
    status = main(["score", "falls", str(clips), "--json", "--detector", detector])
    out, err = capsys.readouterr()
    document = json.loads(out)
    assert status == 1  # the other one could not read b
    assert document["ours"]["failed"] == {}
    assert list(document["peer"]["failed"]) == ["b.npz"]
    assert "what is this?" in document["peer"]["failed"]["b.npz"]
    peer = document["peer"]["sets"]["all"]
    assert (peer["falls"], peer["found"], peer["delay_median_s"]) == (1, 1, 0.5)
    assert (peer["false_alarms"], peer["adl_clips_with_alarm"], peer["fps_over_pose_fps"]) == (1, 1, 0.9)
    ours = document["ours"]["sets"]["all"]
    assert (ours["falls"], ours["adl_clips"], ours["fps_over_pose_fps"]) == (2, 1, None)
    assert set(document["ours"]["subjects"]) == {"x S1", "y S2"}
    assert err.count("\n") == 6  # a line for each clip and detector


def test_the_page_is_whole_and_needs_nothing_else(clips: Path, detector: str, tmp_path: Path) -> None:
    report = tmp_path / "out.html"
    main(["score", "falls", str(clips), "--report", str(report), "--all", "--detector", detector])
    text = report.read_text(encoding="utf-8")
    page = ElementTree.fromstring(text.removeprefix("<!DOCTYPE html>"))
    addresses = [
        value for node in page.iter() for key, value in node.attrib.items() if key in ("src", "href", "action")
    ]
    assert addresses  # pictures
    assert all(address.startswith("data:image/") for address in addresses)
    assert not re.search(r"https?://|url\(|@import|<script|<link", text)
    words = " ".join("".join(page.itertext()).split())
    for said in ("c&<i>.npz", "other detector", "Left out", " at 2.0 s",
                 "b.npz (other detector): the detector ended with status 1: what is this?"):  # fmt: skip
        assert said in words


def test_a_broken_clip_is_an_error_and_the_others_are_scored(
    clips: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "a.npz").write_bytes(b"PK no recording")
    assert main(["score", "falls", str(clips), "--jobs", "1"]) == 1
    out, _ = capsys.readouterr()
    assert "a.npz (ours) could not be scored: SourceError" in out
    assert re.search(r"^all +Kangban +\d of 1 ", out, re.MULTILINE)


def test_everyday_recordings_are_watched_for_as_long_as_they_are(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made(tmp_path / "d.npz", seconds=9.1)
    assert main(["score", "falls", str(tmp_path / "d.npz"), "--json"]) == 0
    t = json.loads(capsys.readouterr().out)["ours"]["sets"]["all"]
    assert (t["falls"], t["adl_clips"], t["hours"]) == (0, 1, 0.0025)


@pytest.mark.parametrize(
    ("arguments", "status", "says"),
    [
        (["{m}", "--detector", "peer"], 2, "must hold {clip}"),
        (["{m}", "--report", "/none/out.html"], 2, "/none is not a folder"),
        (["{m}", "--sets", "z"], 1, "there are: x, y"),
        (["/none.jsonl"], 1, "can't be read"),
        (["{m}", "--profile", "nobody"], 2, "nobody"),
    ],
)
def test_wrong_use_is_told_before_anything_runs(
    clips: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], status: int, says: str
) -> None:
    assert main(["score", "falls", *(a.replace("{m}", str(clips)) for a in arguments)]) == status
    out, err = capsys.readouterr()
    assert says in err
    assert out == ""


def test_no_process_outlives_a_run_that_is_broken_off(clips: Path, tmp_path: Path) -> None:
    told = tmp_path / "pid"
    os.mkfifo(told, stat.S_IRUSR | stat.S_IWUSR)
    script = tmp_path / "for_ever.py"
    script.write_text(f"import os, signal\nopen({str(told)!r}, 'w').write(str(os.getpid()))\nsignal.pause()\n")
    wanted = Wanted(detector=f"{sys.executable} {script} {{clip}}")

    def break_off() -> Iterator[int]:
        with Runner(wanted, 2) as runner:
            results = runner.each(read_manifest(clips)[:1])
            next(results)  # ours
            yield int(told.read_text())
            raise KeyboardInterrupt

    running = break_off()
    process = next(running)
    os.kill(process, 0)  # it runs
    with pytest.raises(KeyboardInterrupt):
        next(running)
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)


def test_what_another_program_prints() -> None:
    assert "status 0" in read_lines("", 0, "", 5.0)["error"]
    assert "status 3: oh" in read_lines('{"event": "fall", "t": 1}', 3, "oh", 5.0)["error"]
    answer = read_lines('noise\n{"event": "fall", "t": 4}\n{"event": "fall", "t": 2}\n[]\n', 0, "", 5.0)
    assert [alarm["t"] for alarm in answer["alarms"]] == [2.0, 4.0]
    assert (answer["fps_ratio"], answer["seconds"]) == (None, 5.0)


# ---- why: made-up traces


def moment(t: float, shoulder: float, stage: Stage = Stage.CALM, person: int = 1, fallen: float = 0.1,
           words: tuple[str, ...] = (), up: bool = False, sees: bool = True) -> Moment:  # fmt: skip
    pose = seen(placed(standing(), 3.0, 0.0), VIEW) if sees else None
    evidence = Evidence(seen=sees, down=shoulder < 0.5, up=up, way=None, vanished=False, rests_on=None, measured=False,
                        confidence=0.9, verdict=Verdict(fallen, 0.7))  # fmt: skip
    measure = Measure(t, shoulder / 2, shoulder, 0.3, 0.2, False, 0.9)
    return Moment(t, person, pose, measure, evidence, Case(stage=stage, words=words))


def heights(*values: float, **more: Any) -> list[Moment]:
    return [moment(0.5 * k, value, **more) for k, value in enumerate(values)]


FALL = LabelledFall(1.0, 2.0)


def test_a_miss_where_nobody_was_seen() -> None:
    assert why.of_miss(FALL, [], []) == [
        "Nobody was seen at all from before the fall until the time for an alarm was over."
    ]


def test_a_miss_says_how_far_she_came_down_and_what_the_judge_gave() -> None:
    words = " ".join(why.of_miss(FALL, [], heights(1.4, 1.4, 1.0, 0.6, 0.6, 0.6, fallen=0.31)))
    for said in ("came down by at most 0.8 m, to 0.6 m", "never was down", "No fall was suspected", "at most 0.31",
                 "seen for 100 %"):  # fmt: skip
        assert said in words


def test_a_miss_that_was_suspected_says_when_and_why_it_was_let_go() -> None:
    trace = heights(1.4, 1.4, 0.4)
    trace += [moment(1.5, 0.4, Stage.SUSPECTED, words=("came down fast",)), moment(2.0, 1.2, up=True)]
    words = " ".join(why.of_miss(FALL, [], trace))
    assert "Suspected at 1.5 s (came down fast)." in words
    assert "Let go at 2.0 s: she was taken to be upright again." in words


def test_an_alarm_that_came_too_late_is_told() -> None:
    assert "The alarm came at 8.5 s, 1.5 s too late to count." in why.of_miss(FALL, [8.5], heights(1.4, 0.4))


def test_it_is_about_who_went_down() -> None:
    still = [moment(0.5 * k, 1.0, person=2) for k in range(5)]
    assert why.faller(still + heights(1.4, 1.0, 0.4)) == 1
    assert why.faller(still + heights(1.4, 1.0, 0.4), person=2) == 2
    assert why.faller([]) is None


def test_a_false_alarm_says_what_it_was_taken_from_and_what_was_done() -> None:
    clip = Clip("a", Path("a"), "x", "a", acts=(Act(0, "pick_up", 3.0, 5.0), Act(0, "walk", 20.0, 30.0)))
    words = " ".join(why.of_false_alarm(clip, 4.0, 1, ("came down", "stays"), heights(1.4, 0.4, fallen=0.9)))
    assert "The alarm at 4.0 s said: came down; stays." in words
    assert "doing: pick up." in words
    assert "walk" not in words
    assert "at most 0.90" in words


def test_notes_hold_what_matters_and_let_go_of_the_rest() -> None:
    notes = Notes([(100.0, 102.0)])
    for k in range(4000):
        t = 0.1 * k
        notes.see(moment(t, 1.4))
        notes.picture(t, np.zeros((48, 64, 3), np.uint8))
        if k == 3000:
            notes.alarm(t)
    assert len(notes._moments) <= 10 * BEFORE_S + 1
    assert len(notes._kept) <= 10 * (2.0 + BEFORE_S + AFTER_S) + 2  # of 4000
    assert len(notes._kept_pictures) < len(notes._kept)
    label, alarm = notes.scenes()
    assert (label.moments[0].stamp, label.moments[-1].stamp) == (pytest.approx(100.0), pytest.approx(102.0))
    assert (alarm.moments[0].stamp, alarm.moments[-1].stamp) == (pytest.approx(292.0), pytest.approx(303.0))
    assert alarm.pictures[0][1].shape == (15, 20, 3)  # tiles, in which nobody can be known


def test_the_alarm_is_compared_with_the_actor_whose_hips_are_nearest() -> None:
    truth = np.array([[0.2, 0.5], [0.6, 0.8], [np.nan, np.nan]])
    assert nearest(truth, (0.55, 0.7), np.array([640, 480])) == 1
    assert nearest(truth[2:], (0.5, 0.5), np.array([640, 480])) is None


def test_of_several_people_the_lowest_has_fallen() -> None:
    assert lowest(1, {1: 0.2, 2: 1.1}) is True
    assert lowest(2, {1: 0.2, 2: 1.1}) is False
    assert lowest(1, {1: 0.2}) is None


def test_the_figures_go_into_a_page_between_their_lines() -> None:
    t = {"falls": 4, "found": 3, "sensitivity_lower95": 0.25, "adl_clips": 0, "adl_clips_with_alarm": 0, "hours": 0.5,
         "false_alarms": 0, "false_per_hour_upper95": 5.99, "delay_median_s": 0.4, "delay_p90_s": 0.9,
         "delay_from_onset_median_s": None, "delay_from_onset_p90_s": None, "fps_over_pose_fps": None}  # fmt: skip
    document = {"ours": {"sets": {"all": t}}}
    page = put_into(f"before\n{BEGIN}\nold\n{END}\nafter\n", document)
    assert page == f"before\n{BEGIN}\n{as_markdown(document)}{END}\nafter\n"
    assert "| all | Kangban | 3 of 4 | 25 % | – | 0 in 0.50 h | 5.99 | 0.40 s | 0.90 s | – |" in page
    with pytest.raises(ValueError, match="lacks the lines"):
        put_into("nothing here", document)
