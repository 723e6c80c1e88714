"""What the robot says aloud to be let past, in the languages of the home."""

from __future__ import annotations

from navigation.recovery import Trouble

TEXTS: dict[Trouble, dict[str, str]] = {
    Trouble.PERSON: {"zh": "您好,请让我过去一下,谢谢。", "en": "Excuse me, may I pass, please? Thank you."},
    Trouble.ON_GOAL: {
        "zh": "您好,我要停在您站的地方,请您让一让,谢谢。",
        "en": "Excuse me, I have to stand where you are. Would you step aside, please? Thank you.",
    },
}


def text(trouble: Trouble, language: str) -> str:
    """Raises KeyError for a trouble that nobody can help by stepping aside."""
    return TEXTS[trouble][language]
