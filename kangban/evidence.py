"""Evidence in the nurse's language. Perception says in English what it saw; here stands the same in Chinese. Pure.

One row a sentence: `{name}` stands for what varies. A sentence without a row is shown as it is, in English: better
that than not at all.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from string import Formatter
from typing import Literal

from kangban.site import Site

Language = Literal["zh", "en"]
LANGUAGES: tuple[Language, ...] = ("zh", "en")
SENTENCES: dict[str, str] = {
    # falls (perception/falls.py)
    "lost from sight while going down fast": "快速倒下时离开了视野",
    "shoulders came down {m} m in {s} s": "肩部在 {s} 秒内下降了 {m} 米",
    "low after it, not upright": "之后身体很低，没有直立",
    "not upright after it": "之后没有直立",
    "lies on the floor for {t}": "躺在地上已 {t}",
    "the fall itself was not seen": "没有看到跌倒过程",
    "no bed or sofa there": "那里没有床或沙发",
    "stays down for {t}": "倒地持续了 {t}",
    "does not get up again": "没有再起来",
    "nobody stood up there for {t}": "{t} 内没有人从那里站起来",
    "has not got up for {t}": "{t} 内没有起身",
    "the learned judge gives {p}": "学习模型给出 {p}",
    "upright again": "已经重新直立",
    # care events (perception/events/)
    "has not moved for {t}": "{t} 没有动",
    "moves arms and legs, but does not get up": "手脚在动，但没有起来",
    "the height is judged from the picture only": "高度只是从画面估计的",
    "left the bed at {time}": "{time} 离开了床",
    "was in it for {t}": "之前在床上 {t}",
    "on her feet for {t}": "已起身站立 {t}",
    "waves a raised arm for {t}": "举手挥动了 {t}",
    "{n} strokes to and fro": "来回 {n} 次",
    "while sitting": "坐着",
    "while lying on the floor": "躺在地上",
    "while lying": "躺着",
    "while standing": "站着",
    "while kneeling": "跪着",
    "nobody has moved here for {t}": "这里已有 {t} 没有人动",
    "somebody should, from {begins} to {ends}": "{begins} 到 {ends} 应该有人活动",
    "somebody is there, motionless": "有人在，但一动不动",
    "nobody is seen": "没有看到人",
    "sits without moving for {t}": "坐着不动已 {t}",
    "moved before, so it is a person": "之前动过，确实是人",
    "walked to the {door} at {time}": "{time} 走向{door}",
    "was last seen beyond it": "最后看到时已在门外",
    "was last seen on the way out of it": "最后看到时正在往外走",
    "has not come back for {t}": "{t} 没有回来",
    "somebody else is at home": "家里还有别人",
    "on her feet at {time}, at night": "夜里 {time} 起来走动",
    "walks about for {t}": "已走动 {t}",
    "up {n} times within {t}": "{t} 内起来 {n} 次",
    # the home's own sensors and rounds (behaviors/home/alarms.py, behaviors/nodes/rounds.py)
    "the smoke alarm goes off in the {room}": "{room}的烟雾报警器响了",
    "a smoke alarm goes off": "烟雾报警器响了",
    "the gas alarm goes off in the {room}": "{room}的燃气报警器响了",
    "a gas alarm goes off": "燃气报警器响了",
    "there is water on the floor of the {room}": "{room}的地上有水",
    "there is water on the floor": "地上有水",
    "the call button in the {room} was pressed": "{room}的呼叫按钮被按下",
    "the call button was pressed": "呼叫按钮被按下",
    "nobody was seen on the round": "巡视时没有看到人",
    "no sign of anybody for {t}": "{t} 没有任何动静",
    # durations, as perception writes them
    "{h} h {m} min": "{h} 小时 {m} 分钟",
    "{m} min": "{m} 分钟",
    "{s} s": "{s} 秒",
}


def in_language(sentence: str, language: Language, names: Mapping[str, str] | None = None) -> str:
    """The sentence for a reader of that language. `names`: what the home calls its places, English -> Chinese."""
    if language == "en":
        return sentence
    if names and sentence in names:
        return names[sentence]
    for pattern, chinese in _PATTERNS:
        if (match := pattern.fullmatch(sentence)) is not None:
            return chinese.format(**{key: in_language(value, "zh", names) for key, value in match.groupdict().items()})
    return sentence


def names_of(site: Site) -> dict[str, str]:
    """What this home calls its exits and rooms, English -> Chinese, where both are given."""
    labels = [*(door.label for door in site.exits), *(room.label for room in site.rooms)]
    return {label["en"]: label["zh"] for label in labels if "en" in label and "zh" in label}


def known(sentence: str) -> bool:
    """Is there a row for this sentence?"""
    return any(pattern.fullmatch(sentence) for pattern, _ in _PATTERNS)


def _pattern(english: str) -> re.Pattern[str]:
    parts = []
    for literal, name, _, _ in Formatter().parse(english):
        parts.append(re.escape(literal) + (f"(?P<{name}>.+?)" if name else ""))
    return re.compile("".join(parts))


# The longest first: a sentence that begins like another one is not taken for it.
_PATTERNS = [(_pattern(en), zh) for en, zh in sorted(SENTENCES.items(), key=lambda row: -len(row[0]))]
