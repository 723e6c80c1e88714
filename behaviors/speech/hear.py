"""What a person's words mean, in Chinese and English. Pure.

Three things are told apart: she is fine, she is not, she calls for help. All else is unclear, and unclear counts as no
answer: it never ends an incident. Where a sentence says both ("I'm fine but my leg hurts") the worse one counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import StrEnum


class Meaning(StrEnum):
    FINE = "fine"
    NOT_FINE = "not_fine"
    CRY_FOR_HELP = "cry_for_help"
    UNCLEAR = "unclear"


def _any(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{p})" for p in patterns))


# Help that is refused is no cry, and says that she is fine. Kept narrow: "No! Help!" is a cry.
_NO_HELP = _any(
    r"(?:不用|不需要|不必|不要|别|无需|用不着)(?:你|您|人|任何|再)?(?:来|去)?"
    r"(?:救|帮|扶|叫|打|喊|找)(?:我|忙|助|人|医生|护士|救护车|120|一二零)?",
    r"\b(?:do not|don t|dont|no longer) (?:need|want|require|call)(?: \w+){0,2} (?:help|ambulance|doctor|nurse)\b",
    r"\bno help (?:needed|required|necessary)\b",
    r"\bno need (?:for|to)(?: \w+){0,2} (?:help|ambulance|doctor|nurse)\b",
)
# Help that is only spoken of (by a visitor, by a television) is no cry, but no word about herself either.
_HELP_SPOKEN_OF = _any(r"\bcan i help\b", r"\bhelp yourself\b", r"\bthanks? (?:you )?for (?:your |the )?help")
_CRY = _any(
    r"救命", r"救我", r"救救", r"来人", r"快来", r"帮帮我", r"帮我(?!看|拿|开|关|倒)", r"扶我", r"帮忙",
    r"叫(?:救护车|医生|护士|人)", r"(?:打|拨)(?:一二零|120)",
    r"\bhelp\b", r"\bsave me\b", r"\bcall (?:an? |the |my )?(?:ambulance|doctor|nurse|911|999|112|120)\b",
    r"\bsomebody come\b", r"\bemergency\b",
)  # fmt: skip
_QUESTION = _any(
    r"[?？]\s*$", r"[吗么呢]$", r"^(?:你|您).*吧$",
    r"^(?:are|is|am|do|does|can|could|what|where|who|why|how|when) (?:you|he|she|it|they|i|is|are|s)\b",
)  # fmt: skip
_NOT_FINE = _any(
    r"(?:不|没|没有|不太|不是很|不怎么|并不)(?:太|很|是|怎么|感觉)?(?:好|舒服|行|可以|对劲)(?!意思)",
    r"疼|痛|难受|头晕|动不了|起不来|站不起|爬不起|摔(?:坏|伤|断)|流血|出血|喘不|不能动|有事(?!吗)",
    r"^(?:不|没有|不是|不好)$", r"需要(?:帮|人|医)",
    r"\b(?:not|isn t|aren t|never|don t feel)\b(?: \w+){0,2} (?:fine|ok|okay|good|well|all right|alright|great)\b",
    r"\b(?:hurts?|hurting|pain|painful|bleeding|dizzy|broken|broke)\b",
    r"\bcan(?:not| not| t)? ?(?:t )?(?:get up|move|stand|breathe|feel)\b",
    r"^(?:no|nope|no no)$", r"\bno good\b|\bunwell\b|\bi feel (?:bad|sick|ill)\b|\bi need\b|\bterrible\b|\bbad\b",
)  # fmt: skip
# Being fine ends an incident, so the words must be about herself: at the start of a sentence, or after "I am".
_FINE = _any(
    r"没事|没关系|没问题|没有事|不要紧|不疼|不痛|没有?摔(?:坏|伤|断)|放心|不用管",
    r"(?:^| )[我都还一切现在身体感觉觉得]*(?:挺好|很好|还好|好着|好得很|好的|都好|还行|可以的)",
    r"^(?:好|嗯|是|是的|对|行|可以)+$",
    r"^(?:(?:yes|no|oh|thanks|thank you|all|quite|perfectly|just|very|feeling|doing) )*"
    r"(?:fine|okay|ok|good|all right|alright|great)\b(?! (?:morning|day|afternoon|evening|night|god|lord|heavens)\b)",
    r"\b(?:i m|i am|im|i feel|i m feeling|i am feeling|everything is|everything s|all is|it s all)(?: \w+)?"
    r" (?:fine|okay|ok|good|well|all right|alright|great)\b",
    r"^(?:yes|yeah|yep|yes yes|sure)$|^yes (?:i am|i m|thanks|thank you)\b|\bno problem\b|\bno worries\b",
    r"\b(?:not hurt|unhurt|no pain|nothing hurts|does not hurt|doesn t hurt|don t worry)\b",
)
_DENIED = _any(
    r"(?:不|没|没有|不太|不怎么)(?:疼|痛|难受|头晕|流血|出血)|没有?(?:摔(?:坏|伤|断)|事)",
    r"\b(?:not|no|nothing|doesn t|does not|isn t|without|don t|do not)\b(?: \w+){0,2}"
    r" (?:hurts?|hurting|pain|painful|bleeding|dizzy|broken|bad)\b",
)  # fmt: skip


def meaning_of(text: str) -> Meaning:
    words = plain(text)
    if not words:
        return Meaning.UNCLEAR
    if _CRY.search(_HELP_SPOKEN_OF.sub(" ", _NO_HELP.sub(" ", words))):
        return Meaning.CRY_FOR_HELP
    if _QUESTION.search(words) or text.rstrip().endswith(("?", "？")):
        return Meaning.UNCLEAR
    if _NOT_FINE.search(_DENIED.sub(" ", _NO_HELP.sub(" ", words))):
        return Meaning.NOT_FINE
    if _FINE.search(words) or _NO_HELP.search(words):
        return Meaning.FINE
    return Meaning.UNCLEAR


def is_echo(text: str, said: Iterable[str]) -> bool:
    """Is this the robot's own voice, heard back? `said`: what it said a moment ago.

    Only a long enough part of it counts, so that a person who cries the one word "help" is always heard.
    """
    heard = plain(text).replace(" ", "")
    if len(heard) < (4 if _has_han(heard) else 12):
        return False
    return any(heard in plain(sentence).replace(" ", "") for sentence in said)


def plain(text: str) -> str:
    """Lower case, punctuation as single spaces; spaces that a recogniser put between Chinese signs are dropped."""
    joined = re.sub(r"(?<=[\u4e00-\u9fff])\s+(?=[\u4e00-\u9fff])", "", text.casefold())
    return " ".join(re.sub(r"[^\w]+", " ", joined).split())


def _has_han(text: str) -> bool:
    return re.search(r"[\u4e00-\u9fff]", text) is not None
