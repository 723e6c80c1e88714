"""The figures as tables of text: for the terminal, and as Markdown for docs/falls.md.

`python -m perception.score.table FIGURES.json PAGE.md` puts the figures of a run (`kangban score falls --json`) into a
page, between the lines `<!-- figures -->` and `<!-- end of figures -->`.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

BEGIN, END = "<!-- figures -->", "<!-- end of figures -->"
HEAD = ("set", "detector", "falls found", "at least (95 %)", "everyday clips with an alarm", "false alarms",
        "an hour, at most (95 %)", "delay median", "delay p90", "fps over pose alone")  # fmt: skip
NAMES = {"ours": "Kangban", "peer": "other detector"}


def rows(document: dict[str, Any], group: str = "sets") -> list[tuple[str, ...]]:
    names = sorted(
        {name for who in NAMES for name in document.get(who, {}).get(group, {})}, key=lambda n: (n == "all", n)
    )
    return [
        _row(name, NAMES[who], document[who][group][name])
        for name in names
        for who in NAMES
        if name in document.get(who, {}).get(group, {})
    ]


def _row(name: str, who: str, t: dict[str, Any]) -> tuple[str, ...]:
    falls, hours = t["falls"], t["hours"]
    delay = "delay" if t["delay_median_s"] is not None else "delay_from_onset"
    note = "" if delay == "delay" else " *"
    return (
        name,
        who,
        f"{t['found']} of {falls}" if falls else "–",
        _percent(t["sensitivity_lower95"]),
        f"{t['adl_clips_with_alarm']} of {t['adl_clips']}" if t["adl_clips"] else "–",
        f"{t['false_alarms']} in {hours:.2f} h",
        _number(t["false_per_hour_upper95"], ""),
        _number(t[f"{delay}_median_s"], " s") + (note if t[f"{delay}_median_s"] is not None else ""),
        _number(t[f"{delay}_p90_s"], " s") + (note if t[f"{delay}_p90_s"] is not None else ""),
        _number(t["fps_over_pose_fps"], ""),
    )


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.0f} %"


def _number(value: float | None, unit: str) -> str:
    return "–" if value is None else f"{value:.2f}{unit}"


def as_text(document: dict[str, Any]) -> str:
    lines = [HEAD, *rows(document)]
    widths = [max(len(line[k]) for line in lines) for k in range(len(HEAD))]
    text = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines]
    return "\n".join(text) + "\n"


def as_markdown(document: dict[str, Any], group: str = "sets") -> str:
    lines = [HEAD, tuple("---" for _ in HEAD), *rows(document, group)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def put_into(page: str, document: dict[str, Any]) -> str:
    """Raises ValueError where the page has no place for figures."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the page lacks the lines {BEGIN} and {END}")
    return f"{before}{begin}\n{as_markdown(document)}{end}{after}"


def main(arguments: list[str]) -> int:
    if len(arguments) != 2:
        sys.stderr.write("usage: python -m perception.score.table FIGURES.json PAGE.md\n")
        return 2
    figures, page = map(Path, arguments)
    try:
        document = json.loads(figures.read_text(encoding="utf-8"))
        page.write_text(put_into(page.read_text(encoding="utf-8"), document), encoding="utf-8")
    except (OSError, ValueError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
