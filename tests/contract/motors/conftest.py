"""Each test that takes `bench` runs once for each family.

`make test` runs the contract on every family and the faults on our own protocol, with the emulator and the C firmware;
the faults on the families that are asked wait for real time-outs, so `make test-motors` runs those.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.motors.bench import Bench
from tests.contract.motors.cases import CASES, Case

EVERY_TIME = ("kangban", "qemu")  # in the names of the cases whose faults are tried in every run


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        faults = item.path.parent == Path(__file__).parent and item.path.name.startswith("test_faults")
        if faults and not any(name in item.name for name in EVERY_TIME):
            item.add_marker(pytest.mark.thorough)


@pytest.fixture(params=CASES, ids=lambda case: case.name)
def case(request: pytest.FixtureRequest) -> Case:
    found: Case = request.param
    return found


@pytest.fixture
def bench(tmp_path: Path, case: Case) -> Iterator[Bench]:
    it = Bench(tmp_path, case)
    it.motors.connect()
    yield it
    it.close()
