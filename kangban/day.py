"""Times of the day in configuration: `"21:30"`, and spans of a day that may go over midnight."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import BeforeValidator

from kangban.fields import Section

DAY_S = 86400.0
_CLOCK = re.compile(r"^([01]?\d|2[0-3]):([0-5]\d)$")


def _minutes(value: object) -> float:
    """Seconds since midnight. YAML reads an unquoted 21:30 as the number 21 * 60 + 30: that is understood too."""
    if isinstance(value, str) and (found := _CLOCK.match(value.strip())):
        return 3600.0 * int(found[1]) + 60.0 * int(found[2])
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < DAY_S / 60:
        return 60.0 * value
    raise ValueError(f'{value!r} is not a time of the day: allowed: "00:00" to "23:59", in quotes')


TimeOfDay = Annotated[float, BeforeValidator(_minutes)]  # s since local midnight; in a file "HH:MM"


class Span(Section):
    """A part of every day, from `begins` to `ends`; over midnight where it ends earlier than it begins."""

    begins: TimeOfDay
    ends: TimeOfDay

    def holds(self, time_of_day: float) -> bool:
        """Is it this part of the day? Beginning and end alike: all day."""
        if self.begins < self.ends:
            return self.begins <= time_of_day < self.ends
        return time_of_day >= self.begins or time_of_day < self.ends

    def since_begin(self, time_of_day: float) -> float:
        """How long ago this span last began, s."""
        return (time_of_day - self.begins) % DAY_S


def in_words(time_of_day: float) -> str:
    """As people write it: 21:30."""
    minutes = int(time_of_day // 60) % 1440
    return f"{minutes // 60:02d}:{minutes % 60:02d}"
