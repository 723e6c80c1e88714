"""The C firmware in QEMU: the same wire, damaged frames on its own ear, and how soon it stands once nothing comes.

Round trips, cost and losses are as in `serial.py`, with the firmware at the far end; QEMU is lock-stepped with the
plant, so those times are QEMU's and not a board's. Damaged frames and stop times run in simulated time: what the
firmware counts as corrupt is compared with what the reference decoder refuses.
"""

from __future__ import annotations

from bench.serial import link
from bench.wire.far_end import firmware_in_qemu
from bench.wire.firmware_ear import judge_firmware
from bench.wire.firmware_stop import stop_times

FRAMES = 1_000_000


def run(seconds: float = 60.0, frames: int = FRAMES) -> dict[str, object]:
    """`seconds`: how long setpoints are sent at 100 Hz; `frames`: how many damaged ones the firmware hears."""
    return {**link(firmware_in_qemu, seconds), **judge_firmware(frames), **stop_times()}
