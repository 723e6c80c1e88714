"""What a gap in sight means for a case: a minute without pictures is no minute on the floor. Pure.

A camera that was unplugged, covered or in the dark says nothing about anybody. So the time without sight counts for
nothing: runs of being down or up, and the wait of a suspicion, go on from where they were. A suspicion that rests on
somebody vanishing alone does not outlive a longer gap: she may have gone anywhere.
"""

from __future__ import annotations

from dataclasses import replace

from perception.falls import Case, Stage

GAP_S = 0.5  # without a picture that shows anything: longer than a hiccup of the camera
FORGET_VANISHED_S = 3.0
RUNS = ("down_since", "last_down", "up_since", "last_up", "asked", "judged_since", "sure_since", "leant_since")


def after_gap(case: Case, gap_s: float) -> Case:
    """The case at the first picture after `gap_s` seconds without one."""
    if case.stage is Stage.SUSPECTED and not case.was_down and gap_s > FORGET_VANISHED_S:
        return Case()
    later = {name: value + gap_s for name in RUNS if (value := getattr(case, name)) is not None}
    if case.stage is Stage.SUSPECTED:
        later["since"] = case.since + gap_s
    return replace(case, **later)
