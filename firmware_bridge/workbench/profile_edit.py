"""One number in a profile's own file changed, every comment and blank kept. Pure but for `write`."""

from __future__ import annotations

from pathlib import Path

import yaml

from firmware_bridge.motors import MotorsError


def with_axis_value(text: str, axis: str, key: str, value: int) -> str:
    """The profile's text with `key` of the wheel or joint `axis` set to `value`; written in where it was missing.

    Raises MotorsError where the text has no such axis.
    """
    mapping = _axis(yaml.compose(text, yaml.SafeLoader), axis)
    if mapping is None:
        raise MotorsError(f"the profile has no wheel or joint named {axis}")
    for name, node in mapping.value:
        if name.value == key:
            return text[: node.start_mark.index] + str(value) + text[node.end_mark.index :]
    first_key, first_value = mapping.value[0]
    at = first_value.end_mark.index
    between = ", " if mapping.flow_style else "\n" + " " * first_key.start_mark.column
    return f"{text[:at]}{between}{key}: {value}{text[at:]}"


def _axis(root: yaml.Node | None, axis: str) -> yaml.MappingNode | None:
    """The entry of motors.wheels or motors.joints that has this name."""
    motors = _child(root, "motors")
    for kind in ("wheels", "joints"):
        entries = _child(motors, kind)
        for entry in entries.value if isinstance(entries, yaml.SequenceNode) else ():
            name = _child(entry, "name")
            if isinstance(entry, yaml.MappingNode) and name is not None and name.value == axis:
                return entry
    return None


def _child(node: yaml.Node | None, key: str) -> yaml.Node | None:
    if not isinstance(node, yaml.MappingNode):
        return None
    return next((value for name, value in node.value if name.value == key), None)


def write(path: Path, text: str) -> None:
    """All of it or nothing. Raises MotorsError where the file can't be written."""
    fresh = path.with_suffix(".new")
    try:
        fresh.write_text(text, encoding="utf-8")
        fresh.replace(path)
    except OSError as error:
        raise MotorsError(f"{path}: can't be written: {error.strerror}; the calibration is not kept") from error
