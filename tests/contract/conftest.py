"""What contract tests share."""

import itertools
from collections.abc import Iterator

import pytest

from kangban.runs import SCENARIO_DOMAINS, own_domain

_TESTS = itertools.count()


@pytest.fixture
def domain() -> Iterator[int]:
    """A DDS domain that nobody else on this machine uses, another for each test: what the last one latched may still be
    heard for a moment.
    """
    turn = next(_TESTS) % len(SCENARIO_DOMAINS)
    with own_domain((*SCENARIO_DOMAINS[turn:], *SCENARIO_DOMAINS[:turn])) as number:
        yield number
