"""Seeds for the fuzzer: what the Python encoder says, so that it need not find the CRC by itself.

`python -m tests.firmware.seeds FOLDER` writes them.
"""

from __future__ import annotations

import base64
import sys
from pathlib import Path

from firmware_bridge.protocol import PROTOCOL_VERSION, Arm, Hello
from tests.firmware.host import Host

# What the fuzzer found once: an encoder that jumps half its range overflowed; one that races left a ramp too fast.
FOUND = (
    "AwEBAk0CAgJkA1e6AAMCAgJNAmQBAQPD5gA=",
    "AwEBAk0CAgJkA1e6AAMCAgJNAmQBAQPD5gADBgMCTQIIA7hAAAMCBAJNAkX/fwEFA8DGLQP//wn///9/cBdHxAADEAcCTQLEAQEBAQEBAQf//0dx"
    "TgEBAAAAAQEEnQpHBXAXYhMAAxAHAk0CxAEBAQEBAQEH//8CR3FOAQEBBJ0KRwVwF2ITAAMCCAJNAqMBAQM2lQADPwIIAk0CowEBAzaVAAMBCQJN"
    "AgIBAQNjYwA=",
)
AXES = 3  # as host/fuzz.c is built
SEEDS = 40


def seed(number: int) -> bytes:
    """A session: greeted, armed, then whatever comes; some spoilt. Four bytes are a millisecond to the fuzzer."""
    host = Host(number, AXES)
    said = host.frame(Hello(PROTOCOL_VERSION, 100)) + host.frame(Arm(100))
    for _ in range(number % 12):
        frame = host.frame(host.any_message(len(said) // 4))
        said += host.spoil(frame) if number % 2 else frame
    return said


def write(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(SEEDS):
        (folder / f"seed{number:02}").write_bytes(seed(number))
    for number, found in enumerate(FOUND):
        (folder / f"found{number}").write_bytes(base64.b64decode(found))


if __name__ == "__main__":
    write(Path(sys.argv[1]))
