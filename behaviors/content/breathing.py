"""A breathing exercise: in for four seconds, out for six, slow enough for everybody; six breaths."""

from __future__ import annotations

BREATHS = 6
IN_S, OUT_S, READY_S = 4.0, 6.0, 6.0

TEXTS = {
    "breathe_begin": {
        "zh": "我们一起慢慢呼吸。请坐稳，肩膀放松。",
        "en": "Let us breathe slowly together. Sit well back and let your shoulders drop.",
    },
    "breathe_in": {"zh": "吸气。", "en": "Breathe in."},
    "breathe_out": {"zh": "呼气，慢慢来。", "en": "And slowly out."},
    "breathe_end": {"zh": "很好，做完了。", "en": "Well done. That was it."},
}
