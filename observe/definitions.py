"""What a message type looks like, as the text that MCAP files and viewers want (`ros2msg`), from the type itself."""

from __future__ import annotations

import re
from importlib import import_module
from typing import Any

_PLAIN = {"boolean": "bool", "octet": "byte", "float": "float32", "double": "float64"}
_LIST = re.compile(r"sequence<(?P<of>.+?)(?:, (?P<most>\d+))?>|(?P<item>.+)\[(?P<count>\d+)\]")
LINE = "=" * 80


def name_of(kind: type) -> str:
    """`package/msg/Name` of a Python message class."""
    package = kind.__module__.split(".", 1)[0]
    return f"{package}/msg/{kind.__name__}"


def text_of(kind: type) -> str:
    """The definition, and those of every type within it."""
    parts, todo, done = [_fields(kind)], _within(kind), set()
    while todo:
        other = todo.pop(0)
        short = name_of(other).replace("/msg/", "/")
        if short not in done:
            done.add(short)
            parts.append(f"{LINE}\nMSG: {short}\n{_fields(other)}")
            todo += _within(other)
    return "\n".join(parts)


def _fields(kind: Any) -> str:
    return "".join(f"{_type(told)} {name}\n" for name, told in kind.get_fields_and_field_types().items())


def _type(told: str) -> str:
    found = _LIST.fullmatch(told)
    if found is None:
        return _PLAIN.get(told, told)
    if found["of"]:
        bound = "" if found["most"] is None else f"<={found['most']}"
        return f"{_type(found['of'])}[{bound}]"
    return f"{_type(found['item'])}[{found['count']}]"


def _within(kind: Any) -> list[type]:
    found = (re.search(r"(\w+)/(\w+)", told) for told in kind.get_fields_and_field_types().values())
    return [getattr(import_module(f"{each[1]}.msg"), each[2]) for each in found if each is not None]
