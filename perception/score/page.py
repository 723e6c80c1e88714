"""The page of a run: figures with their bounds, every clip, and every miss and false alarm explained.

One HTML file with its style and pictures inside; it needs no network and no other file.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

from perception.score.histogram import histogram
from perception.score.results import Results, in_words
from perception.score.sums import Scored
from perception.score.table import HEAD, NAMES, rows

OURS, PEER = "ours", "peer"
SAYS_NOTHING = 100.0  # a bound of so many alarms an hour
STYLE = """
:root { color-scheme: light; }
body { font: 18px/1.5 system-ui, "Noto Sans", sans-serif; color: #1c2430; background: #fff; margin: 0 auto;
  padding: 24px; max-width: 1180px; }
h1 { font-size: 34px; margin: 0 0 8px; } h2 { font-size: 26px; margin: 44px 0 8px; }
h3 { font-size: 21px; margin: 0 0 6px; }
.big { display: flex; flex-wrap: wrap; gap: 16px; margin: 20px 0; }
.big div { border: 1px solid #cfd6df; border-radius: 10px; padding: 14px 20px; min-width: 200px; }
.big b { display: block; font-size: 34px; line-height: 1.2; } .big small { font-size: 16px; color: #4a5564; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: 16px; margin: 10px 0; }
th, td { border: 1px solid #cfd6df; padding: 6px 10px; text-align: left; vertical-align: top; }
th { background: #eef2f7; } tr.all td { font-weight: 700; } .bad { color: #a11320; font-weight: 700; }
.case { border: 1px solid #cfd6df; border-left: 8px solid #a11320; border-radius: 8px; padding: 16px 18px;
  margin: 18px 0; } .case.found { border-left-color: #2f8f4e; }
.case img { max-width: 100%; display: block; margin: 8px 0; } .case svg { width: 100%; height: auto; }
.bar { background: #2b6cb0; height: 12px; border-radius: 3px; } .track { background: #e6ebf1; width: 180px;
  border-radius: 3px; margin-top: 6px; }
.note { color: #4a5564; }
"""


def page(document: Mapping[str, Any], results: Mapping[str, Results]) -> str:
    ours = results[OURS]
    shown = [(name, case) for name in map(_name, ours.in_order()) for case in ours.answers[name]["cases"]]
    parts = [
        _head(document),
        _failed(results),
        _sets(document),
        _left_out(document, any(clip.split is not None for clip in ours.clips)),
        _groups(document),
        _delays(results),
        *_cases(shown, "missed", "Falls that were missed"),
        *_cases(shown, "false alarm", "False alarms"),
        *_cases(shown, "found", "Falls that were found"),
        _clips(results),
    ]
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"/><title>Falls: {escape(document["manifest"])}'
        f'</title><meta name="viewport" content="width=device-width, initial-scale=1"/><style>{STYLE}</style></head>'
        f"<body>{''.join(parts)}</body></html>\n"
    )


def _name(scored: Scored) -> str:
    return scored.clip.name


def _head(document: Mapping[str, Any]) -> str:
    t = document[OURS]["sets"]["all"]
    tiles = []
    if t["falls"]:
        tiles.append((f"{t['found']} of {t['falls']}", f"falls found; at least {100 * t['sensitivity_lower95']:.0f} % "
                      "of such falls (95 % sure)"))  # fmt: skip
    bound = t["false_per_hour_upper95"]
    most = "; too little watched to say how often" if bound is None or bound > SAYS_NOTHING else (
        f"; at most {bound:.2f} an hour (95 % sure)")  # fmt: skip
    tiles.append((str(t["false_alarms"]), f"false alarms in {t['hours']:.2f} hours{most}"))
    for kind, since in (("delay", "after the impact"), ("delay_from_onset", "after the onset, no impact labelled")):
        if t[f"{kind}_p90_s"] is not None:
            tiles.append((f"{t[f'{kind}_p90_s']:.1f} s", f"until the alarm in 9 of 10 falls, {since}; "
                          f"median {t[f'{kind}_median_s']:.1f} s"))  # fmt: skip
    if t["named_right"]:
        tiles.append(
            (t["named_right"], "alarms name the person who fell, where several were there or the truth is known")
        )
    boxes = "".join(f"<div><b>{escape(a)}</b><small>{escape(b)}</small></div>" for a, b in tiles)
    return (
        f"<h1>Falls found, and alarms for nothing</h1><p>{document['clips']} clips of "
        f'{escape(document["manifest"])}.</p><div class="big">{boxes}</div>'
        '<p class="note">A fall counts as found when an alarm comes between 0.5 s before its onset and 5 s after the '
        "impact (7 s after the onset where no impact is labelled). Alarms before that, and every alarm in an everyday "
        "clip, are false; of several within 10 s one counts. The bounds are exact (Poisson, Clopper-Pearson).</p>"
    )


def _failed(results: Mapping[str, Results]) -> str:
    lines = [
        f"<li>{escape(name)} ({NAMES[who]}): {escape(why)}</li>"
        for who, r in results.items()
        for name, why in r.failed.items()
    ]
    if not lines:
        return ""
    return f'<p class="bad">Not scored, and in no figure here:</p><ul>{"".join(lines)}</ul>'


def _table(head: Iterable[str], lines: Iterable[Sequence[str]], raw: bool = False) -> str:
    cells = "".join(f"<th>{escape(name)}</th>" for name in head)
    body = ""
    for line in lines:
        kind = ' class="all"' if line[0] == "all" else ""
        body += f"<tr{kind}>" + "".join(f"<td>{cell if raw else escape(cell)}</td>" for cell in line) + "</tr>"
    return f'<div class="scroll"><table><thead><tr>{cells}</tr></thead><tbody>{body}</tbody></table></div>'


def _sets(document: Mapping[str, Any]) -> str:
    return (
        f"<h2>By set</h2>{_table(HEAD, rows(dict(document)))}"
        '<p class="note">* from the onset, where no impact is labelled. An event filmed by several cameras is a fall '
        "for each of them.</p>"
    )


def _left_out(document: Mapping[str, Any], practice: bool) -> str:
    if practice:
        return (
            "<h2>People that nothing was chosen on</h2><p>These are practice recordings. The learned judge was trained "
            "on the split “train” and its threshold chosen on “check”; only “test” has bodies and rooms that it has "
            f"not seen.</p>{_table(HEAD, rows(dict(document), 'subjects'))}"
        )
    words = (
        "<h2>Left out: people and sets that nothing was chosen on</h2><p>Nothing is fitted on the clips scored here. "
        "The weights of the learned judge and its threshold come from simulated people alone, the other limits from "
        "bodies and furniture. So what “leave one set out” and “leave one person out” ask for, a figure on data that "
        "nothing was chosen on, is the plain figure of that set or person: choosing again without it changes nothing. "
        "Whoever built the detector may all the same have looked at clips, which no table can take out.</p>"
    )
    table = rows(dict(document), "subjects")
    told = _table(HEAD, table) if table else '<p class="note">No clip says who is in it.</p>'
    return f"{words}<h3>Each set left out</h3><p>The lines of “By set”.</p><h3>Each person left out</h3>{told}"


def _groups(document: Mapping[str, Any]) -> str:
    groups = (
        ("camera_heights", "By camera height"),
        ("distances", "By distance"),
        ("light", "By light"),
        ("kinds_of_fall", "By kind of fall"),
    )
    parts = []
    for group, title in groups:
        lines = []
        for who in (OURS, PEER):
            for name, t in document.get(who, {}).get(group, {}).items():
                lines.append(_with_bar(name, NAMES[who], t))
        if lines:
            head = ("", "detector", "falls found", "", "false alarms", "an hour, at most (95 %)")
            parts.append(f"<h2>{title}</h2>{_table(head, lines, raw=True)}")
    return "".join(parts)


def _with_bar(name: str, who: str, t: Mapping[str, Any]) -> tuple[str, ...]:
    share, bound = t["sensitivity"], t["false_per_hour_upper95"]
    bar = "" if share is None else f'<div class="track"><div class="bar" style="width:{100 * share:.0f}%"></div></div>'
    return (
        escape(name),
        escape(who),
        f"{t['found']} of {t['falls']}" if t["falls"] else "–",
        bar,
        f"{t['false_alarms']} in {t['hours']:.2f} h",
        "–" if bound is None else f"{bound:.2f}",
    )


def _delays(results: Mapping[str, Results]) -> str:
    parts = []
    for from_impact, since in ((True, "impact"), (False, "onset, where no impact is labelled")):
        delays = {
            NAMES[who]: [
                found.delay_s
                for scored in r.in_order()
                for found in scored.marks.falls
                if found.delay_s is not None and (found.fall.impact_s is not None) is from_impact
            ]
            for who, r in results.items()
        }
        if any(delays.values()):
            parts.append(f"<h3>From the {since}</h3>{histogram(delays)}")
    return f"<h2>How long until the alarm</h2>{''.join(parts)}" if parts else ""


def _cases(shown: Sequence[tuple[str, dict[str, Any]]], kind: str, title: str) -> list[str]:
    wanted = [(name, case) for name, case in shown if case["kind"] == kind]
    if not wanted:
        return [] if kind == "found" else [f"<h2>{title}</h2><p>None.</p>"]
    return [f"<h2>{title}: {len(wanted)}</h2>", *(_case(name, case) for name, case in wanted)]


def _case(name: str, case: Mapping[str, Any]) -> str:
    words = "".join(f"<li>{escape(line)}</li>" for line in case["why"])
    who = "" if case["who"] is None else f", person {case['who']}"
    picture = f'<img alt="the people over time, as skeletons" src="{case["strip"]}"/>' if case["strip"] else ""
    return (
        f'<div class="case {"found" if case["kind"] == "found" else ""}"><h3>{escape(name)}: {case["kind"]} '
        f"at {case['t']:.1f} s{who}</h3><ul>{words}</ul>{picture}{case['plot']}</div>"
    )


def _clips(results: Mapping[str, Results]) -> str:
    ours = results[OURS]
    head = ["clip", "set", "kind", *(NAMES[who] for who in results)]
    lines = [
        [
            clip.name,
            clip.set,
            "fall" if clip.is_fall else "everyday",
            *(in_words(r.scored.get(clip.name), r.failed.get(clip.name)) for r in results.values()),
        ]
        for clip in ours.clips
    ]
    return f"<h2>Every clip</h2>{_table(head, lines)}"
