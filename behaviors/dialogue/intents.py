"""What she wants, from her words, in Chinese and English. Pure.

Keywords decide, wherever they stand in the sentence, so the order of words does not matter. One sentence may hold
several intents; they come in the order of `_TABLE`, the one that counts most first. A cry for help comes before all.
"""

from __future__ import annotations

import re
from enum import StrEnum

from behaviors.speech.hear import Meaning, meaning_of, plain


class Intent(StrEnum):
    HELP = "help"
    STOP = "stop"
    NOT_TAKEN = "not_taken"
    TAKEN = "taken"
    LATER = "later"
    BATHROOM = "bathroom"
    FOLLOW = "follow"
    COME = "come"
    BREATHE = "breathe"
    EXERCISE = "exercise"
    STORY = "story"
    MUSIC = "music"
    TIME = "time"
    REPEAT = "repeat"
    LOUDER = "louder"
    SOFTER = "softer"
    SLOWER = "slower"
    FASTER = "faster"
    UNWELL = "unwell"
    WELL = "well"
    NO = "no"
    YES = "yes"
    THANKS = "thanks"


def _any(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{p})" for p in patterns))


_TABLE: tuple[tuple[Intent, re.Pattern[str]], ...] = (
    (Intent.STOP, _any(
        r"停(?!车)", r"别(?:跟|动|走|讲|说|放|唱|做)", r"不要(?:跟|动|走|讲|说|放|唱|做|再)", r"不用跟",
        r"够了", r"不听了", r"不做了",
        r"\bstop\b", r"\b(?:that s |that is )?enough\b", r"\bhalt\b", r"\bwait here\b", r"\bstay (?:here|there)\b",
        r"\bdon t (?:follow|come|move)\b", r"\bquiet\b",
    )),
    (Intent.NOT_TAKEN, _any(
        r"(?:没有?|还没有?|未|忘(?:了|记))(?:有)?(?:吃|服|喝|用)", r"(?:吃|服)(?:不了|不下)", r"不(?:想)?(?:吃|服)药?",
        r"\b(?:haven t|have not|didn t|did not|not yet|won t|will not|forgot)\b", r"\bnot (?:taken|had)\b",
        r"\b(?:don t|do not) want (?:to take|it|my)\b",
    )),
    (Intent.TAKEN, _any(
        r"(?:吃|服|喝|(?<!不)用)(?:过|好|完|掉)?(?:药|水)?(?:了|啦)", r"(?:吃|服|喝)(?:过|好|完)", r"已经(?:吃|服|喝)",
        r"\b(?:took|taken|swallowed|drank|drunk|had (?:it|them|some|my))\b", r"\b(?:i m |i am |all |it s )?done\b",
    )),
    (Intent.LATER, _any(
        r"等(?:一?会儿?|一?下|等)", r"(?:过|待)(?:一?会儿?|一?下)", r"一会儿", r"稍后|晚点|迟点|回头",
        r"\blater\b", r"\bin a (?:moment|minute|while|bit)\b", r"\bnot now\b", r"\bafterwards?\b", r"\bwait a\b",
        r"\bsoon\b",
    )),
    (Intent.BATHROOM, _any(
        r"(?:厕所|卫生间|洗手间|浴室|解手|小便|方便一下)",
        r"\b(?:bathroom|toilet|loo|restroom|washroom)\b",
    )),
    (Intent.FOLLOW, _any(
        r"跟(?:着|上|我|随)", r"陪(?:着)?我", r"一起(?:走|去)",
        r"\bfollow\b", r"\bcome (?:along|with)\b", r"\bwalk with\b", r"\baccompany\b", r"\bgo with me\b",
    )),
    (Intent.COME, _any(
        r"过来", r"来(?:我)?(?:这|这里|这边|一下|一趟)", r"到我(?:这|身边)", r"\bcome\b(?! (?:along|with))",
    )),
    (Intent.BREATHE, _any(r"呼吸", r"深呼", r"\bbreath(?:e|ing|s)?\b")),
    (Intent.EXERCISE, _any(
        r"锻炼|运动|做操|健身|活动(?:一下|活动|身体)|伸展|体操",
        r"\b(?:exercises?|gym|stretch(?:ing|es)?|work ?out|train)\b",
    )),
    (Intent.STORY, _any(r"故事", r"\b(?:stor(?:y|ies)|tale)\b")),
    (Intent.MUSIC, _any(r"音乐|唱(?:首|个|支)?歌|放(?:首|点|个)?(?:歌|曲)|听歌|戏曲",
        r"\b(?:music|songs?|tunes?|sing)\b")),
    (Intent.TIME, _any(
        r"几点", r"什么时(?:候|间)", r"现在.*时间", r"星期几|几号|什么日子",
        r"\bwhat (?:time|day)\b", r"\btime is it\b", r"\bthe time\b", r"\bwhat s the time\b", r"\bwhat date\b",
    )),
    (Intent.REPEAT, _any(
        r"再说", r"重复", r"重新说", r"没听(?:清|见|懂|到)", r"听不(?:清|见|懂|到)", r"说什么", r"^什么$",
        r"\brepeat\b", r"\b(?:say|tell)\b.*\bagain\b", r"\bpardon\b", r"\b(?:didn t|did not|can t|cannot) hear\b",
        r"^(?:what|sorry|again|once more)(?: please)?$", r"\bwhat did you say\b",
    )),
    (Intent.LOUDER, _any(r"大声|响(?:一)?点|声音?(?:太)?(?:大点|小了)|太小声",
        r"\b(?:louder|speak up|too quiet|turn (?:it )?up)\b")),
    (Intent.SOFTER, _any(r"小声|轻(?:一)?点|声音?小(?:一)?点|太(?:响|吵|大声)",
        r"\b(?:softer|quieter|too loud|turn (?:it )?down)\b")),
    (Intent.SLOWER, _any(r"慢(?:一)?(?:点|些)|太快|慢慢说", r"\b(?:slower|slow down|slowly|too fast)\b")),
    (Intent.FASTER, _any(r"快(?:一)?(?:点|些)说|说快|太慢", r"\b(?:faster|too slow)\b")),
)  # fmt: skip
_NO = _any(
    r"^(?:不|没有?|别|不要|不用|不了|不行|不可以|算了)(?:了|的|啊|呀|吧|谢谢)*$", r"(?:^| )不(?:要|用|想|了|是|行)",
    r"^(?:no|nope|nah)\b", r"\b(?:no thanks?|no thank you|i don t want|not really|rather not)\b",
)  # fmt: skip
_YES = _any(
    r"^(?:好|是|对|行|要|嗯|可以|想|可|成|没问题)+(?:的|啊|呀|吧|了)*(?: |$)", r"好(?:的|啊|呀)$", r"没问题",
    r"^(?:yes|yeah|yep|yup|sure|ok|okay|alright|all right|fine|please|of course|certainly)\b", r"\byes\b",
    r"\bi (?:do|will|would)$",
)  # fmt: skip
_THANKS = _any(r"谢谢|多谢|感谢", r"\bthanks?\b")
_NAME = _any(r"康伴|机器人|小康", r"\b(?:kangban|robot)\b")
# "don't be so loud" asks for the opposite of loud: the words beside it have said so already.
_HIDES = {Intent.NOT_TAKEN: {Intent.TAKEN}, Intent.STOP: {Intent.FOLLOW, Intent.COME, Intent.MUSIC, Intent.STORY}}
_ASKED_BY = re.compile(r"[?？]\s*$|[吗么]$")
_QUESTIONS = {Intent.TAKEN, Intent.NOT_TAKEN, Intent.YES, Intent.NO, Intent.WELL, Intent.UNWELL}


def intents_of(text: str) -> tuple[Intent, ...]:
    """All that is in the words, what counts most first; empty: nothing that is known."""
    meaning = meaning_of(text)
    if meaning is Meaning.CRY_FOR_HELP:
        return (Intent.HELP,)
    words = plain(text)
    found = [intent for intent, pattern in _TABLE if pattern.search(words)]
    for hiding, hidden in _HIDES.items():
        if hiding in found:
            found = [intent for intent in found if intent not in hidden]
    for intent, pattern in ((Intent.NO, _NO), (Intent.YES, _YES), (Intent.THANKS, _THANKS)):
        if pattern.search(words):
            found.append(intent)
    of_herself = {Meaning.FINE: Intent.WELL, Meaning.NOT_FINE: Intent.UNWELL}.get(meaning)
    if of_herself is not None:
        found.append(of_herself)
    if _ASKED_BY.search(text.strip()):  # "have you taken it?" is no answer
        found = [intent for intent in found if intent not in _QUESTIONS]
    return tuple(found)


def addressed(text: str) -> bool:
    """Does she call the robot by its name?"""
    return _NAME.search(plain(text)) is not None
