"""Register maps: what is refused and how, and numbers to registers and back."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge.modbus.line import probes_for
from firmware_bridge.modbus.registers import Command, RegisterMap, load, load_map, path_of
from firmware_bridge.modbus.words import RPM_PER_RADPS, counts_from, faults_in, number, split, wrapped
from firmware_bridge.motors import MotorsError
from firmware_bridge.protocol import FaultBit
from kangban.config import ConfigError

WHOLE_RPM = Command(addresses=(1, 2), type="int16", signs=(1, 1), rpm_per_count=1.0, highest_rpm=1000)


def written(folder: Path, change: dict[str, Any], drop: str = "") -> Path:
    """The ZLAC's map with some keys (`a.b`) changed."""
    data = yaml.safe_load(path_of("zlac8015d").read_text(encoding="utf-8"))
    for key, value in change.items():
        *sections, last = key.split(".")
        here = data
        for section in sections:
            here = here[section]
        here[last] = value
    if drop:
        del data[drop]
    path = folder / "other.yaml"
    path.write_text(yaml.safe_dump(data), encoding="utf-8")
    return path


def test_every_map_that_is_shipped_loads_under_its_own_name() -> None:
    paths = sorted(path_of("zlac8015d").parent.glob("*.yaml"))
    assert paths
    for path in paths:
        assert load(path.stem).name == path.stem


def test_what_nobody_has_seen_on_hardware_is_not_called_verified() -> None:
    watchdog = load("zlac8015d").watchdog
    assert watchdog is not None and not watchdog.verified_on_hardware


def test_a_map_that_is_not_there_names_those_that_are() -> None:
    with pytest.raises(MotorsError, match=r"zlac9999\.yaml: no such file; there are: .*zlac8015d"):
        load("zlac9999")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"command.rpm_per_count": 0}, r"command\.rpm_per_count: 0 is not allowed: .*1e-06"),
        ({"command.highest_rpm": -5}, r"command\.highest_rpm: -5 is not allowed: allowed: above 0 and at most 10000"),
        ({"command.highest_rpm": None}, r"command\.highest_rpm: None is not allowed"),
        ({"command.rpm_a_count": 1}, r"command\.rpm_a_count: unknown key; did you mean 'rpm_per_count'"),
        ({"control.address": 0x10000}, r"control\.address: 65536 is not allowed: .*65535"),
        ({"control.stop": 8}, r"control: enable, stop, .* must all differ"),
        ({"velocity.type": "float32"}, r"velocity\.type: 'float32' is not allowed: .*'int32'"),
        ({"velocity.signs": [1, 2]}, r"velocity\.signs\.1: 2 is not allowed"),
        ({"velocity.signs": [1]}, r"velocity\.signs: there are 1, for 2 channels"),
        ({"faults.addresses": [1, 2, 3]}, r"faults\.addresses: there are 3, for 2 channels"),
        ({"position.addresses": [0x20A7, 0x20A8]}, r"position and position both have register 0x20a8"),
        ({"voltage.address": 0x20AB}, r"voltage and velocity both have register 0x20ab"),
        ({"command.addresses": [0x2088, 0x2090]}, r"command\.addresses must follow one another"),
        ({"word_order": "middle_first"}, r"word_order: 'middle_first' is not allowed"),
        ({"acceleration.shortest_s": 40}, r"acceleration: shortest_s must be below longest_s"),
        (
            {"faults.bits": [{"bit": 16, "fault": "stall", "means": "x", "clearable": True}]},
            r"faults\.bits\.0\.bit: 16",
        ),
        ({"faults.bits": [{"bit": 1, "fault": "fire", "means": "x", "clearable": True}]}, r"bits\.0\.fault: 'fire'"),
        ({"watchdog.verified_on_hardware": "perhaps"}, r"watchdog\.verified_on_hardware: 'perhaps' is not allowed"),
        ({"channels": [1, 1]}, r"channels: each may be listed once"),
        ({"serial.parity": "mark"}, r"serial\.parity: 'mark' is not allowed"),
    ],
)
def test_a_wrong_map_is_refused_by_file_key_and_value(tmp_path: Path, change: dict[str, Any], says: str) -> None:
    path = written(tmp_path, change)
    with pytest.raises(ConfigError, match=says) as refused:
        load_map(path)
    assert str(refused.value).startswith(f"{path}: ")


@pytest.mark.parametrize("key", sorted(RegisterMap.model_fields))
def test_nothing_has_a_default(tmp_path: Path, key: str) -> None:
    with pytest.raises(ConfigError, match=rf"{key}: missing; it has no default"):
        load_map(written(tmp_path, {}, drop=key))


def test_names_of_faults_are_those_of_the_protocol() -> None:
    named = {meaning.fault for meaning in load("zlac8015d").faults.bits} | {load("zlac8015d").faults.unlisted}
    assert named <= {str(bit.name).lower() for bit in FaultBit}


def test_a_poll_is_as_few_reads_as_the_gaps_allow(tmp_path: Path) -> None:
    assert load("zlac8015d").reads() == ((0x200D, 2), (0x20A1, 16))
    assert len(load_map(written(tmp_path, {"longest_gap": 0})).reads()) == 4


def test_questions_to_be_sure_have_answers_of_their_own_length() -> None:
    reads = load("zlac8015d").reads()
    probes = probes_for(reads)
    assert len(probes) > 5
    assert not {count for _, count in probes} & {1, *(count for _, count in reads)}
    assert all(first == 0x20A1 and count < 16 for first, count in probes)


KINDS = {"int16": (-0x8000, 0x7FFF), "uint16": (0, 0xFFFF), "int32": (-(2**31), 2**31 - 1), "uint32": (0, 2**32 - 1)}


@given(st.sampled_from(sorted(KINDS)), st.sampled_from(["high_first", "low_first"]), st.data())
def test_numbers_come_back_as_they_went(kind: str, order: str, data: st.DataObject) -> None:
    value = data.draw(st.integers(*KINDS[kind]))
    words = split(value, kind, order)
    assert number(dict(enumerate(words, 0x100)), 0x100, kind, order) == value


def test_word_order() -> None:
    assert split(-2, "int32", "high_first") == [0xFFFF, 0xFFFE]
    assert split(-2, "int32", "low_first") == [0xFFFE, 0xFFFF]
    for value, kind in ((0x8000, "int16"), (-1, "uint16"), (2**32, "uint32")):
        with pytest.raises(ValueError, match="does not fit"):
            split(value, kind, "high_first")


@given(st.floats(-1e6, 1e6), st.sampled_from([1.0, 0.1, 0.5, 3.0]))
def test_a_wheel_is_never_told_more_than_was_wished(wish: float, scale: float) -> None:
    command = WHOLE_RPM.model_copy(update={"rpm_per_count": scale})
    told = counts_from(command, wish) * scale
    wished = wish * RPM_PER_RADPS
    assert abs(told) <= min(abs(wished), 1000.0) + 1e-5
    assert told * wished >= 0
    assert abs(told) > min(abs(wished), 1000.0) - scale - 1e-5, "it loses less than one count"


@given(st.integers(-1000, 1000))
def test_a_whole_number_stays_that_number(rpm: int) -> None:
    assert counts_from(WHOLE_RPM, rpm / RPM_PER_RADPS) == rpm


@pytest.mark.parametrize("wrong", [math.nan, math.inf, -math.inf])
def test_no_number_no_command(wrong: float) -> None:
    with pytest.raises(ValueError, match="not a number"):
        counts_from(WHOLE_RPM, wrong)


def test_faults_and_which_may_be_cleared() -> None:
    faults = load("zlac8015d").faults
    assert faults_in(faults, 0) == (frozenset(), True)
    assert faults_in(faults, 0b100) == ({"over_current"}, True)
    assert faults_in(faults, 0b10_0000_0100) == ({"over_current", "encoder"}, False)
    assert faults_in(faults, 0x8000) == ({"encoder"}, False), "what the map does not list is a fault all the same"


def test_counts_wrap_at_32_bits() -> None:
    assert wrapped(2**31) == -(2**31)
    assert wrapped(-1 * -(2**31)) == -(2**31)
    assert wrapped(-5) == -5
