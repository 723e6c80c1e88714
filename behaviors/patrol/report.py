"""The report of a round: a page to read and a document to work with. Pure; `book.py` writes them.

Pictures are perception's own, without anybody's looks; the page names them beside itself and holds none.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from html import escape
from typing import Any

from behaviors.patrol.findings import worth_telling
from behaviors.patrol.round import Round
from behaviors.texts import text
from kangban.site import Site

Json = dict[str, Any]
_STYLE = (
    "body{font:20px/1.5 sans-serif;max-width:60rem;margin:1rem auto;padding:0 1rem;color:#111;background:#fff}"
    "table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:.3rem .6rem;border-bottom:1px solid #ccc}"
    "img{max-width:20rem;width:48%;margin:.2rem}.serious{color:#a00;font-weight:bold}.changed{font-weight:bold}"
)


def document(round_: Round, site: Site, at: Callable[[float], datetime], ended: float, why: str) -> Json:
    """Everything of the round, in plain data. `at`: robot time -> the home's time; `why` it ended early (a code)."""
    return {
        "id": round_.id,
        "name": round_.name,
        "home": site.name,
        "began": _when(at(round_.begun)),
        "ended": _when(at(ended)),
        "ended_early": why,
        "rooms": [{"room": v.room, "at": _when(at(v.at)), "looked": v.looked, "why": v.why} for v in round_.visits],
        "people": [{"room": m.room, "at": _when(at(m.at)), "posture": m.posture.value} for m in round_.met],
        "findings": [
            {"key": f.key, "code": f.code, "room": f.room, "params": dict(f.params), "changed": f.changed}
            for f in round_.findings
        ],
        "pictures": [
            {"file": f"{p.name}.png", "room": p.room, "kept": p.why == "", "why": _why_no_picture(p.why)}
            for p in round_.pictures
        ],
        "interrupted": [{"at": _when(at(t)), "why": code} for t, code in round_.interrupted],
    }


def page(round_: Round, site: Site, at: Callable[[float], datetime], ended: float, why: str, folder: str) -> str:
    """The same for people, in the home's language. `folder`: where the pictures are, seen from the page."""

    def say(code: str, *params: tuple[str, str]) -> str:
        return escape(text(code, site.language, params))

    def room_of(name: str) -> str:
        label = next((room.label for room in site.rooms if room.name == name), {})
        return label.get(site.language) or next(iter(label.values()), name)

    def row(*cells: str, mark: str = "") -> str:
        kind = f' class="{mark}"' if mark else ""
        return f"<tr{kind}>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"

    rooms = [
        row(escape(room_of(v.room)), at(v.at).strftime("%H:%M"), say("report_looked") if v.looked else say(v.why))
        for v in round_.visits
    ]
    people = [
        row(escape(room_of(m.room)), at(m.at).strftime("%H:%M"), say(f"report_{m.posture.value}")) for m in round_.met
    ]
    found = [
        row(
            escape(room_of(f.room)), say(f.code, *f.params), say("report_changed") if f.changed else "",
            mark="serious" if f.serious else "changed" if f.changed else "",
        )
        for f in worth_telling(round_.findings)
    ]  # fmt: skip
    pictures = "".join(
        f'<img src="{escape(folder)}/{escape(p.name)}.png" alt="{escape(room_of(p.room))}">'
        for p in round_.pictures if p.why == ""
    )  # fmt: skip
    aside = [row(at(t).strftime("%H:%M:%S"), say(code)) for t, code in round_.interrupted]
    began = at(round_.begun).strftime("%Y-%m-%d %H:%M")
    ends = at(ended).strftime("%H:%M")
    parts = [
        f"<!doctype html><html lang='{site.language}'><meta charset='utf-8'>",
        f"<title>{say('report_title')} {began}</title><style>{_STYLE}</style>",
        f"<h1>{say('report_title')}: {escape(round_.name)}</h1><p>{began} – {ends}</p>",
        f"<p class='serious'>{say('report_early')}: {say(why)}</p>" if why else "",
        f"<h2>{say('report_found')}</h2><table>{''.join(found) or row(say('report_nothing'))}</table>",
        f"<h2>{say('report_people')}</h2><table>{''.join(people) or row(say('report_nobody'))}</table>",
        f"<h2>{say('report_rooms')}</h2><table>{''.join(rooms)}</table>",
        f"<h2>{say('report_aside')}</h2><table>{''.join(aside)}</table>" if aside else "",
        f"<h2>{say('report_pictures')}</h2>{pictures}" if pictures else "",
    ]
    return "\n".join(part for part in parts if part) + "\n"


def _when(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")


def _why_no_picture(why: str | None) -> str:
    return "no_answer" if why is None else why
