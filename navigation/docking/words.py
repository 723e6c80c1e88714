"""Why a try to dock failed, and what that is to whoever asked for it."""

from __future__ import annotations

from enum import Enum

from navigation.outcome import Reason


class Try(Enum):
    NOTHING = "nothing"
    SEVERAL = "several"
    TAG_ALONE = "tag_alone"
    BESIDE = "beside"
    LOST = "lost"
    ASKEW = "askew"
    PERSON = "person"
    STUCK = "stuck"
    NO_CONTACT = "no_contact"


OFFERS: dict[Try, tuple[Reason, str]] = {
    Try.NOTHING: (Reason.NO_DOCK, "neither its tag nor its shape is where the dock should be"),
    Try.SEVERAL: (Reason.NOT_SURE, "the tag is not seen, and more than one thing has the dock's shape"),
    Try.TAG_ALONE: (Reason.NOT_SURE, "the tag is seen, but the lidar does not find the dock's shape under it"),
    Try.BESIDE: (Reason.NO_DOCK, "it does not come to stand in front of the dock"),
    Try.LOST: (Reason.NO_DOCK, "it lost sight of the dock on the last way"),
    Try.ASKEW: (Reason.NO_CONTACT, "it came in askew"),
    Try.PERSON: (Reason.BLOCKED, "a person stands in front of the dock"),
    Try.STUCK: (Reason.BLOCKED, "something keeps it from driving into the dock"),
    Try.NO_CONTACT: (Reason.NO_CONTACT, "it stands in the dock, but the dock does not charge it"),
}
