"""What is said, shown and asked of a person, and pictures that are kept; as messages and back."""

from __future__ import annotations

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from kangban_msgs import msg as k
from std_msgs.msg import Header

from kangban import values as v
from kangban.conversions.pieces import Conversions, header_at, time_from_ros


def _speech(value: v.Speech) -> k.Speech:
    return k.Speech(header=header_at(value.stamp), text=value.text, language=value.language, kind=value.kind.value)


def _speech_back(m: k.Speech) -> v.Speech:
    return v.Speech(time_from_ros(m.header.stamp), m.text, m.language, v.SpeechKind(m.kind))


def _picture_wish(value: v.PictureWish) -> Header:
    return header_at(value.stamp, value.name)


def _picture_wish_back(m: Header) -> v.PictureWish:
    return v.PictureWish(time_from_ros(m.stamp), m.frame_id)


def _picture_kept(value: v.PictureKept) -> DiagnosticArray:
    level = DiagnosticStatus.WARN if value.why else DiagnosticStatus.OK
    line = DiagnosticStatus(level=level, name=value.name, message=value.why)
    return DiagnosticArray(header=header_at(value.stamp), status=[line])


def _picture_kept_back(m: DiagnosticArray) -> v.PictureKept:
    if len(m.status) != 1:
        raise ValueError(f"picture: one line is expected, there are {len(m.status)}")
    return v.PictureKept(time_from_ros(m.header.stamp), m.status[0].name, m.status[0].message)


def _screen(value: v.Screen) -> k.Screen:
    return k.Screen(
        header=header_at(value.stamp),
        id=value.id,
        language=value.language,
        title=value.title,
        text=value.text,
        choice_ids=[name for name, _ in value.choices],
        choice_labels=[label for _, label in value.choices],
        count=-1 if value.count is None else value.count,
    )


def _screen_back(m: k.Screen) -> v.Screen:
    if len(m.choice_ids) != len(m.choice_labels):
        raise ValueError(f"screen: {len(m.choice_ids)} choices have {len(m.choice_labels)} labels")
    choices = tuple(zip(m.choice_ids, m.choice_labels, strict=True))
    count = None if m.count < 0 else int(m.count)
    return v.Screen(time_from_ros(m.header.stamp), m.id, m.language, m.title, m.text, choices, count)


def _note(value: v.Note) -> k.Speech:
    return k.Speech(header=header_at(value.stamp, value.id), text=value.words, kind=value.kind)


def _note_back(m: k.Speech) -> v.Note:
    return v.Note(time_from_ros(m.header.stamp), m.header.frame_id, m.kind, m.text)


CONVERSIONS: Conversions = {
    v.Speech: (k.Speech, _speech, _speech_back),
    v.PictureWish: (Header, _picture_wish, _picture_wish_back),
    v.PictureKept: (DiagnosticArray, _picture_kept, _picture_kept_back),
    v.Screen: (k.Screen, _screen, _screen_back),
    v.Note: (k.Speech, _note, _note_back),
}
